import { createHash } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import type { ResourceRegistry } from '../resources/resource-registry.ts';
import { apiVersionFrom, type ResourceType } from '../resources/resource-type.ts';

export const aggregatedMediaType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Whether the client understands aggregated discovery; without it every group and version costs a request. */
export function wantsAggregated(accept: string): boolean {
  return /as=APIGroupDiscoveryList/.test(accept) && /v=v2(?![a-z])/.test(accept);
}

/** `/api` or `/apis` as one document. Of an unavailable version (`group/version`) no resources are told. */
export function aggregatedDiscovery(
  registry: ResourceRegistry,
  isCore: boolean,
  unavailable: ReadonlySet<string>,
): JsonObject {
  const groups = [...withVersions(registry.groups(), unavailable)].filter(([group]) => (group === '') === isCore);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
      versions: [...versions].map(([version, types]) =>
        unavailable.has(apiVersionFrom(group, version))
          ? { version, freshness: 'Stale' }
          : { version, resources: types.map(aggregatedResource), freshness: 'Current' },
      ),
    })),
  };
}

/** The groups that are served, and those that only an unavailable aggregated server would serve. */
function withVersions(
  groups: ReturnType<ResourceRegistry['groups']>,
  unavailable: ReadonlySet<string>,
): Map<string, Map<string, ResourceType[]>> {
  const all = new Map([...groups].map(([group, versions]) => [group, new Map(versions)]));
  for (const groupVersion of unavailable) {
    const [group = '', version = ''] = groupVersion.split('/');
    const versions = all.get(group) ?? new Map<string, ResourceType[]>();
    if (!versions.has(version)) versions.set(version, []);
    all.set(group, versions);
  }
  return all;
}

function aggregatedResource(type: ResourceType): JsonObject {
  return {
    resource: type.plural,
    responseKind: { group: type.group, version: type.version, kind: type.kind },
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: type.verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    ...(type.subresources.length === 0
      ? {}
      : {
          subresources: type.subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind: {
              group: subresource.group ?? type.group,
              version: subresource.version ?? type.version,
              kind: subresource.kind,
            },
            verbs: subresource.verbs,
          })),
        }),
  };
}

/** The older `/api`. */
export function coreVersions(address: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

/** The older `/apis`. */
export function groupList(registry: ResourceRegistry, unavailable: ReadonlySet<string>): JsonObject {
  const groups = [...withVersions(registry.groups(), unavailable)].filter(([group]) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(([group, versions]) => groupEntry(group, [...versions.keys()])),
  };
}

/** `/apis/<group>`; undefined when the group is not served. */
export function groupDocument(
  registry: ResourceRegistry,
  group: string,
  unavailable: ReadonlySet<string>,
): JsonObject | undefined {
  const versions = withVersions(registry.groups(), unavailable).get(group);
  return versions === undefined || group === ''
    ? undefined
    : { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group, [...versions.keys()]) };
}

function groupEntry(group: string, versions: string[]): JsonObject {
  const entries = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: entries, preferredVersion: entries[0] };
}

/** `/api/v1` or `/apis/<group>/<version>`; undefined when it is not served. */
export function resourceList(registry: ResourceRegistry, group: string, version: string): JsonObject | undefined {
  const types = registry.groups().get(group)?.get(version);
  if (types === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionFrom(group, version),
    resources: types.flatMap((type) => [
      {
        name: type.plural,
        singularName: type.singular,
        namespaced: type.namespaced,
        kind: type.kind,
        verbs: type.verbs,
        ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
        ...(type.categories.length === 0 ? {} : { categories: type.categories }),
        ...(type.createOnly ? {} : { storageVersionHash: storageVersionHash(registry, type) }),
      },
      ...type.subresources.map((subresource) => ({
        name: `${type.plural}/${subresource.name}`,
        singularName: '',
        namespaced: type.namespaced,
        ...(subresource.group === undefined || subresource.group === type.group ? {} : { group: subresource.group }),
        ...(subresource.group === undefined || subresource.group === type.group || subresource.version === undefined
          ? {}
          : { version: subresource.version }),
        kind: subresource.kind,
        verbs: subresource.verbs,
      })),
    ]),
  };
}

/** Changes when objects of a resource come to be stored in another version. */
function storageVersionHash(registry: ResourceRegistry, type: ResourceType): string {
  const { group, version, kind } = registry.byResource(type.id) ?? type;
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');
}
