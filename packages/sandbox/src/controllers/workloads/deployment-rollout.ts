import { equalJson } from '../../json.ts';
import { resolveIntOrPercent } from '../machinery/int-or-percent.ts';
import type { Deployment, PodTemplate, ReplicaSet } from '../machinery/objects.ts';

/** The arithmetic of a rollout, as `pkg/controller/deployment/util` upstream has it. */

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
]);

export function replicasOf(object: { spec: { replicas?: number } }): number {
  return object.spec.replicas ?? 1;
}

export function sumOf<Item>(items: Item[], count: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}

export function isRolling(deployment: Deployment): boolean {
  return (deployment.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
}

function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const replicas = replicasOf(deployment);
  const surge = resolveIntOrPercent(rolling?.maxSurge ?? '25%', replicas, 'up');
  const unavailable = resolveIntOrPercent(rolling?.maxUnavailable ?? '25%', replicas, 'down');
  // Both may round to zero, and then nothing could ever move.
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

export function maxSurgeOf(deployment: Deployment): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0;
}

export function maxUnavailableOf(deployment: Deployment): number {
  if (!isRolling(deployment) || replicasOf(deployment) === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicasOf(deployment));
}

/** The ReplicaSet whose template is the one of the Deployment; the oldest when a history holds several. */
export function findNewest(deployment: Deployment, all: ReplicaSet[]): ReplicaSet | undefined {
  return [...all].sort(byAge).find((set) => equalJson(withoutHash(set.spec.template), deployment.spec.template));
}

function withoutHash(template: PodTemplate): PodTemplate {
  const labels = { ...template.metadata?.labels };
  delete labels[HASH_LABEL];
  return { ...template, metadata: { ...template.metadata, labels } };
}

export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  return (
    Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
    revisionOf(a) - revisionOf(b) ||
    (a.metadata.name < b.metadata.name ? -1 : 1)
  );
}

export function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0) || 0;
}

/** How many replicas the newest ReplicaSet may have now, given what is there and maxSurge. */
export function newestReplicas(deployment: Deployment, all: ReplicaSet[], current: number): number {
  if (!isRolling(deployment)) return replicasOf(deployment);
  const room = replicasOf(deployment) + maxSurgeOf(deployment) - sumOf(all, replicasOf);
  if (room <= 0) return current;
  return current + Math.min(room, replicasOf(deployment) - current);
}

/** Annotations of the newest ReplicaSet: those of the Deployment, its revision, and the revisions it was before. */
export function replicaSetAnnotations(
  deployment: Deployment,
  existing: Record<string, string> | undefined,
  revision: number,
): Record<string, string> {
  const annotations = { ...existing };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) annotations[key] = value;
  }
  const before = Number(annotations[REVISION] ?? 0) || 0;
  if (before < revision) {
    annotations[REVISION] = String(revision);
    if (before > 0) {
      const history = annotations[REVISION_HISTORY]?.split(',') ?? [];
      annotations[REVISION_HISTORY] = [...history, String(before)].join(',');
    }
  }
  if (existing === undefined) Object.assign(annotations, sizeAnnotations(deployment));
  return annotations;
}

/** What a ReplicaSet remembers of its Deployment's size, so that a later change of scale is told from a rollout. */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  return {
    [DESIRED_REPLICAS]: String(replicasOf(deployment)),
    [MAX_REPLICAS]: String(replicasOf(deployment) + maxSurgeOf(deployment)),
  };
}

/** The share of a change of scale that one of several active ReplicaSets gets. */
export function proportionOf(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  if (replicasOf(set) === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(set, deployment);
  const allowed = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

function fractionOf(set: ReplicaSet, deployment: Deployment): number {
  if (replicasOf(deployment) === 0) return -replicasOf(set);
  const most = replicasOf(deployment) + maxSurgeOf(deployment);
  const mostBefore = Number(set.metadata.annotations?.[MAX_REPLICAS] ?? 0) || (deployment.status?.replicas ?? 0);
  if (mostBefore === 0) return 0;
  return Math.round((replicasOf(set) * most) / mostBefore) - replicasOf(set);
}

/** How many replicas of old ReplicaSets may go now without falling below what has to stay available. */
export function scaleDownOld(deployment: Deployment, newest: ReplicaSet, old: ReplicaSet[]): Map<ReplicaSet, number> {
  const sizes = new Map(old.map((set) => [set, replicasOf(set)]));
  const minAvailable = replicasOf(deployment) - maxUnavailableOf(deployment);
  const unavailableNew = replicasOf(newest) - (newest.status?.availableReplicas ?? 0);
  const all = sumOf([...old, newest], replicasOf);
  let removable = all - minAvailable - unavailableNew;
  if (removable <= 0) return sizes;
  const oldestFirst = [...old].sort(byAge);
  // What is not available serves nobody: it goes first.
  for (const set of oldestFirst) {
    const unhealthy = Math.max(0, replicasOf(set) - (set.status?.availableReplicas ?? 0));
    const going = Math.min(removable, unhealthy);
    sizes.set(set, replicasOf(set) - going);
    removable -= going;
  }
  let spare = sumOf([...old, newest], (set) => set.status?.availableReplicas ?? 0) - minAvailable;
  for (const set of oldestFirst) {
    if (spare <= 0) break;
    const left = sizes.get(set) ?? 0;
    const going = Math.min(left, spare);
    sizes.set(set, left - going);
    spare -= going;
  }
  return sizes;
}
