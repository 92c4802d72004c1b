import { type ApiError, badRequest } from '../api-error.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { invalid, invalidObject } from '../validation/field-error.ts';
import type { WriteRequest } from './write-request.ts';

/** A body, or what a patch made of an object, that does not fit its kind at all. */
export function cannotDecode(type: ResourceType, why: string, { patch }: WriteRequest): ApiError {
  if (patch !== undefined) return invalidObject({ group: '', kind: '' }, '', [invalid('patch', patch(), why)]);
  return badRequest(
    `${type.kind} in version ${JSON.stringify(type.version)} cannot be handled as a ${type.kind}: ${why}`,
  );
}

/** Refuses, warns of or ignores fields that the kind does not have, as the request's field validation asks. */
export function reportUnknownFields(type: ResourceType, unknownFields: string[], request: WriteRequest): void {
  if (unknownFields.length === 0 || request.fieldValidation === 'Ignore') return;
  const texts = unknownFields.map((field) => `unknown field ${JSON.stringify(field)}`);
  if (request.fieldValidation === 'Warn') {
    request.warnings.push(...texts);
    return;
  }
  throw cannotDecode(type, `strict decoding error: ${texts.join(', ')}`, request);
}
