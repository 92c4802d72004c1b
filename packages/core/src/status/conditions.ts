import type { ApplicationStatus } from '../application/application.ts';
import type { Condition, ConditionType } from '../compare/comparison.ts';

type StoredCondition = NonNullable<ApplicationStatus['conditions']>[number];

/** Errors first, so that the one to act on is on top. */
const ORDER: readonly ConditionType[] = [
  'DeletionError',
  'InvalidSpecError',
  'ComparisonError',
  'SyncError',
  'UnknownError',
  'SharedResourceWarning',
  'RepeatedResourceWarning',
  'ExcludedResourceWarning',
  'OrphanedResourceWarning',
  'SelfHealLoopWarning',
  'SyncStalledWarning',
  'InvalidAnnotationWarning',
  'UnknownKindWarning',
];

/** Longest list of conditions stored; beyond it one entry says how many more there are. */
const MAX_CONDITIONS = 50;

/**
 * The conditions to store: each keeps the time at which it first appeared with these words, what is gone is left out,
 * repetitions fold into one.
 */
export function mergeConditions(
  previous: readonly StoredCondition[] | undefined,
  current: readonly Condition[],
  now: string,
): StoredCondition[] {
  const known = new Map((previous ?? []).map((condition) => [idOf(condition), condition]));
  const merged = new Map<string, StoredCondition>();
  for (const condition of [...current].sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type))) {
    const id = idOf(condition);
    if (merged.has(id)) continue;
    merged.set(id, {
      type: condition.type,
      message: condition.message,
      lastTransitionTime: known.get(id)?.lastTransitionTime ?? now,
    });
  }
  const all = [...merged.values()];
  const cut = all[MAX_CONDITIONS];
  if (cut === undefined) return all;
  const more: StoredCondition = { ...cut, message: `and ${all.length - MAX_CONDITIONS} more conditions` };
  return [...all.slice(0, MAX_CONDITIONS), more];
}

function idOf(condition: { type: string; message: string }): string {
  return `${condition.type}: ${condition.message}`;
}
