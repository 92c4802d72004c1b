import { fnv32, safeEncode } from './safe-name.ts';

/** The value of `pod-template-hash` and `controller-revision-hash`: the same template always gets the same one. */
export function templateHash(template: unknown, collisionCount = 0): string {
  return safeEncode(String(fnv32(`${canonicalJson(template)}${collisionCount === 0 ? '' : collisionCount}`)));
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, nested: unknown) => {
    if (typeof nested !== 'object' || nested === null || Array.isArray(nested)) return nested;
    const entries = Object.entries(nested as Record<string, unknown>);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
