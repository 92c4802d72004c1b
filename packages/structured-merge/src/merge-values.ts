import { itemElement, type PathElement } from './field-path.ts';
import { isHollow, isJsonObject, type JsonObject, ownValue, setValue } from './json.ts';
import type { ListShape, MapShape, ValueType } from './schema.ts';
import { SchemaError } from './schema-error.ts';

/**
 * Lays `config` over `live`: scalars and atomic values are replaced, maps merge per key, sets and associative lists per
 * item. `undefined` is "not there"; the result is undefined when nothing is left. Inputs are not changed, but the result
 * shares parts with them. Throws SchemaError on duplicate or missing list keys in `config`.
 */
export function mergeValues(type: ValueType, live: unknown, config: unknown): unknown {
  const shape = type.shapeOf(config === undefined ? live : config);
  const kept = config === undefined ? live : config;
  if (shape.kind === 'scalar') return kept;
  if (shape.kind === 'map' ? shape.atomic : shape.relation === 'atomic') return kept;
  const bothPresent = live !== undefined && live !== null && config !== undefined && config !== null;
  if (bothPresent && type.shapeOf(live).kind !== shape.kind) return kept;
  if (isHollow(live) && isHollow(config)) return kept;
  return shape.kind === 'map' ? mergeMaps(shape, live, config) : mergeLists(shape, live, config);
}

function mergeMaps(shape: MapShape, live: unknown, config: unknown): JsonObject | undefined {
  const left = isJsonObject(live) ? live : {};
  const right = isJsonObject(config) ? config : {};
  const merged: JsonObject = {};
  let isEmpty = true;
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const value = mergeValues(shape.field(key), ownValue(left, key), ownValue(right, key));
    if (value === undefined) continue;
    setValue(merged, key, value);
    isEmpty = false;
  }
  return isEmpty ? undefined : merged;
}

/**
 * The order of upstream's merge: items of `config` keep their order, items only in `live` stay in front of the shared
 * item that follows them.
 */
function mergeLists(shape: ListShape, live: unknown, config: unknown): unknown[] | undefined {
  const left: unknown[] = Array.isArray(live) ? live : [];
  const right: unknown[] = Array.isArray(config) ? config : [];
  const leftElements = left.map((item) => itemElement(shape, item));
  const rightElements = right.map((item) => itemElement(shape, item));
  rejectDuplicates(rightElements);
  const liveItems = new Map<PathElement, unknown>();
  for (const [index, element] of leftElements.entries()) {
    // Duplicates in the live list are replaced by the one configured item.
    liveItems.set(element, liveItems.has(element) ? undefined : left[index]);
  }
  const configItems = new Map(rightElements.map((element, index) => [element, right[index]]));
  const shared = rightElements.filter((element) => liveItems.has(element));
  const placed = new Set<PathElement>();
  const merged: unknown[] = [];
  const place = (value: unknown) => {
    if (value !== undefined) merged.push(value);
  };
  const placeBoth = (element: PathElement) => {
    placed.add(element);
    place(mergeValues(shape.item, liveItems.get(element), configItems.get(element)));
  };

  let nextShared = 0;
  let l = 0;
  let r = 0;
  while (l < leftElements.length || r < rightElements.length) {
    const leftElement = leftElements[l];
    const rightElement = rightElements[r];
    if (leftElement !== undefined && rightElement !== undefined) {
      if (leftElement === rightElement) {
        placeBoth(leftElement);
        l += 1;
        r += 1;
        nextShared += 1;
        continue;
      }
      if (configItems.has(leftElement) && nextShared < shared.length && shared[nextShared] !== leftElement) {
        l += 1;
        continue;
      }
    }
    if (leftElement !== undefined) {
      if (!configItems.has(leftElement)) {
        place(mergeValues(shape.item, left[l], undefined));
        l += 1;
        continue;
      }
      if (placed.has(leftElement)) l += 1;
    }
    if (rightElement !== undefined) {
      placeBoth(rightElement);
      r += 1;
      if (shared[nextShared] === rightElement) nextShared += 1;
    }
  }
  return merged.length === 0 ? undefined : merged;
}

function rejectDuplicates(elements: PathElement[]): void {
  if (new Set(elements).size === elements.length) return;
  const duplicate = elements.find((element, index) => elements.indexOf(element) !== index);
  throw new SchemaError([`duplicate entries for key ${duplicate?.slice(2)}`]);
}
