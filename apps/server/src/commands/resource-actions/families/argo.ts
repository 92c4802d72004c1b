import type { KubernetesObject } from '@lockstep/core';
import {
  type BuiltInAction,
  icons,
  labelOf,
  now,
  ownerOf,
  patchSpec,
  patchStatus,
  recordOf,
  specOf,
  statusOf,
  uniqueSuffix,
} from '../resource-action.ts';

/** Applications, Rollouts and analysis, Workflows. */
export const argo: Record<string, BuiltInAction[]> = {
  'argoproj.io/Application': [
    {
      name: 'toggle-auto-sync',
      displayName: 'Toggle Auto-Sync',
      iconClass: icons.refresh,
      isDisabled: (object) => recordOf(specOf(object)['syncPolicy'])['automated'] === undefined,
      run: (object) => {
        const automated = recordOf(recordOf(specOf(object)['syncPolicy'])['automated']);
        return patchSpec({ syncPolicy: { automated: { enabled: automated['enabled'] === false } } });
      },
    },
  ],
  'argoproj.io/Rollout': [
    { name: 'restart', displayName: 'Restart', iconClass: icons.restart, run: () => patchSpec({ restartAt: now() }) },
    {
      name: 'pause',
      displayName: 'Pause',
      iconClass: icons.pause,
      isDisabled: (object) => isPaused(object),
      run: () => patchSpec({ paused: true }),
    },
    {
      name: 'resume',
      displayName: 'Resume',
      iconClass: icons.play,
      isDisabled: (object) => !isPaused(object),
      // A step that pauses does it in the status, a person in the spec.
      run: (object) => ({
        patch: {
          ...(specOf(object)['paused'] === true ? { spec: { paused: false } } : {}),
          ...(pauseConditions(object).length > 0 ? { status: { pauseConditions: null } } : {}),
        },
      }),
    },
    {
      name: 'abort',
      displayName: 'Abort',
      iconClass: icons.stop,
      isDisabled: (object) => isFullyPromoted(object) || isAborted(object),
      run: () => patchStatus({ abort: true }),
    },
    {
      name: 'retry',
      displayName: 'Retry',
      iconClass: icons.restart,
      isDisabled: (object) => isFullyPromoted(object) || !isAborted(object),
      run: () => patchStatus({ abort: false }),
    },
    {
      name: 'promote-full',
      displayName: 'Promote Full',
      iconClass: icons.forward,
      isDisabled: (object) => isFullyPromoted(object) || statusOf(object)['promoteFull'] === true,
      run: () => patchStatus({ promoteFull: true }),
    },
    {
      name: 'skip-current-step',
      displayName: 'Skip Current Step',
      iconClass: icons.forward,
      isDisabled: (object) => isFullyPromoted(object) || currentStep(object) >= stepsOf(object),
      run: (object) => patchStatus({ pauseConditions: null, currentStepIndex: currentStep(object) + 1 }),
    },
  ],
  'argoproj.io/AnalysisRun': [
    {
      name: 'terminate',
      displayName: 'Terminate',
      iconClass: icons.stop,
      isDisabled: (object) =>
        specOf(object)['terminate'] === true ||
        ['Successful', 'Failed', 'Error', 'Inconclusive'].includes(String(statusOf(object)['phase'])),
      run: () => patchSpec({ terminate: true }),
    },
  ],
  'argoproj.io/CronWorkflow': [createWorkflow(workflowOfCron)],
  'argoproj.io/WorkflowTemplate': [createWorkflow(workflowOfTemplate)],
};

function pauseConditions(object: KubernetesObject): unknown[] {
  const conditions = statusOf(object)['pauseConditions'];
  return Array.isArray(conditions) ? conditions : [];
}

function isPaused(object: KubernetesObject): boolean {
  return specOf(object)['paused'] === true || pauseConditions(object).length > 0;
}

function isAborted(object: KubernetesObject): boolean {
  return statusOf(object)['abort'] === true;
}

/** What runs is what is stable: there is nothing to promote, skip or give up. */
function isFullyPromoted(object: KubernetesObject): boolean {
  const { currentPodHash, stableRS } = statusOf(object);
  return currentPodHash === stableRS;
}

function stepsOf(object: KubernetesObject): number {
  const { steps } = recordOf(recordOf(specOf(object)['strategy'])['canary']);
  return Array.isArray(steps) ? steps.length : 0;
}

function currentStep(object: KubernetesObject): number {
  const index = statusOf(object)['currentStepIndex'];
  return typeof index === 'number' ? index : 0;
}

function createWorkflow(workflowOf: (object: KubernetesObject) => KubernetesObject): BuiltInAction {
  return {
    name: 'create-workflow',
    displayName: 'Create Workflow',
    iconClass: icons.create,
    run: (object) => ({ create: workflowOf(object) }),
  };
}

const INSTANCE_ID = 'workflows.argoproj.io/controller-instanceid';

/** As `argo submit --from cronwf/…` makes it. */
function workflowOfCron(object: KubernetesObject): KubernetesObject {
  const { workflowMetadata, workflowSpec } = specOf(object);
  const { labels, annotations, finalizers } = recordOf(workflowMetadata) as {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
  };
  const instance = labelOf(object, INSTANCE_ID);
  return workflow(object, {
    labels: {
      ...labels,
      'workflows.argoproj.io/cron-workflow': object.metadata.name ?? '',
      ...(instance === undefined ? {} : { [INSTANCE_ID]: instance }),
    },
    annotations: { ...annotations, 'workflows.argoproj.io/scheduled-time': now() },
    ...(finalizers === undefined ? {} : { finalizers }),
    spec: workflowSpec ?? {},
  });
}

/** As `argo submit --from workflowtemplate/…` makes it. */
function workflowOfTemplate(object: KubernetesObject): KubernetesObject {
  return workflow(object, {
    labels: { 'workflows.argoproj.io/workflow-template': object.metadata.name ?? '' },
    spec: { workflowTemplateRef: { name: object.metadata.name } },
  });
}

function workflow(
  object: KubernetesObject,
  {
    spec,
    ...metadata
  }: Pick<KubernetesObject['metadata'], 'labels' | 'annotations' | 'finalizers'> & { spec: unknown },
): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: {
      name: `${(object.metadata.name ?? '').slice(0, 40)}-${uniqueSuffix()}`,
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      ...metadata,
      ownerReferences: [ownerOf(object, false)],
    },
    spec,
  };
}
