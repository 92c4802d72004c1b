import type { Condition } from './objects.ts';

export function findCondition(conditions: Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isTrue(conditions: Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/** The conditions with one set; its lastTransitionTime is kept while its status stays the same. */
export function withCondition(conditions: Condition[] | undefined, wanted: Condition): Condition[] {
  const current = findCondition(conditions, wanted.type);
  const next =
    current?.status === wanted.status && current.lastTransitionTime !== undefined
      ? { ...wanted, lastTransitionTime: current.lastTransitionTime }
      : wanted;
  if (current === undefined) return [...(conditions ?? []), next];
  return (conditions ?? []).map((condition) => (condition === current ? next : condition));
}

export function withoutCondition(conditions: Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
