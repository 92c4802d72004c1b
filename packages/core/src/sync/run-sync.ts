import type { OperationState } from '../application/operation.ts';
import { ClusterError } from '../errors.ts';
import type { Health } from '../health/health.ts';
import type { ClusterClient } from '../kubernetes/cluster-client.ts';
import { imagesOf } from '../kubernetes/images.ts';
import { gvkOf, type KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, type ResourceKey } from '../kubernetes/resource-key.ts';
import { isCustomResourceDefinition } from '../kubernetes/well-known-kinds.ts';
import { applyTask, deleteHook, releaseHook, type TaskOutcome } from './apply-task.ts';
import { deleteObject, isConflict } from './delete-object.ts';
import { kindRank } from './kind-order.ts';
import { nextStep, resultOf, resultState, type SyncStep } from './next-step.ts';
import { operationOf } from './operation-id.ts';
import { withRetried } from './retry.ts';
import { lastProgressAt } from './stall.ts';
import {
  describeTask,
  type ResourceResult,
  resultId,
  type SyncPlan,
  type SyncTask,
  taskId,
  tasksOf,
} from './sync-plan.ts';

export interface RunSyncInput {
  plan: SyncPlan;
  state: OperationState;
  /** `operationId` of the attempt. */
  attemptId: string;
  client: ClusterClient;
  /** Live objects of every key in the plan and in the results, with our own writes folded in. */
  live(key: ResourceKey): KubernetesObject | undefined;
  assessHealth(object: KubernetesObject): Health | undefined;
  approvedAt: string | undefined;
  dryRun: boolean;
  /** `controller.sync.wave.delay.seconds`, see `SyncObservation`. */
  settleSeconds: number;
  now(): Date;
  /** Why a terminating operation ends, when nobody asked for it. */
  terminationReason?: string | undefined;
  /** Throws when this process may no longer write. */
  throwIfCancelled(): void;
  /** Stores a running state; called before what must not be repeated or forgotten after a crash. */
  checkpoint(state: OperationState): Promise<void>;
}

/** What one pass achieved. */
export interface SyncPass {
  state: OperationState;
  /** What an unfinished operation waits for: in words, and the objects as they are. */
  waitingFor: string | undefined;
  waitingObjects: KubernetesObject[];
  /** Targets as applied with the object the server answered, by `formatResourceKey`. */
  applied: Map<string, { target: KubernetesObject; object: KubernetesObject }>;
  /** Look again soon, because nothing that is watched announces the next change. Milliseconds. */
  requeueAfter: number | undefined;
}

/** kubectl's own limit on parallel requests of one sync. */
const PARALLEL = 20;

/**
 * One pass of a sync: takes steps until it is finished or has to wait for the cluster. Never sleeps: the watch wakes the
 * next pass, which derives everything from the cluster and the stored state.
 */
export async function runSync(input: RunSyncInput): Promise<SyncPass> {
  const pass: Pass = {
    input,
    state: input.state,
    applied: new Map(),
    live: (key) => {
      const id = formatResourceKey(key);
      return pass.overlay.has(id) ? pass.overlay.get(id) : input.live(key);
    },
    overlay: new Map(),
    unplannedKinds: new Set(),
    positions: { of: [], byId: new Map() },
    hasCheckpoint: false,
    requeueAfter: undefined,
  };
  for (const task of tasksOf(input.plan)) {
    if (isUnknownKind(pass, task) && definingTask(pass, task) === undefined) pass.unplannedKinds.add(taskId(task));
  }
  if (input.plan.problems.length > 0 && input.state.phase !== 'Terminating') return failedPlan(pass);
  if (!(await isValidated(pass))) return completed(pass, 'Failed', 'one or more objects failed to apply (dry run)');
  for (;;) {
    const step = nextStep(input.plan, observation(pass));
    setResults(pass, step.results);
    switch (step.do) {
      case 'run': {
        const waiting = await runWave(pass, step);
        if (waiting !== undefined) return unfinished(pass, waiting.message, waiting.waitsFor);
        break;
      }
      case 'wait':
        pass.requeueAfter = step.recheckIn;
        return unfinished(pass, step.message, step.waitsFor);
      case 'terminate':
        return terminate(pass);
      case 'finish':
        return finish(pass, step.phase, step.message);
    }
  }
}

interface Pass {
  input: RunSyncInput;
  state: OperationState;
  applied: SyncPass['applied'];
  overlay: Map<string, KubernetesObject | undefined>;
  live(key: ResourceKey): KubernetesObject | undefined;
  /** Tasks whose kind nobody knew when they were planned (`SkipDryRunOnMissingResource`), by `taskId`. */
  unplannedKinds: Set<string>;
  positions: { of: ResourceResult[]; byId: Map<string, number> };
  hasCheckpoint: boolean;
  requeueAfter: number | undefined;
}

function observation(pass: Pass) {
  const { state, input } = pass;
  return {
    attemptId: input.attemptId,
    startedAt: state.startedAt,
    isTerminating: state.phase === 'Terminating',
    results: state.syncResult?.resources ?? [],
    live: pass.live,
    assessHealth: input.assessHealth,
    // A dry run destroys nothing, so there is nothing to confirm.
    approvedAt: input.dryRun ? state.startedAt : input.approvedAt,
    now: input.now(),
    settleSeconds: input.settleSeconds,
  };
}

/**
 * Before an operation of several steps begins, what can be is dry-run, so that a mistake in the last wave does not leave
 * the first ones and their hooks behind. One wave fails by itself and costs nothing twice. False when anything is refused.
 */
async function isValidated(pass: Pass): Promise<boolean> {
  const { input } = pass;
  const { plan, client } = input;
  const waves = plan.phases.flatMap((phase) => phase.waves);
  const hasBegun = (pass.state.syncResult?.resources ?? []).length > 0 || pass.state.phase === 'Terminating';
  if (hasBegun || input.dryRun || waves.length < 2) return true;
  const tasks = tasksOf(plan);
  const newNamespaces = new Set(
    tasks.filter((task) => task.key.kind === 'Namespace' && task.action === 'create').map((task) => task.key.name),
  );
  const sendable = tasks.filter(
    (task) =>
      (task.action === 'create' || task.action === 'update') &&
      !isUnknownKind(pass, task) &&
      !newNamespaces.has(task.key.namespace),
  );
  let isValid = true;
  await inParallel(sendable, async (task) => {
    const outcome = await applyTask(task, { client, live: input.live(task.key), dryRun: true });
    if (outcome.outcome !== 'failed') return;
    isValid = false;
    setResult(pass, { ...resultOf(task), status: 'SyncFailed', message: outcome.message, hookPhase: 'Failed' });
  });
  return isValid;
}

/** Runs the tasks of one wave: prunes, then everything else kind by kind. Answers what to wait for, if anything. */
async function runWave(pass: Pass, step: Extract<SyncStep, { do: 'run' }>): Promise<Waiting | undefined> {
  const hasHooks = step.tasks.some((task) => task.action === 'hook');
  // A plan of one wave without hooks may be repeated as a whole; anything else must be known before it begins.
  if ((hasHooks || !step.isLast) && !pass.input.dryRun) await checkpoint(pass);
  const mustBeHealthy = (hasHooks || !step.isLast) && !pass.input.dryRun;

  const prunes = step.tasks.filter((task) => task.action === 'prune');
  await inParallel(prunes, (task) => prune(pass, task));

  const blocked: Waiting[] = [];
  for (const group of byKind(step.tasks.filter((task) => task.action !== 'prune'))) {
    await rediscoverFor(pass, group);
    await inParallel(group, async (task) => {
      const waiting = await apply(pass, task, mustBeHealthy);
      if (waiting !== undefined) blocked.push(waiting);
    });
  }
  const [first] = blocked;
  if (first === undefined) return undefined;
  const more = blocked.length > 1 ? ` and ${blocked.length - 1} more resources` : '';
  return { message: `${first.message}${more}`, waitsFor: blocked.flatMap(({ waitsFor }) => waitsFor) };
}

interface Waiting {
  message: string;
  waitsFor: readonly ResourceKey[];
}

async function apply(pass: Pass, task: SyncTask, mustBeHealthy: boolean): Promise<Waiting | undefined> {
  const { input } = pass;
  input.throwIfCancelled();
  const target = task.target as KubernetesObject;
  if (pass.unplannedKinds.has(taskId(task)) && !isUnknownKind(pass, task)) {
    // Neither its scope nor what the project says of it was known to the plan.
    pass.requeueAfter = 0;
    return { message: `waiting for a plan of ${describeTask(task.key)}, whose kind was not known`, waitsFor: [] };
  }
  const definition = definitionOf(pass, task);
  if (definition !== undefined) {
    const live = pass.live(definition.key);
    const problem = definitionProblem(pass, definition, live);
    if (problem === undefined) {
      pass.requeueAfter = CRD_POLL_MS;
      return {
        message: `waiting for CustomResourceDefinition ${definition.key.name} to be established`,
        waitsFor: [definition.key],
      };
    }
    setResult(pass, { ...resultOf(task), status: 'SyncFailed', message: problem, hookPhase: 'Failed' });
    return undefined;
  }
  const live = pass.live(task.key);
  const outcome = await applyOrFail(task, { client: input.client, live, dryRun: input.dryRun });
  switch (outcome.outcome) {
    case 'waiting':
      pass.requeueAfter = REPLACED_POLL_MS;
      return { message: `waiting for deletion of ${describeTask(task.key)}`, waitsFor: [task.key] };
    case 'failed':
      setResult(pass, {
        ...resultOf(task),
        status: 'SyncFailed',
        message: outcome.message,
        hookPhase: 'Failed',
      });
      return undefined;
    case 'applied': {
      if (!input.dryRun) {
        pass.overlay.set(formatResourceKey(task.key), outcome.object);
        pass.applied.set(formatResourceKey(task.key), { target, object: outcome.object });
      }
      const isHook = task.action === 'hook';
      const images = imagesOf(target);
      setResult(pass, {
        ...resultOf(task),
        status: 'Synced',
        message: input.dryRun ? `${outcome.message.replace(/ \(dry run\)$/, '')} (dry run)` : outcome.message,
        hookPhase: mustBeHealthy || (isHook && !input.dryRun) ? 'Running' : 'Succeeded',
        ...(images.length === 0 ? {} : { images }),
      });
      return undefined;
    }
  }
}

/** A server that cannot be reached ends the pass; the operation goes on when it can be reached again. */
async function applyOrFail(task: SyncTask, context: Parameters<typeof applyTask>[1]): Promise<TaskOutcome> {
  if (task.skipReason !== undefined) return { outcome: 'failed', message: task.skipReason };
  return applyTask(task, context);
}

async function prune(pass: Pass, task: SyncTask): Promise<void> {
  const { input } = pass;
  const result = resultOf(task);
  if (task.skipReason !== undefined) {
    setResult(pass, { ...result, status: 'PruneSkipped', message: task.skipReason, hookPhase: 'Succeeded' });
    return;
  }
  input.throwIfCancelled();
  try {
    if (!input.dryRun && task.live !== undefined) {
      await deleteObject(task.live, input.client, { propagation: task.options.propagation });
    }
    setResult(pass, {
      ...result,
      status: 'Pruned',
      message: input.dryRun ? 'pruned (dry run)' : 'pruned',
      hookPhase: 'Succeeded',
    });
  } catch (error) {
    if (!(error instanceof ClusterError) || error.isTransient || isConflict(error)) throw error;
    setResult(pass, { ...result, status: 'SyncFailed', message: error.message, hookPhase: 'Failed' });
  }
}

const CRD_POLL_MS = 250;
const REPLACED_POLL_MS = 1_000;

/** The kinds of a group that discovery does not know yet, though this plan or something it runs brings their definition. */
async function rediscoverFor(pass: Pass, tasks: readonly SyncTask[]): Promise<void> {
  const { client, dryRun } = pass.input;
  if (dryRun || !tasks.some((task) => isUnknownKind(pass, task))) return;
  await client.rediscover();
}

/** Longest time a cluster gets to serve the kind of a definition. */
const CRD_TIMEOUT_MS = 60_000;

/** Why waiting for a definition leads nowhere; undefined while it may still come. */
function definitionProblem(pass: Pass, { key }: SyncTask, live: KubernetesObject | undefined): string | undefined {
  const { now, state } = pass.input;
  const status = live?.['status'] as
    | { conditions?: { type?: string; status?: string; message?: string }[] }
    | undefined;
  const refused = status?.conditions?.find(
    (condition) => condition.type === 'NamesAccepted' && condition.status === 'False',
  );
  if (refused !== undefined) return `CustomResourceDefinition ${key.name} is not accepted: ${refused.message ?? ''}`;
  const since = lastProgressAt(state.startedAt, live === undefined ? [] : [live]);
  if (now().getTime() - since < CRD_TIMEOUT_MS) return undefined;
  return `CustomResourceDefinition ${key.name} was not established within ${CRD_TIMEOUT_MS / 1000} s. Look at its conditions`;
}

/** The definition an object has to wait for; undefined when its kind is served. */
function definitionOf(pass: Pass, task: SyncTask): SyncTask | undefined {
  if (pass.input.dryRun || !isUnknownKind(pass, task)) return undefined;
  const definition = definingTask(pass, task);
  if (definition === undefined) return undefined;
  // A definition that failed to apply never comes.
  const result = findResult(pass, definition);
  return resultState(result) === 'failed' ? undefined : definition;
}

function isUnknownKind(pass: Pass, task: SyncTask): boolean {
  if (task.target === undefined) return false;
  const { group, version, kind } = gvkOf(task.target);
  return pass.input.client.resourceFor(group, kind, version) === undefined;
}

function definingTask(pass: Pass, task: SyncTask): SyncTask | undefined {
  return tasksOf(pass.input.plan).find(({ target }) => {
    if (target === undefined || !isCustomResourceDefinition(target)) return false;
    const spec = target['spec'] as { group?: string; names?: { kind?: string } } | undefined;
    return spec?.group === task.key.group && spec?.names?.kind === task.key.kind;
  });
}

function failedPlan(pass: Pass): SyncPass {
  for (const task of tasksOf(pass.input.plan)) {
    if (task.problem === undefined) continue;
    setResult(pass, { ...resultOf(task), status: 'SyncFailed', message: task.problem, hookPhase: 'Failed' });
  }
  // Only tasks can be invalid; what else stands against the plan says so itself.
  const isInvalid = tasksOf(pass.input.plan).some((task) => task.problem !== undefined);
  const problems = pass.input.plan.problems.join(', ');
  return completed(
    pass,
    'Failed',
    isInvalid ? `one or more synchronization tasks are not valid, reason: ${problems}` : problems,
  );
}

const TERMINATED = 'Operation terminated';

/** Whether a person ended the operation; one that took too long says so. */
export function isTerminatedByHand({ message = '' }: OperationState): boolean {
  return message === TERMINATED || message.startsWith(`${TERMINATED} (`);
}

/** Running hooks are deleted, completed ones let go. */
async function terminate(pass: Pass): Promise<SyncPass> {
  const { input } = pass;
  const problems: string[] = [];
  // By their results and not by the plan, which may not be known when the sources cannot be read.
  for (const result of pass.state.syncResult?.resources ?? []) {
    if (result.hookType === undefined) continue;
    const live = pass.live(result);
    if (live === undefined || operationOf(live) !== input.attemptId) continue;
    input.throwIfCancelled();
    try {
      if (resultState(result) === 'running') {
        await deleteHook(live, input.client);
        setResult(pass, { ...result, message: 'Terminated', hookPhase: 'Failed' });
      } else await releaseHook(live, input.client);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.isTransient || isConflict(error)) throw error;
      problems.push(error.message);
    }
  }
  for (const result of pass.state.syncResult?.resources ?? []) {
    if (resultState(result) === 'running')
      setResult(pass, { ...result, hookPhase: 'Failed', message: result.message ?? 'Terminated' });
  }
  return completed(
    pass,
    problems.length === 0 ? 'Failed' : 'Error',
    problems.length === 0
      ? `${TERMINATED}${input.terminationReason === undefined ? '' : `: ${input.terminationReason}`}`
      : `Operation termination had errors: ${problems.join('; ')}`,
  );
}

/**
 * Completes the operation. Results of hooks are stored before the hooks are let go: after a crash in between, a hook that
 * is gone is known to have completed and is not run again.
 */
async function finish(pass: Pass, phase: 'Succeeded' | 'Failed', message: string): Promise<SyncPass> {
  const { input } = pass;
  const hooks = tasksOf(input.plan).flatMap((task) => {
    const live = task.action === 'hook' && !input.dryRun ? pass.live(task.key) : undefined;
    return live === undefined || operationOf(live) !== input.attemptId ? [] : [{ task, live }];
  });
  if (hooks.length > 0) {
    pass.hasCheckpoint = false;
    await checkpoint(pass);
    await inParallel(hooks, ({ task, live }) => {
      const isTimedOut =
        resultState(findResult(pass, task)) === 'failed' && input.assessHealth(live)?.status === 'Progressing';
      // It would go on, unwatched.
      return settleHook(live, isTimedOut ? ['HookFailed'] : (task.hookDeletePolicies ?? []), phase, input);
    });
  }
  return completed(pass, phase, message);
}

/** Deletes a hook when its policy and the outcome of the operation say so; otherwise only lets it go. */
export async function settleHook(
  live: KubernetesObject,
  policies: readonly string[],
  phase: 'Succeeded' | 'Failed',
  { client, throwIfCancelled }: { client: ClusterClient; throwIfCancelled(): void },
): Promise<void> {
  throwIfCancelled();
  const deletes = policies.includes(phase === 'Succeeded' ? 'HookSucceeded' : 'HookFailed');
  await (deletes ? deleteHook(live, client) : releaseHook(live, client));
}

function completed(pass: Pass, phase: OperationState['phase'], message: string): SyncPass {
  pass.state = {
    ...pass.state,
    phase,
    message: phase === 'Error' ? message : withRetried(message, pass.state),
    finishedAt: finishTime(pass.state, pass.input.now()),
  };
  const { state, applied } = pass;
  return { state, waitingFor: undefined, waitingObjects: [], applied, requeueAfter: undefined };
}

function unfinished(pass: Pass, message: string, waitsFor: readonly ResourceKey[]): SyncPass {
  pass.state = { ...pass.state, message };
  const { state, applied, requeueAfter } = pass;
  const waitingObjects = waitsFor.map((key) => pass.live(key)).filter((object) => object !== undefined);
  return { state, waitingFor: message, waitingObjects, applied, requeueAfter };
}

async function checkpoint(pass: Pass): Promise<void> {
  if (pass.hasCheckpoint) return;
  pass.input.throwIfCancelled();
  await pass.input.checkpoint(pass.state);
  pass.hasCheckpoint = true;
}

function setResults(pass: Pass, resources: ResourceResult[]): void {
  if (resources === pass.state.syncResult?.resources) return;
  pass.state = { ...pass.state, syncResult: { ...pass.state.syncResult, resources } };
}

/** Results keep the order in which their tasks were first run. */
function setResult(pass: Pass, result: ResourceResult): void {
  const resources = pass.state.syncResult?.resources ?? [];
  const index = positionsOf(pass, resources).get(resultId(result));
  if (index === undefined) pass.positions.byId.set(resultId(result), resources.length);
  const next = index === undefined ? [...resources, result] : resources.with(index, result);
  pass.positions.of = next;
  setResults(pass, next);
}

function findResult(pass: Pass, task: SyncTask): ResourceResult | undefined {
  const resources = pass.state.syncResult?.resources ?? [];
  const index = positionsOf(pass, resources).get(taskId(task));
  return index === undefined ? undefined : resources[index];
}

/** Where each row stands, so that an application of thousands of resources does not search its rows for every row. */
function positionsOf(pass: Pass, resources: ResourceResult[]): Map<string, number> {
  if (pass.positions.of !== resources) {
    pass.positions = { of: resources, byId: new Map(resources.map((result, index) => [resultId(result), index])) };
  }
  return pass.positions.byId;
}

function byKind(tasks: readonly SyncTask[]): SyncTask[][] {
  const groups = new Map<string, SyncTask[]>();
  for (const task of tasks) {
    const id = `${String(kindRank(task.key.kind)).padStart(3, '0')}/${task.key.kind}`;
    groups.set(id, [...(groups.get(id) ?? []), task]);
  }
  return [...groups.keys()].sort().map((id) => groups.get(id) as SyncTask[]);
}

/** Awaits everything it starts, then throws the first error: nothing keeps writing behind the caller's back. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const pending = [...items];
  const errors: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = pending.shift(); item !== undefined && errors.length === 0; item = pending.shift()) {
      try {
        await work(item);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
  if (errors.length > 0) throw errors[0];
}

/** The end of an operation, which is never before its beginning (see `beginOperation`). */
export function finishTime({ startedAt }: OperationState, now: Date): string {
  const end = rfc3339(now);
  return end < startedAt ? startedAt : end;
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function rfc3339(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
