import { isJsonObject, type JsonObject, setValue, withoutKeys } from './json.ts';
import { indexOfItem, isSameItem, orderItems } from './list-order.ts';
import { PatchError } from './patch-error.ts';
import { patchStrategyOf } from './patch-strategy.ts';
import type { ValueType } from './schema.ts';

const setElementOrder = '$setElementOrder/';
const deleteFromPrimitiveList = '$deleteFromPrimitiveList/';

/**
 * Kubernetes' strategic merge patch on a copy of the object: lists merge by the merge key of their schema, with the
 * directives `$patch`, `$retainKeys`, `$setElementOrder` and `$deleteFromPrimitiveList`. Throws PatchError (400).
 */
export function strategicMergePatch(type: ValueType, object: JsonObject, patch: JsonObject): JsonObject {
  return mergeMap(type, structuredClone(object), structuredClone(patch));
}

function mergeMap(type: ValueType, original: JsonObject, patch: JsonObject): JsonObject {
  const directive = patch['$patch'];
  if (directive !== undefined) return applyMapDirective(directive, patch);
  applyRetainKeys(original, patch);
  mergeOrderedLists(type, original, patch);
  for (const [name, change] of Object.entries(patch)) {
    if (name.startsWith(setElementOrder)) continue;
    const isDeleteList = name.startsWith(deleteFromPrimitiveList);
    const key = isDeleteList ? name.slice(deleteFromPrimitiveList.length) : name;
    if (change === null) {
      delete original[key];
      continue;
    }
    const current = Object.hasOwn(original, key) ? original[key] : undefined;
    if (isDeleteList) {
      if (Array.isArray(current) && Array.isArray(change)) original[key] = withoutScalars(current, change);
    } else if (isJsonObject(current) && isJsonObject(change)) {
      const fieldType = type.field(key);
      const replaces = patchStrategyOf(fieldType).strategy === 'replace';
      setValue(original, key, replaces ? withoutDirectives(change) : mergeMap(fieldType, current, change));
    } else if (Array.isArray(current) && Array.isArray(change)) {
      original[key] = mergeList(type.field(key), current, change);
    } else {
      setValue(original, key, withoutDirectives(change));
    }
  }
  return original;
}

function applyMapDirective(directive: unknown, patch: JsonObject): JsonObject {
  switch (directive) {
    case 'replace':
      return withoutKeys(patch, '$patch');
    case 'delete':
      return {};
    default:
      throw new PatchError(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(patch)}`);
  }
}

function applyRetainKeys(original: JsonObject, patch: JsonObject): void {
  const retained = patch['$retainKeys'];
  if (retained === undefined) return;
  delete patch['$retainKeys'];
  if (!Array.isArray(retained)) throw new PatchError('invalid patch format of retainKeys: a list of keys is wanted');
  for (const [key, change] of Object.entries(patch)) {
    if (change === null || key.startsWith(deleteFromPrimitiveList) || key.startsWith(setElementOrder)) continue;
    if (!retained.includes(key)) {
      throw new PatchError(`invalid patch format of retainKeys: "${key}" is patched but not retained`);
    }
  }
  for (const key of Object.keys(original)) if (!retained.includes(key)) delete original[key];
}

/** Merges every list that a `$setElementOrder` names and takes it out of the patch. */
function mergeOrderedLists(type: ValueType, original: JsonObject, patch: JsonObject): void {
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(setElementOrder)) continue;
    delete patch[name];
    const key = name.slice(setElementOrder.length);
    const current = Object.hasOwn(original, key) ? original[key] : undefined;
    const change = Object.hasOwn(patch, key) ? patch[key] : undefined;
    if (change === null || (current === undefined && change === undefined)) continue;
    if (!Array.isArray(order) || !isListOrAbsent(current) || !isListOrAbsent(change)) {
      throw new PatchError(`${name} wants a list, and so does ${key}`);
    }
    const fieldType = type.field(key);
    const { mergeKey } = patchStrategyOf(fieldType);
    rejectOtherOrder(change ?? [], order, key, mergeKey);
    const items =
      current === undefined ? (withoutDirectives(change) as unknown[]) : mergeItems(fieldType, current, change ?? []);
    delete patch[key];
    original[key] = orderItems({ items, order, serverOrder: items.slice(0, current?.length ?? 0), mergeKey });
  }
}

function isListOrAbsent(value: unknown): value is unknown[] | undefined {
  return value === undefined || Array.isArray(value);
}

function rejectOtherOrder(items: unknown[], order: unknown[], key: string, mergeKey: string | undefined): void {
  let last = -1;
  for (const item of items) {
    if (isJsonObject(item) && item['$patch'] !== undefined) continue;
    const at = indexOfItem(order, item, mergeKey);
    if (at > last) {
      last = at;
      continue;
    }
    throw new PatchError(
      `The order in patch list:\n${JSON.stringify(items)}\n doesn't match ${setElementOrder}${key} list:\n${JSON.stringify(order)}\n`,
    );
  }
}

/** A list without `$setElementOrder`: what the patch names follows the order of the patch. */
function mergeList(type: ValueType, original: unknown[], patch: unknown[]): unknown[] {
  const { strategy, mergeKey } = patchStrategyOf(type);
  const items = mergeItems(type, original, patch);
  const isReplaced = strategy !== 'merge' || patch.some((item) => isJsonObject(item) && item['$patch'] === 'replace');
  return isReplaced ? items : orderItems({ items, order: patch, serverOrder: original, mergeKey });
}

/** The merged items, live ones in their order and new ones behind them. */
function mergeItems(type: ValueType, original: unknown[], patch: unknown[]): unknown[] {
  const { strategy, mergeKey } = patchStrategyOf(type);
  if (strategy !== 'merge') return withoutDirectives(patch) as unknown[];
  if (original.length === 0 && patch.length === 0) return original;
  if (!isJsonObject(original[0] ?? patch[0])) {
    return [...original, ...patch].filter((item, index, all) => indexOfItem(all, item, undefined) === index);
  }
  if (mergeKey === undefined) throw new PatchError('cannot merge lists without merge key');
  return mergeKeyedItems(type, original, patch, mergeKey);
}

function mergeKeyedItems(type: ValueType, original: unknown[], patch: unknown[], mergeKey: string): unknown[] {
  let items = [...original];
  const changes: JsonObject[] = [];
  let replaces = false;
  for (const change of patch) {
    if (!isJsonObject(change))
      throw new PatchError(`a list of objects merged by "${mergeKey}" is patched with a scalar`);
    const directive = change['$patch'];
    if (directive === undefined) {
      changes.push(change);
    } else if (directive === 'delete') {
      requireMergeKey(change, mergeKey);
      items = items.filter((item) => !isSameItem(item, change, mergeKey));
    } else if (directive === 'replace') {
      replaces = true;
    } else {
      throw new PatchError(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(change)}`);
    }
  }
  if (replaces) return changes.map(withoutDirectives);
  for (const change of changes) {
    requireMergeKey(change, mergeKey);
    const at = indexOfItem(items, change, mergeKey);
    if (at < 0) items.push(withoutDirectives(change));
    else items[at] = mergeMap(type.item, items[at] as JsonObject, change);
  }
  return items;
}

function requireMergeKey(change: JsonObject, mergeKey: string): void {
  if (Object.hasOwn(change, mergeKey)) return;
  throw new PatchError(`map: ${JSON.stringify(change)} does not contain declared merge key: ${mergeKey}`);
}

function withoutScalars(list: unknown[], removed: unknown[]): unknown[] {
  return list.filter((item) => indexOfItem(removed, item, undefined) < 0);
}

/** A value that meets nothing to merge with: its directives and nulls have nothing to act on. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .filter((item) => !isJsonObject(item) || item['$patch'] !== 'delete')
      .map(withoutDirectives)
      .filter((item) => item !== undefined);
  }
  if (!isJsonObject(value)) return value;
  if (value['$patch'] === 'delete') return {};
  const kept: JsonObject = {};
  for (const [key, field] of Object.entries(value)) {
    const isDirective =
      key === '$patch' ||
      key === '$retainKeys' ||
      key.startsWith(setElementOrder) ||
      key.startsWith(deleteFromPrimitiveList);
    if (!isDirective && field !== null) setValue(kept, key, withoutDirectives(field));
  }
  return kept;
}
