import { fieldElement, itemElement, type PathElement } from './field-path.ts';
import { childOf, emptyFieldSet, type FieldSet, isEmptySet } from './field-set.ts';
import { equalJson, isHollow, isJsonObject, ownValue } from './json.ts';
import type { ListShape, Shape, ValueType } from './schema.ts';

/** Which fields differ between two values of one type. */
export interface FieldChanges {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

/** Compares field by field; atomic values count as one field. `undefined` is "not there". */
export function compareValues(type: ValueType, before: unknown, after: unknown): FieldChanges {
  const changes = { added: emptyFieldSet(), modified: emptyFieldSet(), removed: emptyFieldSet() };
  if (before !== after) compare(type, before, after, changes);
  return changes;
}

/** True when nothing differs. */
export function isUnchanged(changes: FieldChanges): boolean {
  return isEmptySet(changes.added) && isEmptySet(changes.modified) && isEmptySet(changes.removed);
}

function compare(type: ValueType, before: unknown, after: unknown, changes: FieldChanges): void {
  let isLeaf: boolean;
  if (after === undefined) {
    isLeaf = compareAs(type.shapeOf(before), before, after, changes);
  } else {
    const shape = type.shapeOf(after);
    const oldShape = before === undefined ? undefined : type.shapeOf(before);
    if (oldShape !== undefined && oldShape.kind !== shape.kind) compareAs(oldShape, before, after, changes);
    isLeaf = compareAs(shape, before, after, changes);
  }
  if (isLeaf) return;
  if (before === undefined) changes.added.member = true;
  else if (after === undefined) changes.removed.member = true;
}

/** Returns true when the values were compared as a whole. */
function compareAs(shape: Shape, before: unknown, after: unknown, changes: FieldChanges): boolean {
  if (shape.kind === 'scalar') {
    compareLeaf(before, after, changes);
    return true;
  }
  if (shape.kind === 'map') {
    const left = isJsonObject(before) ? before : null;
    const right = isJsonObject(after) ? after : null;
    if (shape.atomic || (isHollow(left) && isHollow(right))) {
      compareLeaf(before, after, changes);
      return true;
    }
    for (const key of new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])) {
      compareChild(fieldElement(key), shape.field(key), ownValue(left, key), ownValue(right, key), changes);
    }
    return false;
  }
  const left = Array.isArray(before) ? before : null;
  const right = Array.isArray(after) ? after : null;
  if (shape.relation === 'atomic' || (isHollow(left) && isHollow(right))) {
    compareLeaf(before, after, changes);
    return true;
  }
  compareItems(shape, left ?? [], right ?? [], changes);
  return false;
}

function compareLeaf(before: unknown, after: unknown, changes: FieldChanges): void {
  if (before === undefined) changes.added.member = true;
  else if (after === undefined) changes.removed.member = true;
  else if (!equalJson(before, after)) changes.modified.member = true;
}

function compareItems(shape: ListShape, left: unknown[], right: unknown[], changes: FieldChanges): void {
  const before = groupItems(shape, left);
  const after = groupItems(shape, right);
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(element) ?? [];
    const next = after.get(element) ?? [];
    if (old.length <= 1 && next.length <= 1) {
      compareChild(element, shape.item, old[0], next[0], changes);
    } else if (old.length >= 2 && next.length >= 2) {
      if (!equalJson(old, next)) childOf(changes.modified, element).member = true;
    } else if (old.length >= 2) {
      if (next.length > 0) compareChild(element, shape.item, undefined, next[0], changes);
      childOf(changes.removed, element).member = true;
    } else {
      if (old.length > 0) compareChild(element, shape.item, old[0], undefined, changes);
      childOf(changes.added, element).member = true;
    }
  }
}

function groupItems(shape: ListShape, items: unknown[]): Map<PathElement, unknown[]> {
  const groups = new Map<PathElement, unknown[]>();
  for (const item of items) {
    const element = itemElement(shape, item);
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [item]);
    else group.push(item);
  }
  return groups;
}

function compareChild(
  element: PathElement,
  type: ValueType,
  before: unknown,
  after: unknown,
  changes: FieldChanges,
): void {
  if (before === after) return;
  const below = { added: emptyFieldSet(), modified: emptyFieldSet(), removed: emptyFieldSet() };
  compare(type, before, after, below);
  for (const kind of ['added', 'modified', 'removed'] as const) {
    if (!isEmptySet(below[kind])) changes[kind].children.set(element, mergeInto(changes[kind], element, below[kind]));
  }
}

/** A value that changed its shape is compared twice, as old and as new; both results count. */
function mergeInto(set: FieldSet, element: PathElement, below: FieldSet): FieldSet {
  const known = set.children.get(element);
  if (known === undefined) return below;
  for (const [name, child] of below.children) known.children.set(name, mergeInto(known, name, child));
  known.member ||= below.member;
  return known;
}
