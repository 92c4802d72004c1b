import { canonicalElement } from './field-path.ts';
import { childOf, emptyFieldSet, type FieldSet, isEmptySet } from './field-set.ts';
import { isJsonObject, type JsonObject, setValue } from './json.ts';

/** Writes a set the way `managedFields[].fieldsV1` holds it, with sorted keys so that equal sets are equal text. */
export function fieldSetToFieldsV1(set: FieldSet): JsonObject {
  return write(set, true);
}

/** Reads `managedFields[].fieldsV1`. Throws on malformed key elements. */
export function fieldSetFromFieldsV1(fields: unknown): FieldSet {
  return read(fields, true);
}

function write(set: FieldSet, root: boolean): JsonObject {
  const fields: JsonObject = {};
  const elements = [...set.children.keys()].filter((element) => !isEmptySet(set.children.get(element))).sort();
  if (set.member && !root && elements.length > 0) fields['.'] = {};
  for (const element of elements) setValue(fields, element, write(childOf(set, element), false));
  return fields;
}

function read(fields: unknown, root: boolean): FieldSet {
  const set = emptyFieldSet();
  const elements = isJsonObject(fields) ? Object.keys(fields) : [];
  if (elements.length === 0) set.member = !root;
  for (const element of elements) {
    if (element === '.') set.member = true;
    else set.children.set(canonicalElement(element), read((fields as JsonObject)[element], false));
  }
  return set;
}
