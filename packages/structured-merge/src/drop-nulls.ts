import { isJsonObject, type JsonObject, setValue } from './json.ts';
import type { ValueType } from './schema.ts';

/**
 * A copy without the nulls a typed API server would not store: fields whose schema is known and not nullable. In
 * untyped parts null is a value (Helm values use it to delete a default) and stays.
 */
export function dropNulls(type: ValueType, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => dropNulls(type.item, item));
  if (!isJsonObject(value)) return value;
  const kept: JsonObject = {};
  for (const key of Object.keys(value)) {
    const field = value[key];
    if (field === undefined) continue;
    const fieldType = type.field(key);
    if (field === null && fieldType.declared !== 'untyped' && fieldType.schema?.nullable !== true) continue;
    setValue(kept, key, dropNulls(fieldType, field));
  }
  return kept;
}
