import { type ApiResource, ClusterError } from '@lockstep/core';
import type { ClusterConnection } from './cluster-connection.ts';

/** What a cluster serves. Within a group the server's preferred version comes first. */
export interface Discovery {
  resources: ApiResource[];
  /** `v1`, `apps/v1` … and `apps/v1/Deployment` …, as `helm template --api-versions` wants them. */
  apiVersions: string[];
  /**
   * Groups whose resources could not be read now (an aggregated API is down). Their kinds are unknown, never absent:
   * treating them as absent would prune everything of those kinds.
   */
  unknownGroups: Set<string>;
}

/**
 * Reads discovery in two requests where the server aggregates it (1.26 and later), else one per group and version.
 * Resources of a group that fails now are taken over from `previous`.
 */
export async function discover(connection: ClusterConnection, previous?: Discovery): Promise<Discovery> {
  const groupVersions = (await Promise.all([readTree(connection, '/api'), readTree(connection, '/apis')])).flat();
  const resources: ApiResource[] = [];
  const unknownGroups = new Set<string>();
  for (const { group, resources: found } of groupVersions) {
    if (found === undefined) unknownGroups.add(group);
    else resources.push(...found);
  }
  for (const group of unknownGroups) {
    const seen = new Set(resources.filter((r) => r.group === group).map((r) => `${r.version}/${r.plural}`));
    for (const resource of previous?.resources ?? []) {
      if (resource.group === group && !seen.has(`${resource.version}/${resource.plural}`)) resources.push(resource);
    }
  }
  return { resources, apiVersions: apiVersionsOf(resources), unknownGroups };
}

interface GroupVersionResources {
  group: string;
  /** undefined: the server knows the version but could not list it. */
  resources: ApiResource[] | undefined;
}

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

async function readTree(connection: ClusterConnection, path: '/api' | '/apis'): Promise<GroupVersionResources[]> {
  const answer = await connection.json<AggregatedDiscovery | ApiVersions | ApiGroupList>({
    method: 'GET',
    path,
    headers: { accept: AGGREGATED },
  });
  if (answer.kind === 'APIGroupDiscoveryList') return aggregatedGroups(answer);
  const groupVersions =
    answer.kind === 'APIVersions'
      ? answer.versions.map((version) => ({ group: '', version, path: `/api/${version}` }))
      : answer.groups.flatMap(({ name, versions, preferredVersion }) =>
          [...versions]
            .sort(
              (a, b) =>
                Number(b.version === preferredVersion?.version) - Number(a.version === preferredVersion?.version),
            )
            .map(({ version }) => ({ group: name, version, path: `/apis/${name}/${version}` })),
        );
  return Promise.all(
    groupVersions.map(async ({ group, version, path: listPath }) => ({
      group,
      resources: await legacyResources(connection, listPath, group, version),
    })),
  );
}

interface AggregatedDiscovery {
  kind: 'APIGroupDiscoveryList';
  items: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      freshness?: 'Current' | 'Stale';
      resources?: {
        resource: string;
        responseKind?: { kind: string; group?: string; version?: string };
        scope: 'Namespaced' | 'Cluster';
        verbs: string[];
        shortNames?: string[];
        subresources?: { subresource: string }[];
      }[];
    }[];
  }[];
}

function aggregatedGroups(list: AggregatedDiscovery): GroupVersionResources[] {
  return list.items.flatMap((item) => {
    const group = item.metadata?.name ?? '';
    return (item.versions ?? []).map((version) => ({
      group,
      resources:
        version.freshness === 'Stale'
          ? undefined
          : (version.resources ?? []).flatMap((resource) =>
              resource.responseKind === undefined
                ? []
                : [
                    {
                      group,
                      version: version.version,
                      kind: resource.responseKind.kind,
                      plural: resource.resource,
                      namespaced: resource.scope === 'Namespaced',
                      verbs: resource.verbs,
                      ...(resource.shortNames === undefined ? {} : { shortNames: resource.shortNames }),
                      subresources: (resource.subresources ?? []).map(({ subresource }) => subresource),
                    },
                  ],
            ),
    }));
  });
}

interface ApiVersions {
  kind: 'APIVersions';
  versions: string[];
}
interface ApiGroupList {
  kind: 'APIGroupList';
  groups: { name: string; versions: { version: string }[]; preferredVersion?: { version: string } }[];
}
interface ApiResourceList {
  resources: {
    name: string;
    kind: string;
    namespaced: boolean;
    verbs: string[];
    shortNames?: string[];
    group?: string;
    version?: string;
  }[];
}

async function legacyResources(
  connection: ClusterConnection,
  path: string,
  group: string,
  version: string,
): Promise<ApiResource[] | undefined> {
  let list: ApiResourceList;
  try {
    list = await connection.json<ApiResourceList>({ method: 'GET', path });
  } catch (error) {
    // A version that went away between the two requests is absent; anything else leaves the group unknown.
    if (error instanceof ClusterError && error.status === 404) return [];
    if (error instanceof ClusterError) return undefined;
    throw error;
  }
  const subresources = new Map<string, string[]>();
  for (const { name } of list.resources) {
    const [plural, subresource] = name.split('/');
    if (plural !== undefined && subresource !== undefined)
      subresources.set(plural, [...(subresources.get(plural) ?? []), subresource]);
  }
  return list.resources
    .filter(({ name }) => !name.includes('/'))
    .map((resource) => ({
      group,
      version,
      kind: resource.kind,
      plural: resource.name,
      namespaced: resource.namespaced,
      verbs: resource.verbs,
      ...(resource.shortNames === undefined ? {} : { shortNames: resource.shortNames }),
      subresources: subresources.get(resource.name) ?? [],
    }));
}

function apiVersionsOf(resources: ApiResource[]): string[] {
  const versions = new Set<string>();
  for (const { group, version, kind } of resources) {
    const groupVersion = group === '' ? version : `${group}/${version}`;
    versions.add(groupVersion);
    versions.add(`${groupVersion}/${kind}`);
  }
  return [...versions].sort();
}
