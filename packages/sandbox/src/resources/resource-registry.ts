import { untyped } from '@lockstep/structured-merge';
import { customResourceTypes } from '../crd/custom-resource-types.ts';
import { builtInType, resourceCatalog } from '../openapi/index.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { apiVersionFrom, type ResourceType } from './resource-type.ts';
import { compareVersions } from './version-priority.ts';

/** Every resource type served now: the built-in ones and those of the stored CustomResourceDefinitions. */
export class ResourceRegistry {
  private readonly byPath = new Map<string, ResourceType>();
  private readonly byKind = new Map<string, ResourceType>();
  private readonly byId = new Map<string, ResourceType[]>();
  private readonly definitions = new Map<string, ResourceType[]>();
  private readonly listeners = new Set<() => void>();
  /** Grows with every change, so that documents made from the registry can be cached. */
  generation = 0;

  constructor() {
    for (const resource of resourceCatalog) {
      this.add({
        // Events have two APIs over one store.
        id: resource.group === 'events.k8s.io' ? '/events' : `${resource.group}/${resource.plural}`,
        group: resource.group,
        version: resource.version,
        apiVersion: apiVersionFrom(resource.group, resource.version),
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        plural: resource.plural,
        singular: resource.singular,
        namespaced: resource.namespaced,
        shortNames: resource.shortNames,
        categories: resource.categories,
        verbs: resource.verbs,
        subresources: resource.subresources,
        hasStatus: resource.subresources.some(({ name }) => name === 'status'),
        createOnly: resource.verbs.join() === 'create',
        mergeType: builtInType(resource) ?? untyped,
        custom: undefined,
      });
    }
  }

  /** The type served at `/apis/<group>/<version>/<plural>`. */
  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.byPath.get(`${group}/${version}/${plural}`);
  }

  findKind(group: string, version: string, kind: string): ResourceType | undefined {
    return this.byKind.get(`${group}/${version}/${kind}`);
  }

  /** A type by what it is stored under, in its preferred version. */
  byResource(id: string): ResourceType | undefined {
    return this.byId.get(id)?.[0];
  }

  /** All served versions of one resource, preferred first. */
  versionsOf(id: string): ResourceType[] {
    return this.byId.get(id) ?? [];
  }

  /** One type per resource, in its preferred version. */
  preferred(): ResourceType[] {
    return [...this.byId.values()].flatMap((types) => types.slice(0, 1));
  }

  all(): ResourceType[] {
    return [...this.byPath.values()];
  }

  /** Types by group, then by version; the core group first, groups of custom resources last, versions by priority. */
  groups(): Map<string, Map<string, ResourceType[]>> {
    const groups = new Map<string, Map<string, ResourceType[]>>();
    for (const type of this.byPath.values()) {
      const versions = groups.get(type.group) ?? new Map<string, ResourceType[]>();
      groups.set(type.group, versions);
      const types = versions.get(type.version) ?? [];
      versions.set(type.version, types);
      types.push(type);
    }
    for (const [group, versions] of groups) {
      groups.set(group, new Map([...versions].sort(([a], [b]) => compareVersions(a, b))));
    }
    return groups;
  }

  /** Serves what a CustomResourceDefinition defines, instead of what it defined before. */
  setDefinition(definition: StoredObject): void {
    this.dropTypes(definition.metadata.name);
    const types = customResourceTypes(definition);
    this.definitions.set(definition.metadata.name, types);
    for (const type of types) this.add(type);
    this.changed();
  }

  removeDefinition(name: string): void {
    this.dropTypes(name);
    this.changed();
  }

  /** Whether another definition or a built-in type already serves this group and plural. */
  isTaken(group: string, plural: string, definition: string): boolean {
    const owner = this.byId.get(`${group}/${plural}`)?.[0];
    return owner !== undefined && owner.custom?.definition !== definition;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  private changed(): void {
    this.generation += 1;
    for (const listener of this.listeners) listener();
  }

  private add(type: ResourceType): void {
    this.byPath.set(`${type.group}/${type.version}/${type.plural}`, type);
    this.byKind.set(`${type.group}/${type.version}/${type.kind}`, type);
    const versions = [...(this.byId.get(type.id) ?? []), type];
    versions.sort((a, b) => compareVersions(a.version, b.version));
    this.byId.set(type.id, versions);
  }

  private dropTypes(definition: string): void {
    for (const type of this.definitions.get(definition) ?? []) {
      this.byPath.delete(`${type.group}/${type.version}/${type.plural}`);
      this.byKind.delete(`${type.group}/${type.version}/${type.kind}`);
      this.byId.delete(type.id);
    }
    this.definitions.delete(definition);
  }
}
