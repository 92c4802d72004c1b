import { fieldElement, itemElement } from './field-path.ts';
import { childOf, emptyFieldSet, type FieldSet, isEmptySet } from './field-set.ts';
import { isJsonObject } from './json.ts';
import type { ListShape, MapShape, ValueType } from './schema.ts';

/** The leaf fields of a value, and the items of its sets and associative lists: what someone who sets it owns. */
export function toFieldSet(type: ValueType, value: unknown): FieldSet {
  const set = emptyFieldSet();
  addFields(type, value, set);
  return set;
}

function addFields(type: ValueType, value: unknown, set: FieldSet): void {
  const shape = type.shapeOf(value);
  switch (shape.kind) {
    case 'scalar':
      set.member = true;
      return;
    case 'list':
      if (shape.relation === 'atomic') set.member = true;
      else addItems(shape, Array.isArray(value) ? value : [], set);
      return;
    case 'map':
      if (shape.atomic) set.member = true;
      else addMapFields(shape, value, set);
  }
}

function addItems(shape: ListShape, items: unknown[], set: FieldSet): void {
  const elements = items.map((item) => itemElement(shape, item));
  const counts = new Map<string, number>();
  for (const element of elements) counts.set(element, (counts.get(element) ?? 0) + 1);
  for (const [index, element] of elements.entries()) {
    const child = childOf(set, element);
    // Of duplicates nobody can tell which one is meant: only the element itself is owned.
    if (counts.get(element) === 1) addFields(shape.item, items[index], child);
    child.member = true;
  }
}

function addMapFields(shape: MapShape, value: unknown, set: FieldSet): void {
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const element = fieldElement(key);
    const child = childOf(set, element);
    const field = value[key];
    addFields(shape.field(key), field, child);
    const isEmptyMap = isJsonObject(field) && Object.keys(field).length === 0;
    if (field === null || isEmptyMap || !shape.declares(key)) child.member = true;
    if (isEmptySet(child)) set.children.delete(element);
  }
}
