import type { Condition } from '../application/status-words.ts';
import type { Health } from '../health/health.ts';
import { FIELD_MANAGER } from '../kubernetes/annotations.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { resourceKeyOf } from '../kubernetes/resource-key.ts';
import { deletionIsBlockedBy } from './deletion-blockers.ts';
import { describeTask } from './sync-plan.ts';

/** An operation that waits this long without a sign of progress is reported. */
export const STALL_MS = 10 * 60_000;
const NAMED = 3;

/**
 * When what an operation waits for last showed a sign of life, in milliseconds since the epoch: it was applied, deleted, or
 * its status moved; at the earliest the operation's own beginning. Read from the objects, so a restart forgets nothing.
 */
export function lastProgressAt(startedAt: string, waitsFor: readonly KubernetesObject[]): number {
  const times = waitsFor.flatMap(({ metadata, ...object }) => {
    const status = object['status'] as { conditions?: unknown } | undefined;
    const conditions = Array.isArray(status?.conditions) ? (status.conditions as Record<string, unknown>[]) : [];
    return [
      metadata.creationTimestamp,
      metadata.deletionTimestamp,
      ...(metadata.managedFields ?? []).filter(({ manager }) => manager === FIELD_MANAGER).map(({ time }) => time),
      ...conditions.flatMap(({ lastTransitionTime, lastUpdateTime }) => [lastTransitionTime, lastUpdateTime]),
    ];
  });
  const known = times.map((time) => (typeof time === 'string' ? Date.parse(time) : Number.NaN));
  return Math.max(Date.parse(startedAt), ...known.filter((time) => !Number.isNaN(time)));
}

/** Says what a sync waits for that has not moved for a while, in words that stay the same while nothing does. */
export function stallCondition(input: {
  message: string;
  since: number;
  waitsFor: readonly KubernetesObject[];
  assessHealth(object: KubernetesObject): Health | undefined;
  now: Date;
}): Condition {
  const { waitsFor, now } = input;
  const reasons = waitsFor.slice(0, NAMED).flatMap((object) => {
    const blockers = deletionIsBlockedBy(object, now);
    const health = input.assessHealth(object);
    if (blockers.length > 0) return blockers;
    if (health === undefined || health.status === 'Healthy') return [];
    const text = health.message === undefined || health.message === '' ? '' : `: ${health.message}`;
    return [`${describeTask(resourceKeyOf(object))} is ${health.status}${text}`];
  });
  const since = new Date(input.since).toISOString().slice(0, 19);
  return {
    type: 'SyncStalledWarning',
    message: `The sync has made no progress since ${since}Z, ${[input.message, ...reasons].join('; ')}. Correct what it waits for, or terminate the operation`,
  };
}
