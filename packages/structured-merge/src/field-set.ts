import { compareElements, formatElement, type PathElement } from './field-path.ts';

/**
 * A set of field paths as a tree. Treat it as immutable once it is handed on: the operations below share subtrees.
 * `member` says that the path to this node is itself in the set.
 */
export interface FieldSet {
  member: boolean;
  children: Map<PathElement, FieldSet>;
}

/** A new, empty set. */
export function emptyFieldSet(): FieldSet {
  return { member: false, children: new Map() };
}

/** A set of the given paths, each a list of elements. */
export function fieldSetOf(...paths: PathElement[][]): FieldSet {
  const set = emptyFieldSet();
  for (const path of paths) {
    let node = set;
    for (const element of path) node = childOf(node, element);
    node.member = true;
  }
  return set;
}

/** The subtree below an element, created when absent. Only for sets under construction. */
export function childOf(set: FieldSet, element: PathElement): FieldSet {
  let child = set.children.get(element);
  if (child === undefined) {
    child = emptyFieldSet();
    set.children.set(element, child);
  }
  return child;
}

/** True when no path is in the set. */
export function isEmptySet(set: FieldSet | undefined): boolean {
  if (set === undefined) return true;
  if (set.member) return false;
  for (const child of set.children.values()) if (!isEmptySet(child)) return false;
  return true;
}

/** The paths of either set. */
export function unionSets(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b;
  const result: FieldSet = { member: a.member || b.member, children: new Map(a.children) };
  for (const [element, child] of b.children) {
    const other = result.children.get(element);
    result.children.set(element, other === undefined ? child : unionSets(other, child));
  }
  return result;
}

/** The paths of both sets. */
export function intersectSets(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { member: a.member && b.member, children: new Map() };
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    if (other === undefined) continue;
    const both = intersectSets(child, other);
    if (!isEmptySet(both)) result.children.set(element, both);
  }
  return result;
}

/** The paths of `a` that are not in `b`. */
export function subtractSets(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { member: a.member && !b.member, children: new Map() };
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    const rest = other === undefined ? child : subtractSets(child, other);
    if (!isEmptySet(rest)) result.children.set(element, rest);
  }
  return result;
}

/** The paths of `a` that are neither in `b` nor below a path in `b`. */
export function subtractSetsRecursively(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { member: a.member && !b.member, children: new Map() };
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    if (other?.member === true) continue;
    const rest = other === undefined ? child : subtractSetsRecursively(child, other);
    if (!isEmptySet(rest)) result.children.set(element, rest);
  }
  return result;
}

/** True when both hold the same paths. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  return isEmptySet(subtractSets(a, b)) && isEmptySet(subtractSets(b, a));
}

/** True when the path is in the set. */
export function hasPath(set: FieldSet, path: PathElement[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) {
    node = node?.children.get(element);
    if (node === undefined) return false;
  }
  return node.member;
}

/**
 * Every path as the API server writes it, such as `.spec.containers[name="web"].image`, and in its order: the members of
 * a level first, then what lies below them.
 */
export function fieldPaths(set: FieldSet, prefix = ''): string[] {
  const elements = [...set.children.keys()].sort(compareElements);
  const members = elements.filter((element) => set.children.get(element)?.member === true);
  const paths = members.map((element) => prefix + formatElement(element));
  for (const element of elements) paths.push(...fieldPaths(childOf(set, element), prefix + formatElement(element)));
  return paths;
}
