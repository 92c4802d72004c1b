import type { Application } from '../application/application.ts';
import type { Operation, OperationState } from '../application/operation.ts';
import type { Comparison, Condition } from '../compare/comparison.ts';
import { FINALIZER_HOOK } from '../kubernetes/annotations.ts';
import { contentHash } from '../kubernetes/content-hash.ts';
import { hooksOf } from '../kubernetes/hooks.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { formatGoDuration } from '../settings/go-duration.ts';
import { describeRevisions } from '../sync/auto-sync.ts';
import { ANNOTATION_HOLD, type Hold } from '../sync/hold.ts';
import { operationOf } from '../sync/operation-id.ts';
import { beginRetry, canRetry, retryDueAt, scheduleRetry } from '../sync/retry.ts';
import { rfc3339, type SyncPass, settleHook } from '../sync/run-sync.ts';
import { lastProgressAt, STALL_MS, stallCondition } from '../sync/stall.ts';
import type { SyncPlan } from '../sync/sync-plan.ts';
import { syncTimeout } from '../sync/timeouts.ts';
import { withOperationState } from './application-writer.ts';
import { type ComparedTargets, compareTargets } from './compare-targets.ts';
import {
  beginOperation,
  deploysComparedTargets,
  endOperation,
  forbiddenSource,
  operationSources,
  pinHooks,
  pinTargets,
  planOperation,
  runOperation,
} from './operation-stage.ts';
import type { PassScene } from './pass-scene.ts';
import type { DestinationCluster } from './reconcile-world.ts';
import { renderTargets, type Targets } from './render-targets.ts';

/** The operation of one reconciliation: taken up, begun, superseded, run for one pass, ended or left waiting. */
export class PassOperation {
  /** A person asked for it and nothing has been done yet. */
  readonly isNew: boolean;
  #state: OperationState | undefined;
  #newHold: Hold | undefined;
  #completed: OperationState | undefined;
  #deployed: Targets | undefined;
  #terminationReason: string | undefined;
  readonly #scene: PassScene;

  constructor(scene: PassScene) {
    this.#scene = scene;
    const { application, now } = scene.facts;
    const { operationState } = application.status ?? {};
    const requested = application.operation;
    this.isNew = requested !== undefined && !isInProgress(operationState);
    this.#state =
      requested !== undefined && this.isNew ? beginOperation(requested, now, operationState) : operationState;
  }

  /** As stored, until this pass changed it. */
  get state(): OperationState | undefined {
    return this.#state;
  }

  /** The hold a rollback brings that began in this pass. */
  get newHold(): Hold | undefined {
    return this.#newHold;
  }

  /** Set when it ended in this pass. */
  get completed(): OperationState | undefined {
    return this.#completed;
  }

  get isRunning(): boolean {
    return isInProgress(this.#state);
  }

  /** Whether it applies something in this pass, and does not wait for its retry. */
  get isActing(): boolean {
    return this.isRunning && retryDueAt(this.#state as OperationState, this.#scene.facts.now) === undefined;
  }

  /** Takes one up that nobody asked for: an automated sync, or a rollback with the hold it brings. */
  begin(operation: Operation, hold?: Hold): void {
    this.#state = beginOperation(operation, this.#scene.facts.now, this.#state);
    this.#newHold = hold;
  }

  /** Tells that it began. */
  recordStart(message: string): void {
    this.#scene.record({ type: 'Normal', reason: 'OperationStarted', message });
  }

  /**
   * An attempt that waits for its retry makes room for a newer commit, which may well be the correction: an automated one
   * ends, and a requested one that named no revision goes on with the newer one at once.
   */
  supersede(targets: Targets): void {
    const state = this.#state;
    if (state === undefined || retryDueAt(state, this.#scene.facts.now) === undefined) return;
    if (hasTried(state, targets.revisions)) return;
    if (state.operation.initiatedBy?.automated !== true) {
      if (followsSources(state.operation)) this.#state = beginRetry(state, { unpinned: true });
      return;
    }
    const message = `${state.message ?? ''} Superseded by ${describeRevisions(targets.revisions)}.`;
    this.#state = endOperation(state, 'Failed', message, this.#scene.facts.now);
  }

  /** Runs one pass of the operation, if there is one. Answers whether the cluster may have changed. */
  async run(cluster: DestinationCluster, targets: Targets | undefined, compared: ComparedTargets): Promise<boolean> {
    const { world, facts, writer } = this.#scene;
    const state = this.#state;
    if (!isInProgress(state)) {
      await this.#settleForgottenHooks(cluster, compared.comparison);
      return false;
    }
    if (this.isNew) this.recordStart('Initiated sync');
    const ready = await this.#prepare(state as OperationState);
    if (ready === undefined) return false;

    // The operation's own targets, where they are not the application's.
    const own = await this.#operationTargets(cluster, ready, targets, compared);
    if (own === undefined) return false;
    const begun = pinTargets(ready, facts, own.targets);
    const plan =
      own.targets === NO_TARGETS
        ? NO_PLAN
        : await planOperation(world, facts, cluster, begun, own.compared, own.targets.revisions);
    const pinned = pinHooks(begun, plan);
    if (this.isNew || this.#newHold !== undefined) {
      await writer.write((stored) => this.#begun(stored, pinned));
      const stored = writer.current?.status?.operationState;
      if (stored !== undefined && !isInProgress(stored)) {
        // Too large to be stored, so it was ended.
        this.#state = stored;
        this.#recordEnd(stored);
        return false;
      }
    }
    const pass = await runOperation(world, facts, cluster, {
      state: pinned,
      plan,
      checkpoint: (running) => writer.checkpoint(running),
      terminationReason: this.#terminationReason,
    });
    if (pass.requeueAfter !== undefined) this.#scene.requeueIn(pass.requeueAfter);
    if (pass.waitingFor === undefined) this.#complete(pass.state, own.targets, pinned);
    else {
      this.#state = pass.state;
      this.#scene.waitingFor = pass.waitingFor;
      this.#reportStall(cluster, pass, pass.waitingFor);
    }
    return pass.applied.size > 0 || hasPruned(pass.state);
  }

  /** Ends in failure what was asked for and cannot even be compared. What runs already goes on when that is possible again. */
  refuse(conditions: readonly Condition[]): void {
    if (!this.isRunning || !this.isNew) return;
    const message = describeConditions(conditions);
    this.#complete(endOperation(this.#state as OperationState, 'Error', message, this.#scene.facts.now), undefined);
  }

  /** Keeps the manifests it deployed with the history entry it became. */
  async saveDeployment(historyId: number): Promise<void> {
    const [state, targets] = [this.#completed, this.#deployed];
    if (state === undefined || targets === undefined) return;
    const { facts, world } = this.#scene;
    world.throwIfCancelled();
    await world.saveDeployment({
      application: facts.key,
      uid: facts.application.metadata.uid ?? '',
      historyId,
      revisions: targets.revisions,
      sources: targets.sources,
      deployedAt: state.finishedAt ?? rfc3339(facts.now),
      initiatedBy: state.operation.initiatedBy ?? {},
      manifests: targets.manifests.map(({ object }) => object),
    });
  }

  /** Whether `operation` is what this pass brought to its end. */
  hasDone(operation: Operation): boolean {
    return !this.isRunning && isAskedFor(this.#completed, operation);
  }

  /** What has to be true before a pass of the operation: not waiting for a retry, not blocked, not out of time. */
  async #prepare(state: OperationState): Promise<OperationState | undefined> {
    const { facts } = this.#scene;
    const { sync, initiatedBy } = state.operation;
    if (sync === undefined) {
      const message = 'Invalid operation request: no operation specified. Set operation.sync';
      this.#complete(endOperation(state, 'Error', message, facts.now), undefined);
      return undefined;
    }
    if (state.phase === 'Terminating' || this.#isOutOfTime(state)) return { ...state, phase: 'Terminating' };
    const dueAt = retryDueAt(state, facts.now);
    if (dueAt !== undefined && dueAt > facts.now.getTime()) {
      this.#scene.requeueAt(dueAt);
      this.#scene.waitingFor = state.message;
      return undefined;
    }
    const next = dueAt === undefined ? state : beginRetry(state);
    const window = this.#scene.window(initiatedBy?.automated !== true, next.startedAt);
    if (!window.allowed) {
      this.#state = { ...next, message: 'Sync operation blocked by sync window' };
      this.#scene.waitingFor = this.#state.message;
      if (window.changesAt !== undefined) this.#scene.requeueAt(window.changesAt);
      return undefined;
    }
    const forbidden = forbiddenSource(next, facts);
    if (forbidden !== undefined) {
      this.#complete(endOperation(next, 'Error', forbidden, facts.now), undefined);
      return undefined;
    }
    return next;
  }

  /** The time counts from the beginning, over all retries. */
  #isOutOfTime({ startedAt }: OperationState): boolean {
    const { application, settings, now } = this.#scene.facts;
    const { ms, problem } = syncTimeout(application, settings);
    if (problem !== undefined) this.#scene.conditions.push({ type: 'InvalidAnnotationWarning', message: problem });
    if (ms === undefined) return false;
    const endsAt = Date.parse(startedAt) + ms;
    if (endsAt > now.getTime()) {
      this.#scene.requeueAt(endsAt);
      return false;
    }
    this.#terminationReason = `it took longer than ${formatGoDuration(ms)}`;
    return true;
  }

  #reportStall(cluster: DestinationCluster, { state, waitingObjects: waitsFor }: SyncPass, message: string): void {
    const { now } = this.#scene.facts;
    const since = lastProgressAt(state.startedAt, waitsFor);
    if (now.getTime() - since < STALL_MS) {
      this.#scene.requeueAt(since + STALL_MS);
      return;
    }
    const assessHealth = (object: KubernetesObject) => cluster.assessHealth(object);
    this.#scene.conditions.push(stallCondition({ message, since, waitsFor, assessHealth, now }));
  }

  async #operationTargets(
    cluster: DestinationCluster,
    state: OperationState,
    targets: Targets | undefined,
    compared: ComparedTargets,
  ): Promise<{ targets: Targets; compared: ComparedTargets } | undefined> {
    const { world, facts } = this.#scene;
    if (targets !== undefined && deploysComparedTargets(state, facts, targets)) return { targets, compared };
    const own = await renderTargets(world, facts, cluster, {
      sources: operationSources(state, facts),
      fresh: this.isNew,
      manifests: state.operation.sync?.manifests,
    });
    if (own.failure !== undefined) {
      if (own.retryAfter !== undefined && state.phase !== 'Terminating') {
        this.#state = { ...state, message: own.failure.message };
        this.#scene.waitingFor = own.failure.message;
        this.#scene.requeueIn(own.retryAfter);
        return undefined;
      }
      // Its hooks are known by the results, so they are ended all the same.
      if (state.phase === 'Terminating') return { targets: NO_TARGETS, compared };
      this.#complete(endOperation(state, 'Error', describeConditions([own.failure]), facts.now), undefined, state);
      return undefined;
    }
    const comparedOwn = await compareTargets(world, facts, cluster, {
      manifests: own.targets.manifests,
      skipDryRuns: true,
    });
    return { targets: own.targets, compared: comparedOwn };
  }

  /** `before` is the state the pass began with: what was asked to end is not tried again. */
  #complete(state: OperationState, targets: Targets | undefined, before: OperationState = state): void {
    if (canRetry(state) && before.phase !== 'Terminating') {
      const scheduled = scheduleRetry(state, this.#scene.facts.now);
      this.#state = scheduled;
      this.#scene.waitingFor = scheduled.message;
      this.#scene.requeueAt(retryDueAt(scheduled, this.#scene.facts.now) ?? 0);
      return;
    }
    this.#state = state;
    this.#completed = state;
    this.#deployed = targets;
    this.#recordEnd(state);
  }

  #recordEnd(state: OperationState): void {
    const failed = state.phase !== 'Succeeded';
    this.#scene.record({
      type: failed ? 'Warning' : 'Normal',
      reason: 'OperationCompleted',
      message: failed
        ? `Sync operation failed: ${state.message ?? ''}`
        : `Sync operation succeeded: ${state.message ?? ''}`,
    });
  }

  /** Hooks whose operation ended while nobody could let them go, for instance in a crash. */
  async #settleForgottenHooks(cluster: DestinationCluster, comparison: Comparison): Promise<void> {
    const phase = this.#state?.phase === 'Succeeded' ? 'Succeeded' : 'Failed';
    for (const { live, isHook, sharedWith } of comparison.resources) {
      // One of another application may well be running.
      if (!isHook || live === undefined || sharedWith !== undefined || operationOf(live) === undefined) continue;
      if (live.metadata.finalizers?.includes(FINALIZER_HOOK) !== true) continue;
      await settleHook(live, hooksOf(live)?.deletePolicies ?? [], phase, {
        client: cluster.client,
        throwIfCancelled: () => this.#scene.world.throwIfCancelled(),
      });
    }
  }

  /** Stores that an operation runs, with the hold it brings; not when it was withdrawn before anything was done. */
  #begun(stored: Application, state: OperationState): Application | undefined {
    if (this.isNew && !isAskedFor(state, stored.operation)) return undefined;
    const begun = withOperationState(stored, state);
    if (this.#newHold === undefined) return begun;
    const annotations = { ...begun.metadata.annotations, [ANNOTATION_HOLD]: JSON.stringify(this.#newHold) };
    return { ...begun, metadata: { ...begun.metadata, annotations } };
  }
}

/** Whether these revisions are what the operation deploys or deployed. */
export function hasTried({ syncResult }: OperationState, revisions: readonly string[]): boolean {
  const tried = syncResult?.revisions ?? [syncResult?.revision ?? ''];
  return tried.length === revisions.length && tried.every((revision, index) => revision === revisions[index]);
}

export function isInProgress(state: OperationState | undefined): boolean {
  return state?.phase === 'Running' || state?.phase === 'Terminating';
}

/** Whether a state is that of the operation a person asked for. */
function isAskedFor(state: OperationState | undefined, operation: Operation | undefined): boolean {
  if (state === undefined || operation === undefined) return false;
  const { sync, initiatedBy } = state.operation;
  return (
    contentHash({ sync, initiatedBy }) === contentHash({ sync: operation.sync, initiatedBy: operation.initiatedBy })
  );
}

/** Whether an operation deploys whatever the application's sources say. */
function followsSources({ sync }: Operation): boolean {
  if (sync === undefined || (sync.manifests ?? []).length > 0) return false;
  return (
    sync.revision === undefined &&
    sync.revisions === undefined &&
    sync.source === undefined &&
    sync.sources === undefined
  );
}

const NO_TARGETS: Targets = { manifests: [], revisions: [], sources: [], sourceTypes: [] };
const NO_PLAN: SyncPlan = { revision: '', phases: [], problems: [], runsHooks: false };

function hasPruned(state: OperationState): boolean {
  return (state.syncResult?.resources ?? []).some((result) => result.status === 'Pruned');
}

function describeConditions(conditions: readonly Condition[]): string {
  return conditions.map(({ type, message }) => `${type}: ${message}`).join('; ');
}
