import type { KubernetesObject } from '@lockstep/core';
import {
  annotating,
  annotationOf,
  type BuiltInAction,
  icons,
  patchAnnotations,
  replicasOf,
} from '../resource-action.ts';

const PAUSED = 'autoscaling.keda.sh/paused';
const PAUSED_REPLICAS = 'autoscaling.keda.sh/paused-replicas';

const isPaused = (object: KubernetesObject): boolean => annotationOf(object, PAUSED) === 'true';
const holdsReplicas = (object: KubernetesObject): boolean => annotationOf(object, PAUSED_REPLICAS) !== undefined;

const pause = annotating(
  {
    name: 'pause',
    displayName: 'Pause',
    iconClass: icons.pause,
    isDisabled: (object) => isPaused(object) || holdsReplicas(object),
  },
  () => ({ [PAUSED]: 'true' }),
);

const resume = annotating(
  {
    name: 'resume',
    displayName: 'Resume',
    iconClass: icons.play,
    isDisabled: (object) => !isPaused(object) && !holdsReplicas(object),
  },
  () => ({ [PAUSED]: undefined, [PAUSED_REPLICAS]: undefined }),
);

export const keda: Record<string, BuiltInAction[]> = {
  'keda.sh/ScaledObject': [
    pause,
    {
      name: 'paused-replicas',
      displayName: 'Pause at Replicas',
      iconClass: icons.pause,
      isDisabled: isPaused,
      params: (object) => {
        const replicas = annotationOf(object, PAUSED_REPLICAS) ?? '0';
        return [{ name: 'replicas', value: replicas, default: replicas }];
      },
      run: (_object, parameters) => patchAnnotations({ [PAUSED_REPLICAS]: String(replicasOf(parameters)) }),
    },
    resume,
  ],
  'keda.sh/ScaledJob': [pause, resume],
};
