import { equalJson, isJsonObject, type JsonObject, ownValue, setValue } from './json.ts';
import { indexOfItem, orderItems } from './list-order.ts';
import { type PatchStrategy, patchStrategyOf } from './patch-strategy.ts';
import { untyped, type ValueType } from './schema.ts';

/**
 * What client-side apply makes of the live object: `target` laid over it, and what `last` had and `target` no longer has
 * removed. With a type, lists merge by patch merge key (a strategic three-way patch); without one they are replaced (a
 * JSON merge patch). `last` is the configuration applied before; undefined when unknown, then nothing is removed.
 * Inputs are not changed.
 */
export function threeWayMerge(request: {
  last: JsonObject | undefined;
  target: JsonObject;
  live: JsonObject;
  type?: ValueType | undefined;
}): JsonObject {
  const { last, target, live, type = untyped } = request;
  return mergeMap(type, { last, target: structuredClone(target), live: structuredClone(live) });
}

/** Changes `live` and takes over parts of `target`. */
function mergeMap(
  type: ValueType,
  sides: { last: JsonObject | undefined; target: JsonObject; live: JsonObject; retainKeys?: boolean },
): JsonObject {
  const { last, target, live, retainKeys = false } = sides;
  for (const key of Object.keys(live)) {
    const isDropped = retainKeys || (last !== undefined && Object.hasOwn(last, key));
    if (isDropped && !Object.hasOwn(target, key)) delete live[key];
  }
  for (const [key, wanted] of Object.entries(target)) {
    if (wanted === null) {
      delete live[key];
      continue;
    }
    const old = ownValue(last, key);
    const current = ownValue(live, key);
    const fieldType = type.field(key);
    const strategy = patchStrategyOf(fieldType);
    if (isJsonObject(wanted) && isJsonObject(current) && strategy.strategy !== 'replace') {
      mergeMap(fieldType, {
        last: isJsonObject(old) ? old : undefined,
        target: wanted,
        live: current,
        retainKeys: strategy.retainKeys,
      });
    } else if (Array.isArray(wanted) && Array.isArray(current) && strategy.strategy === 'merge') {
      live[key] = mergeItems(fieldType, {
        last: Array.isArray(old) ? old : [],
        target: wanted,
        live: current,
        strategy,
      });
    } else {
      setValue(live, key, withoutNulls(wanted));
    }
  }
  return live;
}

function mergeItems(
  type: ValueType,
  sides: { last: unknown[]; target: unknown[]; live: unknown[]; strategy: PatchStrategy },
): unknown[] {
  const { last, target, live, strategy } = sides;
  const { mergeKey, retainKeys } = strategy;
  const find = (list: unknown[], item: unknown) => list[indexOfItem(list, item, mergeKey)];
  const items = live.filter((item) => find(last, item) === undefined || find(target, item) !== undefined);
  if (mergeKey === undefined) {
    const added = target.filter((item) => find(live, item) === undefined);
    const hasDropped = last.some((item) => find(target, item) === undefined);
    // Upstream compares with the sorted list, so that scalars in their natural order leave the live order alone.
    const sorted = [...live].sort((a, b) => (String(a) < String(b) ? -1 : 1));
    if (!hasDropped && equalJson(sorted, target)) return live;
    return orderItems({ items: [...items, ...added], order: target, serverOrder: live, mergeKey });
  }
  for (const item of target) {
    const at = indexOfItem(items, item, mergeKey);
    const current = items[at];
    if (at < 0) {
      items.push(withoutNulls(item));
    } else if (isJsonObject(current) && isJsonObject(item)) {
      const old = find(last, item);
      items[at] = mergeMap(type.item, {
        last: isJsonObject(old) ? old : undefined,
        target: item,
        live: current,
        retainKeys,
      });
    }
  }
  return orderItems({ items, order: target, serverOrder: items.slice(0, live.length), mergeKey });
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept: JsonObject = {};
  for (const [key, field] of Object.entries(value)) if (field !== null) setValue(kept, key, withoutNulls(field));
  return kept;
}
