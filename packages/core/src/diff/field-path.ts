import { equalJson, isJsonObject, type JsonObject } from '@lockstep/structured-merge';
import type { KubernetesObject, ManagedFieldsEntry } from '../kubernetes/object.ts';

/** One step of a way through an object: a member, or the list item with these values. */
export type PathSegment = string | { item: Readonly<Record<string, unknown>> };

/** What is at a path, or undefined. List items are found by their identity, not their position. */
export function valueAtPath(value: unknown, segments: readonly PathSegment[]): unknown {
  let current = value;
  for (const segment of segments) {
    current = step(current, segment);
    if (current === undefined) return undefined;
  }
  return current;
}

/** A manager's entry that owns a place. */
export interface FieldOwner {
  manager: string;
  operation: 'Apply' | 'Update';
  /** When the entry last changed; not necessarily this field. */
  time?: string;
}

/**
 * Who owns a place of a live object, by its managedFields: those who own the place itself, something below it, or a
 * whole value above it. The last to write comes first.
 */
export function ownersOfPath(object: KubernetesObject, segments: readonly PathSegment[]): FieldOwner[] {
  return (object.metadata.managedFields ?? [])
    .filter((entry) => entry.fieldsV1 !== undefined && owns(entry.fieldsV1, object, segments))
    .map(ownerOf)
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : (a.time ?? '') > (b.time ?? '') ? -1 : 0));
}

function ownerOf(entry: ManagedFieldsEntry): FieldOwner {
  const owner: FieldOwner = { manager: entry.manager ?? '', operation: entry.operation ?? 'Update' };
  if (entry.time !== undefined) owner.time = entry.time;
  return owner;
}

/** Every place an entry owns, as paths through the object. Elements that find nothing in it are left out. */
export function ownedPaths(object: KubernetesObject, entry: ManagedFieldsEntry): PathSegment[][] {
  const paths: PathSegment[][] = [];
  collect(entry.fieldsV1 ?? {}, object, [], paths);
  return paths;
}

function collect(node: JsonObject, value: unknown, path: PathSegment[], paths: PathSegment[][]): void {
  const children = Object.entries(node).filter(([element]) => element !== '.');
  if (children.length === 0) {
    paths.push(path);
    return;
  }
  for (const [element, child] of children) {
    const segment = segmentOf(element);
    // A set of plain values is shown as the list it is.
    if (segment === undefined) {
      if (!paths.includes(path)) paths.push(path);
      continue;
    }
    const next = step(value, segment);
    if (next !== undefined && isJsonObject(child)) collect(child, next, [...path, segment], paths);
  }
}

function segmentOf(element: string): PathSegment | undefined {
  if (element.startsWith('f:')) return element.slice(2);
  if (!element.startsWith('k:')) return undefined;
  const parsed: unknown = JSON.parse(element.slice(2));
  return isJsonObject(parsed) ? { item: parsed } : undefined;
}

function owns(fields: JsonObject, object: unknown, segments: readonly PathSegment[]): boolean {
  let node = fields;
  let value: unknown = object;
  for (const segment of segments) {
    if (Object.keys(node).length === 0) return true;
    const item = step(value, segment);
    const child = typeof segment === 'string' ? node[`f:${segment}`] : childOfItem(node, item ?? segment.item);
    if (!isJsonObject(child)) return false;
    node = child;
    value = item;
  }
  return true;
}

/** The list's own keys may differ from those the path was written with: any element that fits the item is its node. */
function childOfItem(node: JsonObject, item: unknown): unknown {
  if (!isJsonObject(item)) return undefined;
  for (const [element, child] of Object.entries(node)) {
    if (!element.startsWith('k:')) continue;
    const keys: unknown = JSON.parse(element.slice(2));
    if (isJsonObject(keys) && Object.entries(keys).every(([key, value]) => equalJson(item[key], value))) return child;
  }
  return undefined;
}

function step(value: unknown, segment: PathSegment): unknown {
  if (typeof segment === 'string') {
    return isJsonObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
  }
  if (!Array.isArray(value)) return undefined;
  return value.find(
    (item: unknown) =>
      isJsonObject(item) && Object.entries(segment.item).every(([key, wanted]) => equalJson(item[key], wanted)),
  );
}
