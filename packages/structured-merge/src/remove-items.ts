import { fieldElement, itemElement } from './field-path.ts';
import { type FieldSet, isEmptySet } from './field-set.ts';
import { isHollow, isJsonObject, type JsonObject, setValue } from './json.ts';
import type { ValueType } from './schema.ts';

/**
 * What becomes of a map or list that loses all its content: `kept` leaves it empty (Kubernetes 1.35 and newer), `null`
 * makes it null (before), so that a later step can tell it from what was never there, and `dropped` removes it.
 */
export type EmptiedContainers = 'kept' | 'null' | 'dropped';

/** A copy of the value without the members of `set`; undefined when nothing is left. */
export function removeItems(
  type: ValueType,
  value: unknown,
  set: FieldSet,
  emptied: EmptiedContainers = 'null',
): unknown {
  const shape = type.shapeOf(value);
  if (shape.kind === 'scalar') return value;
  if (isHollow(value)) return undefined;
  if (shape.kind === 'map' ? shape.atomic : shape.relation === 'atomic') return undefined;
  let hasNested = false;
  const remaining = (childType: ValueType, child: unknown, below: FieldSet | undefined) => {
    if (below === undefined || isEmptySet(below)) return child;
    hasNested = true;
    const rest = removeItems(childType, child, below, emptied);
    if (rest !== undefined && rest !== null) return rest;
    if (emptied !== 'kept') return rest ?? null;
    if (Array.isArray(child)) return [];
    return isJsonObject(child) ? {} : null;
  };

  if (shape.kind === 'list') {
    const kept: unknown[] = [];
    for (const item of value as unknown[]) {
      const below = set.children.get(itemElement(shape, item));
      if (below?.member !== true) kept.push(remaining(shape.item, item, below));
    }
    return kept.length === 0 && !(hasNested && emptied === 'kept') ? undefined : kept;
  }
  const kept: JsonObject = {};
  let isEmpty = true;
  for (const [key, field] of Object.entries(value as JsonObject)) {
    const below = set.children.get(fieldElement(key));
    if (below?.member === true) continue;
    isEmpty = false;
    const rest = remaining(shape.field(key), field, below);
    const isDropped = emptied === 'dropped' && rest === null && field !== null;
    if (!isDropped) setValue(kept, key, rest);
  }
  return isEmpty && !(hasNested && emptied === 'kept') ? undefined : kept;
}
