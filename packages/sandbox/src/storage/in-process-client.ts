import { noSuchPath, notFound } from '../api-error.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { ResourceRegistry } from '../resources/resource-registry.ts';
import { groupResourceOf, type ResourceType } from '../resources/resource-type.ts';
import type { ObjectDeleter } from '../writes/object-deleter.ts';
import type { ObjectWriter } from '../writes/object-writer.ts';
import { controllerRequest } from '../writes/write-request.ts';
import type { Change, GroupResource, InternalClient, StoredObject } from './internal-client.ts';
import { type ObjectStore, resourceId } from './object-store.ts';

/**
 * The control plane's own access to the store. Calls are synchronous, so the webhooks that configurations register are
 * not asked: they see the writes of clients only.
 */
export class InProcessClient implements InternalClient {
  private readonly store: ObjectStore;
  private readonly registry: ResourceRegistry;
  private readonly writer: ObjectWriter;
  private readonly deleter: ObjectDeleter;

  constructor(parts: { store: ObjectStore; registry: ResourceRegistry; writer: ObjectWriter; deleter: ObjectDeleter }) {
    this.store = parts.store;
    this.registry = parts.registry;
    this.writer = parts.writer;
    this.deleter = parts.deleter;
  }

  get(resource: GroupResource, namespace: string, name: string): StoredObject | undefined {
    return this.store.get(resourceId(resource), namespace, name);
  }

  list(resource: GroupResource, namespace?: string): StoredObject[] {
    return this.store.list(resourceId(resource), namespace);
  }

  ownedBy(uid: string): { resource: GroupResource; object: StoredObject }[] {
    return this.store.ownedBy(uid).map(({ resource, object }) => ({ resource: toGroupResource(resource), object }));
  }

  create(resource: GroupResource, object: object, manager: string): StoredObject {
    const type = this.typeOf(resource, object);
    const body = object as JsonObject;
    const namespace = isObject(body['metadata']) ? String(body['metadata']['namespace'] ?? '') : '';
    const plan = this.writer.planCreate(type, body, namespace, controllerRequest(manager));
    this.writer.check(plan);
    return this.writer.commit(plan).object;
  }

  update(resource: GroupResource, object: object, manager: string): StoredObject {
    return this.change(resource, object, manager, '');
  }

  updateStatus(resource: GroupResource, object: object, manager: string): StoredObject {
    const subresource = this.typeOf(resource, object).hasStatus ? 'status' : '';
    return this.change(resource, object, manager, subresource);
  }

  delete(
    resource: GroupResource,
    namespace: string,
    name: string,
    options: Parameters<InternalClient['delete']>[3] = {},
  ): void {
    const type = this.typeOf(resource);
    const live = this.require(type, namespace, name);
    this.deleter.delete(type, live, { propagation: 'Background', ...options });
  }

  removeFinalizer(resource: GroupResource, namespace: string, name: string, finalizer: string): void {
    const type = this.typeOf(resource);
    const live = this.require(type, namespace, name);
    const finalizers = live.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) return;
    const metadata = { ...live.metadata, finalizers: finalizers.filter((entry) => entry !== finalizer) };
    this.change(resource, { ...live, metadata }, 'kube-controller-manager', '');
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.store.subscribe(({ type, resource, object }) => {
      listener({ type, resource: toGroupResource(resource), object });
    });
  }

  resources(): (GroupResource & { kind: string; version: string; namespaced: boolean })[] {
    return this.registry
      .preferred()
      .filter((type) => !type.createOnly)
      .map((type) => ({
        ...groupResourceOf(type),
        kind: type.kind,
        version: type.version,
        namespaced: type.namespaced,
      }));
  }

  private change(resource: GroupResource, object: object, manager: string, subresource: string): StoredObject {
    const type = this.typeOf(resource, object);
    const { metadata } = object as StoredObject;
    const live = this.require(type, type.namespaced ? (metadata.namespace ?? '') : '', metadata.name);
    const plan = this.writer.planUpdate(type, live, object as JsonObject, controllerRequest(manager, subresource));
    this.writer.check(plan);
    return this.writer.commit(plan).object;
  }

  private require(type: ResourceType, namespace: string, name: string): StoredObject {
    const live = this.store.get(type.id, namespace, name);
    if (live === undefined) throw notFound(type, name);
    return live;
  }

  /** In the version the object says, else in the preferred one. */
  private typeOf(resource: GroupResource, object?: object): ResourceType {
    const apiVersion = (object as JsonObject | undefined)?.['apiVersion'];
    const versions = this.registry.versionsOf(resourceId(resource));
    const type = versions.find((candidate) => candidate.apiVersion === apiVersion) ?? versions[0];
    if (type === undefined) throw noSuchPath();
    return type;
  }
}

function toGroupResource(id: string): GroupResource {
  const slash = id.indexOf('/');
  return { group: id.slice(0, slash), resource: id.slice(slash + 1) };
}
