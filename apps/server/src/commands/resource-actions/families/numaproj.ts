import type { KubernetesObject } from '@lockstep/core';
import {
  annotating,
  annotationOf,
  type BuiltInAction,
  icons,
  labelOf,
  patchLabels,
  recordOf,
  specOf,
  statusOf,
} from '../resource-action.ts';

const RESUME_STRATEGY = 'numaflow.numaproj.io/resume-strategy';
const FORCE_PROMOTE = 'numaplane.numaproj.io/force-promote';
const UPGRADE_STATE = 'numaplane.numaproj.io/upgrade-state';
const ALLOW_DATA_LOSS = 'numaplane.numaproj.io/allow-data-loss';

const forcePromote: BuiltInAction = {
  name: 'force-promote',
  displayName: 'Force Promote',
  iconClass: icons.forward,
  isDisabled: (object) => labelOf(object, UPGRADE_STATE) !== 'in-progress' || labelOf(object, FORCE_PROMOTE) === 'true',
  run: () => patchLabels({ [FORCE_PROMOTE]: 'true' }),
};

/** Numaflow and Numaplane: a desired phase to pause, and a strategy by which to go on. */
export const numaproj: Record<string, BuiltInAction[]> = {
  'numaflow.numaproj.io/InterStepBufferService': [forcePromote],
  'numaflow.numaproj.io/MonoVertex': [...pausing([]), forcePromote],
  'numaflow.numaproj.io/Pipeline': [...pausing([]), forcePromote],
  'numaplane.numaproj.io/MonoVertexRollout': pausing(['monoVertex', 'spec']),
  'numaplane.numaproj.io/PipelineRollout': [
    ...pausing(['pipeline', 'spec']),
    annotating(
      {
        name: 'allow-data-loss',
        displayName: 'Allow Data Loss',
        iconClass: icons.data,
        isDisabled: (object) =>
          statusOf(object)['upgradeInProgress'] !== 'PipelinePauseAndDrain' ||
          annotationOf(object, ALLOW_DATA_LOSS) === 'true',
      },
      () => ({ [ALLOW_DATA_LOSS]: 'true' }),
    ),
    annotating(
      {
        name: 'disallow-data-loss',
        displayName: 'Disallow Data Loss',
        iconClass: icons.data,
        isDisabled: (object) => annotationOf(object, ALLOW_DATA_LOSS) !== 'true',
      },
      () => ({ [ALLOW_DATA_LOSS]: undefined }),
    ),
  ],
};

/** Pausing and going on of what stands at `path` below `spec`: the resource itself, or the one it rolls out. */
function pausing(path: string[]): BuiltInAction[] {
  const targetOf = (object: KubernetesObject) =>
    path.reduce<Record<string, unknown>>((at, field) => recordOf(at[field]), specOf(object));
  const isPaused = (object: KubernetesObject) => recordOf(targetOf(object)['lifecycle'])['desiredPhase'] === 'Paused';
  const nest = (spec: Record<string, unknown>) => path.reduceRight((inner, field) => ({ [field]: inner }), spec);
  const resume = (strategy: 'fast' | 'slow') => {
    const lifecycle = { desiredPhase: 'Running' };
    return path.length === 0
      ? { spec: { lifecycle }, metadata: { annotations: { [RESUME_STRATEGY]: strategy } } }
      : { spec: nest({ lifecycle, metadata: { annotations: { [RESUME_STRATEGY]: strategy } } }) };
  };
  const unpause = (name: string, displayName: string, strategy: 'fast' | 'slow'): BuiltInAction => ({
    name,
    displayName,
    iconClass: icons.play,
    isDisabled: (object) => !isPaused(object) || !allowedStrategies(targetOf(object)).includes(strategy),
    run: () => ({ patch: resume(strategy) }),
  });
  return [
    {
      name: 'pause',
      displayName: 'Pause',
      iconClass: icons.pause,
      isDisabled: isPaused,
      run: () => ({ patch: { spec: nest({ lifecycle: { desiredPhase: 'Paused' } }) } }),
    },
    unpause('unpause-gradual', 'Unpause (gradual)', 'slow'),
    unpause('unpause-fast', 'Unpause (fast)', 'fast'),
  ];
}

/** An annotation on the spec's own metadata narrows them; without it, going on slowly is what is safe. */
function allowedStrategies(target: Record<string, unknown>): string[] {
  const { annotations } = recordOf(target['metadata']);
  const allowed = recordOf(annotations)['numaflow.numaproj.io/allowed-resume-strategies'];
  return typeof allowed === 'string' && allowed !== '' ? allowed.split(/\s*,\s*/) : ['slow'];
}
