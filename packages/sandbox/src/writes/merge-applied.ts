import {
  ApplyConflictError,
  applyPatch,
  type FieldSet,
  SchemaError,
  specResetFields,
  statusResetFields,
} from '@lockstep/structured-merge';
import { ApiError } from '../api-error.ts';
import { type JsonObject, stringAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';

/**
 * The live object with an applied configuration merged in, and whether that changes anything. Throws the API server's
 * 409 and 500.
 */
export function mergeApplied(input: {
  type: ResourceType;
  live: StoredObject | undefined;
  config: JsonObject;
  manager: string;
  force: boolean;
  subresource: string;
  now: string;
}): { object: JsonObject; changed: boolean } {
  const { type, live, config, manager, force, subresource, now } = input;
  const resetFields = resetFieldsOf(type, subresource);
  try {
    return applyPatch({
      type: type.mergeType,
      live,
      config,
      manager,
      force,
      now,
      ...(subresource === '' ? {} : { subresource }),
      ...(resetFields === undefined ? {} : { resetFields }),
    });
  } catch (error) {
    if (error instanceof ApplyConflictError) {
      throw new ApiError(409, 'Conflict', error.message, { causes: error.causes });
    }
    if (error instanceof SchemaError) {
      const name = stringAt(config, 'metadata', 'name') ?? '';
      const namespace = type.namespaced ? `${stringAt(config, 'metadata', 'namespace') ?? ''}/` : '/';
      throw new ApiError(
        500,
        '',
        `failed to create typed patch object (${namespace}${name}; ${type.apiVersion}, Kind=${type.kind}): ${error.message}`,
      );
    }
    throw error;
  }
}

/** The fields an endpoint does not write, so that who writes through it does not come to own them. */
export function resetFieldsOf(type: ResourceType, subresource: string): FieldSet | undefined {
  if (subresource === 'status') return specResetFields();
  return type.hasStatus ? statusResetFields() : undefined;
}
