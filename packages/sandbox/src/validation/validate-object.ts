import { validateCustomResource } from '../crd/validate-custom-resource.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { WriteRequest } from '../writes/write-request.ts';
import type { FieldError } from './field-error.ts';
import { validateBuiltIn } from './kinds/index.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';

/** Every reason why the object may not be stored, in the order a real API server lists them. */
export function validateObject(
  type: ResourceType,
  object: StoredObject,
  live: StoredObject | undefined,
  request: WriteRequest,
): FieldError[] {
  const errors = live === undefined ? validateMetadata(type, object) : validateMetadataUpdate(type, object, live);
  if (type.custom !== undefined) return [...errors, ...validateCustomResource(type, object, live)];
  // A status is written by controllers, whose values are theirs to answer for.
  if (request.subresource === 'status') return errors;
  return [...errors, ...validateBuiltIn(type, object, live)];
}
