import { isJsonObject, type JsonObject, setValue } from './json.ts';

/** RFC 7386: maps merge, null deletes, everything else replaces. Inputs are not changed. */
export function jsonMergePatch(value: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(value) ? { ...value } : {};
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete merged[key];
    else setValue(merged, key, jsonMergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, change));
  }
  return merged;
}
