import type { Application, ApplicationKey } from '../application/application.ts';
import { type ClusterFacts, resolveDestination } from '../application/destination.ts';
import { globOrRegexMatch } from '../application/glob.ts';
import type { Operation, OperationState } from '../application/operation.ts';
import { projectNameOf, sourcesOf } from '../application/sources.ts';
import { syncServiceAccount } from '../application/sync-service-account.ts';
import { specProblems } from '../application/validate-spec.ts';
import type { Comparison, Condition } from '../compare/comparison.ts';
import { deletionHooks } from '../compare/pair-resources.ts';
import { ClusterError, GitOpsError, TerminalError, WaitingError } from '../errors.ts';
import {
  ANNOTATION_REFRESH,
  ANNOTATION_REFRESH_TIMESTAMP,
  ANNOTATION_SKIP_RECONCILE,
  FINALIZER_HOOK,
  FINALIZER_POST_DELETE,
  FINALIZER_PRE_DELETE,
} from '../kubernetes/annotations.ts';
import { contentHash } from '../kubernetes/content-hash.ts';
import { hooksOf } from '../kubernetes/hooks.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { formatGoDuration } from '../settings/go-duration.ts';
import { isDeployment, nextHistory } from '../status/history.ts';
import { summarizeStatus } from '../status/summarize-status.ts';
import { decideRollback } from '../sync/auto-rollback.ts';
import { decideAutoSync, describeRevisions } from '../sync/auto-sync.ts';
import { ANNOTATION_HOLD, type Hold, holdEndsAt, holdOf, isHoldOver } from '../sync/hold.ts';
import { operationOf } from '../sync/operation-id.ts';
import { beginRetry, canRetry, retryDueAt, scheduleRetry } from '../sync/retry.ts';
import { rfc3339, type SyncPass, settleHook } from '../sync/run-sync.ts';
import { selfHealLoop } from '../sync/self-heal-loop.ts';
import { lastProgressAt, STALL_MS, stallCondition } from '../sync/stall.ts';
import type { SyncPlan } from '../sync/sync-plan.ts';
import { type SyncWindowDecision, syncWindowDecision } from '../sync/sync-windows.ts';
import { syncTimeout } from '../sync/timeouts.ts';
import { ApplicationWriter, withOperationState } from './application-writer.ts';
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
import { reconcileDeletion } from './reconcile-deletion.ts';
import { factsOf, type ReconcileFacts } from './reconcile-facts.ts';
import type { DestinationCluster, ReconcileOutcome, ReconcileWorld } from './reconcile-world.ts';
import { renderTargets, type Targets } from './render-targets.ts';
import { rememberQuiet, unchangedOutcome } from './unchanged-outcome.ts';

/**
 * Brings one Application from what it says to what the cluster has, as far as one pass can, and reports. The product's
 * table of contents: every stage is one call.
 *
 * Level-based: the same result whatever caused the call, however often it is repeated, wherever it was cut off. Trouble
 * of the application is a condition on it, with the fix; nothing is deleted because of an error. Throws only for trouble
 * that is not the application's: a lost job, an unreachable API server in the middle of a write, a bug.
 */
export async function reconcileApplication(world: ReconcileWorld, key: ApplicationKey): Promise<ReconcileOutcome> {
  const application = world.application(key);
  if (application === undefined) return nothingToDo(undefined);
  if (isLeftAlone(world, application)) return nothingToDo(application);
  if (application.metadata.deletionTimestamp !== undefined) return reconcileDeletion(world, application);

  const facts = factsOf(world, application);
  const pass = new Pass(world, facts);

  // specification
  const problems = specProblems({
    ...facts,
    clusters: world.clusters(),
    controlPlaneNamespace: world.controlPlaneNamespace,
  });
  if (problems.length > 0) return pass.giveUp(problems);

  // destination
  const cluster = await pass.connect();
  if (cluster === undefined) return pass.giveUp(pass.conditions);

  // 1 revision, 2 render
  const { targets, failure } = await renderTargets(world, facts, cluster, {
    sources: sourcesOf(application.spec),
    fresh: facts.refresh !== undefined || pass.isNewOperation,
  });
  if (failure !== undefined) pass.conditions.push(failure);

  // a hold that is over, a retry that a newer commit makes pointless
  if (targets !== undefined) pass.releaseHold(targets);
  if (targets !== undefined) pass.supersedeRetry(targets);

  // nothing that counts is another object than the last time
  const unchanged = targets === undefined ? undefined : await unchangedOutcome(facts, cluster, targets);
  if (unchanged !== undefined) return unchanged;

  // 3 live, 4 compare
  let compared: ComparedTargets;
  try {
    compared = await compareTargets(world, facts, cluster, {
      manifests: targets?.manifests,
      skipDryRuns: targets !== undefined && pass.willApply(targets),
    });
  } catch (error) {
    if (!pass.cannotCompare(error)) throw error;
    return pass.giveUp(pass.conditions);
  }

  // automated operation
  pass.considerRollback(compared.comparison);
  if (targets !== undefined) pass.considerAutoSync(targets, compared);

  // 5 plan, 6 apply
  const changed = await pass.operate(cluster, targets, compared);

  // 7 health: compared again, since the cluster has changed
  if (changed)
    compared = await compareTargets(world, facts, cluster, { manifests: targets?.manifests, skipDryRuns: false });

  // 8 status
  const outcome = await pass.report(cluster, targets, compared.comparison);
  if (targets !== undefined) await rememberQuiet(facts, cluster, targets, outcome);
  return outcome;
}

/** One reconciliation on its way through the stages. */
class Pass {
  readonly conditions: Condition[] = [];
  /** Set when an operation runs or just ended; as stored otherwise. */
  #state: OperationState | undefined;
  /** The `operation` field has been dealt with. */
  #isOperationTaken = false;
  #waitingFor: string | undefined;
  #requeueTimes: number[] = [];
  #isHoldReleased = false;
  #newHold: Hold | undefined;
  #completed: OperationState | undefined;
  #deployed: Targets | undefined;
  #terminationReason: string | undefined;
  readonly #writer: ApplicationWriter;

  private readonly world: ReconcileWorld;
  private readonly facts: ReconcileFacts;

  constructor(world: ReconcileWorld, facts: ReconcileFacts) {
    this.world = world;
    this.facts = facts;
    this.#writer = new ApplicationWriter(world, facts.key, facts.application);
    const { operationState } = facts.application.status ?? {};
    this.#state = operationState;
    const requested = facts.application.operation;
    if (requested !== undefined && !isRunning(operationState)) {
      this.#state = beginOperation(requested, facts.now, operationState);
      this.#isOperationTaken = true;
    }
  }

  /** A person asked for it and nothing has been done yet: revisions are resolved anew. */
  get isNewOperation(): boolean {
    return this.#isOperationTaken;
  }

  async connect(): Promise<DestinationCluster | undefined> {
    const { world, facts } = this;
    const clusterFacts: ClusterFacts = resolveDestination(facts.application.spec.destination, world.clusters());
    try {
      const serviceAccount =
        facts.project === undefined
          ? undefined
          : syncServiceAccount({
              project: facts.project,
              destination: { server: clusterFacts.server, namespace: facts.destinationNamespace },
              settings: facts.settings,
            });
      return await world.destination(clusterFacts.server, serviceAccount === undefined ? {} : { serviceAccount });
    } catch (error) {
      if (!(error instanceof GitOpsError)) throw error;
      const fix =
        error instanceof ClusterError
          ? `. Check that ${clusterFacts.server} answers and that the credentials of cluster ${clusterFacts.name} are valid; it is tried again by itself`
          : '';
      this.conditions.push({ type: 'ComparisonError', message: `Failed to load live state: ${error.message}${fix}` });
      this.#requeueIn(UNREACHABLE_RETRY_MS);
      return undefined;
    }
  }

  /**
   * Whether the live state stays unknown for a reason that people must hear of: a group that discovery cannot read now, an
   * object that may not be read, a namespace that is not ours to manage. What a moment later may be gone (a busy server, a conflict) is left to the caller.
   */
  cannotCompare(error: unknown): boolean {
    const isRefused = error instanceof ClusterError && !error.isTransient && error.status !== 409;
    if (!(error instanceof WaitingError) && !(error instanceof TerminalError) && !isRefused) return false;
    this.conditions.push({ type: 'ComparisonError', message: `Failed to load live state: ${error.message}` });
    this.#requeueIn(error instanceof WaitingError ? error.retryAfter : UNREACHABLE_RETRY_MS);
    return true;
  }

  releaseHold(targets: Targets): void {
    const { application, now } = this.facts;
    const hold = holdOf(application);
    if (hold === undefined) return;
    const { revision, revisions } = application.status?.sync ?? {};
    const comparedRevisions = revisions ?? (revision === undefined ? [] : [revision]);
    if (isHoldOver(hold, { now, resolvedRevisions: targets.revisions, comparedRevisions })) {
      this.#isHoldReleased = true;
      const message = `The hold at ${hold.revision} is over (resume: ${hold.resume})`;
      this.world.record({ application: this.facts.key, type: 'Normal', reason: 'HoldReleased', message });
      return;
    }
    const endsAt = holdEndsAt(hold);
    if (endsAt !== undefined) this.#requeueAt(endsAt);
  }

  /**
   * An attempt that waits for its retry makes room for a newer commit, which may well be the correction: an automated one
   * ends, and a requested one that named no revision goes on with the newer one at once.
   */
  supersedeRetry(targets: Targets): void {
    const state = this.#state;
    if (state === undefined || retryDueAt(state) === undefined) return;
    const tried = state.syncResult?.revisions ?? [state.syncResult?.revision ?? ''];
    if (
      tried.length === targets.revisions.length &&
      tried.every((revision, index) => revision === targets.revisions[index])
    )
      return;
    if (state.operation.initiatedBy?.automated !== true) {
      if (followsSources(state.operation)) this.#state = beginRetry(state, { unpinned: true });
      return;
    }
    const message = `${state.message ?? ''} Superseded by ${describeRevisions(targets.revisions)}.`;
    this.#state = endOperation(state, 'Failed', message, this.facts.now);
  }

  /** Whether the targets are about to be applied anyway, so that dry runs would only repeat it. */
  willApply(targets: Targets): boolean {
    if (isRunning(this.#state)) return retryDueAt(this.#state as OperationState) === undefined;
    const { application } = this.facts;
    const automated = application.spec.syncPolicy?.automated;
    if (automated === undefined || automated === null || automated.enabled === false) return false;
    if (this.#hold() || !this.#window(false).allowed) return false;
    const last = application.status?.operationState?.syncResult;
    const tried = last?.revisions ?? [last?.revision ?? ''];
    return (
      tried.length !== targets.revisions.length ||
      tried.some((revision, index) => revision !== targets.revisions[index])
    );
  }

  /** Goes back by itself where the application's policy says so, and holds it there. */
  considerRollback(comparison: Comparison): void {
    if (isRunning(this.#state)) return;
    const { application, now } = this.facts;
    const status = { ...application.status, ...(this.#state === undefined ? {} : { operationState: this.#state }) };
    const decision = decideRollback({ application: { ...application, status }, comparison, now });
    if (!decision.rollback) {
      if (decision.problem !== undefined)
        this.conditions.push({ type: 'InvalidAnnotationWarning', message: decision.problem });
      return;
    }
    this.#state = beginOperation(decision.operation, now, this.#state);
    this.#newHold = decision.hold;
    this.world.record({ application: this.facts.key, type: 'Warning', reason: 'RolledBack', message: decision.reason });
  }

  considerAutoSync(targets: Targets, { comparison, diffSettings }: ComparedTargets): void {
    if (isRunning(this.#state)) return;
    const { application, now, settings } = this.facts;
    const loop = selfHealLoop({ application, comparison, diffSettings, settings, now });
    if (loop !== undefined) {
      this.conditions.push(loop);
      this.#requeueIn(settings.selfHeal.backoff.capSeconds * 1000);
    }
    const decision = decideAutoSync({
      application: this.#applicationForAutoSync(),
      comparison,
      revisions: targets.revisions,
      sources: targets.sources,
      window: this.#window(false),
      settings,
      now,
    });
    if (!decision.sync) {
      if (decision.condition !== undefined) this.conditions.push(decision.condition);
      if (decision.retryAt !== undefined) this.#requeueAt(decision.retryAt);
      return;
    }
    this.#state = beginOperation(decision.operation, now, this.#state);
    this.#recordStart(`Initiated automated sync to ${describeRevisions(targets.revisions)} (${decision.reason})`);
  }

  /** Runs one pass of the operation, if there is one. Answers whether the cluster may have changed. */
  async operate(
    cluster: DestinationCluster,
    targets: Targets | undefined,
    compared: ComparedTargets,
  ): Promise<boolean> {
    const state = this.#state;
    if (!isRunning(state)) {
      await this.#settleForgottenHooks(cluster, compared.comparison);
      return false;
    }
    if (this.#isOperationTaken) this.#recordStart('Initiated sync');
    const ready = await this.#prepare(state as OperationState);
    if (ready === undefined) return false;

    // The operation's own targets, where they are not the application's.
    const own = await this.#operationTargets(cluster, ready, targets, compared);
    if (own === undefined) return false;
    const begun = pinTargets(ready, this.facts, own.targets);
    const plan =
      own.targets === NO_TARGETS
        ? NO_PLAN
        : await planOperation(this.world, this.facts, cluster, begun, own.compared, own.targets.revisions);
    const pinned = pinHooks(begun, plan);
    if (this.#isOperationTaken || this.#newHold !== undefined) {
      await this.#writer.write((stored) => this.#begun(stored, pinned));
      const stored = this.#writer.current?.status?.operationState;
      if (stored !== undefined && !isRunning(stored)) {
        // Too large to be stored, so it was ended.
        this.#state = stored;
        this.#recordEnd(stored);
        return false;
      }
    }
    const pass = await runOperation(this.world, this.facts, cluster, {
      state: pinned,
      plan,
      checkpoint: (running) => this.#writer.checkpoint(running),
      terminationReason: this.#terminationReason,
    });
    if (pass.requeueAfter !== undefined) this.#requeueIn(pass.requeueAfter);
    if (pass.waitingFor === undefined) this.#complete(pass.state, own.targets, pinned);
    else {
      this.#state = pass.state;
      this.#waitingFor = pass.waitingFor;
      this.#reportStall(cluster, pass, pass.waitingFor);
    }
    return pass.applied.size > 0 || hasPruned(pass.state);
  }

  /** Ends in failure what cannot be compared at all, and reports. */
  async giveUp(conditions: readonly Condition[]): Promise<ReconcileOutcome> {
    if (this.conditions !== conditions) this.conditions.push(...conditions);
    if (isRunning(this.#state) && this.#isOperationTaken) {
      this.#complete(
        endOperation(this.#state as OperationState, 'Error', describeConditions(conditions), this.facts.now),
        undefined,
      );
    }
    return this.report(undefined, undefined, undefined);
  }

  /** One patch of everything that changed: status, operation, annotations, finalizers. */
  async report(
    cluster: DestinationCluster | undefined,
    targets: Targets | undefined,
    comparison: Comparison | undefined,
  ): Promise<ReconcileOutcome> {
    const { world, facts } = this;
    const { application } = facts;
    const completed = this.#completed;
    const deployment =
      completed !== undefined && isDeployment(completed) ? nextHistory(application, completed) : undefined;
    const roots = comparison?.resources.filter(({ live }) => live !== undefined).map(({ key }) => key) ?? [];
    const tree = cluster?.treeFacts(roots);
    const now = rfc3339(world.now());
    const reported = (stored: Application): Application => {
      const status = summarizeStatus({
        application: { ...application, status: stored.status ?? {} },
        comparison,
        targets,
        conditions: [...this.conditions, ...(comparison?.conditions ?? [])],
        operationState: withOperationState(stored, this.#state).status?.operationState,
        history: deployment?.history ?? application.status?.history,
        tree,
        persistResourceHealth: facts.settings.persistResourceHealth,
        controllerNamespace: world.controlPlaneNamespace,
        now,
      });
      return this.#withBookkeeping({ ...stored, status }, targets);
    };
    // The saved manifests and the status do not depend on each other, and the status should be seen soon.
    const saved =
      deployment === undefined || this.#deployed === undefined
        ? undefined
        : this.#saveDeployment(deployment.entry.id, completed as OperationState, this.#deployed);
    await Promise.all([this.#writer.write(reported), saved]);
    const stored = this.#writer.current;
    if (stored?.operation !== undefined && !isRunning(stored.status?.operationState)) this.#requeueIn(0);
    if (comparison !== undefined && stored !== undefined) world.publish({ application: stored, comparison, cluster });
    return {
      application: stored,
      comparison,
      wrote: this.#writer.wrote,
      waitingFor: this.#waitingFor,
      requeueAfter: this.#requeueAfter(),
    };
  }

  /** What has to be true before a pass of the operation: not waiting for a retry, not blocked, not out of time. */
  async #prepare(state: OperationState): Promise<OperationState | undefined> {
    const { facts } = this;
    const { sync, initiatedBy } = state.operation;
    if (sync === undefined) {
      const message = 'Invalid operation request: no operation specified. Set operation.sync';
      this.#complete(endOperation(state, 'Error', message, facts.now), undefined);
      return undefined;
    }
    if (state.phase === 'Terminating' || this.#isOutOfTime(state)) return { ...state, phase: 'Terminating' };
    const dueAt = retryDueAt(state);
    if (dueAt !== undefined && dueAt > facts.now.getTime()) {
      this.#requeueAt(dueAt);
      this.#waitingFor = state.message;
      return undefined;
    }
    const next = dueAt === undefined ? state : beginRetry(state);
    const window = this.#window(initiatedBy?.automated !== true, next.startedAt);
    if (!window.allowed) {
      this.#state = { ...next, message: 'Sync operation blocked by sync window' };
      this.#waitingFor = this.#state.message;
      if (window.changesAt !== undefined) this.#requeueAt(window.changesAt);
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
    const { application, settings, now } = this.facts;
    const { ms, problem } = syncTimeout(application, settings);
    if (problem !== undefined) this.conditions.push({ type: 'InvalidAnnotationWarning', message: problem });
    if (ms === undefined) return false;
    const endsAt = Date.parse(startedAt) + ms;
    if (endsAt > now.getTime()) {
      this.#requeueAt(endsAt);
      return false;
    }
    this.#terminationReason = `it took longer than ${formatGoDuration(ms)}`;
    return true;
  }

  #reportStall(cluster: DestinationCluster, { state, waitingObjects: waitsFor }: SyncPass, message: string): void {
    const { now } = this.facts;
    const since = lastProgressAt(state.startedAt, waitsFor);
    if (now.getTime() - since < STALL_MS) {
      this.#requeueAt(since + STALL_MS);
      return;
    }
    const assessHealth = (object: KubernetesObject) => cluster.assessHealth(object);
    this.conditions.push(stallCondition({ message, since, waitsFor, assessHealth, now }));
  }

  async #operationTargets(
    cluster: DestinationCluster,
    state: OperationState,
    targets: Targets | undefined,
    compared: ComparedTargets,
  ): Promise<{ targets: Targets; compared: ComparedTargets } | undefined> {
    const { world, facts } = this;
    if (targets !== undefined && deploysComparedTargets(state, facts, targets)) return { targets, compared };
    const own = await renderTargets(world, facts, cluster, {
      sources: operationSources(state, facts),
      fresh: this.#isOperationTaken,
      manifests: state.operation.sync?.manifests,
    });
    if (own.failure !== undefined) {
      if (own.retryAfter !== undefined && state.phase !== 'Terminating') {
        this.#state = { ...state, message: own.failure.message };
        this.#waitingFor = own.failure.message;
        this.#requeueIn(own.retryAfter);
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
      const scheduled = scheduleRetry(state, this.facts.now);
      this.#state = scheduled;
      this.#waitingFor = scheduled.message;
      this.#requeueAt(retryDueAt(scheduled) ?? 0);
      return;
    }
    this.#state = state;
    this.#completed = state;
    this.#deployed = targets;
    this.#recordEnd(state);
  }

  #recordEnd(state: OperationState): void {
    const failed = state.phase !== 'Succeeded';
    this.world.record({
      application: this.facts.key,
      type: failed ? 'Warning' : 'Normal',
      reason: 'OperationCompleted',
      message: failed
        ? `Sync operation failed: ${state.message ?? ''}`
        : `Sync operation succeeded: ${state.message ?? ''}`,
    });
  }

  async #saveDeployment(historyId: number, state: OperationState, targets: Targets): Promise<void> {
    const { facts, world } = this;
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

  /** Hooks whose operation ended while nobody could let them go, for instance in a crash. */
  async #settleForgottenHooks(cluster: DestinationCluster, comparison: Comparison): Promise<void> {
    const phase = this.#state?.phase === 'Succeeded' ? 'Succeeded' : 'Failed';
    for (const { live, isHook } of comparison.resources) {
      if (!isHook || live === undefined || operationOf(live) === undefined) continue;
      if (live.metadata.finalizers?.includes(FINALIZER_HOOK) !== true) continue;
      await settleHook(live, hooksOf(live)?.deletePolicies ?? [], phase, {
        client: cluster.client,
        throwIfCancelled: () => this.world.throwIfCancelled(),
      });
    }
  }

  /** Stores that an operation runs, with the hold it brings; not when it was withdrawn before anything was done. */
  #begun(stored: Application, state: OperationState): Application | undefined {
    if (this.#isOperationTaken && !isAskedFor(state, stored.operation)) return undefined;
    const begun = withOperationState(stored, state);
    if (this.#newHold === undefined) return begun;
    const annotations = { ...begun.metadata.annotations, [ANNOTATION_HOLD]: JSON.stringify(this.#newHold) };
    return { ...begun, metadata: { ...begun.metadata, annotations } };
  }

  #withBookkeeping(application: Application, targets: Targets | undefined): Application {
    const annotations = { ...application.metadata.annotations };
    // A refresh that was asked for while this pass ran is a new one, and is not taken away.
    if (annotations[ANNOTATION_REFRESH] === this.facts.application.metadata.annotations?.[ANNOTATION_REFRESH]) {
      delete annotations[ANNOTATION_REFRESH];
      delete annotations[ANNOTATION_REFRESH_TIMESTAMP];
    }
    if (this.#isHoldReleased) delete annotations[ANNOTATION_HOLD];
    if (this.#newHold !== undefined) annotations[ANNOTATION_HOLD] = JSON.stringify(this.#newHold);
    const { operation, ...rest } = application;
    // What was asked for while another operation ran is still to be done.
    const isDone = operation === undefined || (!isRunning(this.#state) && isAskedFor(this.#completed, operation));
    return {
      ...rest,
      ...(isDone ? {} : { operation }),
      spec: { ...application.spec, project: projectNameOf(application.spec) },
      metadata: { ...application.metadata, annotations, finalizers: withHookFinalizers(application, targets) },
    };
  }

  /** Auto-sync looks at the state as it is now, and not at a hold that just ended. */
  #applicationForAutoSync(): Application {
    const { application } = this.facts;
    const { [ANNOTATION_HOLD]: hold, ...annotations } = application.metadata.annotations ?? {};
    const isHeld = hold !== undefined && !this.#isHoldReleased;
    const { operationState: _stored, ...status } = application.status ?? {};
    return {
      ...application,
      metadata: {
        ...application.metadata,
        annotations: isHeld ? { ...annotations, [ANNOTATION_HOLD]: hold } : annotations,
      },
      status: { ...status, ...(this.#state === undefined ? {} : { operationState: this.#state }) },
    };
  }

  #hold(): boolean {
    return !this.#isHoldReleased && holdOf(this.facts.application) !== undefined;
  }

  #window(isManual: boolean, startedAt?: string): SyncWindowDecision {
    const { facts, world } = this;
    const cluster = resolveDestination(facts.application.spec.destination, world.clusters());
    const decision = syncWindowDecision({
      windows: facts.project?.spec.syncWindows ?? [],
      subject: {
        applicationName: facts.key.name,
        destinationNamespace: facts.destinationNamespace,
        server: cluster.server,
        clusterName: cluster.name,
      },
      now: facts.now,
      isManual,
      ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt) }),
    });
    for (const message of decision.problems) this.conditions.push({ type: 'SyncError', message });
    return decision;
  }

  #recordStart(message: string): void {
    this.world.record({ application: this.facts.key, type: 'Normal', reason: 'OperationStarted', message });
  }

  #requeueIn(milliseconds: number): void {
    this.#requeueTimes.push(milliseconds);
  }

  #requeueAt(time: number): void {
    this.#requeueTimes.push(Math.max(0, time - this.facts.now.getTime()));
  }

  #requeueAfter(): number | undefined {
    return this.#requeueTimes.length === 0 ? undefined : Math.min(...this.#requeueTimes);
  }
}

/** Told to skip it, or in a namespace where Applications have no effect. */
function isLeftAlone(world: ReconcileWorld, application: Application): boolean {
  if (application.metadata.annotations?.[ANNOTATION_SKIP_RECONCILE] === 'true') return true;
  const namespace = application.metadata.namespace ?? '';
  if (namespace === world.controlPlaneNamespace) return false;
  return !world.settings().applicationNamespaces.some((pattern) => globOrRegexMatch(pattern, namespace));
}

const UNREACHABLE_RETRY_MS = 10_000;

function isRunning(state: OperationState | undefined): boolean {
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

/** Deletion hooks need the Application to stay until they ran. The finalizers go with the hooks. */
function withHookFinalizers(application: Application, targets: Targets | undefined): string[] {
  const finalizers = application.metadata.finalizers ?? [];
  if (targets === undefined) return finalizers;
  const types = new Set(deletionHooks(targets.manifests).flatMap(({ object }) => hooksOf(object)?.types ?? []));
  const wanted: [string, boolean][] = [
    [FINALIZER_PRE_DELETE, types.has('PreDelete')],
    [FINALIZER_POST_DELETE, types.has('PostDelete')],
  ];
  const kept = finalizers.filter((finalizer) => !wanted.some(([name, isWanted]) => name === finalizer && !isWanted));
  return [...kept, ...wanted.filter(([name, isWanted]) => isWanted && !kept.includes(name)).map(([name]) => name)];
}

function describeConditions(conditions: readonly Condition[]): string {
  return conditions.map(({ type, message }) => `${type}: ${message}`).join('; ');
}

function nothingToDo(application: Application | undefined): ReconcileOutcome {
  return { application, comparison: undefined, wrote: false, waitingFor: undefined, requeueAfter: undefined };
}
