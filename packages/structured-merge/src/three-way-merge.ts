import { isJsonObject, type JsonObject, ownValue, setValue } from './json.ts';
import { indexOfItem, orderItems } from './list-order.ts';
import { patchStrategyOf } from './patch-strategy.ts';
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
  const kept = last === undefined ? structuredClone(live) : removeDropped(type, last, target, structuredClone(live));
  return layOver(type, structuredClone(target), kept);
}

/** Removes from `live` what `last` has and `target` has not. Changes `live`. */
function removeDropped(type: ValueType, last: JsonObject, target: JsonObject, live: JsonObject): JsonObject {
  for (const key of Object.keys(last)) {
    if (!Object.hasOwn(live, key)) continue;
    const wanted = ownValue(target, key);
    if (wanted === undefined) {
      delete live[key];
      continue;
    }
    const old = last[key];
    const current = live[key];
    const fieldType = type.field(key);
    const { strategy, mergeKey } = patchStrategyOf(fieldType);
    if (isJsonObject(old) && isJsonObject(wanted) && isJsonObject(current)) {
      if (strategy !== 'replace') removeDropped(fieldType, old, wanted, current);
    } else if (Array.isArray(old) && Array.isArray(wanted) && Array.isArray(current) && strategy === 'merge') {
      live[key] = removeDroppedItems(fieldType, { old, wanted, current, mergeKey });
    }
  }
  return live;
}

function removeDroppedItems(
  type: ValueType,
  lists: { old: unknown[]; wanted: unknown[]; current: unknown[]; mergeKey: string | undefined },
): unknown[] {
  const { old, wanted, current, mergeKey } = lists;
  const isDropped = (item: unknown) => indexOfItem(old, item, mergeKey) >= 0 && indexOfItem(wanted, item, mergeKey) < 0;
  const kept = current.filter((item) => !isDropped(item));
  for (const item of kept) {
    const before = old[indexOfItem(old, item, mergeKey)];
    const after = wanted[indexOfItem(wanted, item, mergeKey)];
    if (isJsonObject(item) && isJsonObject(before) && isJsonObject(after))
      removeDropped(type.item, before, after, item);
  }
  return kept;
}

/** Changes `live` and takes over parts of `target`. */
function layOver(type: ValueType, target: JsonObject, live: JsonObject): JsonObject {
  for (const [key, wanted] of Object.entries(target)) {
    if (wanted === null) {
      delete live[key];
      continue;
    }
    const current = ownValue(live, key);
    const fieldType = type.field(key);
    const { strategy, mergeKey, retainKeys } = patchStrategyOf(fieldType);
    if (isJsonObject(wanted) && isJsonObject(current) && strategy !== 'replace') {
      if (retainKeys) retainOnly(current, wanted);
      layOver(fieldType, wanted, current);
    } else if (Array.isArray(wanted) && Array.isArray(current) && strategy === 'merge') {
      live[key] = layOverItems(fieldType, wanted, current, mergeKey, retainKeys);
    } else {
      setValue(live, key, withoutNulls(wanted));
    }
  }
  return live;
}

function layOverItems(
  type: ValueType,
  wanted: unknown[],
  current: unknown[],
  mergeKey: string | undefined,
  retainKeys: boolean,
): unknown[] {
  const items = [...current];
  for (const item of wanted) {
    const at = indexOfItem(items, item, mergeKey);
    const old = items[at];
    if (at < 0) {
      items.push(withoutNulls(item));
    } else if (isJsonObject(old) && isJsonObject(item)) {
      if (retainKeys) retainOnly(old, item);
      items[at] = layOver(type.item, item, old);
    }
  }
  return orderItems({ items, order: wanted, serverOrder: current, mergeKey });
}

function retainOnly(live: JsonObject, target: JsonObject): void {
  for (const key of Object.keys(live)) if (!Object.hasOwn(target, key)) delete live[key];
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept: JsonObject = {};
  for (const [key, field] of Object.entries(value)) if (field !== null) setValue(kept, key, withoutNulls(field));
  return kept;
}
