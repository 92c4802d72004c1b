import type { WrittenObject } from './apply-patch.ts';
import { emptyFieldSet, type FieldSet, isEmptySet, unionSets } from './field-set.ts';
import { equalJson, isJsonObject, type JsonObject } from './json.ts';
import {
  capManagers,
  decodeManagedFields,
  identifierOf,
  type ManagerIdentity,
  type OwnedFieldsMap,
  stripMeta,
  withManagedFields,
  withoutManagedFields,
} from './managed-fields-entry.ts';
import type { ManagedFields } from './managers.ts';
import { recordUpdate } from './record-update.ts';
import type { ValueType } from './schema.ts';
import { SchemaError } from './schema-error.ts';

/** A create, update or patch that is not a server-side apply. */
export interface TrackUpdateRequest {
  type: ValueType;
  /** The stored object; undefined creates. */
  live: JsonObject | undefined;
  /** The object as it will be stored, defaults included. */
  next: JsonObject;
  manager: string;
  /** RFC 3339 with seconds. */
  now: string;
  subresource?: string;
  /** Fields this endpoint does not write. */
  resetFields?: FieldSet;
  /** The zero value that a new object is compared with: what is in it has no creator. Just the kind when absent. */
  zero?: JsonObject;
}

/**
 * Records who wrote what: `next` with its managedFields. A client changes the record itself by sending managedFields
 * (`[{}]` clears it); on subresources, or when it sends none, the live record is continued. An object that has no record
 * gets none. A value that does not fit its schema keeps the record as it is.
 */
export function trackUpdate(request: TrackUpdateRequest): WrittenObject {
  const { type, live, manager, now, subresource = '' } = request;
  const next = withoutManagedFields(request.next);
  const liveBody = live === undefined ? undefined : withoutManagedFields(live);
  const isSameBody =
    liveBody !== undefined && equalJson(withoutResourceVersion(liveBody), withoutResourceVersion(next));
  const before = managedFieldsOf(live);
  const sent = subresource === '' ? managedFieldsOf(request.next) : undefined;
  if (isReset(sent)) return { object: next, changed: !isSameBody || before !== undefined };

  const fromClient = decodeManagedFields(sent);
  const known = fromClient.size > 0 ? fromClient : decodeManagedFields(before);
  if (known.size === 0 && live !== undefined) return { object: next, changed: !isSameBody };

  const identity: ManagerIdentity = {
    manager,
    operation: 'Update',
    apiVersion: String(next['apiVersion'] ?? ''),
    subresource,
  };
  const owners = isSameBody ? known : recordWrite({ ...request, live: liveBody, next, known, identity, now, type });
  if (owners !== known) capManagers(owners);
  const object = withManagedFields(next, owners);
  return { object, changed: !isSameBody || !equalJson(managedFieldsOf(object), before) };
}

function recordWrite(request: {
  type: ValueType;
  live: JsonObject | undefined;
  next: JsonObject;
  known: OwnedFieldsMap;
  identity: ManagerIdentity;
  now: string;
  resetFields?: FieldSet;
  zero?: JsonObject;
}): OwnedFieldsMap {
  const { type, next, known, identity, now, resetFields } = request;
  const live = request.live ?? request.zero ?? { apiVersion: next['apiVersion'], kind: next['kind'] };
  const current = 'current-operation';
  let managers: Map<string, ManagedFields>;
  try {
    managers = recordUpdate({
      type,
      live,
      next,
      managers: known,
      manager: current,
      ...(resetFields === undefined ? {} : { ignored: resetFields }),
    });
  } catch (error) {
    if (error instanceof SchemaError) return known;
    throw error;
  }
  const owners: OwnedFieldsMap = new Map();
  for (const [id, entry] of managers) {
    const owner = known.get(id);
    if (owner !== undefined) owners.set(id, { ...owner, set: entry.set });
  }
  const taken = stripMeta(managers.get(current)?.set ?? emptyFieldSet());
  if (isEmptySet(taken)) return owners;
  const identifier = identifierOf(identity);
  const previous = owners.get(identifier);
  const set = previous === undefined ? taken : unionSets(taken, previous.set);
  owners.set(identifier, { identity, set, applied: false, time: now });
  return owners;
}

function managedFieldsOf(object: JsonObject | undefined): unknown {
  const metadata = object?.['metadata'];
  return isJsonObject(metadata) ? metadata['managedFields'] : undefined;
}

function isReset(sent: unknown): boolean {
  return Array.isArray(sent) && sent.length === 1 && isJsonObject(sent[0]) && Object.keys(sent[0]).length === 0;
}

function withoutResourceVersion(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  if (!isJsonObject(metadata)) return object;
  const { resourceVersion: _dropped, ...rest } = metadata;
  return { ...object, metadata: rest };
}
