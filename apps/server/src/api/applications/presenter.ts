import type { ApplicationPermissions, ApplicationRow } from '@lockstep/contract';
import { ANNOTATION_LAST_APPLIED, type Application, holdOf, projectNameOf, sourcesOf } from '@lockstep/core';

/**
 * An application as it is shown: without bookkeeping of the API server, and without the copy of itself that
 * `kubectl apply` leaves in an annotation. Manifests of a local sync may hold Secrets and are left out.
 */
export function presentApplication(
  application: Application,
  can?: ApplicationPermissions,
): Application & { can?: ApplicationPermissions } {
  const { managedFields: _managedFields, annotations, ...metadata } = application.metadata;
  const shown = annotations === undefined ? undefined : withoutKey(annotations, ANNOTATION_LAST_APPLIED);
  return {
    ...application,
    metadata: { ...metadata, ...(shown === undefined ? {} : { annotations: shown }) },
    ...(application.operation === undefined ? {} : { operation: withoutManifests(application.operation) }),
    ...(application.status?.operationState?.operation.sync?.manifests === undefined
      ? {}
      : {
          status: {
            ...application.status,
            operationState: {
              ...application.status.operationState,
              operation: withoutManifests(application.status.operationState.operation),
            },
          },
        }),
    ...(can === undefined ? {} : { can }),
  };
}

const rows = new WeakMap<Application, ApplicationRow>();

/** One line of the list. Objects of the watch never change, so a row is made once for each version. */
export function applicationRow(application: Application): ApplicationRow {
  let row = rows.get(application);
  if (row === undefined) {
    row = makeRow(application);
    rows.set(application, row);
  }
  return row;
}

function makeRow({ metadata, spec, status, operation }: Application): ApplicationRow {
  const [source] = sourcesOf(spec);
  const state = status?.operationState;
  const revisions = status?.sync?.revisions;
  return {
    name: metadata.name ?? '',
    namespace: metadata.namespace ?? '',
    project: projectNameOf(spec),
    health: {
      status: status?.health?.status ?? 'Unknown',
      ...(status?.health?.message ? { message: status.health.message } : {}),
    },
    sync: {
      status: status?.sync?.status ?? 'Unknown',
      outOfSync: (status?.resources ?? []).filter((resource) => resource.status === 'OutOfSync').length,
    },
    operation:
      state === undefined
        ? operation === undefined
          ? null
          : { phase: 'Running', message: 'waiting to start', startedAt: '', finishedAt: null }
        : {
            phase: state.phase,
            message: state.message ?? '',
            startedAt: state.startedAt,
            finishedAt: state.finishedAt ?? null,
          },
    revision: status?.sync?.revision ?? revisions?.[0] ?? '',
    ...(revisions === undefined ? {} : { revisions }),
    destination: {
      server: spec.destination.server ?? '',
      name: spec.destination.name ?? '',
      namespace: spec.destination.namespace ?? '',
    },
    autoSync: autoSyncOf({ metadata, spec }),
    images: status?.summary?.images ?? [],
    labels: metadata.labels ?? {},
    conditions: (status?.conditions ?? []).map(({ type, message }) => ({ type, message })),
    source: {
      repoURL: source?.repoURL ?? '',
      path: source?.path ?? '',
      chart: source?.chart ?? '',
      targetRevision: source?.targetRevision ?? '',
    },
    createdAt: metadata.creationTimestamp ?? '',
    reconciledAt: status?.reconciledAt ?? null,
    ...(metadata.deletionTimestamp === undefined ? {} : { deletingSince: metadata.deletionTimestamp }),
  };
}

/** Whether new commits are applied by themselves: `held` while a rollback holds the application. */
export function autoSyncOf({ metadata, spec }: Pick<Application, 'metadata' | 'spec'>): ApplicationRow['autoSync'] {
  const { automated } = spec.syncPolicy ?? {};
  if (automated === undefined || automated === null || automated.enabled === false) return 'off';
  return holdOf({ metadata }) === undefined ? 'on' : 'held';
}

function withoutManifests(operation: NonNullable<Application['operation']>): NonNullable<Application['operation']> {
  if (operation.sync?.manifests === undefined) return operation;
  const { manifests: _manifests, ...sync } = operation.sync;
  return { ...operation, sync };
}

function withoutKey(record: Record<string, string>, key: string): Record<string, string> {
  if (record[key] === undefined) return record;
  const { [key]: _removed, ...rest } = record;
  return rest;
}
