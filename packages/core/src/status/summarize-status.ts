import type { Application, ApplicationStatus, ResourceStatus } from '../application/application.ts';
import type { OperationState } from '../application/operation.ts';
import type { ApplicationSource } from '../application/source.ts';
import { hasMultipleSources, revisionFields, sourceFields } from '../application/sources.ts';
import type { Comparison, Condition, ResourceComparison, SyncStatusCode } from '../compare/comparison.ts';
import type { Health } from '../health/health.ts';
import type { SourceType } from '../render/rendered-manifests.ts';
import { mergeConditions } from './conditions.ts';

export interface StatusInput {
  application: Application;
  /** Absent when nothing could be compared: the sync status is then Unknown, and what was known about resources stays. */
  comparison: Comparison | undefined;
  /** What the sources gave; absent when they could not be read. */
  targets: { revisions: string[]; sources: ApplicationSource[]; sourceTypes: SourceType[] } | undefined;
  conditions: readonly Condition[];
  operationState: OperationState | undefined;
  history: ApplicationStatus['history'];
  tree: { images: string[]; externalURLs: string[] } | undefined;
  persistResourceHealth: boolean;
  controllerNamespace: string;
  /** RFC 3339. */
  now: string;
}

/** The whole status of an application after one reconciliation, derived from what the stages returned. */
export function summarizeStatus(input: StatusInput): ApplicationStatus {
  const { application, comparison, targets, now } = input;
  const before = application.status ?? {};
  const multiple = hasMultipleSources(application.spec);
  const conditions = mergeConditions(before.conditions, input.conditions, now);
  const status: ApplicationStatus = {
    ...before,
    sync: syncStatus(input, multiple),
    health: healthStatus(before.health, comparison?.health ?? { status: 'Unknown' }, now),
    reconciledAt: now,
    controllerNamespace: input.controllerNamespace,
  };
  setOrDelete(status, 'conditions', conditions.length === 0 ? undefined : conditions);
  setOrDelete(status, 'operationState', input.operationState);
  setOrDelete(status, 'history', input.history?.length === 0 ? undefined : input.history);
  setOrDelete(status, 'resourceHealthSource', input.persistResourceHealth ? undefined : 'appTree');
  if (comparison !== undefined) {
    const resources = comparison.resources
      .filter(isListed)
      .map((resource) => resourceStatus(resource, input.persistResourceHealth));
    setOrDelete(status, 'resources', resources.length === 0 ? undefined : resources);
    setOrDelete(status, 'summary', summary(comparison, input.tree));
  }
  if (targets !== undefined) {
    setOrDelete(status, 'sourceType', multiple ? undefined : targets.sourceTypes[0]);
    setOrDelete(status, 'sourceTypes', multiple ? targets.sourceTypes : undefined);
  }
  return status;
}

function syncStatus(
  { application, comparison, targets }: StatusInput,
  multiple: boolean,
): NonNullable<ApplicationStatus['sync']> {
  const before = application.status?.sync;
  const code: SyncStatusCode = comparison?.status ?? 'Unknown';
  const { spec } = application;
  const revisions =
    targets === undefined
      ? {
          ...(before?.revision === undefined ? {} : { revision: before.revision }),
          ...(before?.revisions === undefined ? {} : { revisions: before.revisions }),
        }
      : revisionFields(multiple, targets.revisions);
  return {
    status: code,
    comparedTo: {
      ...sourceFields(
        multiple,
        multiple ? (spec.sources ?? []) : (targets?.sources ?? (spec.source === undefined ? [] : [spec.source])),
      ),
      destination: spec.destination,
      ...(spec.ignoreDifferences === undefined ? {} : { ignoreDifferences: spec.ignoreDifferences }),
    },
    ...revisions,
  };
}

/** The time tells since when the status is what it is; a changed message does not move it. */
function healthStatus(
  before: ApplicationStatus['health'],
  health: Health,
  now: string,
): NonNullable<ApplicationStatus['health']> {
  return {
    status: health.status,
    ...(health.message === undefined || health.message === '' ? {} : { message: health.message }),
    lastTransitionTime: before?.status === health.status ? (before.lastTransitionTime ?? now) : now,
  };
}

/** Hooks appear while they exist; what Git skips and the namespace we merely created never do. */
function isListed(resource: ResourceComparison): boolean {
  if (resource.isManagedNamespace === true) return false;
  return resource.isHook ? resource.live !== undefined : true;
}

function resourceStatus(resource: ResourceComparison, withHealth: boolean): ResourceStatus {
  const { key, version, status, health } = resource;
  return {
    ...(key.group === '' ? {} : { group: key.group }),
    version,
    kind: key.kind,
    ...(key.namespace === '' ? {} : { namespace: key.namespace }),
    name: key.name,
    ...(status === undefined ? {} : { status }),
    ...(withHealth && health !== undefined
      ? { health: { status: health.status, ...(health.message === undefined ? {} : { message: health.message }) } }
      : {}),
    ...(resource.isHook ? { hook: true } : {}),
    ...(resource.requiresPruning ? { requiresPruning: true } : {}),
    ...(resource.requiresDeletionConfirmation ? { requiresDeletionConfirmation: true } : {}),
    ...(resource.syncWave === 0 ? {} : { syncWave: resource.syncWave }),
  };
}

function summary(comparison: Comparison, tree: StatusInput['tree']): NonNullable<ApplicationStatus['summary']> {
  const isAppOfApps = comparison.resources.some(({ key }) => key.group === 'argoproj.io' && key.kind === 'Application');
  return {
    ...((tree?.externalURLs.length ?? 0) > 0 ? { externalURLs: tree?.externalURLs ?? [] } : {}),
    ...((tree?.images.length ?? 0) > 0 ? { images: tree?.images ?? [] } : {}),
    ...(isAppOfApps ? { isAppOfApps } : {}),
  };
}

function setOrDelete<K extends keyof ApplicationStatus>(
  status: ApplicationStatus,
  key: K,
  value: ApplicationStatus[K] | undefined,
): void {
  if (value === undefined) delete status[key];
  else status[key] = value;
}
