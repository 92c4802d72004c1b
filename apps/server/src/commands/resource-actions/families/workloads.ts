import { ANNOTATION_RESTARTED_AT, type KubernetesObject } from '@lockstep/core';
import {
  type BuiltInAction,
  icons,
  now,
  ownerOf,
  patchSpec,
  recordOf,
  replicasOf,
  specOf,
  statusOf,
  suspension,
  toggle,
  uniqueSuffix,
} from '../resource-action.ts';

const restart: BuiltInAction = {
  name: 'restart',
  displayName: 'Restart',
  iconClass: icons.restart,
  run: () => patchSpec({ template: { metadata: { annotations: { [ANNOTATION_RESTARTED_AT]: now() } } } }),
};

const scale: BuiltInAction = {
  name: 'scale',
  displayName: 'Scale',
  iconClass: icons.scale,
  params: (object) => {
    const replicas = String(specOf(object)['replicas'] ?? 1);
    return [{ name: 'replicas', value: replicas, default: replicas }];
  },
  run: (_object, parameters) => patchSpec({ replicas: replicasOf(parameters) }),
};

export const workloads: Record<string, BuiltInAction[]> = {
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
      iconClass: icons.stop,
      isDisabled: (object) => statusOf(object)['completionTime'] !== undefined,
      // A deadline in the past ends the Job's Pods and keeps it, with the reason, for people to see.
      run: () => patchSpec({ activeDeadlineSeconds: 1 }),
    },
  ],
  'batch/CronJob': [
    {
      name: 'create-job',
      displayName: 'Create Job',
      iconClass: icons.create,
      run: (object) => ({ create: jobOf(object) }),
    },
    ...suspension,
  ],
};

/** A Job as the CronJob would start it by itself, marked as started by hand. */
function jobOf(cronJob: KubernetesObject): KubernetesObject {
  const { metadata, spec } = recordOf(specOf(cronJob)['jobTemplate']);
  const { labels, annotations } = recordOf(metadata) as {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${(cronJob.metadata.name ?? '').slice(0, 40)}-${uniqueSuffix()}`,
      ...(cronJob.metadata.namespace === undefined ? {} : { namespace: cronJob.metadata.namespace }),
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [ownerOf(cronJob, true)],
    },
    spec: spec ?? {},
  };
}
