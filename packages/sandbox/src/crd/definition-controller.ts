import { equalJson, type JsonObject, objectAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import type { ResourceRegistry } from '../resources/resource-registry.ts';
import type { InternalClient, StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore, StoreEvent } from '../storage/object-store.ts';
import { condition } from '../writes/kind-strategies.ts';
import type { ObjectDeleter } from '../writes/object-deleter.ts';

const definitions = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };
const definitionsId = 'apiextensions.k8s.io/customresourcedefinitions';
const cleanup = 'customresourcecleanup.apiextensions.k8s.io';
const manager = 'kube-apiserver';

/**
 * Serves what CustomResourceDefinitions define, tells so in their status, and deletes the objects of a definition before
 * the definition itself goes.
 */
export class DefinitionController {
  private readonly store: ObjectStore;
  private readonly registry: ResourceRegistry;
  private readonly client: InternalClient;
  private readonly deleter: ObjectDeleter;
  private readonly unsubscribe: () => void;
  private readonly terminating = new Set<string>();

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
    // Stored definitions first: everything else that was loaded may be of their kinds.
    for (const definition of this.store.list(definitionsId)) this.registry.setDefinition(definition);
    this.unsubscribe = this.store.subscribe((event) => this.notice(event));
    for (const definition of this.store.list(definitionsId)) this.reconcile(definition);
  }

  close(): void {
    this.unsubscribe();
  }

  private notice({ type, resource, object, previous }: StoreEvent): void {
    if (resource !== definitionsId) {
      // The last object of a definition that is being deleted lets the definition go.
      if (type === 'DELETED') for (const name of this.terminating) this.reconcileNamed(name);
      return;
    }
    if (type === 'DELETED') {
      this.terminating.delete(object.metadata.name);
      this.registry.removeDefinition(object.metadata.name);
      return;
    }
    if (previous === undefined || !equalJson(previous['spec'], object['spec'])) this.registry.setDefinition(object);
    this.reconcile(object);
  }

  private reconcileNamed(name: string): void {
    const definition = this.store.get(definitionsId, '', name);
    if (definition !== undefined) this.reconcile(definition);
  }

  private reconcile(definition: StoredObject): void {
    if (definition.metadata.deletionTimestamp === undefined) this.establish(definition);
    else this.cleanUp(definition);
  }

  private establish(definition: StoredObject): void {
    const status = this.establishedStatus(definition);
    if (!equalJson(status, definition['status']))
      this.client.updateStatus(definitions, { ...definition, status }, manager);
  }

  private establishedStatus(definition: StoredObject): JsonObject {
    const before = objectAt(definition, 'status');
    const spec = objectAt(definition, 'spec');
    const names = objectAt(spec, 'names');
    const kind = stringAt(names, 'kind') ?? '';
    const acceptedNames = {
      ...names,
      listKind: stringAt(names, 'listKind') ?? `${kind}List`,
      singular: stringAt(names, 'singular') ?? kind.toLowerCase(),
    };
    const storage = objectsAt(spec, 'versions')
      .filter((version) => version['storage'] === true)
      .map((version) => stringAt(version, 'name') ?? '');
    const wanted = [
      condition('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ];
    const conditions = wanted.map((next) => {
      const old = objectsAt(before, 'conditions').find(
        (entry) => entry['type'] === next['type'] && entry['status'] === next['status'],
      );
      return old ?? next;
    });
    return {
      ...before,
      acceptedNames,
      conditions,
      storedVersions: [...new Set([...stringsAt(before, 'storedVersions'), ...storage])],
    };
  }

  private cleanUp(definition: StoredObject): void {
    const { name } = definition.metadata;
    const type = this.registry.byResource(
      `${stringAt(definition, 'spec', 'group') ?? ''}/${stringAt(definition, 'spec', 'names', 'plural') ?? ''}`,
    );
    if (definition.metadata.finalizers?.includes(cleanup) !== true) return;
    if (!this.terminating.has(name)) {
      this.terminating.add(name);
      const objects = type === undefined ? [] : this.store.list(type.id);
      for (const object of objects) {
        if (type !== undefined && object.metadata.deletionTimestamp === undefined)
          this.deleter.delete(type, object, { propagation: 'Background' });
      }
    }
    const isEmpty = type === undefined || this.store.count(type.id) === 0;
    if (isEmpty) this.client.removeFinalizer(definitions, '', name, cleanup);
  }
}
