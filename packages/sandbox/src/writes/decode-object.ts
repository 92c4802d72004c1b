import type { ValueType } from '@lockstep/structured-merge';
import { isObject, type JsonObject } from '../json.ts';
import { isAbsentWhenZero } from '../openapi/index.ts';
import { storedQuantity } from '../validation/quantity.ts';

export interface DecodedObject {
  object: JsonObject;
  /** Paths of fields that the type does not have; they are left out of the object. */
  unknownFields: string[];
  /** The first value of a wrong type, as Go's decoder words it. */
  typeError: string | undefined;
}

/**
 * Reads an object the way a Go struct would: unknown fields and nulls are dropped, empty optional lists and maps vanish,
 * quantities become canonical, and a value of the wrong type is an error.
 */
export function decodeObject(type: ValueType, value: JsonObject): DecodedObject {
  const problems: Problems = { unknownFields: [], typeError: undefined };
  const object = decodeMap(type, value, '', problems);
  return { object, ...problems };
}

interface Problems {
  unknownFields: string[];
  typeError: string | undefined;
}

function decodeMap(type: ValueType, value: JsonObject, path: string, problems: Problems): JsonObject {
  const shape = type.declared;
  const decoded: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (shape !== 'untyped' && shape.kind === 'map' && !shape.open && !shape.declares(key)) {
      problems.unknownFields.push(at);
      continue;
    }
    if (entry === null || entry === undefined) continue;
    const kept = decodeValue(type.field(key), entry, at, problems);
    if (isZero(type, key, kept)) continue;
    decoded[key] = kept;
  }
  return decoded;
}

function decodeValue(type: ValueType, value: unknown, path: string, problems: Problems): unknown {
  const expected = type.schema?.type;
  if (Array.isArray(value)) {
    if (expected !== undefined && expected !== 'array') reportType(problems, 'array', path, type);
    return value.map((entry, index) => decodeValue(type.item, entry, `${path}[${index}]`, problems));
  }
  if (isObject(value)) {
    if (expected !== undefined && expected !== 'object') reportType(problems, 'object', path, type);
    return decodeMap(type, value, path, problems);
  }
  if (type.schema?.format === 'byte' && typeof value === 'string' && !base64.test(value)) {
    problems.typeError ??= `illegal base64 data at input byte ${firstBadByte(value)}`;
  }
  if (isQuantity(type)) return storedQuantity(value) ?? value;
  if (expected !== undefined && !fits(expected, value)) reportType(problems, describe(value), path, type);
  return value;
}

const base64 = /^(?:[A-Za-z0-9+/\s]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\s*$/;

function firstBadByte(text: string): number {
  const index = text.search(/[^A-Za-z0-9+/\r\n]/);
  return index < 0 ? text.length - (text.length % 4) : index;
}

function fits(expected: string, value: unknown): boolean {
  switch (expected) {
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    default:
      // An object or a list was expected where a scalar stands.
      return value === null || (expected !== 'array' && expected !== 'object');
  }
}

function describe(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

function reportType(problems: Problems, actual: string, path: string, type: ValueType): void {
  const field = path.replaceAll(/\[\d+\]/g, '');
  problems.typeError ??= `json: cannot unmarshal ${actual} into Go struct field ${field} of type ${goType(type)}`;
}

function goType(type: ValueType): string {
  const { type: name, format } = type.schema ?? {};
  switch (name) {
    case 'integer':
      return format === 'int64' ? 'int64' : 'int32';
    case 'boolean':
      return 'bool';
    case 'number':
      return 'float64';
    case 'array':
      return `[]${goType(type.item)}`;
    case 'object':
      return type.schema?.additionalProperties === undefined ? 'struct' : `map[string]${goType(type.rest)}`;
    default:
      return 'string';
  }
}

function isQuantity(type: ValueType): boolean {
  const options = type.schema?.['oneOf'];
  if (!Array.isArray(options) || type.schema?.format === 'int-or-string') return false;
  return options.some((option) => isObject(option) && option['type'] === 'number');
}

/** Whether Go would leave the field out when it writes the object (`omitempty`). */
function isZero(type: ValueType, key: string, value: unknown): boolean {
  if (type.schema?.required?.includes(key) === true) return false;
  if (value === false || value === '' || value === 0) return isAbsentWhenZero(type, key);
  if (Array.isArray(value)) return value.length === 0 && type.declared !== 'untyped';
  if (!isObject(value) || Object.keys(value).length > 0) return false;
  const schema = type.field(key).schema;
  return isObject(schema?.additionalProperties) && schema.properties === undefined;
}
