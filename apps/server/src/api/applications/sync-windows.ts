import {
  type Application,
  concerns,
  effectiveProject,
  isWindowActive,
  projectNameOf,
  resolveDestination,
  type SyncWindow,
  syncWindowDecision,
  type WindowSubject,
} from '@lockstep/core';
import type { ApiContext } from '../api-context.ts';
import { ApiError } from '../api-error.ts';

export interface WindowContext {
  collections: ApiContext['collections'];
  clusters: ApiContext['clusters'];
}

/** Throws Argo CD's 403 when a manual sync may not run now. */
export async function requireSyncWindow(context: WindowContext, application: Application): Promise<void> {
  const decision = syncWindowDecision({
    windows: windowsOf(context, application),
    subject: subjectOf(context, application),
    now: new Date(),
    isManual: true,
  });
  if (decision.allowed) return;
  const blockedBy = decision.blockedBy.map(
    ({ kind = '', schedule = '', duration = '' }) => `${kind} "${schedule}" for ${duration}`,
  );
  const opens =
    decision.changesAt === undefined ? '' : `; the next change is at ${new Date(decision.changesAt).toISOString()}`;
  throw new ApiError('PermissionDenied', 'cannot sync: blocked by sync window', {
    reason: 'SYNC_WINDOW',
    fix: `Blocked by ${blockedBy.join(', ') || decision.problems.join(', ')}${opens}`,
  });
}

/** The windows of an application in Argo CD's shape. */
export function syncWindowFacts(context: WindowContext, application: Application): Record<string, unknown> {
  const subject = subjectOf(context, application);
  const now = new Date();
  const assigned = windowsOf(context, application).filter((window) => concerns(window, subject));
  const present = ({ kind, schedule, duration, manualSync = false }: SyncWindow) => ({
    kind,
    schedule,
    duration,
    manualSync,
  });
  const decision = syncWindowDecision({ windows: assigned, subject, now, isManual: true });
  return {
    activeWindows: assigned.filter((window) => isWindowActive(window, now)).map(present),
    assignedWindows: assigned.map(present),
    canSync: decision.allowed,
    ...(decision.changesAt === undefined ? {} : { changesAt: new Date(decision.changesAt).toISOString() }),
  };
}

function windowsOf({ collections }: WindowContext, application: Application): readonly SyncWindow[] {
  const projects = [...collections.projects.list()];
  return effectiveProject(projectNameOf(application.spec), projects, [])?.spec.syncWindows ?? [];
}

function subjectOf({ clusters }: WindowContext, { metadata, spec }: Application): WindowSubject {
  const cluster = destinationOf({ spec }, clusters);
  return {
    applicationName: metadata.name ?? '',
    destinationNamespace: spec.destination.namespace ?? '',
    server: cluster.server,
    clusterName: cluster.name,
  };
}

/** An application whose destination is not registered (any more) still has windows by what it says. */
function destinationOf(
  { spec }: Pick<Application, 'spec'>,
  clusters: ApiContext['clusters'],
): { server: string; name: string } {
  try {
    return resolveDestination(spec.destination, clusters.facts());
  } catch {
    return { server: spec.destination.server ?? '', name: spec.destination.name ?? '' };
  }
}
