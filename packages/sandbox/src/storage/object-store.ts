import { EventHistory } from './event-history.ts';
import type { ChangeType, StoredObject } from './internal-client.ts';
import type { Journal } from './journal.ts';
import { SharedFieldSets } from './shared-field-sets.ts';

/** One committed change, as watches and controllers see it. */
export interface StoreEvent {
  type: ChangeType;
  /** `group/plural`, see `resourceId`. */
  resource: string;
  revision: number;
  object: StoredObject;
  /** What was stored before; undefined for ADDED. */
  previous: StoredObject | undefined;
  /** `object` as JSON, made once for the journal and every watch that sends it as it is. */
  text: string;
}

export type StoreListener = (event: StoreEvent) => void;

/** What identifies a resource type in the store: `apps/deployments`, `/pods`. */
export function resourceId({ group, resource }: { group: string; resource: string }): string {
  return `${group}/${resource}`;
}

function objectKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function keyOf(object: StoredObject): string {
  return objectKey(object.metadata.namespace ?? '', object.metadata.name);
}

/** The objects of one resource type, with their order by key kept until one is added or removed. */
class Collection {
  readonly objects = new Map<string, StoredObject>();
  private sorted: string[] | undefined;

  set(key: string, object: StoredObject): void {
    if (!this.objects.has(key)) this.sorted = undefined;
    this.objects.set(key, object);
  }

  delete(key: string): void {
    this.objects.delete(key);
    this.sorted = undefined;
  }

  inOrder(namespace: string | undefined): StoredObject[] {
    this.sorted ??= [...this.objects.keys()].sort();
    const from = namespace === undefined ? 0 : lowerBound(this.sorted, `${namespace}/`);
    const found: StoredObject[] = [];
    for (let index = from; index < this.sorted.length; index += 1) {
      const key = this.sorted[index] ?? '';
      if (namespace !== undefined && !key.startsWith(`${namespace}/`)) break;
      const object = this.objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }
}

function lowerBound(sorted: string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Every object once, in memory, under one revision counter, with the recent history that watches resume from. Stored
 * objects are never changed in place: a write replaces the object, so readers may keep what they were given. A commit
 * is in the journal before it is visible, and listeners hear commits in order, even those that listeners make.
 */
export class ObjectStore {
  readonly history = new EventHistory();
  private readonly collections = new Map<string, Collection>();
  private readonly owners = new Map<string, Map<string, { resource: string; key: string }>>();
  private readonly uids = new Map<string, { resource: string; key: string }>();
  private readonly listeners = new Set<StoreListener>();
  private readonly fieldSets = new SharedFieldSets();
  private readonly undelivered: StoreEvent[] = [];
  private readonly journal: Journal | undefined;
  private readonly onListenerError: (error: unknown) => void;
  private delivering = false;
  private currentRevision: number;

  constructor(options: { journal?: Journal; onListenerError?: (error: unknown) => void } = {}) {
    this.journal = options.journal;
    this.onListenerError = options.onListenerError ?? (() => {});
    const restored = this.journal?.restore();
    this.currentRevision = Math.max(restored?.revision ?? 0, 1);
    for (const { resource, object } of restored?.entries ?? []) this.place(resource, this.fieldSets.share(object));
    this.history.reset(this.currentRevision);
  }

  get revision(): number {
    return this.currentRevision;
  }

  get objectCount(): number {
    return this.uids.size;
  }

  get(resource: string, namespace: string, name: string): StoredObject | undefined {
    return this.collections.get(resource)?.objects.get(objectKey(namespace, name));
  }

  /** In the order of `namespace/name`, which pages of a list rely on. */
  list(resource: string, namespace?: string): StoredObject[] {
    return this.collections.get(resource)?.inOrder(namespace) ?? [];
  }

  count(resource: string): number {
    return this.collections.get(resource)?.objects.size ?? 0;
  }

  /** Resource types that have had an object. */
  resources(): string[] {
    return [...this.collections.keys()];
  }

  byUid(uid: string): { resource: string; object: StoredObject } | undefined {
    const at = this.uids.get(uid);
    const object = at === undefined ? undefined : this.collections.get(at.resource)?.objects.get(at.key);
    return at === undefined || object === undefined ? undefined : { resource: at.resource, object };
  }

  ownedBy(uid: string): { resource: string; object: StoredObject }[] {
    const found = [];
    for (const { resource, key } of this.owners.get(uid)?.values() ?? []) {
      const object = this.collections.get(resource)?.objects.get(key);
      if (object !== undefined) found.push({ resource, object });
    }
    return found;
  }

  /** Stores the object under the next revision and returns it with that `resourceVersion`. */
  put(resource: string, object: StoredObject): StoredObject {
    const previous = this.collections.get(resource)?.objects.get(keyOf(object));
    const stored = this.fieldSets.share(this.withNextRevision(object));
    const text = JSON.stringify(stored);
    this.journal?.append({ revision: this.currentRevision, resource, text });
    if (previous !== undefined) this.unindexOwners(previous);
    this.place(resource, stored);
    this.publish({
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      resource,
      revision: this.currentRevision,
      object: stored,
      previous,
      text,
    });
    return stored;
  }

  /** Removes what is stored under the object's key; the last state is `object`, under the next revision. */
  remove(resource: string, object: StoredObject): StoredObject {
    const key = keyOf(object);
    const previous = this.collections.get(resource)?.objects.get(key);
    if (previous === undefined) return object;
    const last = this.withNextRevision(object);
    this.journal?.append({ revision: this.currentRevision, resource, removed: key });
    this.unindexOwners(previous);
    this.uids.delete(previous.metadata.uid);
    this.collections.get(resource)?.delete(key);
    this.publish({
      type: 'DELETED',
      resource,
      revision: this.currentRevision,
      object: last,
      previous,
      text: JSON.stringify(last),
    });
    return last;
  }

  subscribe(listener: StoreListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** A compact copy of everything, for the journal's snapshot. Holds references, not copies. */
  *entries(): Generator<{ resource: string; object: StoredObject }> {
    for (const [resource, collection] of this.collections) {
      for (const object of collection.objects.values()) yield { resource, object };
    }
  }

  close(): void {
    this.listeners.clear();
    this.journal?.close();
  }

  private withNextRevision(object: StoredObject): StoredObject {
    this.currentRevision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.currentRevision) } };
  }

  private place(resource: string, object: StoredObject): void {
    let collection = this.collections.get(resource);
    if (collection === undefined) {
      collection = new Collection();
      this.collections.set(resource, collection);
    }
    const key = keyOf(object);
    collection.set(key, object);
    this.uids.set(object.metadata.uid, { resource, key });
    for (const owner of object.metadata.ownerReferences ?? []) {
      let owned = this.owners.get(owner.uid);
      if (owned === undefined) {
        owned = new Map();
        this.owners.set(owner.uid, owned);
      }
      owned.set(`${resource} ${key}`, { resource, key });
    }
  }

  private unindexOwners(object: StoredObject): void {
    const at = this.uids.get(object.metadata.uid);
    if (at === undefined) return;
    for (const owner of object.metadata.ownerReferences ?? []) {
      const owned = this.owners.get(owner.uid);
      owned?.delete(`${at.resource} ${at.key}`);
      if (owned?.size === 0) this.owners.delete(owner.uid);
    }
  }

  private publish(event: StoreEvent): void {
    this.history.append(event);
    this.journal?.compactWhenLarge(() => ({ revision: this.currentRevision, entries: [...this.entries()] }));
    this.undelivered.push(event);
    if (this.delivering) return;
    this.delivering = true;
    try {
      for (let next = this.undelivered.shift(); next !== undefined; next = this.undelivered.shift()) {
        for (const listener of this.listeners) this.deliver(listener, next);
      }
    } finally {
      this.delivering = false;
    }
  }

  private deliver(listener: StoreListener, event: StoreEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.onListenerError(error);
    }
  }
}
