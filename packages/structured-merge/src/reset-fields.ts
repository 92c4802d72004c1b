import { type FieldSet, fieldSetOf } from './field-set.ts';

/** What the main endpoint of a kind with a status subresource does not write. */
export function statusResetFields(): FieldSet {
  return fieldSetOf(['f:status']);
}

/**
 * What a status endpoint does not write: everything but `status`. Pass the object's top-level fields. Custom resources
 * may set metadata there (labels and annotations are ignored), built-in kinds own nothing but status.
 */
export function specResetFields(topLevelFields: readonly string[] = ['spec']): FieldSet {
  const others = topLevelFields.filter((field) => !['apiVersion', 'kind', 'metadata', 'status'].includes(field));
  return fieldSetOf(['f:metadata'], ...others.map((field) => [`f:${field}`]));
}
