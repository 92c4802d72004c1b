import {
  ANNOTATION_HOLD,
  type Application,
  type ApplicationKey,
  type Hold,
  hasMultipleSources,
  hooksInfo,
  isOfLocalManifests,
  type Operation,
  type RevisionHistory,
} from '@lockstep/core';
import { ApiError } from '../api/api-error.ts';
import { autoSyncOf } from '../api/applications/presenter.ts';
import type { ApplicationStore } from '../store/application-store.ts';
import { allowEmptyInfo, retryField, syncOptionsField } from './request-sync.ts';
import { startOperation } from './start-operation.ts';

export interface RollbackRequest {
  /** Of `status.history`, which begins with 0; absent or below zero means the deployment before the current one. */
  id?: number;
  prune?: boolean;
  dryRun?: boolean;
  /** Hooks of the old revision run again; they may migrate a database, so not by default. */
  runHooks?: boolean;
  reason?: string;
  /** When auto-sync resumes: by hand, at the next commit, or at a time (RFC 3339). */
  resume?: string;
  /** The deployment is meant to have had no resources, and everything else to be pruned. */
  allowEmpty?: boolean;
}

/**
 * Deploys what was deployed before. With auto-sync on, the application is held there: the annotation keeps auto-sync
 * from undoing the rollback without touching `spec`, which an app of apps would write back.
 */
export async function rollbackApplication(
  { store, window }: { store: ApplicationStore; window(application: Application): Promise<void> },
  key: ApplicationKey,
  request: RollbackRequest,
  username: string,
): Promise<Application> {
  return startOperation(store, key, async (application) => {
    const entry = historyEntry(application, request.id);
    await window(application);
    const resume = checkResume(request.resume);
    const multiple = entry.sources !== undefined && hasMultipleSources(application.spec);
    const operation: Operation = {
      sync: {
        ...(multiple
          ? { revisions: entry.revisions ?? [], sources: entry.sources ?? [] }
          : { revision: entry.revision ?? '', ...(entry.source === undefined ? {} : { source: entry.source }) }),
        prune: request.prune ?? false,
        dryRun: request.dryRun ?? false,
        syncStrategy: request.runHooks === true ? { hook: {} } : { apply: {} },
        ...syncOptionsField(application.spec.syncPolicy?.syncOptions),
      },
      initiatedBy: { username },
      info: [
        { name: 'rollback', value: String(entry.id) },
        ...(request.reason ? [{ name: 'reason', value: request.reason }] : []),
        hooksInfo(request.runHooks === true),
        ...allowEmptyInfo(request.allowEmpty),
      ],
      ...retryField(application.spec.syncPolicy?.retry),
    };
    if (autoSyncOf(application) === 'off' || request.dryRun === true) return { operation };
    const hold: Hold = {
      historyId: entry.id,
      revision: entry.revision ?? entry.revisions?.join(',') ?? '',
      by: username,
      at: new Date().toISOString().replace(/\.\d+/, ''),
      ...(request.reason ? { reason: request.reason } : {}),
      resume,
    };
    return { operation, more: { metadata: { annotations: { [ANNOTATION_HOLD]: JSON.stringify(hold) } } } };
  });
}

/** Lets auto-sync go on. Does nothing when the application is not held. */
export async function resumeApplication(
  store: ApplicationStore,
  key: ApplicationKey,
): Promise<Application | undefined> {
  const application = store.get(key);
  if (application?.metadata.annotations?.[ANNOTATION_HOLD] === undefined) return application;
  return store.patch(key, { metadata: { annotations: { [ANNOTATION_HOLD]: null } } });
}

function historyEntry(application: Application, id: number | undefined): RevisionHistory {
  const history = application.status?.history ?? [];
  const entry = id === undefined || id < 0 ? history.at(-2) : history.find((candidate) => candidate.id === id);
  if (entry !== undefined && !isOfLocalManifests(entry)) return entry;
  if (entry !== undefined) {
    throw new ApiError(
      'FailedPrecondition',
      `deployment ${entry.id} of application ${application.metadata.name ?? ''} was made of local manifests, which no repository has`,
      { fix: 'Choose another one, or sync with the manifests again' },
    );
  }
  const known = history.map((candidate) => candidate.id).join(', ') || 'none';
  throw new ApiError(
    'InvalidArgument',
    `application ${application.metadata.name ?? ''} does not have deployment with id ${id ?? -1}`,
    { fix: `Deployments in its history: ${known}` },
  );
}

function checkResume(resume: string | undefined): string {
  if (resume === undefined || resume === '' || resume === 'manual') return 'manual';
  if (resume === 'next-commit') return resume;
  const time = Date.parse(resume);
  if (Number.isNaN(time)) {
    throw new ApiError('InvalidArgument', `resume "${resume}" is not a time`, {
      fix: 'Write manual, next-commit or a time such as 2030-01-31T22:00:00Z',
    });
  }
  if (time <= Date.now()) throw new ApiError('InvalidArgument', `resume "${resume}" is in the past`);
  return new Date(time).toISOString().replace(/\.\d+/, '');
}
