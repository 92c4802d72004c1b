import { cloneJson, isObject, type JsonObject, objectAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { decodeObject } from '../writes/decode-object.ts';
import { cannotDecode, reportUnknownFields } from '../writes/unknown-fields.ts';
import type { WriteRequest } from '../writes/write-request.ts';

/** The fields that every object has, whatever its schema says. */
const typeFields = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * A custom object with the fields its structural schema specifies and no others. Reports those it drops as the request's
 * field validation asks for.
 */
export function pruneCustomResource(type: ResourceType, body: JsonObject, request: WriteRequest): JsonObject {
  const metadata = decodeObject(type.mergeType.field('metadata'), objectAt(body, 'metadata'));
  if (metadata.typeError !== undefined) throw cannotDecode(type, metadata.typeError, request);
  const dropped = metadata.unknownFields.map((field) => `metadata.${field}`);
  const schema = type.custom?.schema;
  const pruned = schema === undefined ? { ...body } : pruneObject(schema, body, '', dropped, true);
  pruned['metadata'] = metadata.object;
  reportUnknownFields(type, dropped, request);
  return pruned;
}

function prune(schema: JsonObject, value: unknown, path: string, dropped: string[]): unknown {
  if (Array.isArray(value)) {
    const items = schema['items'];
    if (!isObject(items)) return value;
    return value.map((entry, index) => prune(items, entry, `${path}[${index}]`, dropped));
  }
  if (!isObject(value)) return value;
  return pruneObject(schema, value, path, dropped, schema['x-kubernetes-embedded-resource'] === true);
}

function pruneObject(
  schema: JsonObject,
  value: JsonObject,
  path: string,
  dropped: string[],
  isResource: boolean,
): JsonObject {
  const properties = objectAt(schema, 'properties');
  const additional = schema['additionalProperties'];
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || additional === true;
  const kept: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (isResource && typeFields.has(key)) kept[key] = entry;
    else if (isObject(property)) kept[key] = prune(property, entry, at, dropped);
    else if (isObject(additional)) kept[key] = prune(additional, entry, at, dropped);
    else if (keepsUnknown) kept[key] = entry;
    else dropped.push(at);
  }
  return kept;
}

/** Fills in the schema's defaults, in place, and returns the object. */
export function defaultCustomResource(type: ResourceType, object: JsonObject): JsonObject {
  if (type.custom?.schema !== undefined) applySchemaDefaults(type.custom.schema, object);
  return object;
}

function applySchemaDefaults(schema: JsonObject, value: unknown): void {
  if (Array.isArray(value)) {
    const items = schema['items'];
    if (isObject(items)) for (const entry of value) applySchemaDefaults(items, entry);
    return;
  }
  if (!isObject(value)) return;
  const properties = objectAt(schema, 'properties');
  for (const [key, property] of Object.entries(properties)) {
    if (!isObject(property)) continue;
    const isNull = value[key] === null && property['nullable'] !== true;
    if (property['default'] !== undefined && (value[key] === undefined || isNull))
      value[key] = cloneJson(property['default']);
    else if (isNull) delete value[key];
    applySchemaDefaults(property, value[key]);
  }
  const additional = schema['additionalProperties'];
  if (!isObject(additional)) return;
  for (const [key, entry] of Object.entries(value)) {
    if (!Object.hasOwn(properties, key)) applySchemaDefaults(additional, entry);
  }
}
