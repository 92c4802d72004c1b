import type { ApplicationRow } from '@lockstep/contract';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../../lib/api-client.ts';
import type {
  Application,
  ApplicationListPage,
  ApplicationTree,
  HistoryDiff,
  ItemList,
  KubernetesEvent,
  KubernetesObject,
  ManagedResource,
  ResourceAction,
  ResourceRef,
  RevisionMetadata,
  SyncWindows,
} from '../../lib/api-types.ts';

export interface ApplicationKey {
  namespace: string;
  name: string;
}

export interface ListQuery {
  q: string;
  sort: string;
}

const pageSize = 100;
/** What needs attention first. */
export const defaultSort = 'health';
/** The path of an application and the query that says in which namespace it is. */
export const applicationPath = ({ name }: ApplicationKey, rest = ''): string =>
  `api/v1/applications/${encodeURIComponent(name)}${rest && `/${rest}`}`;
export const inNamespace = ({ namespace }: ApplicationKey): { appNamespace: string } => ({ appNamespace: namespace });

/** What the resource endpoints call a resource. */
export const resourceQuery = (key: ApplicationKey, ref: ResourceRef) => ({
  ...inNamespace(key),
  namespace: ref.namespace ?? '',
  resourceName: ref.name,
  version: ref.version ?? 'v1',
  group: ref.group ?? '',
  kind: ref.kind,
});

const root = (key: ApplicationKey) => ['application', key.namespace, key.name] as const;

export const applicationQueries = {
  lists: () => ['applications'] as const,
  list: ({ q, sort }: ListQuery) =>
    infiniteQueryOptions({
      queryKey: [...applicationQueries.lists(), 'list', q, sort],
      queryFn: async ({ pageParam, signal }) => {
        const page = await api.get<ApplicationListPage>(
          'api/v1/applications',
          { q: q || undefined, sort: sort || defaultSort, limit: pageSize, cursor: pageParam, view: 'rows' },
          signal,
        );
        return { rows: page.items ?? [], total: page.total, cursor: page.cursor, facets: page.facets ?? {} };
      },
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.cursor || undefined,
    }),
  find: (text: string) =>
    queryOptions({
      queryKey: [...applicationQueries.lists(), 'find', text],
      queryFn: async ({ signal }): Promise<ApplicationRow[]> => {
        const query = { q: text || undefined, sort: defaultSort, limit: 8, view: 'rows' };
        const page = await api.get<ApplicationListPage>('api/v1/applications', query, signal);
        return page.items ?? [];
      },
    }),
  all: root,
  detail: (key: ApplicationKey) =>
    queryOptions({
      queryKey: [...root(key), 'detail'],
      queryFn: ({ signal }) => api.get<Application>(applicationPath(key), { ...inNamespace(key), can: true }, signal),
    }),
  tree: (key: ApplicationKey) =>
    queryOptions({
      queryKey: [...root(key), 'tree'],
      queryFn: ({ signal }) =>
        api.get<ApplicationTree>(applicationPath(key, 'resource-tree'), inNamespace(key), signal),
    }),
  managedResources: (key: ApplicationKey) =>
    queryOptions({
      queryKey: [...root(key), 'managed-resources'],
      queryFn: async ({ signal }) =>
        (await api.get<ItemList<ManagedResource>>(applicationPath(key, 'managed-resources'), inNamespace(key), signal))
          .items ?? [],
    }),
  managedResource: (key: ApplicationKey, ref: ResourceRef) =>
    queryOptions({
      queryKey: [...root(key), 'managed-resources', ref.group ?? '', ref.kind, ref.namespace ?? '', ref.name],
      queryFn: async ({ signal }) => {
        const query = {
          ...inNamespace(key),
          group: ref.group ?? '',
          kind: ref.kind,
          namespace: ref.namespace ?? '',
          name: ref.name,
        };
        const { items } = await api.get<ItemList<ManagedResource>>(
          applicationPath(key, 'managed-resources'),
          query,
          signal,
        );
        return (
          (items ?? []).find(
            (item) => item.kind === ref.kind && item.name === ref.name && (item.group ?? '') === (ref.group ?? ''),
          ) ?? null
        );
      },
    }),
  manifests: (key: ApplicationKey) =>
    queryOptions({
      queryKey: [...root(key), 'manifests'],
      queryFn: ({ signal }) =>
        api.get<{ manifests?: string[]; revision?: string; sourceType?: string }>(
          applicationPath(key, 'manifests'),
          inNamespace(key),
          signal,
        ),
    }),
  resource: (key: ApplicationKey, ref: ResourceRef) =>
    queryOptions({
      queryKey: [...root(key), 'resource', ref.group ?? '', ref.kind, ref.namespace ?? '', ref.name],
      queryFn: async ({ signal }) => {
        const { manifest } = await api.get<{ manifest?: string }>(
          applicationPath(key, 'resource'),
          resourceQuery(key, ref),
          signal,
        );
        return manifest ? (JSON.parse(manifest) as KubernetesObject) : null;
      },
    }),
  resourceActions: (key: ApplicationKey, ref: ResourceRef) =>
    queryOptions({
      queryKey: [...root(key), 'actions', ref.group ?? '', ref.kind, ref.namespace ?? '', ref.name],
      queryFn: async ({ signal }) =>
        (
          await api.get<{ actions?: ResourceAction[] | null }>(
            applicationPath(key, 'resource/actions'),
            resourceQuery(key, ref),
            signal,
          )
        ).actions ?? [],
    }),
  events: (key: ApplicationKey, ref?: ResourceRef) =>
    queryOptions({
      queryKey: [...root(key), 'events', ref?.kind ?? '', ref?.namespace ?? '', ref?.name ?? ''],
      queryFn: async ({ signal }) => {
        const query = ref
          ? {
              ...inNamespace(key),
              resourceNamespace: ref.namespace ?? '',
              resourceName: ref.name,
              resourceUID: ref.uid,
            }
          : inNamespace(key);
        return (await api.get<ItemList<KubernetesEvent>>(applicationPath(key, 'events'), query, signal)).items ?? [];
      },
      refetchInterval: 15_000,
    }),
  revision: (key: ApplicationKey, revision: string) =>
    queryOptions({
      queryKey: [...root(key), 'revision', revision],
      queryFn: ({ signal }) =>
        api.get<RevisionMetadata>(
          applicationPath(key, `revisions/${encodeURIComponent(revision)}/metadata`),
          inNamespace(key),
          signal,
        ),
      // A commit never changes.
      staleTime: Number.POSITIVE_INFINITY,
      enabled: revision !== '',
      retry: false,
    }),
  syncWindows: (key: ApplicationKey) =>
    queryOptions({
      queryKey: [...root(key), 'sync-windows'],
      queryFn: ({ signal }) => api.get<SyncWindows>(applicationPath(key, 'syncwindows'), inNamespace(key), signal),
      staleTime: 60_000,
    }),
  historyDiff: (key: ApplicationKey, id: number, to: string) =>
    queryOptions({
      queryKey: [...root(key), 'history-diff', id, to],
      queryFn: ({ signal }) =>
        api.get<HistoryDiff>(applicationPath(key, `history/${id}/diff`), { ...inNamespace(key), to }, signal),
    }),
};
