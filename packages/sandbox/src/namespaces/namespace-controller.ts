import { objectAt, objectsAt } from '../json.ts';
import type { ResourceRegistry } from '../resources/resource-registry.ts';
import type { InternalClient, StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore, StoreEvent } from '../storage/object-store.ts';
import { condition } from '../writes/kind-strategies.ts';
import type { ObjectDeleter } from '../writes/object-deleter.ts';

const namespaces = { group: '', resource: 'namespaces' };
const namespacesId = '/namespaces';
const manager = 'kube-controller-manager';

/**
 * Gives each Namespace its default ServiceAccount and the cluster's CA, and empties one that is being deleted: it goes
 * when nothing is left in it.
 */
export class NamespaceController {
  private readonly store: ObjectStore;
  private readonly registry: ResourceRegistry;
  private readonly client: InternalClient;
  private readonly deleter: ObjectDeleter;
  private readonly ca: string;
  private readonly due = new Set<string>();
  private readonly unsubscribe: () => void;
  private scheduled: NodeJS.Immediate | undefined;

  constructor(parts: {
    store: ObjectStore;
    registry: ResourceRegistry;
    client: InternalClient;
    deleter: ObjectDeleter;
    ca: string;
  }) {
    this.store = parts.store;
    this.registry = parts.registry;
    this.client = parts.client;
    this.deleter = parts.deleter;
    this.ca = parts.ca;
    this.unsubscribe = this.store.subscribe((event) => this.notice(event));
    for (const namespace of this.store.list(namespacesId)) this.enqueue(namespace.metadata.name);
  }

  close(): void {
    this.unsubscribe();
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
  }

  private notice({ resource, type, object }: StoreEvent): void {
    if (resource === namespacesId) {
      if (type !== 'DELETED') this.enqueue(object.metadata.name);
      return;
    }
    const namespace = object.metadata.namespace;
    if (namespace === undefined) return;
    const restores = resource === '/serviceaccounts' || resource === '/configmaps';
    const isTerminating = this.store.get(namespacesId, '', namespace)?.metadata.deletionTimestamp !== undefined;
    if (isTerminating || (type === 'DELETED' && restores)) this.enqueue(namespace);
  }

  private enqueue(name: string): void {
    this.due.add(name);
    this.scheduled ??= setImmediate(() => {
      this.scheduled = undefined;
      const names = [...this.due];
      this.due.clear();
      for (const due of names) this.reconcile(due);
    });
  }

  private reconcile(name: string): void {
    const namespace = this.store.get(namespacesId, '', name);
    if (namespace === undefined) return;
    if (namespace.metadata.deletionTimestamp === undefined) this.furnish(name);
    else this.empty(namespace);
  }

  private furnish(namespace: string): void {
    if (this.store.get('/serviceaccounts', namespace, 'default') === undefined) {
      this.client.create(
        { group: '', resource: 'serviceaccounts' },
        { metadata: { name: 'default', namespace } },
        manager,
      );
    }
    if (this.store.get('/configmaps', namespace, 'kube-root-ca.crt') === undefined) {
      const annotations = {
        'kubernetes.io/description':
          'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
      };
      this.client.create(
        { group: '', resource: 'configmaps' },
        { metadata: { name: 'kube-root-ca.crt', namespace, annotations }, data: { 'ca.crt': this.ca } },
        manager,
      );
    }
  }

  private empty(namespace: StoredObject): void {
    const { name } = namespace.metadata;
    const finalizers = new Map<string, number>();
    const remaining = new Map<string, number>();
    for (const type of this.registry.preferred()) {
      if (!type.namespaced || type.createOnly) continue;
      for (const object of this.store.list(type.id, name)) {
        if (object.metadata.deletionTimestamp === undefined)
          this.deleter.delete(type, object, { propagation: 'Background' });
      }
      const left = this.store.list(type.id, name);
      if (left.length > 0) remaining.set(`${type.plural}.${type.group}`, left.length);
      for (const object of left) {
        for (const finalizer of object.metadata.finalizers ?? [])
          finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
      }
    }
    if (remaining.size === 0) this.finalize(namespace);
    else this.report(namespace, remaining, finalizers);
  }

  private finalize(namespace: StoredObject): void {
    const { finalizers: _finalizers, ...spec } = objectAt(namespace, 'spec');
    const finalized = { ...namespace, spec };
    if ((namespace.metadata.finalizers ?? []).length === 0) this.store.remove(namespacesId, finalized);
    else if (objectAt(namespace, 'spec')['finalizers'] !== undefined) this.store.put(namespacesId, finalized);
  }

  private report(namespace: StoredObject, remaining: Map<string, number>, finalizers: Map<string, number>): void {
    const has = (map: Map<string, number>): 'True' | 'False' => (map.size > 0 ? 'True' : 'False');
    const list = (map: Map<string, number>, what: (key: string, count: number) => string): string =>
      [...map]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, count]) => what(key, count))
        .join(', ');
    const conditions = [
      condition(
        'NamespaceDeletionDiscoveryFailure',
        'False',
        'ResourcesDiscovered',
        'All resources successfully discovered',
      ),
      condition(
        'NamespaceDeletionGroupVersionParsingFailure',
        'False',
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ),
      condition(
        'NamespaceDeletionContentFailure',
        'False',
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ),
      condition(
        'NamespaceContentRemaining',
        has(remaining),
        'SomeResourcesRemain',
        `Some resources are remaining: ${list(remaining, (key, count) => `${key} has ${count} resource instances`)}`,
      ),
      finalizers.size === 0
        ? condition(
            'NamespaceFinalizersRemaining',
            'False',
            'ContentHasNoFinalizers',
            'All content-preserving finalizers finished',
          )
        : condition(
            'NamespaceFinalizersRemaining',
            'True',
            'SomeFinalizersRemain',
            `Some content in the namespace has finalizers remaining: ${list(finalizers, (key, count) => `${key} in ${count} resource instances`)}`,
          ),
    ];
    const before = objectsAt(namespace, 'status', 'conditions');
    const kept = conditions.map((next) => {
      const old = before.find(
        (entry) =>
          entry['type'] === next['type'] && entry['status'] === next['status'] && entry['message'] === next['message'],
      );
      return old ?? next;
    });
    if (kept.every((entry) => before.includes(entry))) return;
    this.client.updateStatus(
      namespaces,
      { ...namespace, status: { ...objectAt(namespace, 'status'), phase: 'Terminating', conditions: kept } },
      manager,
    );
  }
}
