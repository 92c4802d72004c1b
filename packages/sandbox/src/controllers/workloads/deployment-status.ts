import { findCondition, withCondition, withoutCondition } from '../machinery/conditions.ts';
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from '../machinery/objects.ts';
import { timestamp } from '../machinery/timing.ts';
import { omitEmpty } from '../machinery/write-status.ts';
import { maxUnavailableOf, replicasOf, sumOf } from './deployment-rollout.ts';

/** A deadline beyond this counts as none, as upstream has it. */
const NO_DEADLINE = 2 ** 31 - 1;

export function hasProgressDeadline(deployment: Deployment): boolean {
  const deadline = deployment.spec.progressDeadlineSeconds;
  return deadline !== undefined && deadline < NO_DEADLINE;
}

/** Counts over all ReplicaSets of a Deployment, and its Available condition. */
export function countReplicas(
  deployment: Deployment,
  all: ReplicaSet[],
  newest: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = sumOf(all, (set) => set.status?.availableReplicas ?? 0);
  const wanted = sumOf(all, replicasOf);
  const isAvailable = available >= replicasOf(deployment) - maxUnavailableOf(deployment);
  return omitEmpty<DeploymentStatus>({
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sumOf(all, (set) => set.status?.replicas ?? 0),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: sumOf(all, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wanted - available),
    collisionCount: deployment.status?.collisionCount ?? 0,
    conditions: setCondition(
      deployment.status?.conditions,
      isAvailable
        ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
        : condition(
            'Available',
            'False',
            'MinimumReplicasUnavailable',
            'Deployment does not have minimum availability.',
            now,
          ),
    ),
  });
}

/** The counts, and what the Progressing and ReplicaFailure conditions say of the rollout. */
export function rolloutStatus(
  deployment: Deployment,
  all: ReplicaSet[],
  newest: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const status = countReplicas(deployment, all, newest, now);
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const isDone =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (!hasProgressDeadline(deployment)) status.conditions = withoutCondition(status.conditions, 'Progressing');
  else if (!isDone) {
    const subject =
      newest === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newest.metadata.name}"`;
    if (isComplete(deployment, status)) {
      const message = `${subject} has successfully progressed.`;
      status.conditions = setCondition(
        status.conditions,
        condition('Progressing', 'True', 'NewReplicaSetAvailable', message, now),
      );
    } else if (isProgressing(deployment, status)) {
      const next = condition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, now);
      // Progress renews lastUpdateTime, from which the deadline counts, even when reason and status stay.
      status.conditions = moveToEnd(status.conditions, next);
    } else if (hasTimedOut(deployment, status, now)) {
      const message = `${subject} has timed out progressing.`;
      status.conditions = setCondition(
        status.conditions,
        condition('Progressing', 'False', 'ProgressDeadlineExceeded', message, now),
      );
    }
  }
  const failure = all
    .map((set) => findCondition(set.status?.conditions, 'ReplicaFailure'))
    .find((found) => found !== undefined);
  status.conditions =
    failure === undefined
      ? withoutCondition(status.conditions, 'ReplicaFailure')
      : setCondition(status.conditions, { ...failure, lastUpdateTime: timestamp(now) });
  return status;
}

/** Milliseconds until the progress deadline has to be looked at again; undefined when it does not run. */
export function progressDeadlineIn(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const current = findCondition(status.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment) || deployment.spec.paused === true || current === undefined) return undefined;
  if (isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return undefined;
  const since = Date.parse(current.lastUpdateTime ?? current.lastTransitionTime ?? '');
  return Math.max(0, since + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000 - now) + 1000;
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

export function condition(
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
  now: number,
): Condition {
  const time = timestamp(now);
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message };
}

/** Upstream takes a changed condition out and appends it: the latest change is the last of the list. */
function moveToEnd(conditions: Condition[] | undefined, wanted: Condition): Condition[] {
  const others = withoutCondition(conditions, wanted.type);
  return [...others, ...withCondition(conditions, wanted).filter(({ type }) => type === wanted.type)];
}

/** As upstream, a condition whose status and reason are the same is not touched, whatever its message. */
export function setCondition(conditions: Condition[] | undefined, wanted: Condition): Condition[] {
  const current = findCondition(conditions, wanted.type);
  if (current?.status === wanted.status && current.reason === wanted.reason) return conditions ?? [];
  return moveToEnd(conditions, wanted);
}

function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const before = deployment.status ?? {};
  const oldReplicas = (counts: DeploymentStatus) => (counts.replicas ?? 0) - (counts.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldReplicas(status) < oldReplicas(before) ||
    (status.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const current = findCondition(status.conditions, 'Progressing');
  if (current === undefined || current.reason === 'NewReplicaSetAvailable') return false;
  if (current.reason === 'ProgressDeadlineExceeded') return true;
  const since = Date.parse(current.lastUpdateTime ?? current.lastTransitionTime ?? '');
  return since + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000 <= now;
}
