import { formatElement, itemElement } from './field-path.ts';
import { isJsonObject } from './json.ts';
import type { ListShape, MapShape, ValueType } from './schema.ts';
import { SchemaError } from './schema-error.ts';

/**
 * What server-side apply refuses in a configuration, in the API server's words: undeclared fields, duplicate or missing
 * list keys, maps and lists where the schema has none. Empty when the value fits.
 */
export function validateValue(type: ValueType, value: unknown, path = ''): string[] {
  if (value === null || value === undefined) return [];
  const declared = type.declared;
  if (declared === 'untyped') return [];
  switch (declared.kind) {
    case 'scalar':
      return scalarProblems(type, value, path);
    case 'list':
      return Array.isArray(value)
        ? validateItems(declared, value, path)
        : [`${path}: expected list, got ${describe(value)}`];
    case 'map':
      return isJsonObject(value)
        ? validateFields(declared, value, path)
        : [`${path}: expected map, got ${describe(value)}`];
  }
}

function scalarProblems(type: ValueType, value: unknown, path: string): string[] {
  if (typeof value === 'object') return [`${path}: expected scalar, got ${describe(value)}`];
  switch (type.schema?.type) {
    case 'integer':
    case 'number':
      return typeof value === 'number' ? [] : [`${path}: expected numeric (int or float), got ${goTypeOf(value)}`];
    case 'string':
      if (typeof value === 'string' || type.schema['x-kubernetes-int-or-string'] === true) return [];
      return [`${path}: expected string, got &value.valueUnstructured{Value:${String(value)}}`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path}: expected boolean, got &{${String(value)}}`];
    default:
      return [];
  }
}

function goTypeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

function validateItems(shape: ListShape, items: unknown[], path: string): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    let element = `i:${index}`;
    if (shape.relation !== 'atomic') {
      try {
        element = itemElement(shape, item);
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error;
        problems.push(`${path}: element ${index}: ${error.message}`);
        continue;
      }
      if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${formatElement(element)}`);
      seen.add(element);
    }
    problems.push(...validateValue(shape.item, item, path + formatElement(element)));
  }
  return problems;
}

function validateFields(shape: MapShape, value: Record<string, unknown>, path: string): string[] {
  const problems: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    if (shape.open || shape.declares(key)) problems.push(...validateValue(shape.field(key), field, `${path}.${key}`));
    else problems.push(`${path}.${key}: field not declared in schema`);
  }
  return problems;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  return isJsonObject(value) ? 'map' : typeof value;
}
