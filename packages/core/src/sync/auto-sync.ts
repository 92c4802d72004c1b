import type { Application } from '../application/application.ts';
import type {
  Operation,
  OperationState,
  SyncOperationResource,
  SyncOperationResult,
} from '../application/operation.ts';
import type { ApplicationSource } from '../application/source.ts';
import { hasMultipleSources, revisionFields } from '../application/sources.ts';
import type { Comparison, Condition, ResourceComparison } from '../compare/comparison.ts';
import { FIELD_MANAGER } from '../kubernetes/annotations.ts';
import { compareOptionsOf } from '../kubernetes/compare-options.ts';
import { contentHash } from '../kubernetes/content-hash.ts';
import type { Settings } from '../settings/settings.ts';
import { isBeforeClockChange } from './clock.ts';
import { holdOf } from './hold.ts';
import { pruneRefusal, wouldWipeOut } from './prune-guard.ts';
import { AUTOMATED_RETRY } from './retry.ts';
import { isTerminatedByHand } from './run-sync.ts';
import type { SyncWindowDecision } from './sync-windows.ts';
import { operationOptions } from './task-options.ts';
import { trackingChange } from './tracking-change.ts';

export interface AutoSyncInput {
  application: Application;
  comparison: Comparison;
  /** What the application's own sources resolve to, and the sources after all. */
  revisions: readonly string[];
  sources: readonly ApplicationSource[];
  window: SyncWindowDecision;
  settings: Pick<Settings, 'selfHeal' | 'tracking' | 'pruneLimit'>;
  now: Date;
}

export type AutoSyncDecision =
  | { sync: true; operation: Operation; reason: 'new revision' | 'self-heal' | 'retry' }
  | { sync: false; condition?: Condition; retryAt?: number };

/**
 * Whether to sync without being asked. Only what is OutOfSync, not held, and not blocked by a window. A revision (with its
 * sources) is deployed once; an attempt that failed is repeated, and with self-heal drift is undone again and again, each
 * after a growing wait.
 */
export function decideAutoSync(input: AutoSyncInput): AutoSyncDecision {
  const { application, comparison, window } = input;
  const automated = application.spec.syncPolicy?.automated;
  if (automated === undefined || automated === null || automated.enabled === false) return NO;
  if (application.metadata.deletionTimestamp !== undefined || holdOf(application) !== undefined) return NO;
  if (comparison.status === 'Synced' && isUnrecorded(input)) {
    return { sync: true, operation: operationFor(input, {}), reason: 'new revision' };
  }
  if (comparison.status !== 'OutOfSync') return NO;
  if (!window.allowed) return window.changesAt === undefined ? NO : { sync: false, retryAt: window.changesAt };

  const change = trackingChange(application.status?.operationState, input.settings.tracking);
  const prune = automated.prune === true && change === undefined;
  const outOfSync = comparison.resources.filter(needsSync);
  if (automated.prune === true && change !== undefined && outOfSync.some(isExtra) && outOfSync.every(isExtra)) {
    return refused(
      `Nothing is pruned by itself, because how resources are tracked changed ${change} since the last sync. Look at what a sync would prune, and start one`,
    );
  }
  if (outOfSync.length === 0 && comparison.resources.some(isLeaving)) return NO;
  if (outOfSync.length > 0 && !prune && outOfSync.every(isExtra)) return NO;
  const desired = describeRevisions(input.revisions);
  if (prune && automated.allowEmpty !== true && wouldWipeOut(comparison)) {
    return refused(
      `Skipping sync attempt to ${desired}: auto-sync will wipe out all resources. Set syncPolicy.automated.allowEmpty: true if the source is meant to be empty`,
    );
  }
  if (prune && !(automated.allowEmpty === true && wouldWipeOut(comparison))) {
    const { options } = operationOptions({}, application.spec.syncPolicy);
    const refusal = pruneRefusal({ application, comparison, options, settings: input.settings });
    if (refusal !== undefined) return refused(`Skipping sync attempt to ${desired}: ${refusal}`);
  }

  const last = application.status?.operationState;
  if (last === undefined || !wasAttempted(input)) {
    return { sync: true, operation: operationFor(input, {}), reason: 'new revision' };
  }
  const succeeded = last.phase === 'Succeeded';
  if (succeeded && automated.selfHeal !== true) return NO;
  if (!succeeded && isGivenUp(application, last)) {
    return refused(
      `Failed last sync attempt to ${desired}: ${last.message ?? ''}. Correct the source and push, or start a sync`,
    );
  }
  return heal(input, last, outOfSync, succeeded, desired);
}

const NO: AutoSyncDecision = { sync: false };

/** A person ended the attempt, or wants none to be repeated. */
function isGivenUp({ spec }: Application, last: OperationState): boolean {
  return isTerminatedByHand(last) || spec.syncPolicy?.retry?.limit === 0;
}

function refused(message: string): AutoSyncDecision {
  return { sync: false, condition: { type: 'SyncError', message } };
}

/**
 * Undoing drift heals the drifted resources alone; a failed attempt is repeated whole. The wait grows with every heal in a
 * row, and starts over once the application was left in peace for longer than the longest wait.
 */
function heal(
  input: AutoSyncInput,
  last: OperationState,
  outOfSync: readonly ResourceComparison[],
  succeeded: boolean,
  desired: string,
): AutoSyncDecision {
  const { now, settings } = input;
  const { timeoutSeconds, backoff } = settings.selfHeal;
  const finishedAt = last.finishedAt === undefined ? now.getTime() : Date.parse(last.finishedAt);
  const sinceLast = now.getTime() - finishedAt;
  const earlier = last.operation.sync?.autoHealAttemptsCount ?? 0;
  const attempts = succeeded && sinceLast > backoff.capSeconds * 1000 ? 0 : earlier;
  // A failure counts as an attempt, so that it is never repeated at once.
  const waits = succeeded ? attempts : Math.max(1, attempts);
  const delaySeconds =
    waits === 0 ? timeoutSeconds : Math.min(backoff.capSeconds, backoff.timeoutSeconds * backoff.factor ** (waits - 1));
  const dueAt = isBeforeClockChange(finishedAt, now) ? now.getTime() : finishedAt + delaySeconds * 1000;
  if (dueAt > now.getTime()) {
    if (succeeded) return { sync: false, retryAt: dueAt };
    const condition: Condition = {
      type: 'SyncError',
      message: `Failed last sync attempt to ${desired}: ${last.message ?? ''}. It is tried again at ${new Date(dueAt).toISOString().slice(0, 19)}Z; correct the source to end it`,
    };
    return { sync: false, retryAt: dueAt, condition };
  }
  const count = { autoHealAttemptsCount: attempts + 1 };
  if (!succeeded) return { sync: true, operation: operationFor(input, count), reason: 'retry' };
  return {
    sync: true,
    operation: operationFor(input, { ...count, resources: selectionOf(drifted(input, outOfSync)) }),
    reason: 'self-heal',
  };
}

/** What to heal: without resources that differ it is the namespace. */
function drifted(
  { comparison }: AutoSyncInput,
  outOfSync: readonly ResourceComparison[],
): readonly ResourceComparison[] {
  if (outOfSync.length > 0 || comparison.managedNamespace === undefined) return outOfSync;
  return [comparison.managedNamespace];
}

function operationFor(
  { application, revisions, settings }: AutoSyncInput,
  facts: { autoHealAttemptsCount?: number; resources?: SyncOperationResource[] },
): Operation {
  const policy = application.spec.syncPolicy;
  // The first sync after a change of tracking marks what is ours and deletes nothing.
  const prunes =
    policy?.automated?.prune === true &&
    trackingChange(application.status?.operationState, settings.tracking) === undefined;
  return {
    sync: {
      ...revisionFields(hasMultipleSources(application.spec), revisions),
      ...(prunes ? { prune: true } : {}),
      ...(policy?.syncOptions === undefined ? {} : { syncOptions: policy.syncOptions }),
      ...facts,
    },
    initiatedBy: { automated: true },
    retry: policy?.retry ?? AUTOMATED_RETRY,
  };
}

function selectionOf(resources: readonly ResourceComparison[]): SyncOperationResource[] {
  return resources.map(({ key }) => ({
    ...(key.group === '' ? {} : { group: key.group }),
    kind: key.kind,
    name: key.name,
    ...(key.namespace === '' ? {} : { namespace: key.namespace }),
  }));
}

function isExtra({ requiresPruning }: ResourceComparison): boolean {
  return requiresPruning;
}

/** Pruned already; its finalizers decide when it goes, and deleting it again would change nothing. */
function isLeaving({ requiresPruning, live }: ResourceComparison): boolean {
  return requiresPruning && live?.metadata.deletionTimestamp !== undefined;
}

function needsSync(resource: ResourceComparison): boolean {
  if (resource.isHook || resource.status === undefined || resource.status === 'Synced' || isLeaving(resource))
    return false;
  const isIgnored =
    resource.target === undefined &&
    resource.live !== undefined &&
    compareOptionsOf(resource.live).options.ignoreExtraneous;
  return !isIgnored;
}

/**
 * Whether a revision was applied by somebody who died before writing it down: everything is in place, the last operation
 * was about something else, and our manager wrote since it ended. The operation that follows sends nothing and records it.
 */
function isUnrecorded(input: AutoSyncInput): boolean {
  const last = input.application.status?.operationState;
  if (wasAttempted(input)) return false;
  const endedAt = last?.finishedAt === undefined ? 0 : Date.parse(last.finishedAt);
  return input.comparison.resources.some(({ target, live, isHook }) => {
    if (target === undefined || isHook) return false;
    const entry = (live?.metadata.managedFields ?? []).find(
      ({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply',
    );
    return entry?.time !== undefined && Date.parse(entry.time) > endedAt;
  });
}

/**
 * Whether these revisions of these sources were deployed last, or tried as a whole. A dry run, local manifests or a few
 * selected resources are no attempt: what they leave out would never be deployed.
 */
function wasAttempted(input: AutoSyncInput): boolean {
  const { operationState: last, history } = input.application.status ?? {};
  if (last === undefined) return false;
  const { dryRun, manifests = [], resources = [], autoHealAttemptsCount } = last.operation.sync ?? {};
  const isPart =
    dryRun === true || manifests.length > 0 || (resources.length > 0 && autoHealAttemptsCount === undefined);
  return isOf(isPart ? history?.at(-1) : last.syncResult, input);
}

function isOf(result: SyncOperationResult | undefined, { revisions, sources }: AutoSyncInput): boolean {
  if (result === undefined) return false;
  const tried = result.revisions ?? (result.revision === undefined ? [] : [result.revision]);
  if (tried.length !== revisions.length || tried.some((revision, index) => revision !== revisions[index])) return false;
  const triedSources = result.sources ?? (result.source === undefined ? [] : [result.source]);
  return contentHash(triedSources.map(withoutTarget)) === contentHash(sources.map(withoutTarget));
}

/** Naming the same commit in another way is no other source. */
function withoutTarget(source: ApplicationSource): unknown {
  const { targetRevision: _targetRevision, ...rest } = source;
  return rest;
}

export function describeRevisions(revisions: readonly string[]): string {
  return `[${revisions.join(' ')}]`;
}
