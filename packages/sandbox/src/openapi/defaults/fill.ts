import { isJsonObject, type JsonObject } from '@lockstep/structured-merge';

/** Sets a field that is absent or null (a pointer in Go: zero and empty count as set). */
export function fill(object: JsonObject, key: string, value: unknown): void {
  if (object[key] === undefined || object[key] === null) object[key] = value;
}

/** Sets a field that is absent, null, empty or zero (no pointer in Go: the zero value means unset). */
export function fillZero(object: JsonObject, key: string, value: unknown): void {
  if (object[key] === '' || object[key] === 0) object[key] = value;
  else fill(object, key, value);
}

/** The object at a field, created when it is absent. */
export function ensureObject(object: JsonObject, key: string): JsonObject {
  const current = object[key];
  if (isJsonObject(current)) return current;
  const created: JsonObject = {};
  object[key] = created;
  return created;
}

/** The object at a path; undefined when a step is absent. */
export function objectAt(object: JsonObject | undefined, ...path: string[]): JsonObject | undefined {
  let current: unknown = object;
  for (const key of path) current = isJsonObject(current) ? current[key] : undefined;
  return isJsonObject(current) ? current : undefined;
}

/** The objects of a list at a path; none when it is absent. */
export function objectsAt(object: JsonObject | undefined, ...path: string[]): JsonObject[] {
  const key = path.at(-1);
  const list = key === undefined ? undefined : objectAt(object, ...path.slice(0, -1))?.[key];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
