import {
  type Application,
  type ApplicationKey,
  hasMultipleSources,
  INFO_ALLOW_EMPTY,
  type Operation,
  type Retry,
  type SyncOperationResource,
  type SyncStrategy,
  sourcesOf,
} from '@lockstep/core';
import { ApiError } from '../api/api-error.ts';
import { autoSyncOf } from '../api/applications/presenter.ts';
import type { ApplicationStore } from '../store/application-store.ts';
import { startOperation } from './start-operation.ts';

/** A sync as somebody asks for it. Absent fields fall back to the specification. */
export interface SyncRequest {
  revision?: string;
  /** With `sourcePositions` (from 1) for applications of several sources. */
  revisions?: string[];
  sourcePositions?: number[];
  prune?: boolean;
  dryRun?: boolean;
  strategy?: SyncStrategy;
  resources?: SyncOperationResource[];
  manifests?: string[];
  infos?: { name: string; value: string }[];
  retryStrategy?: Retry;
  syncOptions?: string[];
  /** The source is meant to render to nothing, and all of it to be pruned. */
  allowEmpty?: boolean;
}

export interface SyncChecks {
  /** Throws when a sync window forbids a manual sync now. */
  window(application: Application): Promise<void>;
  /** Throws when the caller may not sync what Git does not say. */
  override(application: Application): Promise<void>;
  revisionNeedsOverride: boolean;
}

/** Asks the controller to sync. Answers the application with the request in it; the sync itself runs later. */
export async function requestSync(
  { store, checks }: { store: ApplicationStore; checks: SyncChecks },
  key: ApplicationKey,
  request: SyncRequest,
  username: string,
): Promise<Application> {
  return startOperation(store, key, async (application) => {
    const revisions = requestedRevisions(application, request);
    const differing = revisionsThatDiffer(application, revisions);
    if (request.manifests !== undefined && request.manifests.length > 0) {
      if (autoSyncOf(application) === 'on' && request.dryRun !== true) {
        throw new ApiError(
          'FailedPrecondition',
          'cannot use local sync when Automatic Sync Policy is enabled unless for dry run',
        );
      }
      await checks.override(application);
    }
    if (differing.length > 0) {
      if (autoSyncOf(application) === 'on' && request.dryRun !== true) {
        const [{ revision, target } = { revision: '', target: '' }] = differing;
        throw new ApiError('FailedPrecondition', `Cannot sync to ${revision}: auto-sync currently set to ${target}`, {
          fix: 'Roll back to a deployment to hold it, change targetRevision, or turn auto-sync off',
        });
      }
      if (checks.revisionNeedsOverride) await checks.override(application);
    }
    await checks.window(application);
    const multiple = hasMultipleSources(application.spec);
    const operation: Operation = {
      sync: {
        ...(multiple
          ? revisions.length > 0
            ? { revisions }
            : {}
          : revisions[0] === undefined
            ? {}
            : { revision: revisions[0] }),
        ...(request.prune === undefined ? {} : { prune: request.prune }),
        ...(request.dryRun === undefined ? {} : { dryRun: request.dryRun }),
        ...(request.strategy === undefined ? {} : { syncStrategy: request.strategy }),
        ...(request.resources === undefined ? {} : { resources: request.resources }),
        ...(request.manifests === undefined ? {} : { manifests: request.manifests }),
        ...syncOptionsField(request.syncOptions ?? application.spec.syncPolicy?.syncOptions),
      },
      initiatedBy: { username },
      ...infoField([...(request.infos ?? []), ...allowEmptyInfo(request.allowEmpty)]),
      ...retryField(request.retryStrategy ?? application.spec.syncPolicy?.retry),
    };
    return { operation };
  });
}

/** One revision for each source, or none at all when the specification decides. */
function requestedRevisions(application: Application, { revision, revisions, sourcePositions }: SyncRequest): string[] {
  const sources = sourcesOf(application.spec);
  if (revisions !== undefined && revisions.length > 0) {
    const positions = sourcePositions ?? revisions.map((_, index) => index + 1);
    if (positions.length !== revisions.length) {
      throw new ApiError('InvalidArgument', 'revisions and sourcePositions differ in length', {
        fix: 'Name one position, from 1, for each revision',
      });
    }
    const all = sources.map((source) => source.targetRevision ?? '');
    positions.forEach((position, index) => {
      if (position < 1 || position > sources.length) {
        throw new ApiError('InvalidArgument', `there is no source ${position}, the application has ${sources.length}`);
      }
      all[position - 1] = revisions[index] ?? '';
    });
    return all;
  }
  if (revision === undefined || revision === '') return [];
  return sources.length > 1
    ? sources.map((source, index) => (index === 0 ? revision : (source.targetRevision ?? '')))
    : [revision];
}

/** A revision that the last comparison resolved the target to is not another one. */
function revisionsThatDiffer(
  application: Application,
  revisions: readonly string[],
): { revision: string; target: string }[] {
  const resolved = application.status?.sync?.revisions ?? [application.status?.sync?.revision ?? ''];
  return sourcesOf(application.spec).flatMap((source, index) => {
    const revision = revisions[index] ?? '';
    const target = source.targetRevision ?? '';
    const isSame =
      revision === '' || revision === target || revision === resolved[index] || (target === '' && revision === 'HEAD');
    return isSame ? [] : [{ revision, target: target === '' ? 'HEAD' : target }];
  });
}

export function syncOptionsField(options: string[] | undefined): { syncOptions?: string[] } {
  return options === undefined || options.length === 0 ? {} : { syncOptions: options };
}

/** Said with an operation that its source is meant to be empty. */
export function allowEmptyInfo(allowEmpty: boolean | undefined): Info[] {
  return allowEmpty === true ? [{ name: INFO_ALLOW_EMPTY, value: 'true' }] : [];
}

function infoField(info: Info[]): { info?: Info[] } {
  return info.length === 0 ? {} : { info };
}

type Info = NonNullable<Operation['info']>[number];

export function retryField(retry: Retry | undefined): { retry?: Retry } {
  return retry === undefined ? {} : { retry };
}
