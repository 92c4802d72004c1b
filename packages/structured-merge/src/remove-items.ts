import { fieldElement, itemElement } from './field-path.ts';
import { type FieldSet, isEmptySet } from './field-set.ts';
import { isHollow, type JsonObject, setValue } from './json.ts';
import type { ValueType } from './schema.ts';

/**
 * A copy of the value without the members of `set`. What loses all its content becomes null, as upstream leaves it, so
 * that a later step can tell "emptied" from "never there"; with `dropEmptied` it goes (what held it stays).
 */
export function removeItems(
  type: ValueType,
  value: unknown,
  set: FieldSet,
  options?: { dropEmptied?: boolean },
): unknown {
  const shape = type.shapeOf(value);
  if (shape.kind === 'scalar') return value;
  if (isHollow(value)) return undefined;
  if (shape.kind === 'map' ? shape.atomic : shape.relation === 'atomic') return undefined;
  const remaining = (childType: ValueType, child: unknown, below: FieldSet | undefined) =>
    below === undefined || isEmptySet(below) ? child : removeItems(childType, child, below, options);
  const isDropped = (rest: unknown) => rest === undefined && options?.dropEmptied === true;

  if (shape.kind === 'list') {
    const kept: unknown[] = [];
    for (const item of value as unknown[]) {
      const below = set.children.get(itemElement(shape, item));
      if (below?.member !== true) kept.push(remaining(shape.item, item, below) ?? null);
    }
    return kept.length === 0 ? undefined : kept;
  }
  const kept: JsonObject = {};
  let isEmpty = true;
  for (const [key, field] of Object.entries(value as JsonObject)) {
    const below = set.children.get(fieldElement(key));
    if (below?.member === true) continue;
    isEmpty = false;
    const rest = remaining(shape.field(key), field, below);
    if (!isDropped(rest)) setValue(kept, key, rest ?? null);
  }
  return isEmpty ? undefined : kept;
}
