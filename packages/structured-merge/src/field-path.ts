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

/**
 * The step to an item of a set or associative list. A key that the item lacks and the schema does not default is left
 * out, so that "without it" is a key of its own; throws SchemaError when all are missing.
 */
export function itemElement(list: ListShape, item: unknown): PathElement {
  if (list.relation === 'set') return `v:${JSON.stringify(item)}`;
  const keys: JsonObject = {};
  let isEmpty = true;
  for (const { name, default: fallback } of list.keys) {
    const value = (isJsonObject(item) ? item[name] : undefined) ?? fallback;
    if (value === undefined) continue;
    keys[name] = value;
    isEmpty = false;
  }
  if (isEmpty) {
    const names = list.keys.map(({ name }) => JSON.stringify(name)).join(' ');
    throw new SchemaError([
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    ]);
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

/** The order in which the API server lists elements: fields, keys, values, indexes, each by content. */
export function compareElements(a: PathElement, b: PathElement): number {
  const kind = a.charCodeAt(0);
  if (kind !== b.charCodeAt(0)) return rankOf(a) - rankOf(b);
  if (a[0] === 'f') return compareScalars(a, b);
  const left: unknown = JSON.parse(a.slice(2));
  const right: unknown = JSON.parse(b.slice(2));
  if (!isJsonObject(left) || !isJsonObject(right)) return compareScalars(left, right);
  const leftEntries = Object.entries(left);
  const rightEntries = Object.entries(right);
  for (const [index, [name, value]] of leftEntries.entries()) {
    const other = rightEntries[index];
    if (other === undefined) return 1;
    const order = compareScalars(name, other[0]) || compareScalars(value, other[1]);
    if (order !== 0) return order;
  }
  return leftEntries.length - rightEntries.length;
}

function rankOf(element: PathElement): number {
  return 'fkvi'.indexOf(element.charAt(0));
}

function compareScalars(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const left = typeof a === 'string' ? a : JSON.stringify(a);
  const right = typeof b === 'string' ? b : JSON.stringify(b);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
