import { randomUUID } from 'node:crypto';
import { trackUpdate } from '@lockstep/structured-merge';
import { admitBuiltIn } from '../admission/built-in-admission.ts';
import {
  ApiError,
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  modifiedMeanwhile,
  notFound,
  type StatusCause,
} from '../api-error.ts';
import { defaultCustomResource, pruneCustomResource } from '../crd/structural-schema.ts';
import { cloneJson, equalJson, isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { applyDefaults } from '../openapi/index.ts';
import type { ResourceRegistry } from '../resources/resource-registry.ts';
import { type ResourceType, splitApiVersion } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { invalid, invalidObject } from '../validation/field-error.ts';
import { validateObject } from '../validation/validate-object.ts';
import { fromStorageVersion, toStorageVersion } from './convert-version.ts';
import { decodeObject } from './decode-object.ts';
import { emptyObject } from './empty-object.ts';
import { generateName } from './generate-name.ts';
import { completeObject, completeStatus } from './kind-defaults.ts';
import { bumpsGeneration, prepareForCreate, prepareForUpdate, startsGeneration } from './kind-strategies.ts';
import { mergeApplied, resetFieldsOf } from './merge-applied.ts';
import { allocateServiceAddresses } from './service-addresses.ts';
import { cannotDecode, reportUnknownFields } from './unknown-fields.ts';
import { timestamp, type WriteRequest } from './write-request.ts';

/**
 * A write that is decided but not yet checked and stored. Mutating webhooks may change `object` (through `mutate`)
 * between the two, validating webhooks look at it before it is stored.
 */
export interface Plan {
  operation: 'CREATE' | 'UPDATE';
  type: ResourceType;
  request: WriteRequest;
  /** What was stored when the plan was made; storing fails when it changed meanwhile. */
  live: StoredObject | undefined;
  object: StoredObject;
}

export interface WriteResult {
  object: StoredObject;
  created: boolean;
}

/** Conflicts when the stored object changed between plan and store; a request without its own resourceVersion retries. */
export class StalePlanError extends Error {}

/**
 * The rules of every write, whoever makes it: decode → default → prepare → record managers → (mutate) → validate →
 * store. Each step up to storing is free of effects, so a dry run is the same without the last.
 */
export class ObjectWriter {
  private readonly store: ObjectStore;
  private readonly registry: ResourceRegistry;

  constructor(parts: { store: ObjectStore; registry: ResourceRegistry }) {
    this.store = parts.store;
    this.registry = parts.registry;
  }

  planCreate(type: ResourceType, body: JsonObject, namespace: string, request: WriteRequest): Plan {
    const object = this.newObject(type, this.readBody(type, body, request), namespace);
    this.requireNamespace(type, object);
    const recorded = this.record(type, undefined, this.defaulted(type, object, undefined), request);
    const prepared = prepareForCreate(type, recorded);
    const admitted = admitBuiltIn(type, undefined, prepared, this.store);
    return { operation: 'CREATE', type, request, live: undefined, object: admitted };
  }

  /** `body` replaces what is stored, or its status when the request is for that subresource. */
  planUpdate(type: ResourceType, live: StoredObject, body: JsonObject, request: WriteRequest): Plan {
    const next = this.readBody(type, body, request);
    const wanted = stringAt(next, 'metadata', 'resourceVersion') ?? '';
    if (wanted !== '' && wanted !== live.metadata.resourceVersion) throw modifiedMeanwhile(type, live.metadata.name);
    const wantedUid = stringAt(next, 'metadata', 'uid');
    if (wantedUid !== undefined && wantedUid !== live.metadata.uid) {
      throw conflict(
        type,
        live.metadata.name,
        `StorageError: invalid object, Code: 4, Key: ${storageKey(type, live)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wantedUid}, UID in object meta: ${live.metadata.uid}`,
      );
    }
    const candidate = this.candidate(type, live, next, request);
    const recorded = this.record(type, live, candidate, request);
    const prepared = this.prepareChanged(type, live, recorded, request);
    return { operation: 'UPDATE', type, request, live, object: admitBuiltIn(type, live, prepared, this.store) };
  }

  /** Server-side apply: creates the object when it is absent. */
  planApply(
    type: ResourceType,
    at: { namespace: string; name: string },
    config: JsonObject,
    options: { force: boolean; request: WriteRequest },
  ): Plan {
    const { request } = options;
    const live = this.store.get(type.id, at.namespace, at.name);
    this.checkApplied(type, at, config, request);
    const wanted = stringAt(config, 'metadata', 'resourceVersion') ?? '';
    if (wanted !== '' && wanted !== live?.metadata.resourceVersion) throw modifiedMeanwhile(type, at.name);
    const applied = mergeApplied({
      type,
      live: live === undefined ? undefined : fromStorageVersion(type, live),
      config,
      manager: request.manager,
      force: options.force,
      subresource: request.subresource,
      now: timestamp(),
    });
    if (live !== undefined && !applied.changed) {
      // Most applies of a GitOps controller end here: defaults and validation would find nothing new.
      return { operation: 'UPDATE', type, request, live, object: fromStorageVersion(type, live) };
    }
    // An emptied map or list is absent again, as after any other write.
    const merged = this.readBody(type, applied.object, { ...request, fieldValidation: 'Ignore' });
    if (live === undefined) {
      const managers = objectAt(merged, 'metadata')['managedFields'];
      const object = this.newObject(type, merged, at.namespace);
      this.requireNamespace(type, object);
      const prepared = prepareForCreate(type, withManagers(this.defaulted(type, object, undefined), managers));
      const admitted = admitBuiltIn(type, undefined, prepared, this.store);
      return {
        operation: 'CREATE',
        type,
        request,
        live,
        object: this.recordMutation(type, prepared, admitted, request),
      };
    }
    const managers = objectAt(merged, 'metadata')['managedFields'];
    const candidate = withManagers(this.candidate(type, live, merged, request), managers);
    const recorded = this.prepareChanged(type, live, candidate, request);
    const admitted = admitBuiltIn(type, live, recorded, this.store);
    return {
      operation: 'UPDATE',
      type,
      request,
      live,
      object: this.recordMutation(type, recorded, admitted, request),
    };
  }

  /** Takes over what mutating webhooks made of the planned object: defaulted again, their changes owned by the writer. */
  mutate(plan: Plan, mutated: JsonObject): void {
    const decoded = this.readBody(plan.type, mutated, { ...plan.request, fieldValidation: 'Ignore' });
    const next = plan.type.custom === undefined ? (applyDefaults(decoded) as StoredObject) : (decoded as StoredObject);
    plan.object = this.recordMutation(plan.type, plan.object, withIdentity(next, plan.object), plan.request);
  }

  /** Validates the planned object; throws 422 with every problem. */
  check(plan: Plan): void {
    const { type, object, live } = plan;
    if (live !== undefined && isNoop(live, toStorageVersion(this.registry, type, object))) return;
    const errors = validateObject(
      type,
      object,
      live === undefined ? undefined : fromStorageVersion(type, live),
      plan.request,
    );
    if (errors.length > 0) throw invalidObject(type, object.metadata.name, errors);
  }

  /**
   * Stores the planned object and returns it as it now is. A plan that changes nothing returns what is stored, under its
   * old resourceVersion. An object whose last finalizer went is removed. Throws StalePlanError when it changed meanwhile.
   */
  commit(plan: Plan): WriteResult {
    const { type, request, live } = plan;
    const namespace = plan.object.metadata.namespace ?? '';
    const stored = this.store.get(type.id, namespace, plan.object.metadata.name);
    if (stored !== live) {
      if (live === undefined) throw alreadyExists(type, plan.object.metadata.name);
      if (stored === undefined) throw notFound(type, plan.object.metadata.name);
      throw new StalePlanError(`${type.plural} "${plan.object.metadata.name}" changed between plan and store`);
    }
    const object = this.finish(plan);
    if (live !== undefined && isNoop(live, object)) return { object: live, created: false };
    if (request.dryRun) return { object: unversioned(object), created: live === undefined };
    if (live !== undefined && isGone(object)) return { object: this.store.remove(type.id, object), created: false };
    return { object: this.store.put(type.id, object), created: live === undefined };
  }

  /** The generation, and what only the storing of an object decides. */
  private finish({ type, live, object, request }: Plan): StoredObject {
    const finished: StoredObject = {
      ...toStorageVersion(this.registry, type, object),
      metadata: { ...object.metadata },
    };
    if (live === undefined) {
      if (startsGeneration(type)) finished.metadata.generation = 1;
      else delete finished.metadata.generation;
    } else if (bumpsGeneration(type, live, finished, request.subresource)) {
      finished.metadata.generation = (live.metadata.generation ?? 0) + 1;
    }
    return type.id === '/services' ? allocateServiceAddresses(this.store, finished, live) : finished;
  }

  private readBody(type: ResourceType, body: JsonObject, request: WriteRequest): JsonObject {
    if (type.custom !== undefined) return pruneCustomResource(type, body, request);
    const decoded = decodeObject(type.mergeType, body);
    if (decoded.typeError !== undefined) throw cannotDecode(type, decoded.typeError, request);
    reportUnknownFields(type, decoded.unknownFields, request);
    return decoded.object;
  }

  private newObject(type: ResourceType, body: JsonObject, namespace: string): StoredObject {
    const metadata = { ...objectAt(body, 'metadata') };
    if ((stringAt(metadata, 'resourceVersion') ?? '') !== '') {
      throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
    }
    const prefix = stringAt(metadata, 'generateName') ?? '';
    const name = stringAt(metadata, 'name') ?? '';
    for (const field of serverFields) delete metadata[field];
    if (type.namespaced) metadata['namespace'] = namespace;
    else delete metadata['namespace'];
    const object = {
      ...body,
      apiVersion: type.apiVersion,
      kind: type.kind,
      metadata: {
        ...metadata,
        name: name === '' && prefix !== '' ? generateName(prefix) : name,
        uid: randomUUID(),
        creationTimestamp: timestamp(),
        resourceVersion: '',
      },
    };
    if (object.metadata.name === '') {
      throw invalidObject(type, '', [
        { type: 'Required', field: 'metadata.name', message: 'Required value: name or generateName is required' },
      ]);
    }
    return object;
  }

  /** What would be stored: the parts this endpoint may write from `next`, the others from what is stored. */
  private candidate(type: ResourceType, live: StoredObject, next: JsonObject, request: WriteRequest): StoredObject {
    const current = fromStorageVersion(type, live);
    if (request.subresource === 'status') {
      return completeStatus(type, {
        ...current,
        ...statusOf(next),
        metadata: { ...current.metadata, ...managersOf(next) },
      });
    }
    const metadata = { ...objectAt(next, 'metadata') };
    for (const field of serverFields) delete metadata[field];
    if (type.namespaced) metadata['namespace'] = live.metadata.namespace;
    else delete metadata['namespace'];
    const identity = withIdentity({ ...next, metadata } as StoredObject, live);
    const candidate: StoredObject = { ...identity, apiVersion: type.apiVersion, kind: type.kind };
    if (type.hasStatus) {
      if (current['status'] === undefined) delete candidate['status'];
      else candidate['status'] = current['status'];
    }
    return this.defaulted(type, candidate, current);
  }

  private prepareChanged(
    type: ResourceType,
    live: StoredObject,
    next: StoredObject,
    request: WriteRequest,
  ): StoredObject {
    if (request.subresource === 'status') return next;
    return prepareForUpdate(type, next, fromStorageVersion(type, live));
  }

  private defaulted(type: ResourceType, object: StoredObject, live: StoredObject | undefined): StoredObject {
    const copy = cloneJson(object);
    if (type.custom !== undefined) return defaultCustomResource(type, copy) as StoredObject;
    return completeObject(type, applyDefaults(copy) as StoredObject, live);
  }

  private record(
    type: ResourceType,
    live: StoredObject | undefined,
    next: StoredObject,
    request: WriteRequest,
  ): StoredObject {
    const resetFields = resetFieldsOf(type, request.subresource);
    return trackUpdate({
      type: type.mergeType,
      live: live === undefined ? undefined : fromStorageVersion(type, live),
      zero: emptyObject(type),
      next,
      manager: request.manager,
      now: timestamp(),
      ...(request.subresource === '' ? {} : { subresource: request.subresource }),
      ...(resetFields === undefined ? {} : { resetFields }),
    }).object as StoredObject;
  }

  private recordMutation(
    type: ResourceType,
    before: StoredObject,
    after: StoredObject,
    request: WriteRequest,
  ): StoredObject {
    if (before === after || equalJson(before, after)) return before;
    return this.record(type, before, after, request);
  }

  private checkApplied(
    type: ResourceType,
    at: { namespace: string; name: string },
    config: JsonObject,
    request: WriteRequest,
  ): void {
    const { group, version } = splitApiVersion(stringAt(config, 'apiVersion') ?? '');
    const kind = stringAt(config, 'kind') ?? '';
    if (group !== type.group || version !== type.version || kind !== type.kind) {
      throw badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`);
    }
    if (objectAt(config, 'metadata')['managedFields'] !== undefined) {
      throw badRequest('metadata.managedFields must be nil');
    }
    const name = stringAt(config, 'metadata', 'name');
    if (name !== undefined && name !== at.name) {
      throw badRequest(`the name of the object (${name}) does not match the name on the URL (${at.name})`);
    }
    const namespace = stringAt(config, 'metadata', 'namespace');
    if (type.namespaced && namespace !== undefined && namespace !== at.namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    if (request.manager === '') {
      throw invalidObject({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
        { type: 'Required', field: 'fieldManager', message: 'Required value: is required for apply patch' },
      ]);
    }
    if (type.namespaced && at.namespace === '')
      throw badRequest('an empty namespace may not be set when a resource name is provided');
  }

  /** Objects need a namespace that exists and is not on its way out. */
  private requireNamespace(type: ResourceType, object: StoredObject): void {
    if (!type.namespaced) return;
    const name = object.metadata.namespace ?? '';
    const namespace = this.store.get('/namespaces', '', name);
    if (namespace === undefined) throw notFound({ group: '', plural: 'namespaces' }, name);
    if (namespace.metadata.deletionTimestamp === undefined) return;
    const cause: StatusCause = {
      reason: 'NamespaceTerminating',
      message: `namespace ${name} is being terminated`,
      field: 'metadata.namespace',
    };
    throw forbidden(
      type,
      object.metadata.name,
      `unable to create new content in namespace ${name} because it is being terminated`,
      [cause],
    );
  }
}

/** Where etcd would hold the object, which some messages tell. */
function storageKey(type: ResourceType, { metadata }: StoredObject): string {
  const resource = type.custom === undefined ? type.plural : `${type.group}/${type.plural}`;
  return ['/registry', resource, ...(metadata.namespace === undefined ? [] : [metadata.namespace]), metadata.name].join(
    '/',
  );
}

/** Metadata that only the server sets. */
const serverFields = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
] as const;

function withIdentity(object: StoredObject, live: StoredObject): StoredObject {
  const metadata: StoredObject['metadata'] = { ...object.metadata, name: live.metadata.name };
  for (const field of serverFields) {
    if (live.metadata[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: live.metadata[field] });
  }
  return { ...object, metadata };
}

function statusOf(next: JsonObject): JsonObject {
  return next['status'] === undefined ? { status: undefined } : { status: next['status'] };
}

function managersOf(next: JsonObject): JsonObject {
  const managers = objectAt(next, 'metadata')['managedFields'];
  return managers === undefined ? {} : { managedFields: managers };
}

function withManagers(object: StoredObject, managers: unknown): StoredObject {
  const metadata = { ...object.metadata, managedFields: managers };
  if (managers === undefined) delete metadata.managedFields;
  return { ...object, metadata };
}

/** An object that was never stored has no version. */
function unversioned(object: StoredObject): StoredObject {
  if (object.metadata.resourceVersion !== '') return object;
  const { resourceVersion: _none, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as StoredObject['metadata'] };
}

/** Whether storing would change nothing but times in managedFields and the resourceVersion. */
function isNoop(live: StoredObject, next: StoredObject): boolean {
  for (const key of new Set([...Object.keys(live), ...Object.keys(next)])) {
    if (key !== 'metadata' && key !== 'apiVersion' && !equalJson(live[key], next[key])) return false;
  }
  for (const key of new Set([...Object.keys(live.metadata), ...Object.keys(next.metadata)])) {
    if (key === 'resourceVersion' || key === 'generation') continue;
    if (key === 'managedFields') {
      if (!equalManagers(live.metadata[key], next.metadata[key])) return false;
    } else if (!equalJson(live.metadata[key], next.metadata[key])) return false;
  }
  return true;
}

function equalManagers(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return equalJson(withoutTimes(a), withoutTimes(b));
}

function withoutTimes(managers: unknown): unknown {
  if (!Array.isArray(managers)) return [];
  return managers.map((entry) => (isObject(entry) ? { ...entry, time: undefined } : entry));
}

function isGone(object: StoredObject): boolean {
  if (object.metadata.deletionTimestamp === undefined) return false;
  if ((object.metadata.finalizers ?? []).length > 0) return false;
  if (Number(object.metadata['deletionGracePeriodSeconds'] ?? 0) > 0) return false;
  return object.kind !== 'Namespace' || objectAt(object, 'spec')['finalizers'] === undefined;
}

/** For CustomResources an update must name the version it changes. */
export function requireResourceVersion(type: ResourceType, body: JsonObject): void {
  if (type.custom === undefined || (stringAt(body, 'metadata', 'resourceVersion') ?? '') !== '') return;
  throw invalidObject({ group: type.group, kind: type.plural }, stringAt(body, 'metadata', 'name') ?? '', [
    invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
  ]);
}
