import type { LabelSelector } from '@lockstep/core';

/** Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`, Kubernetes' text form of a selector; undefined when it is none. */
export function parseLabelSelector(text: string): LabelSelector | undefined {
  const matchExpressions: NonNullable<LabelSelector['matchExpressions']> = [];
  // Commas inside parentheses belong to a set.
  for (const [part] of text.matchAll(/(?:[^,(]|\([^)]*\))+/g)) {
    const requirement = part.trim();
    const set = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(requirement);
    const equality = /^([\w./-]+)\s*(==?|!=)\s*([\w.-]*)$/.exec(requirement);
    const existence = /^(!?)\s*([\w./-]+)$/.exec(requirement);
    if (set !== null) {
      const values = (set[3] ?? '').split(',').map((value) => value.trim());
      matchExpressions.push({ key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values });
    } else if (equality !== null) {
      const operator = equality[2] === '!=' ? 'NotIn' : 'In';
      matchExpressions.push({ key: equality[1] ?? '', operator, values: [equality[3] ?? ''] });
    } else if (existence !== null) {
      matchExpressions.push({ key: existence[2] ?? '', operator: existence[1] === '!' ? 'DoesNotExist' : 'Exists' });
    } else {
      return undefined;
    }
  }
  return { matchExpressions };
}
