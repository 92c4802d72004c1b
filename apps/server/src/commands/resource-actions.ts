import { ANNOTATION_RESTARTED_AT, type KubernetesObject } from '@lockstep/core';
import { ApiError } from '../api/api-error.ts';

/** What one can do to a live resource with a button. */
export interface ResourceAction {
  name: string;
  displayName: string;
  iconClass: string;
  disabled: boolean;
  params: { name: string; value: string; default: string }[];
}

export type ActionStep =
  | { type: 'patch'; body: Record<string, unknown> }
  | { type: 'create'; object: KubernetesObject };

interface Definition {
  name: string;
  displayName: string;
  iconClass: string;
  params?: (object: KubernetesObject) => ResourceAction['params'];
  /** Not offered now, such as resuming what runs. */
  isDisabled?: (object: KubernetesObject) => boolean;
  run: (object: KubernetesObject, parameters: Readonly<Record<string, string>>) => ActionStep;
}

/** The actions of an object as it is now; none for a kind without any. */
export function actionsOf(object: KubernetesObject): ResourceAction[] {
  return definitionsFor(object).map((definition) => ({
    name: definition.name,
    displayName: definition.displayName,
    iconClass: definition.iconClass,
    disabled: definition.isDisabled?.(object) ?? false,
    params: definition.params?.(object) ?? [],
  }));
}

/** What an action does to an object. Throws 400 for one it does not have, or not now. */
export function runAction(
  object: KubernetesObject,
  name: string,
  parameters: Readonly<Record<string, string>>,
): ActionStep {
  const definition = definitionsFor(object).find((candidate) => candidate.name === name);
  if (definition === undefined) {
    const known = definitionsFor(object).map((candidate) => candidate.name);
    throw new ApiError('InvalidArgument', `${object.kind} has no action "${name}"`, {
      fix: known.length === 0 ? `There are no actions for ${object.kind}` : `Its actions: ${known.join(', ')}`,
    });
  }
  if (definition.isDisabled?.(object) === true) {
    throw new ApiError(
      'FailedPrecondition',
      `the action "${name}" is not available for ${object.kind} ${object.metadata.name ?? ''} now`,
    );
  }
  return definition.run(object, parameters);
}

function definitionsFor({ apiVersion, kind }: KubernetesObject): Definition[] {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return definitions[`${group}/${kind}`] ?? [];
}

const restart: Definition = {
  name: 'restart',
  displayName: 'Restart',
  iconClass: 'fa fa-fw fa-redo',
  run: () => patch({ spec: { template: { metadata: { annotations: { [ANNOTATION_RESTARTED_AT]: now() } } } } }),
};

const scale: Definition = {
  name: 'scale',
  displayName: 'Scale',
  iconClass: 'fa fa-fw fa-expand',
  params: (object) => {
    const replicas = String(specOf(object)['replicas'] ?? 1);
    return [{ name: 'replicas', value: replicas, default: replicas }];
  },
  run: (_object, parameters) => {
    const replicas = Number(parameters['replicas']);
    if (!/^\d{1,5}$/.test(parameters['replicas'] ?? '') || replicas > 10_000) {
      throw new ApiError(
        'InvalidArgument',
        `replicas "${parameters['replicas'] ?? ''}" is not a number from 0 to 10000`,
      );
    }
    return patch({ spec: { replicas } });
  },
};

/** A pair of actions that turns a boolean of `spec` on and off. */
function toggle(
  field: string,
  on: { name: string; displayName: string },
  off: { name: string; displayName: string },
): Definition[] {
  const isOn = (object: KubernetesObject): boolean => specOf(object)[field] === true;
  return [
    {
      ...on,
      iconClass: 'fa fa-fw fa-pause-circle',
      isDisabled: isOn,
      run: () => patch({ spec: { [field]: true } }),
    },
    {
      ...off,
      iconClass: 'fa fa-fw fa-play-circle',
      isDisabled: (object) => !isOn(object),
      run: () => patch({ spec: { [field]: false } }),
    },
  ];
}

const suspension = toggle(
  'suspend',
  { name: 'suspend', displayName: 'Suspend' },
  { name: 'resume', displayName: 'Resume' },
);

const definitions: Record<string, Definition[]> = {
  'apps/Deployment': [
    restart,
    ...toggle('paused', { name: 'pause', displayName: 'Pause' }, { name: 'resume', displayName: 'Resume' }),
    scale,
  ],
  'apps/StatefulSet': [restart, scale],
  'apps/DaemonSet': [restart],
  'batch/Job': [
    ...suspension,
    {
      name: 'terminate',
      displayName: 'Terminate',
      iconClass: 'fa fa-fw fa-stop-circle',
      isDisabled: (object) => statusOf(object)['completionTime'] !== undefined,
      // A deadline in the past ends the Job's Pods and keeps it, with the reason, for people to see.
      run: () => patch({ spec: { activeDeadlineSeconds: 1 } }),
    },
  ],
  'batch/CronJob': [
    {
      name: 'create-job',
      displayName: 'Create Job',
      iconClass: 'fa fa-fw fa-plus',
      run: (object) => ({ type: 'create', object: jobOf(object) }),
    },
    ...suspension,
  ],
  'argoproj.io/Application': [
    {
      name: 'toggle-auto-sync',
      displayName: 'Toggle Auto-Sync',
      iconClass: 'fa fa-fw fa-sync',
      isDisabled: (object) => automatedOf(object) === undefined,
      run: (object) => {
        const isOn = automatedOf(object)?.['enabled'] !== false;
        return patch({ spec: { syncPolicy: { automated: { enabled: !isOn } } } });
      },
    },
  ],
  'argoproj.io/Rollout': [
    { ...restart, run: () => patch({ spec: { restartAt: now() } }) },
    ...toggle('paused', { name: 'pause', displayName: 'Pause' }, { name: 'resume', displayName: 'Resume' }),
  ],
};

/** A Job as the CronJob would start it by itself, marked as started by hand. */
function jobOf(cronJob: KubernetesObject): KubernetesObject {
  const template = (specOf(cronJob)['jobTemplate'] ?? {}) as { metadata?: Record<string, unknown>; spec?: unknown };
  const { labels, annotations } = (template.metadata ?? {}) as {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  const base = (cronJob.metadata.name ?? '').slice(0, 40);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${base}-${Date.now().toString(36)}`,
      ...(cronJob.metadata.namespace === undefined ? {} : { namespace: cronJob.metadata.namespace }),
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [
        {
          apiVersion: cronJob.apiVersion,
          kind: cronJob.kind,
          name: cronJob.metadata.name ?? '',
          uid: cronJob.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: template.spec ?? {},
  };
}

function patch(body: Record<string, unknown>): ActionStep {
  return { type: 'patch', body };
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+/, '');
}

function specOf(object: KubernetesObject): Record<string, unknown> {
  return (object['spec'] ?? {}) as Record<string, unknown>;
}

function statusOf(object: KubernetesObject): Record<string, unknown> {
  return (object['status'] ?? {}) as Record<string, unknown>;
}

function automatedOf(object: KubernetesObject): Record<string, unknown> | undefined {
  const policy = specOf(object)['syncPolicy'] as { automated?: Record<string, unknown> } | undefined;
  return policy?.automated;
}
