import { equalJson, isObject, type JsonObject, listAt, objectAt, stringAt, stringsAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from '../validation/field-error.ts';
import { hasFormat } from './formats.ts';
import { hasRules, validateRules } from './validation-rules.ts';

/**
 * Checks a custom object against its version's schema, with the API server's words. A value that was stored before and
 * has not changed is not checked again (ratcheting), so that a tightened schema does not lock existing objects.
 */
export function validateCustomResource(
  type: ResourceType,
  object: StoredObject,
  live: StoredObject | undefined,
): FieldError[] {
  const schema = type.custom?.schema;
  if (schema === undefined) return [];
  const errors: FieldError[] = [];
  // The API server takes care of these itself; the schema's words about them only restrict the name.
  const { metadata: _metadata, ...properties } = objectAt(schema, 'properties');
  validateValue({ ...schema, properties }, object, live, '', errors);
  if (!hasRules(schema)) return errors;
  if (errors.some(({ type: kind }) => blocking.has(kind))) errors.push(rulesNotChecked);
  else errors.push(...validateRules(schema, object, live));
  return errors;
}

/** Errors that leave rules nothing sensible to look at. */
const blocking = new Set(['TypeInvalid', 'Required', 'TooLong', 'TooMany', 'NotSupported']);
const rulesNotChecked = invalid(
  '',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

function validateValue(schema: JsonObject, value: unknown, old: unknown, path: string, errors: FieldError[]): void {
  if (old !== undefined && equalJson(value, old)) return;
  if (value === null && schema['nullable'] === true) return;
  const actual = typeName(value);
  if (!fitsType(schema, value)) {
    const expected = stringAt(schema, 'type') ?? 'integer,string';
    errors.push(typeInvalid(path, actual, `${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`));
    return;
  }
  const allowed = schema['enum'];
  if (Array.isArray(allowed) && !allowed.some((entry) => equalJson(entry, value))) {
    errors.push(
      notSupported(
        path,
        value,
        allowed.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry))),
      ),
    );
  }
  if (typeof value === 'string') validateText(schema, value, path, errors);
  else if (typeof value === 'number') validateNumber(schema, value, path, errors);
  else if (Array.isArray(value)) validateList(schema, value, old, path, errors);
  else if (isObject(value)) validateMap(schema, value, isObject(old) ? old : undefined, path, errors);
  validateCombinations(schema, value, path, errors);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function fitsType(schema: JsonObject, value: unknown): boolean {
  const actual = typeName(value);
  if (schema['x-kubernetes-int-or-string'] === true) return actual === 'integer' || actual === 'string';
  const expected = schema['type'];
  return typeof expected !== 'string' || expected === actual || (expected === 'number' && actual === 'integer');
}

function validateText(schema: JsonObject, value: string, path: string, errors: FieldError[]): void {
  const length = [...value].length;
  const maximum = schema['maxLength'];
  const minimum = schema['minLength'];
  if (typeof maximum === 'number' && length > maximum) {
    // The real validator stops at the first that does not fit, too.
    errors.push(tooLong(path, maximum));
    return;
  }
  if (typeof minimum === 'number' && length < minimum) {
    errors.push(invalid(path, value, `${path} in body should be at least ${minimum} chars long`));
    return;
  }
  const pattern = schema['pattern'];
  if (typeof pattern === 'string' && !compilePattern(pattern).test(value)) {
    errors.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  }
  const format = schema['format'];
  if (typeof format === 'string' && !hasFormat(format, value)) {
    errors.push(typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  }
}

const patterns = new Map<string, RegExp>();

/** Go's syntax, as far as JavaScript's differs: inline flags at the start and \A \z. */
function compilePattern(pattern: string): RegExp {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    const flags = /^\(\?([ims]+)\)/.exec(pattern);
    const source = pattern
      .slice(flags?.[0].length ?? 0)
      .replaceAll('\\A', '^')
      .replaceAll('\\z', '$')
      .replaceAll('(?P<', '(?<');
    compiled = tryCompile(source, flags?.[1] ?? '');
    patterns.set(pattern, compiled);
  }
  return compiled;
}

function tryCompile(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    return new RegExp(source, flags);
  }
}

function validateNumber(schema: JsonObject, value: number, path: string, errors: FieldError[]): void {
  const { minimum, maximum, multipleOf } = schema;
  if (typeof minimum === 'number') {
    const exclusive = schema['exclusiveMinimum'] === true;
    if (exclusive ? value <= minimum : value < minimum) {
      errors.push(
        invalid(path, value, `${path} in body should be greater than ${exclusive ? '' : 'or equal to '}${minimum}`),
      );
    }
  }
  if (typeof maximum === 'number') {
    const exclusive = schema['exclusiveMaximum'] === true;
    if (exclusive ? value >= maximum : value > maximum) {
      errors.push(
        invalid(path, value, `${path} in body should be less than ${exclusive ? '' : 'or equal to '}${maximum}`),
      );
    }
  }
  if (typeof multipleOf === 'number' && !Number.isInteger(value / multipleOf)) {
    errors.push(invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`));
  }
  const limit = schema['format'] === 'int32' ? 2 ** 31 : undefined;
  if (limit !== undefined && (value >= limit || value < -limit)) {
    errors.push(invalid(path, value, `${path} in body must be of type int32: ${JSON.stringify(String(value))}`));
  }
}

function validateList(schema: JsonObject, value: unknown[], old: unknown, path: string, errors: FieldError[]): void {
  const { minItems, maxItems, items } = schema;
  if (typeof maxItems === 'number' && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  if (typeof minItems === 'number' && value.length < minItems) {
    errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (schema['uniqueItems'] === true && new Set(value.map((entry) => JSON.stringify(entry))).size < value.length) {
    errors.push(invalid(path, '', `${path} in body shouldn't contain duplicates`));
  }
  if (isObject(items)) {
    const oldItem = correlate(schema, old);
    for (const [index, entry] of value.entries())
      validateValue(items, entry, oldItem(entry, index), `${path}[${index}]`, errors);
  }
  validateListType(schema, value, path, errors);
}

/** Finds what an item of a list was before: by its keys in a list of type map; other lists have no such relation. */
export function correlate(schema: JsonObject, old: unknown): (item: unknown, index: number) => unknown {
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map') return () => undefined;
  const keys = stringsAt(schema, 'x-kubernetes-list-map-keys');
  const before = new Map(old.map((item) => [JSON.stringify(keys.map((key) => objectAt(item)[key])), item]));
  return (item) => before.get(JSON.stringify(keys.map((key) => objectAt(item)[key])));
}

function validateListType(schema: JsonObject, value: unknown[], path: string, errors: FieldError[]): void {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'map' && listType !== 'set') return;
  const keys = stringsAt(schema, 'x-kubernetes-list-map-keys');
  const seen = new Set<string>();
  for (const [index, entry] of value.entries()) {
    const identity = listType === 'set' ? entry : Object.fromEntries(keys.map((key) => [key, objectAt(entry)[key]]));
    const text = JSON.stringify(identity);
    if (seen.has(text)) errors.push(duplicate(`${path}[${index}]`, identity));
    seen.add(text);
  }
}

function validateMap(
  schema: JsonObject,
  value: JsonObject,
  old: JsonObject | undefined,
  path: string,
  errors: FieldError[],
): void {
  const { minProperties, maxProperties, additionalProperties } = schema;
  const properties = objectAt(schema, 'properties');
  const size = Object.keys(value).length;
  if (typeof maxProperties === 'number' && size > maxProperties) errors.push(tooMany(path, size, maxProperties));
  if (typeof minProperties === 'number' && size < minProperties) {
    errors.push(invalid(path, size, `${path} in body should have at least ${minProperties} properties`));
  }
  for (const key of stringsAt(schema, 'required')) {
    if (value[key] === undefined) errors.push(required(join(path, key)));
  }
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined) continue;
    const property = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (isObject(property)) validateValue(property, entry, old?.[key], join(path, key), errors);
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function validateCombinations(schema: JsonObject, value: unknown, path: string, errors: FieldError[]): void {
  const problemsOf = (candidate: unknown): FieldError[] => {
    const found: FieldError[] = [];
    if (isObject(candidate)) validateValue(candidate, value, undefined, path, found);
    return found;
  };
  const subject = JSON.stringify(path === '' ? '<nil>' : path);
  const { oneOf, anyOf, not } = schema;
  if (schema['x-kubernetes-int-or-string'] !== true && Array.isArray(anyOf) && anyOf.length > 0) {
    const outcomes = anyOf.map(problemsOf);
    if (outcomes.every((found) => found.length > 0)) {
      errors.push(invalid('', '', `${subject} must validate at least one schema (anyOf)`), ...fewest(outcomes));
    }
  }
  if (Array.isArray(oneOf) && oneOf.length > 0) {
    const outcomes = oneOf.map(problemsOf);
    const matches = outcomes.filter((found) => found.length === 0).length;
    const which = `${subject} must validate one and only one schema (oneOf)`;
    if (matches === 0) errors.push(invalid('', '', `${which}. Found none valid`), ...fewest(outcomes));
    if (matches > 1) errors.push(invalid('', '', `${which}. Found ${matches} valid alternatives`));
  }
  for (const part of listAt(schema, 'allOf')) {
    const found = problemsOf(part);
    if (found.length > 0) errors.push(...found, invalid('', '', `${subject} must validate all the schemas (allOf)`));
  }
  if (isObject(not) && problemsOf(not).length === 0) {
    errors.push(invalid('', '', `${subject} must not validate the schema (not)`));
  }
}

/** The alternative that came closest. */
function fewest(outcomes: FieldError[][]): FieldError[] {
  return outcomes.reduce((best, found) => (found.length < best.length ? found : best));
}
