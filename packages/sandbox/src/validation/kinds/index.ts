import type { ResourceType } from '../../resources/resource-type.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import type { FieldError } from '../field-error.ts';

type Validator = (object: StoredObject, live: StoredObject | undefined) => FieldError[];

const validators: Record<string, Validator> = {};

/** What a built-in kind checks beyond its types. */
export function validateBuiltIn(
  type: ResourceType,
  object: StoredObject,
  live: StoredObject | undefined,
): FieldError[] {
  return validators[type.id]?.(object, live) ?? [];
}
