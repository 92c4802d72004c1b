import { ANNOTATION_RESTARTED_AT, type KubernetesObject } from '@lockstep/core';
import { ApiError } from '../../../api/api-error.ts';
import {
  annotating,
  annotationOf,
  type BuiltInAction,
  icons,
  now,
  patchStatus,
  recordOf,
  statusOf,
  suspension,
  toggle,
} from '../resource-action.ts';

const HIBERNATION = 'cnpg.io/hibernation';
const isHibernated = (object: KubernetesObject): boolean => annotationOf(object, HIBERNATION) === 'on';

/** CloudNativePG, MariaDB, Percona. */
export const databases: Record<string, BuiltInAction[]> = {
  'postgresql.cnpg.io/Cluster': [
    annotating({ name: 'restart', displayName: 'Restart', iconClass: icons.restart }, () => ({
      [ANNOTATION_RESTARTED_AT]: now(),
    })),
    annotating({ name: 'reload', displayName: 'Reload', iconClass: icons.refresh }, () => ({
      'cnpg.io/reloadedAt': now(),
    })),
    {
      name: 'promote',
      displayName: 'Promote Replica',
      iconClass: icons.forward,
      isDisabled: (object) => nextPrimary(object) === undefined,
      params: (object) => {
        const next = nextPrimary(object) ?? '';
        return [{ name: 'instance', value: next, default: next }];
      },
      run: (object, { instance = nextPrimary(object) ?? '' }) => {
        const healthy = healthyInstances(object);
        if (!healthy.includes(instance))
          throw new ApiError('InvalidArgument', `"${instance}" is not a healthy instance`, {
            fix: `Choose one of ${healthy.join(', ')}`,
          });
        return patchStatus({
          targetPrimary: instance,
          targetPrimaryTimestamp: now(),
          phase: 'Switchover in progress',
          phaseReason: `Switching over to ${instance}`,
        });
      },
    },
    annotating({ name: 'suspend', displayName: 'Suspend', iconClass: icons.pause, isDisabled: isHibernated }, () => ({
      [HIBERNATION]: 'on',
    })),
    annotating(
      { name: 'resume', displayName: 'Resume', iconClass: icons.play, isDisabled: (object) => !isHibernated(object) },
      () => ({ [HIBERNATION]: 'off' }),
    ),
  ],
  'k8s.mariadb.com/MariaDB': suspension,
  'psmdb.percona.com/PerconaServerMongoDB': toggle(
    'pause',
    { name: 'pause', displayName: 'Pause' },
    { name: 'unpause', displayName: 'Unpause' },
  ),
};

function healthyInstances(object: KubernetesObject): string[] {
  const { healthy } = recordOf(statusOf(object)['instancesStatus']);
  return Array.isArray(healthy) ? healthy.map(String) : [];
}

/** The healthy instance after the primary; undefined when there is no other. */
function nextPrimary(object: KubernetesObject): string | undefined {
  const healthy = healthyInstances(object);
  const primary = healthy.indexOf(String(statusOf(object)['currentPrimary']));
  return primary < 0 || healthy.length < 2 ? undefined : healthy[(primary + 1) % healthy.length];
}
