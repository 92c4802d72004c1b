import type { ApplicationRow } from '@lockstep/contract';
import type { Application, ApplicationSource } from '../../lib/api-types.ts';

/** The first source; a few applications have several. */
export function sourceOf(app: Application): ApplicationSource {
  return app.spec.source ?? app.spec.sources?.[0] ?? { repoURL: '' };
}

/** Resources that differ from Git or are to be pruned. */
export function outOfSyncCount(app: Application): number {
  return (app.status?.resources ?? []).filter((each) => each.status === 'OutOfSync').length;
}

export function autoSyncOf(app: Application): 'on' | 'off' | 'held' {
  if (app.status?.hold) return 'held';
  const automated = app.spec.syncPolicy?.automated;
  return automated && automated.enabled !== false ? 'on' : 'off';
}

/** The line of the list for an application that came by REST; the stream sends the same shape. */
export function toRow(app: Application): ApplicationRow {
  const { metadata, spec, status } = app;
  const operation = status?.operationState;
  const source = sourceOf(app);
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    project: spec.project,
    health: {
      status: status?.health?.status ?? 'Unknown',
      ...(status?.health?.message && { message: status.health.message }),
    },
    sync: { status: status?.sync?.status ?? 'Unknown', outOfSync: outOfSyncCount(app) },
    operation: operation
      ? {
          phase: operation.phase,
          message: operation.message ?? '',
          startedAt: operation.startedAt,
          finishedAt: operation.finishedAt ?? null,
        }
      : null,
    revision: status?.sync?.revision ?? '',
    ...(status?.sync?.revisions && { revisions: status.sync.revisions }),
    destination: {
      server: spec.destination.server ?? '',
      name: spec.destination.name ?? '',
      namespace: spec.destination.namespace ?? '',
    },
    autoSync: autoSyncOf(app),
    images: status?.summary?.images ?? [],
    labels: metadata.labels ?? {},
    conditions: (status?.conditions ?? []).map(({ type, message }) => ({ type, message })),
    source: {
      repoURL: source.repoURL,
      path: source.path ?? '',
      chart: source.chart ?? '',
      targetRevision: source.targetRevision ?? '',
    },
    createdAt: metadata.creationTimestamp ?? '',
    reconciledAt: status?.reconciledAt ?? null,
  };
}

export const rowKey = (row: { namespace: string; name: string }): string => `${row.namespace}/${row.name}`;

/** How a destination is called: the cluster's name, or the host of its address. */
export function clusterLabel({ name, server }: { name?: string; server?: string }): string {
  if (name) return name;
  if (!server) return '';
  if (server === 'https://kubernetes.default.svc') return 'in-cluster';
  try {
    return new URL(server).host;
  } catch {
    return server;
  }
}

/** `https://git.example.com/team/shop.git` → `team/shop`. */
export function repoLabel(repoURL: string): string {
  const path = repoURL
    .replace(/^[a-z+]+:\/\/[^/]+\//i, '')
    .replace(/^[^@]+@[^:]+:/, '')
    .replace(/\.git$/, '')
    .replace(/\/$/, '');
  return path || repoURL.replace(/^[a-z+]+:\/\//i, '');
}

/** Seven characters of a commit; chart versions and tags as they are. */
export function shortRevision(revision: string | undefined): string {
  return revision && /^[0-9a-f]{40}$/i.test(revision) ? revision.slice(0, 7) : (revision ?? '');
}
