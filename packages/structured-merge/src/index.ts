export { adoptManagedFields } from './adopt-managed-fields.ts';
export { type AppliedConfiguration, applyConfiguration } from './apply-configuration.ts';
export { type ApplyConflict, type ApplyConflictCause, ApplyConflictError } from './apply-conflict-error.ts';
export { type ApplyPatchRequest, applyPatch, type WrittenObject } from './apply-patch.ts';
export { compareValues, type FieldChanges, isUnchanged } from './compare-values.ts';
export { dropNulls } from './drop-nulls.ts';
export { ensureNamedFieldsAreMembers } from './ensure-named-fields.ts';
export { fieldElement, formatElement, itemElement, type PathElement } from './field-path.ts';
export {
  emptyFieldSet,
  equalSets,
  type FieldSet,
  fieldPaths,
  fieldSetOf,
  hasPath,
  intersectSets,
  isEmptySet,
  subtractSets,
  subtractSetsRecursively,
  unionSets,
} from './field-set.ts';
export { fieldSetFromFieldsV1, fieldSetToFieldsV1 } from './fields-v1.ts';
export { equalJson, isJsonObject, type JsonObject } from './json.ts';
export { jsonMergePatch } from './json-merge-patch.ts';
export { type JsonPatchOperation, jsonPatch } from './json-patch.ts';
export { type ManagedFieldsEntry, withoutManagedFields } from './managed-fields-entry.ts';
export { type FieldConflict, FieldConflictError, type ManagedFields, type Managers } from './managers.ts';
export { mergeValues } from './merge-values.ts';
export { PatchError } from './patch-error.ts';
export { recordUpdate } from './record-update.ts';
export { removeItems } from './remove-items.ts';
export { specResetFields, statusResetFields } from './reset-fields.ts';
export {
  type ListShape,
  type MapShape,
  type OpenApiDocument,
  type OpenApiSchema,
  SchemaSet,
  type Shape,
  typeOfSchema,
  untyped,
  type ValueType,
} from './schema.ts';
export { SchemaError } from './schema-error.ts';
export { strategicMergePatch } from './strategic-merge-patch.ts';
export { threeWayMerge } from './three-way-merge.ts';
export { toFieldSet } from './to-field-set.ts';
export { type TrackUpdateRequest, trackUpdate } from './track-update.ts';
export { validateValue } from './validate-value.ts';
