import { isJsonObject, type JsonObject } from './json.ts';
import type { ListShape } from './schema.ts';
import { SchemaError } from './schema-error.ts';

/**
 * One step of a field path, written as FieldsV1 writes it: `f:name` for a field, `k:{"name":"web"}` for an item of an
 * associative list, `v:"value"` for a member of a set, `i:0` for an index.
 */
export type PathElement = string;

/** The step to a field. */
export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** The step to an item of a set or associative list. Throws SchemaError when the item lacks a key without default. */
export function itemElement(list: ListShape, item: unknown): PathElement {
  if (list.relation === 'set') return `v:${JSON.stringify(item)}`;
  const keys: JsonObject = {};
  for (const { name, default: fallback } of list.keys) {
    const value = (isJsonObject(item) ? item[name] : undefined) ?? fallback;
    if (value === undefined) {
      throw new SchemaError([
        `associative list with keys has an element that omits key field "${name}" (and doesn't have default value)`,
      ]);
    }
    keys[name] = value;
  }
  return `k:${JSON.stringify(keys)}`;
}

/** Rewrites an element read from the wire so that equal elements are equal strings, whatever wrote them. */
export function canonicalElement(element: string): PathElement {
  if (!element.startsWith('k:')) return element;
  const parsed: unknown = JSON.parse(element.slice(2));
  if (!isJsonObject(parsed)) throw new SchemaError([`not a key path element: ${element}`]);
  return `k:${JSON.stringify(Object.fromEntries(Object.entries(parsed).sort(([a], [b]) => (a < b ? -1 : 1))))}`;
}

/** Writes an element as the API server shows it: `.name`, `[name="web"]`, `[="value"]`, `[0]`. */
export function formatElement(element: PathElement): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${rest}`;
    case 'k': {
      const keys = Object.entries(JSON.parse(rest) as JsonObject);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}
