import { type AppliedConfiguration, applyConfiguration } from './apply-configuration.ts';
import { ApplyConflictError } from './apply-conflict-error.ts';
import { compareValues } from './compare-values.ts';
import { equalSets, type FieldSet, fieldSetOf, isEmptySet, subtractSets, unionSets } from './field-set.ts';
import { isJsonObject, type JsonObject, withoutKeys } from './json.ts';
import {
  decodeManagedFields,
  identifierOf,
  type ManagerIdentity,
  type OwnedFieldsMap,
  stripMeta,
  withManagedFields,
  withoutManagedFields,
} from './managed-fields-entry.ts';
import { FieldConflictError, type ManagedFields } from './managers.ts';
import { recordUpdate } from './record-update.ts';
import type { ValueType } from './schema.ts';
import { SchemaError } from './schema-error.ts';
import { toFieldSet } from './to-field-set.ts';
import { validateValue } from './validate-value.ts';

/** A server-side apply of one object. */
export interface ApplyPatchRequest {
  type: ValueType;
  /** The stored object; undefined creates. */
  live: JsonObject | undefined;
  /** The applied object, with apiVersion, kind and metadata. Its managedFields must be absent or empty. */
  config: JsonObject;
  manager: string;
  force: boolean;
  /** RFC 3339 with seconds, as managedFields times are written. */
  now: string;
  subresource?: string;
  /** Fields this endpoint does not write, such as `f:status` where status is a subresource: nobody comes to own them. */
  resetFields?: FieldSet;
}

/** An object after a write, with `metadata.managedFields`. */
export interface WrittenObject {
  object: JsonObject;
  /** False when neither a field nor an owner differs from the live object: the write can be skipped. */
  changed: boolean;
}

/**
 * Server-side apply as the API server does it, up to defaulting and admission: the new object with its managedFields.
 * Throws ApplyConflictError (unless `force`) and SchemaError when the configuration does not fit the schema.
 */
export function applyPatch(request: ApplyPatchRequest): WrittenObject {
  const { type, live, now, subresource = '' } = request;
  const config = configurationOf(request.config);
  const problems = validateValue(type, config);
  if (problems.length > 0) throw new SchemaError(problems);

  const identity: ManagerIdentity = {
    manager: request.manager,
    operation: 'Apply',
    apiVersion: String(config['apiVersion'] ?? ''),
    subresource,
  };
  const identifier = identifierOf(identity);
  const liveBody = live === undefined ? identityOf(config) : withoutManagedFields(live);
  const owners = ownersBeforeApply(request, liveBody, identity);
  const applied = applyOverConflicts({
    ...request,
    config,
    live: liveBody,
    owners,
    identifier,
    ignored: request.resetFields,
  });

  const { isObjectChanged } = applied;
  const previous = owners.get(identifier);
  const next: OwnedFieldsMap = new Map();
  for (const [id, entry] of applied.managers) {
    const owner = owners.get(id);
    if (id !== identifier && owner !== undefined) next.set(id, { ...owner, set: entry.set });
  }
  const set = stripMeta(applied.managers.get(identifier)?.set ?? fieldSetOf());
  const isSame = previous !== undefined && !isObjectChanged && equalSets(previous.set, set);
  if (!isEmptySet(set)) next.set(identifier, { identity, set, applied: true, time: isSame ? previous.time : now });

  const body = isObjectChanged || live === undefined ? (applied.object as JsonObject) : liveBody;
  const object = withManagedFields(refreshLastApplied(request.manager, liveBody, body, config), next);
  return { object, changed: live === undefined || isObjectChanged || !sameOwners(owners, next) };
}

/** What counts of an applied object: serialisers write `creationTimestamp: null`, and managedFields are not input. */
function configurationOf(applied: JsonObject): JsonObject {
  const config = withoutManagedFields(applied);
  const metadata = config['metadata'];
  if (!isJsonObject(metadata) || metadata['creationTimestamp'] !== null) return config;
  return { ...config, metadata: withoutKeys(metadata, 'creationTimestamp') };
}

/** What an object has before anybody wrote a field: enough to compare with, so that creating owns all the rest. */
function identityOf(config: JsonObject): JsonObject {
  return { apiVersion: config['apiVersion'], kind: config['kind'] };
}

/** An object whose writes were never recorded gets one owner for all it has, so that a first apply can conflict. */
function ownersBeforeApply(request: ApplyPatchRequest, liveBody: JsonObject, applier: ManagerIdentity): OwnedFieldsMap {
  const { type, live, now } = request;
  if (live === undefined) return new Map();
  const metadata = live['metadata'];
  const owners = decodeManagedFields(isJsonObject(metadata) ? metadata['managedFields'] : undefined);
  if (owners.size > 0) return owners;
  const identity: ManagerIdentity = { ...applier, manager: 'before-first-apply', operation: 'Update' };
  const identifier = identifierOf(identity);
  const managers = recordUpdate({
    type,
    live: identityOf(live),
    next: liveBody,
    managers: new Map(),
    manager: identifier,
  });
  const set = stripMeta(managers.get(identifier)?.set ?? fieldSetOf());
  return isEmptySet(set) ? new Map() : new Map([[identifier, { identity, set, applied: false, time: now }]]);
}

/**
 * kubectl may take over what its own client-side apply wrote: conflicts in fields that still have the value of the
 * last-applied annotation are forced.
 */
function applyOverConflicts(request: {
  type: ValueType;
  live: JsonObject;
  config: JsonObject;
  owners: OwnedFieldsMap;
  identifier: string;
  manager: string;
  force: boolean;
  ignored: FieldSet | undefined;
}): AppliedConfiguration {
  const { type, live, config, owners, identifier, ignored } = request;
  const managers: Map<string, ManagedFields> = owners;
  const apply = (force: boolean) =>
    applyConfiguration({
      type,
      live,
      config,
      managers,
      manager: identifier,
      force,
      emptied: 'kept',
      ...(ignored === undefined ? {} : { ignored }),
    });
  try {
    return apply(request.force);
  } catch (error) {
    if (!(error instanceof FieldConflictError)) throw error;
    const allowed = request.manager === 'kubectl' ? unchangedSinceLastApplied(type, live) : undefined;
    if (allowed === undefined) throw new ApplyConflictError(error.conflicts, owners);
    const rest = error.conflicts
      .map(({ manager, fields }) => ({ manager, fields: subtractSets(fields, allowed) }))
      .filter(({ fields }) => !isEmptySet(fields));
    if (rest.length > 0) throw new ApplyConflictError(rest, owners);
    return apply(true);
  }
}

const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

function lastAppliedOf(object: JsonObject): string | undefined {
  const metadata = object['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  const text = isJsonObject(annotations) ? annotations[lastAppliedAnnotation] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function unchangedSinceLastApplied(type: ValueType, live: JsonObject): FieldSet | undefined {
  const text = lastAppliedOf(live);
  if (text === undefined) return undefined;
  try {
    const lastApplied: unknown = JSON.parse(text);
    const changes = compareValues(type, lastApplied, live);
    const differing = unionSets(changes.modified, unionSets(changes.added, changes.removed));
    return subtractSets(toFieldSet(type, lastApplied), differing);
  } catch {
    return undefined;
  }
}

/** kubectl's server-side apply keeps an existing last-applied annotation true, so that one can go back to client side. */
function refreshLastApplied(manager: string, live: JsonObject, object: JsonObject, config: JsonObject): JsonObject {
  if (manager !== 'kubectl' || lastAppliedOf(live) === undefined) return object;
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const annotations = isJsonObject(metadata['annotations']) ? metadata['annotations'] : {};
  const text = `${JSON.stringify(config)}\n`;
  // Annotations over 256 KiB are refused; upstream drops the annotation then.
  const { [lastAppliedAnnotation]: _old, ...others } = annotations;
  const next = text.length > 262_144 ? others : { ...others, [lastAppliedAnnotation]: text };
  return { ...object, metadata: { ...metadata, annotations: next } };
}

function sameOwners(a: OwnedFieldsMap, b: OwnedFieldsMap): boolean {
  if (a.size !== b.size) return false;
  for (const [identifier, owner] of a) {
    const other = b.get(identifier);
    if (other === undefined || other.identity.apiVersion !== owner.identity.apiVersion) return false;
    if (other.set !== owner.set && !equalSets(other.set, owner.set)) return false;
  }
  return true;
}
