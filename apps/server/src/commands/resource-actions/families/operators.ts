import { annotating, annotationOf, type BuiltInAction, icons, now, patchSpec, specOf } from '../resource-action.ts';

const FORCE_SYNC = () => ({ 'force-sync': now() });
const MANUAL_ROLLING_UPDATE = 'strimzi.io/manual-rolling-update';

/** Operators with one thing to ask of them. */
export const operators: Record<string, BuiltInAction[]> = {
  'external-secrets.io/ExternalSecret': [
    annotating({ name: 'refresh', displayName: 'Refresh', iconClass: icons.refresh }, FORCE_SYNC),
  ],
  'external-secrets.io/PushSecret': [
    annotating({ name: 'push', displayName: 'Push', iconClass: icons.refresh }, FORCE_SYNC),
  ],
  'core.strimzi.io/StrimziPodSet': [
    annotating(
      {
        name: 'rolling-update',
        displayName: 'Rolling Update',
        iconClass: icons.restart,
        isDisabled: (object) => annotationOf(object, MANUAL_ROLLING_UPDATE) === 'true',
      },
      () => ({ [MANUAL_ROLLING_UPDATE]: 'true' }),
    ),
  ],
  'promoter.argoproj.io/PullRequest': [
    {
      name: 'merge',
      displayName: 'Merge',
      iconClass: icons.forward,
      isDisabled: (object) => specOf(object)['state'] === 'merged',
      run: () => patchSpec({ state: 'merged' }),
    },
  ],
};
