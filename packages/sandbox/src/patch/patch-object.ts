import {
  type JsonPatchOperation,
  jsonMergePatch,
  jsonPatch,
  PatchError,
  strategicMergePatch,
} from '@lockstep/structured-merge';
import { ApiError, badRequest, unsupportedMediaType } from '../api-error.ts';
import { isObject, type JsonObject } from '../json.ts';
import { goText, jsonProblem } from '../requests/go-text.ts';
import type { RequestBody } from '../requests/request-body.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export interface Patched {
  object: JsonObject;
  /** What errors about the object quote: the object itself, or a strategic patch as Go prints it. */
  quote: () => string;
}

/** The object with a patch of one of the three older kinds applied. */
export function patchObject(type: ResourceType, live: StoredObject, body: RequestBody): Patched {
  const patch = parsePatch(body.bytes);
  const object = applyPatchTo(type, live, body.mediaType, patch);
  return {
    object,
    quote: () => (body.mediaType === patchTypes.strategic ? goText(patch) : JSON.stringify(inOrder(object))),
  };
}

function applyPatchTo(type: ResourceType, live: StoredObject, mediaType: string, patch: unknown): JsonObject {
  try {
    switch (mediaType) {
      case patchTypes.json:
        if (!Array.isArray(patch))
          throw badRequest(
            'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
          );
        return objectFrom(jsonPatch(live, patch as JsonPatchOperation[]));
      case patchTypes.merge:
        return objectFrom(jsonMergePatch(live, patch));
      case patchTypes.strategic:
        return strategicMergePatch(type.mergeType, live, objectFrom(patch));
      default:
        throw unsupportedMediaType(Object.values(patchTypes));
    }
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    if (mediaType !== patchTypes.json) throw badRequest(error.message);
    // The real server keeps the reason to itself.
    throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  }
}

/** The fields of an object in the order Go writes a map. */
function inOrder(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parsePatch(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${jsonProblem(text, error)}`);
  }
}

function objectFrom(value: unknown): JsonObject {
  if (!isObject(value)) throw badRequest('error decoding patch: the patched object must be an object');
  return value;
}
