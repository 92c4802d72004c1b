import { ApiError } from '../api-error.ts';
import type { ResourceRegistry } from '../resources/resource-registry.ts';
import { groupResourceOf, splitApiVersion } from '../resources/resource-type.ts';
import type { InternalClient, StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore, StoreEvent } from '../storage/object-store.ts';
import type { ObjectDeleter } from '../writes/object-deleter.ts';

const manager = 'kube-controller-manager';
const foreground = 'foregroundDeletion';
const orphan = 'orphan';

type OwnerReference = NonNullable<StoredObject['metadata']['ownerReferences']>[number];

/**
 * Deletes what has lost its last owner, and does what the finalizers of the propagation policies ask for: `foreground`
 * waits for the dependents that block their owner, `orphan` sets dependents free.
 */
export class GarbageCollector {
  private readonly store: ObjectStore;
  private readonly registry: ResourceRegistry;
  private readonly client: InternalClient;
  private readonly deleter: ObjectDeleter;
  private readonly due = new Map<string, { resource: string; object: StoredObject }>();
  private readonly deletedOwners = new Set<string>();
  private readonly unsubscribe: () => void;
  private scheduled: NodeJS.Immediate | undefined;

  constructor(parts: {
    store: ObjectStore;
    registry: ResourceRegistry;
    client: InternalClient;
    deleter: ObjectDeleter;
  }) {
    this.store = parts.store;
    this.registry = parts.registry;
    this.client = parts.client;
    this.deleter = parts.deleter;
    this.unsubscribe = this.store.subscribe((event) => this.notice(event));
    for (const { resource, object } of this.store.entries()) this.consider(resource, object);
  }

  close(): void {
    this.unsubscribe();
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
  }

  private notice({ type, resource, object }: StoreEvent): void {
    if (type === 'DELETED') {
      this.deletedOwners.add(object.metadata.uid);
      // An owner that waits for its dependents may go on.
      for (const owner of object.metadata.ownerReferences ?? []) this.considerUid(owner.uid);
      this.schedule();
      return;
    }
    this.consider(resource, object);
  }

  private consider(resource: string, object: StoredObject): void {
    const waits =
      object.metadata.deletionTimestamp !== undefined &&
      (object.metadata.finalizers ?? []).some((name) => name === foreground || name === orphan);
    const hasOwners = (object.metadata.ownerReferences ?? []).length > 0;
    if (!waits && !hasOwners) return;
    this.due.set(object.metadata.uid, { resource, object });
    this.schedule();
  }

  private considerUid(uid: string): void {
    const found = this.store.byUid(uid);
    if (found !== undefined) this.consider(found.resource, found.object);
  }

  private schedule(): void {
    this.scheduled ??= setImmediate(() => {
      this.scheduled = undefined;
      this.collect();
    });
  }

  private collect(): void {
    const owners = [...this.deletedOwners];
    this.deletedOwners.clear();
    for (const uid of owners) {
      for (const { resource, object } of this.store.ownedBy(uid))
        this.due.set(object.metadata.uid, { resource, object });
    }
    const due = [...this.due.keys()];
    this.due.clear();
    for (const uid of due) {
      const found = this.store.byUid(uid);
      if (found === undefined) continue;
      try {
        this.process(found.resource, found.object);
      } catch (error) {
        // Someone else wrote in between: their change brings the object here again.
        if (!(error instanceof ApiError)) throw error;
      }
    }
  }

  private process(resource: string, object: StoredObject): void {
    if (object.metadata.deletionTimestamp !== undefined) {
      const finalizers = object.metadata.finalizers ?? [];
      if (finalizers.includes(orphan)) this.setDependentsFree(resource, object);
      else if (finalizers.includes(foreground)) this.deleteDependentsFirst(resource, object);
      return;
    }
    this.deleteWithoutOwners(resource, object);
  }

  private deleteWithoutOwners(resource: string, object: StoredObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const present = owners.filter((owner) => this.isPresent(owner, object));
    const waiting = present.filter((owner) => this.isWaitingForDependents(owner));
    if (present.length > waiting.length) {
      if (present.length < owners.length) this.keepOwners(resource, object, present);
      return;
    }
    const hasDependents = this.store.ownedBy(object.metadata.uid).length > 0;
    this.remove(resource, object, waiting.length > 0 && hasDependents ? 'Foreground' : 'Background');
  }

  private isPresent(owner: OwnerReference, dependent: StoredObject): boolean {
    const found = this.store.byUid(owner.uid);
    if (found === undefined) {
      // A kind that is not served may be just not known yet.
      const { group, version } = splitApiVersion(owner.apiVersion);
      return this.registry.findKind(group, version, owner.kind) === undefined;
    }
    const namespace = found.object.metadata.namespace;
    return namespace === undefined || namespace === dependent.metadata.namespace;
  }

  private isWaitingForDependents(owner: OwnerReference): boolean {
    const { metadata } = this.store.byUid(owner.uid)?.object ?? {};
    return metadata?.deletionTimestamp !== undefined && metadata.finalizers?.includes(foreground) === true;
  }

  private deleteDependentsFirst(resource: string, owner: StoredObject): void {
    const dependents = this.store.ownedBy(owner.metadata.uid);
    for (const dependent of dependents) {
      if (dependent.object.metadata.deletionTimestamp === undefined)
        this.deleteWithoutOwners(dependent.resource, dependent.object);
    }
    const isBlocked = this.store
      .ownedBy(owner.metadata.uid)
      .some(({ object }) =>
        object.metadata.ownerReferences?.some(
          (reference) => reference.uid === owner.metadata.uid && reference.blockOwnerDeletion === true,
        ),
      );
    if (!isBlocked) this.removeFinalizer(resource, owner, foreground);
  }

  private setDependentsFree(resource: string, owner: StoredObject): void {
    for (const dependent of this.store.ownedBy(owner.metadata.uid)) {
      const rest = (dependent.object.metadata.ownerReferences ?? []).filter(
        (reference) => reference.uid !== owner.metadata.uid,
      );
      this.keepOwners(dependent.resource, dependent.object, rest);
    }
    this.removeFinalizer(resource, owner, orphan);
  }

  private keepOwners(resource: string, object: StoredObject, owners: OwnerReference[]): void {
    const type = this.registry.byResource(resource);
    if (type === undefined) return;
    const metadata = { ...object.metadata, ownerReferences: owners };
    if (owners.length === 0) delete (metadata as Partial<typeof metadata>).ownerReferences;
    this.client.update(groupResourceOf(type), { ...object, metadata }, manager);
  }

  private remove(resource: string, object: StoredObject, propagation: 'Foreground' | 'Background'): void {
    const type = this.registry.byResource(resource);
    if (type !== undefined) this.deleter.delete(type, object, { propagation, uid: object.metadata.uid });
  }

  private removeFinalizer(resource: string, object: StoredObject, finalizer: string): void {
    const type = this.registry.byResource(resource);
    if (type !== undefined) {
      this.client.removeFinalizer(
        groupResourceOf(type),
        object.metadata.namespace ?? '',
        object.metadata.name,
        finalizer,
      );
    }
  }
}
