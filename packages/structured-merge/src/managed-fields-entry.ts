import { emptyFieldSet, type FieldSet, fieldSetOf, isEmptySet, subtractSets, unionSets } from './field-set.ts';
import { fieldSetFromFieldsV1, fieldSetToFieldsV1 } from './fields-v1.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { ManagedFields } from './managers.ts';

/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: JsonObject;
  subresource?: string;
}

/** What tells one manager of an object from another: an applier is the same across API versions, other writers are not. */
export interface ManagerIdentity {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
}

/** A manager's identity, fields and the time it last changed them. */
export interface OwnedFields extends ManagedFields {
  identity: ManagerIdentity;
  time: string | undefined;
}

/** The owners of an object by `identifierOf` their identity. */
export type OwnedFieldsMap = Map<string, OwnedFields>;

/** A map key for an identity: the text that upstream uses, because messages list managers in its order. */
export function identifierOf(identity: ManagerIdentity): string {
  const { manager, operation, apiVersion, subresource } = identity;
  return JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(operation === 'Apply' || apiVersion === '' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  });
}

/** Reads `metadata.managedFields`. Entries that do not parse make the whole list count as absent, as upstream. */
export function decodeManagedFields(entries: unknown): OwnedFieldsMap {
  const owners: OwnedFieldsMap = new Map();
  if (!Array.isArray(entries)) return owners;
  for (const entry of entries) {
    if (!isEntry(entry) || (entry.operation !== 'Apply' && entry.operation !== 'Update')) return new Map();
    const identity: ManagerIdentity = {
      manager: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion ?? '',
      subresource: entry.subresource ?? '',
    };
    let set: FieldSet;
    try {
      set = fieldSetFromFieldsV1(entry.fieldsV1 ?? {});
    } catch {
      return new Map();
    }
    owners.set(identifierOf(identity), { identity, set, applied: entry.operation === 'Apply', time: entry.time });
  }
  return owners;
}

function isEntry(entry: unknown): entry is ManagedFieldsEntry {
  return isJsonObject(entry);
}

/** Writes `metadata.managedFields` in the order of the API server: appliers first, then by time and name. */
export function encodeManagedFields(owners: OwnedFieldsMap): ManagedFieldsEntry[] {
  const entries: ManagedFieldsEntry[] = [];
  for (const { identity, set, time } of owners.values()) {
    entries.push({
      manager: identity.manager,
      operation: identity.operation,
      apiVersion: identity.apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: fieldSetToFieldsV1(set),
      ...(identity.subresource === '' ? {} : { subresource: identity.subresource }),
    });
  }
  return entries.sort(
    (a, b) =>
      compareText(a.operation, b.operation) ||
      compareText(a.time, b.time) ||
      compareText(a.manager, b.manager) ||
      compareText(a.apiVersion, b.apiVersion) ||
      compareText(a.subresource, b.subresource),
  );
}

/** At most this many writers that do not apply are kept apart; older ones are merged. */
const maxUpdateManagers = 10;

/** Merges the oldest Update entries of each version into `ancient-changes` until no more than ten Update entries are left. */
export function capManagers(owners: OwnedFieldsMap): void {
  const updaters = [...owners.entries()]
    .filter(([, owner]) => !owner.applied)
    .sort(([a, left], [b, right]) => compareText(left.time, right.time) || compareText(a, b));
  let count = updaters.length;
  const firstOfVersion = new Map<string, string>();
  for (const [identifier, owner] of updaters) {
    if (count <= maxUpdateManagers) return;
    const version = owner.identity.apiVersion;
    const identity: ManagerIdentity = {
      manager: 'ancient-changes',
      operation: 'Update',
      apiVersion: version,
      subresource: '',
    };
    const bucketIdentifier = identifierOf(identity);
    const first = firstOfVersion.get(version);
    if (first === undefined) {
      firstOfVersion.set(version, identifier);
      continue;
    }
    let bucket = owners.get(bucketIdentifier);
    if (bucket === undefined) {
      bucket = { identity, set: owners.get(first)?.set ?? emptyFieldSet(), applied: false, time: owner.time };
      owners.delete(first);
    }
    owners.delete(identifier);
    owners.set(bucketIdentifier, { ...bucket, set: unionSets(bucket.set, owner.set), time: owner.time });
    count -= 1;
  }
}

/** What every object has and nobody owns. */
const unownedFields = fieldSetOf(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ['f:metadata', 'f:name'],
  ['f:metadata', 'f:namespace'],
  ['f:metadata', 'f:creationTimestamp'],
  ['f:metadata', 'f:selfLink'],
  ['f:metadata', 'f:uid'],
  ['f:metadata', 'f:clusterName'],
  ['f:metadata', 'f:generation'],
  ['f:metadata', 'f:managedFields'],
  ['f:metadata', 'f:resourceVersion'],
);

/** The fields someone can own: identity and bookkeeping (name, uid, resourceVersion …) belong to nobody. */
export function stripMeta(set: FieldSet): FieldSet {
  return subtractSets(set, unownedFields);
}

/** The object without `metadata.managedFields`. The object itself is not changed. */
export function withoutManagedFields(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  if (!isJsonObject(metadata) || !Object.hasOwn(metadata, 'managedFields')) return object;
  const { managedFields: _dropped, ...rest } = metadata;
  return { ...object, metadata: rest };
}

/** The object with `metadata.managedFields` set, or without them when nobody owns anything. */
export function withManagedFields(object: JsonObject, owners: OwnedFieldsMap): JsonObject {
  const kept = new Map([...owners].filter(([, owner]) => !isEmptySet(owner.set)));
  const bare = withoutManagedFields(object);
  if (kept.size === 0) return bare;
  const metadata = isJsonObject(bare['metadata']) ? bare['metadata'] : {};
  return { ...bare, metadata: { ...metadata, managedFields: encodeManagedFields(kept) } };
}

function compareText(a: string | undefined, b: string | undefined): number {
  const left = a ?? '';
  const right = b ?? '';
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
