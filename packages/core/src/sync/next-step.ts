import type { Health } from '../health/health.ts';
import { FIELD_MANAGER } from '../kubernetes/annotations.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import type { ResourceKey } from '../kubernetes/resource-key.ts';
import { builtInScope } from '../kubernetes/well-known-kinds.ts';
import { formatGoDuration } from '../settings/go-duration.ts';
import { operationOf } from './operation-id.ts';
import {
  describeTask,
  type OperationPhase,
  type ResourceResult,
  resultId,
  type SyncPhase,
  type SyncPlan,
  type SyncTask,
  taskId,
  tasksOf,
} from './sync-plan.ts';
import { ANNOTATION_HOOK_TIMEOUT, ANNOTATION_STARTED_AT, hookTimeout } from './timeouts.ts';

/** What one look at the cluster and the custom resource shows. */
export interface SyncObservation {
  attemptId: string;
  startedAt: string;
  isTerminating: boolean;
  results: readonly ResourceResult[];
  live(key: ResourceKey): KubernetesObject | undefined;
  assessHealth(object: KubernetesObject): Health | undefined;
  /** `deletion-approved` of the Application. */
  approvedAt: string | undefined;
  now: Date;
  /** How long a resource that cannot show whether its controller saw the change is given before its health counts. */
  settleSeconds: number;
}

/** What to do now. `results` is what the look found out about tasks that were running. */
export type SyncStep =
  | { do: 'run'; phase: SyncPhase; wave: number; tasks: SyncTask[]; isLast: boolean; results: ResourceResult[] }
  /** `recheckIn`, in milliseconds: time alone changes the answer, which no watch announces. */
  | {
      do: 'wait';
      message: string;
      waitsFor: readonly ResourceKey[];
      recheckIn: number | undefined;
      results: ResourceResult[];
    }
  | { do: 'terminate'; results: ResourceResult[] }
  | {
      do: 'finish';
      phase: Extract<OperationPhase, 'Succeeded' | 'Failed'>;
      message: string;
      results: ResourceResult[];
    };

type TaskState = 'pending' | 'running' | 'done' | 'failed';

/**
 * The next step of a sync, from its plan and what is observed. Pure.
 *
 * A wave begins when everything before it is healthy and hooks have completed. The last wave, when it has no hooks, is
 * not waited for: applying it completes the operation, and health is reported for itself. When anything failed, SyncFail
 * hooks run and the operation fails. What is missing although it was applied fails as well.
 */
export function nextStep(plan: SyncPlan, observed: SyncObservation): SyncStep {
  const tasks = tasksOf(plan);
  const results = observeRunning(tasks, observed);
  if (observed.isTerminating) return { do: 'terminate', results };

  const byId = new Map(results.map((result) => [resultId(result), result]));
  const stateOf = (task: SyncTask): TaskState => resultState(byId.get(taskId(task)));
  // Only what must be waited for is ever marked as running (see run-sync).
  const running = results.filter((result) => resultState(result) === 'running');
  if (running.length > 0) {
    return {
      do: 'wait',
      message: runningText(running),
      waitsFor: running,
      recheckIn: recheckIn(running, observed),
      results,
    };
  }

  const failed = results.filter((result) => resultState(result) === 'failed');
  if (failed.length > 0) return afterFailure(plan, failed, stateOf, results);

  const pruned = results.filter((result) => result.status === 'Pruned' && observed.live(result) !== undefined);
  const wave = nextWave(plan, (task) => stateOf(task) === 'pending', false);
  // A plan is made of what the cluster has, so work that is done leaves an empty one; its results tell the two apart.
  if (wave === undefined) {
    const message =
      tasks.length === 0 && results.length === 0
        ? 'successfully synced (no more tasks)'
        : 'successfully synced (all tasks run)';
    return { do: 'finish', phase: 'Succeeded', message, results };
  }
  if (pruned.length > 0)
    return {
      do: 'wait',
      message: waitingText('deletion of', 'resources', pruned),
      waitsFor: pruned,
      recheckIn: undefined,
      results,
    };

  const confirmations = wave.tasks.filter((task) => task.needsConfirmation === true && task.skipReason === undefined);
  if (confirmations.length > 0 && !isApproved(observed)) {
    return {
      do: 'wait',
      message: `waiting for pruning confirmation of ${listed(confirmations.map(({ key }) => key))}`,
      waitsFor: confirmations.map(({ key }) => key),
      recheckIn: undefined,
      results,
    };
  }
  const leaving = wave.tasks.filter((task) => isBeingReplaced(task, observed));
  if (leaving.length > 0 && leaving.length === wave.tasks.length) {
    return {
      do: 'wait',
      message: waitingText(
        'deletion of',
        'resources',
        leaving.map(({ key }) => key),
      ),
      waitsFor: leaving.map(({ key }) => key),
      recheckIn: undefined,
      results,
    };
  }
  return { do: 'run', ...wave, tasks: wave.tasks.filter((task) => !leaving.includes(task)), results };
}

/** The state a row of results speaks of. */
export function resultState(result: ResourceResult | undefined): TaskState {
  if (result === undefined) return 'pending';
  if (result.status === 'SyncFailed' || result.hookPhase === 'Failed' || result.hookPhase === 'Error') return 'failed';
  return result.hookPhase === 'Running' || result.hookPhase === 'Terminating' ? 'running' : 'done';
}

/** The results with those of running tasks brought up to date from live health. */
function observeRunning(tasks: readonly SyncTask[], observed: SyncObservation): ResourceResult[] {
  const byId = new Map(tasks.map((task) => [taskId(task), task]));
  const known = observed.results.map((result) => {
    if (resultState(result) !== 'running') return result;
    return { ...result, ...progressOf(result, observed) };
  });
  // A hook created by this attempt whose result was lost in a crash: it ran, and must not run again.
  const seen = new Set(known.map(resultId));
  for (const [id, task] of byId) {
    if (task.action !== 'hook' || seen.has(id)) continue;
    const live = observed.live(task.key);
    if (live === undefined || operationOf(live) !== observed.attemptId) continue;
    const started: ResourceResult = { ...resultOf(task), status: 'Synced', hookPhase: 'Running' };
    known.push({ ...started, ...progressOf(started, observed) });
  }
  return known;
}

function progressOf(result: ResourceResult, observed: SyncObservation): Pick<ResourceResult, 'hookPhase' | 'message'> {
  const live = observed.live(result);
  const isHook = result.hookType !== undefined;
  if (live === undefined) {
    return {
      hookPhase: 'Failed',
      message: `${isHook ? 'hook' : 'resource'} ${describeTask(result)} is missing, it might have been deleted`,
    };
  }
  if (!isHook && !hasSeenChange(live, observed)) return { hookPhase: 'Running' };
  const health = observed.assessHealth(isHook ? withoutDeletion(live) : live);
  // What the apply said stays, unless the health tells why it failed; of a hook, its health is all there is to tell.
  const tells = (isHook || health?.status === 'Degraded') && health?.message !== undefined && health.message !== '';
  const message = tells ? health.message : result.message;
  const withMessage = message === undefined ? {} : { message };
  switch (health?.status) {
    case undefined:
    case 'Healthy':
      return { hookPhase: 'Succeeded', ...withMessage };
    case 'Degraded':
      return { hookPhase: 'Failed', ...withMessage };
    case 'Unknown':
      return { hookPhase: isHook ? 'Failed' : 'Running', ...withMessage };
    case 'Progressing':
    case 'Suspended':
    case 'Missing':
      return isHook && (timeLeft(live, observed) ?? 1) <= 0
        ? { hookPhase: 'Failed', message: `hook ${describeTask(result)} ${timedOutText(live)}` }
        : { hookPhase: 'Running', ...withMessage };
  }
}

/** Milliseconds until a hook has taken longer than it may; undefined when it may take any time. */
function timeLeft(hook: KubernetesObject | undefined, { now }: SyncObservation): number | undefined {
  const { ms } = hook === undefined ? { ms: undefined } : hookTimeout(hook);
  const began = Date.parse(hook?.metadata.annotations?.[ANNOTATION_STARTED_AT] ?? '');
  return ms === undefined || Number.isNaN(began) ? undefined : began + ms - now.getTime();
}

function timedOutText(hook: KubernetesObject): string {
  return `did not complete within ${formatGoDuration(hookTimeout(hook).ms ?? 0)}, its ${ANNOTATION_HOOK_TIMEOUT}`;
}

function recheckIn(running: readonly ResourceResult[], observed: SyncObservation): number | undefined {
  const times = running.flatMap((result) => {
    const live = observed.live(result);
    const left = result.hookType === undefined ? undefined : timeLeft(live, observed);
    return [
      ...(isSettling(live) && observed.settleSeconds > 0 ? [observed.settleSeconds * 1000] : []),
      ...(left === undefined ? [] : [Math.max(0, left)]),
    ];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/**
 * Whether the status of an object can already speak of what was applied. `observedGeneration` says it; the status of a
 * custom resource without that field may be from before, so it gets some time. A clock of the server that goes far ahead of
 * ours must not make that endless.
 */
function hasSeenChange(live: KubernetesObject, { now, settleSeconds }: SyncObservation): boolean {
  const { generation } = live.metadata;
  const status = live['status'] as { observedGeneration?: unknown } | undefined;
  if (generation === undefined) return true;
  if (typeof status?.observedGeneration === 'number') return status.observedGeneration >= generation;
  const { group } = groupVersionOf(live.apiVersion);
  if (status === undefined || builtInScope(group, live.kind) !== undefined) return true;
  const appliedAt = (live.metadata.managedFields ?? []).find(
    (entry) => entry.manager === FIELD_MANAGER && entry.operation === 'Apply',
  )?.time;
  return appliedAt === undefined || Math.abs(now.getTime() - Date.parse(appliedAt)) >= settleSeconds * 1000;
}

function isSettling(live: KubernetesObject | undefined): boolean {
  const status = live?.['status'] as { observedGeneration?: unknown } | undefined;
  if (live === undefined || status === undefined) return false;
  return (
    typeof status.observedGeneration !== 'number' &&
    builtInScope(groupVersionOf(live.apiVersion).group, live.kind) === undefined
  );
}

/** A hook that is being deleted (by a TTL, say) stays until its result is read, thanks to its finalizer. */
function withoutDeletion(object: KubernetesObject): KubernetesObject {
  if (object.metadata.deletionTimestamp === undefined) return object;
  const { deletionTimestamp: _time, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function afterFailure(
  plan: SyncPlan,
  failed: readonly ResourceResult[],
  stateOf: (task: SyncTask) => TaskState,
  results: ResourceResult[],
): SyncStep {
  const isOrdinaryFailure = failed.some((result) => result.syncPhase !== 'SyncFail');
  const wave = isOrdinaryFailure ? nextWave(plan, (task) => stateOf(task) === 'pending', true) : undefined;
  const syncFailFailed = failed.some((result) => result.syncPhase === 'SyncFail');
  if (wave !== undefined && !syncFailFailed) return { do: 'run', ...wave, results };
  const text = failed.some((result) => result.status === 'SyncFailed')
    ? 'one or more objects failed to apply'
    : 'one or more synchronization tasks completed unsuccessfully';
  const reasons = failed.map((result) => result.message).filter((message) => message !== undefined && message !== '');
  return {
    do: 'finish',
    phase: 'Failed',
    message: reasons.length === 0 ? text : `${text}, reason: ${reasons.join(',')}`,
    results,
  };
}

function nextWave(
  plan: SyncPlan,
  isPending: (task: SyncTask) => boolean,
  syncFail: boolean,
): { phase: SyncPhase; wave: number; tasks: SyncTask[]; isLast: boolean } | undefined {
  const waves = plan.phases
    .filter(({ phase }) => (phase === 'SyncFail') === syncFail)
    .flatMap(({ phase, waves: all }) => all.map((wave) => ({ phase, ...wave })));
  const index = waves.findIndex(({ tasks }) => tasks.some(isPending));
  const found = waves[index];
  if (found === undefined) return undefined;
  return { ...found, tasks: found.tasks.filter(isPending), isLast: index === waves.length - 1 };
}

/** The old object is on its way out; the new one can only be created once it is gone. */
function isBeingReplaced(task: SyncTask, observed: SyncObservation): boolean {
  if (task.action !== 'hook' && task.action !== 'recreate') return false;
  const live = observed.live(task.key);
  return live?.metadata.deletionTimestamp !== undefined;
}

function isApproved({ approvedAt, startedAt }: SyncObservation): boolean {
  if (approvedAt === undefined) return false;
  const approved = Date.parse(approvedAt);
  return !Number.isNaN(approved) && approved >= Date.parse(startedAt);
}

/** Hooks first: they are what a person waits for. */
function runningText(running: readonly ResourceResult[]): string {
  const hooks = running.filter((result) => result.hookType !== undefined);
  return hooks.length > 0
    ? waitingText('completion of hook', 'hooks', [
        ...hooks,
        ...running.filter((result) => result.hookType === undefined),
      ])
    : waitingText('healthy state of', 'resources', running);
}

/** "waiting for healthy state of apps/Deployment/web and 2 more resources" */
function waitingText(what: string, more: string, keys: readonly ResourceKey[]): string {
  const [first] = keys;
  if (first === undefined) return `waiting for ${what} resources`;
  const rest = keys.length > 1 ? ` and ${keys.length - 1} more ${more}` : '';
  return `waiting for ${what} ${describeTask(first)}${rest}`;
}

const LISTED = 10;

function listed(keys: readonly ResourceKey[]): string {
  const more = keys.length > LISTED ? ` and ${keys.length - LISTED} more resources` : '';
  return `${keys.slice(0, LISTED).map(describeTask).join(', ')}${more}`;
}

/** The row of a task before anything is known. */
export function resultOf(task: SyncTask): ResourceResult {
  return {
    group: task.key.group,
    version: task.version,
    kind: task.key.kind,
    namespace: task.key.namespace,
    name: task.key.name,
    syncPhase: task.phase,
    ...(task.hookType === undefined ? {} : { hookType: task.hookType }),
  };
}
