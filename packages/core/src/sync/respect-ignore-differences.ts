import type { DiffSettings } from '../diff/diff-settings.ts';
import { rulesFor } from '../diff/diff-settings.ts';
import { ignoreByJq, ignoreDifferences, needsJq } from '../diff/ignore-differences.ts';
import type { JqEvaluator } from '../diff/jq.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { resourceKeyOf } from '../kubernetes/resource-key.ts';

/**
 * The target for `RespectIgnoreDifferences=true`: every field that a rule ignores has the live value instead of Git's, so
 * that applying leaves it alone. Of a list item only the ignored members come from the cluster.
 */
export async function respectIgnoreDifferences(
  target: KubernetesObject,
  live: KubernetesObject,
  context: { settings: DiffSettings; jq: JqEvaluator | undefined },
): Promise<KubernetesObject> {
  const rules = rulesFor(context.settings, resourceKeyOf(target));
  if (rules.length === 0) return target;
  let sides = ignoreDifferences({ live, predicted: target }, rules, { live });
  if (context.jq !== undefined && needsJq(rules)) sides = await ignoreByJq(sides, rules, context.jq);
  return restored(sides.predicted, live, sides.live) as KubernetesObject;
}

/** `target` with what `live` has and `stripped` (the live object without the ignored fields) has not. */
function restored(target: unknown, live: unknown, stripped: unknown): unknown {
  if (Array.isArray(target) && Array.isArray(live) && Array.isArray(stripped)) {
    return target.map((item, index) => {
      const at = counterpart(item, index, live);
      // Removed items would shift the positions; then the lists cannot be matched and Git's item stays.
      return at === undefined || live.length !== stripped.length ? item : restored(item, live[at], stripped[at]);
    });
  }
  if (!isRecord(target) || !isRecord(live)) return target;
  const kept = isRecord(stripped) ? stripped : {};
  const result: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(live)) {
    if (key === 'status') continue;
    if (!(key in kept)) result[key] = value;
    else if (key in target) result[key] = restored(target[key], value, kept[key]);
    else if (isRecord(value) && isRecord(kept[key])) {
      const inner = restored({}, value, kept[key]) as Record<string, unknown>;
      if (Object.keys(inner).length > 0) result[key] = inner;
    }
  }
  return result;
}

/** List items are matched by name where they have one, as containers and ports do, else by position. */
function counterpart(item: unknown, index: number, live: readonly unknown[]): number | undefined {
  if (isRecord(item) && typeof item['name'] === 'string') {
    const at = live.findIndex((candidate) => isRecord(candidate) && candidate['name'] === item['name']);
    return at < 0 ? undefined : at;
  }
  return index < live.length ? index : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
