import type { Application } from '../application/application.ts';
import { resolveDestination } from '../application/destination.ts';
import { projectNameOf } from '../application/sources.ts';
import type { Comparison, Condition } from '../compare/comparison.ts';
import { ClusterError, GitOpsError, TerminalError, WaitingError } from '../errors.ts';
import { ANNOTATION_REFRESH, ANNOTATION_REFRESH_TIMESTAMP } from '../kubernetes/annotations.ts';
import { isDeployment, nextHistory } from '../status/history.ts';
import { summarizeStatus } from '../status/summarize-status.ts';
import { decideRollback } from '../sync/auto-rollback.ts';
import { decideAutoSync, describeRevisions } from '../sync/auto-sync.ts';
import { ANNOTATION_HOLD, holdEndsAt, holdOf, isHoldOver } from '../sync/hold.ts';
import { rfc3339 } from '../sync/run-sync.ts';
import { selfHealLoop } from '../sync/self-heal-loop.ts';
import { withOperationState } from './application-writer.ts';
import type { ComparedTargets } from './compare-targets.ts';
import { withHookFinalizers } from './hook-finalizers.ts';
import { openDestination } from './open-destination.ts';
import { hasTried, isInProgress, PassOperation } from './pass-operation.ts';
import { PassScene } from './pass-scene.ts';
import type { ReconcileFacts } from './reconcile-facts.ts';
import type { DestinationCluster, ReconcileOutcome, ReconcileWorld } from './reconcile-world.ts';
import type { Targets } from './render-targets.ts';

const UNREACHABLE_RETRY_MS = 10_000;

/** One reconciliation on its way through the stages. */
export class Pass {
  readonly operation: PassOperation;
  readonly #scene: PassScene;
  #isHoldReleased = false;

  constructor(world: ReconcileWorld, facts: ReconcileFacts) {
    this.#scene = new PassScene(world, facts);
    this.operation = new PassOperation(this.#scene);
  }

  get conditions(): Condition[] {
    return this.#scene.conditions;
  }

  async connect(): Promise<DestinationCluster | undefined> {
    const { world, facts } = this.#scene;
    try {
      return await openDestination(world, facts);
    } catch (error) {
      if (!(error instanceof GitOpsError)) throw error;
      const { server, name } = resolveDestination(facts.application.spec.destination, world.clusters());
      const fix =
        error instanceof ClusterError
          ? `. Check that ${server} answers and that the credentials of cluster ${name} are valid; it is tried again by itself`
          : '';
      this.#scene.conditions.push({
        type: 'ComparisonError',
        message: `Failed to load live state: ${error.message}${fix}`,
      });
      this.#scene.requeueIn(UNREACHABLE_RETRY_MS);
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
    this.#scene.conditions.push({ type: 'ComparisonError', message: `Failed to load live state: ${error.message}` });
    this.#scene.requeueIn(error instanceof WaitingError ? error.retryAfter : UNREACHABLE_RETRY_MS);
    return true;
  }

  releaseHold(targets: Targets): void {
    const { application, now } = this.#scene.facts;
    const hold = holdOf(application);
    if (hold === undefined) return;
    const { revision, revisions } = application.status?.sync ?? {};
    const comparedRevisions = revisions ?? (revision === undefined ? [] : [revision]);
    if (isHoldOver(hold, { now, resolvedRevisions: targets.revisions, comparedRevisions })) {
      this.#isHoldReleased = true;
      const message = `The hold at ${hold.revision} is over (resume: ${hold.resume})`;
      this.#scene.record({ type: 'Normal', reason: 'HoldReleased', message });
      return;
    }
    const endsAt = holdEndsAt(hold);
    if (endsAt !== undefined) this.#scene.requeueAt(endsAt);
  }

  /** Whether the targets are about to be applied anyway, so that dry runs would only repeat it. */
  willApply(targets: Targets): boolean {
    if (this.operation.isRunning) return this.operation.isActing;
    const { application } = this.#scene.facts;
    const automated = application.spec.syncPolicy?.automated;
    if (automated === undefined || automated === null || automated.enabled === false) return false;
    if (this.#hold() || !this.#scene.window(false).allowed) return false;
    const last = application.status?.operationState;
    return last === undefined || !hasTried(last, targets.revisions);
  }

  /** Goes back by itself where the application's policy says so, and holds it there. */
  considerRollback(comparison: Comparison): void {
    if (this.operation.isRunning) return;
    const { application, now } = this.#scene.facts;
    const status = {
      ...application.status,
      ...(this.operation.state === undefined ? {} : { operationState: this.operation.state }),
    };
    const decision = decideRollback({ application: { ...application, status }, comparison, now });
    if (!decision.rollback) {
      if (decision.problem !== undefined)
        this.#scene.conditions.push({ type: 'InvalidAnnotationWarning', message: decision.problem });
      return;
    }
    this.operation.begin(decision.operation, decision.hold);
    this.#scene.record({ type: 'Warning', reason: 'RolledBack', message: decision.reason });
  }

  considerAutoSync(targets: Targets, { comparison, diffSettings }: ComparedTargets): void {
    if (this.operation.isRunning) return;
    const { application, now, settings } = this.#scene.facts;
    const loop = selfHealLoop({ application, comparison, diffSettings, settings, now });
    if (loop !== undefined) {
      this.#scene.conditions.push(loop);
      this.#scene.requeueIn(settings.selfHeal.backoff.capSeconds * 1000);
    }
    const decision = decideAutoSync({
      application: this.#applicationForAutoSync(),
      comparison,
      revisions: targets.revisions,
      sources: targets.sources,
      window: this.#scene.window(false),
      settings,
      now,
    });
    if (!decision.sync) {
      if (decision.condition !== undefined) this.#scene.conditions.push(decision.condition);
      if (decision.retryAt !== undefined) this.#scene.requeueAt(decision.retryAt);
      return;
    }
    this.operation.begin(decision.operation);
    this.operation.recordStart(
      `Initiated automated sync to ${describeRevisions(targets.revisions)} (${decision.reason})`,
    );
  }

  /** Ends in failure what cannot be compared at all, and reports. */
  async giveUp(conditions: readonly Condition[]): Promise<ReconcileOutcome> {
    if (this.#scene.conditions !== conditions) this.#scene.conditions.push(...conditions);
    this.operation.refuse(conditions);
    return this.report(undefined, undefined, undefined);
  }

  /** One patch of everything that changed: status, operation, annotations, finalizers. */
  async report(
    cluster: DestinationCluster | undefined,
    targets: Targets | undefined,
    comparison: Comparison | undefined,
  ): Promise<ReconcileOutcome> {
    const { world, facts } = this.#scene;
    const { application } = facts;
    const completed = this.operation.completed;
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
        conditions: [...this.#scene.conditions, ...(comparison?.conditions ?? [])],
        operationState: withOperationState(stored, this.operation.state).status?.operationState,
        history: deployment?.history ?? application.status?.history,
        tree,
        persistResourceHealth: facts.settings.persistResourceHealth,
        controllerNamespace: world.controlPlaneNamespace,
        now,
      });
      return this.#withBookkeeping({ ...stored, status }, targets);
    };
    // The saved manifests and the status do not depend on each other, and the status should be seen soon.
    const saved = deployment === undefined ? undefined : this.operation.saveDeployment(deployment.entry.id);
    await Promise.all([this.#scene.writer.write(reported), saved]);
    const stored = this.#scene.writer.current;
    if (stored?.operation !== undefined && !isInProgress(stored.status?.operationState)) this.#scene.requeueIn(0);
    if (comparison !== undefined && stored !== undefined) world.publish({ application: stored, comparison, cluster });
    return {
      application: stored,
      comparison,
      wrote: this.#scene.writer.wrote,
      waitingFor: this.#scene.waitingFor,
      requeueAfter: this.#scene.requeueAfter,
    };
  }

  #withBookkeeping(application: Application, targets: Targets | undefined): Application {
    const annotations = { ...application.metadata.annotations };
    // A refresh that was asked for while this pass ran is a new one, and is not taken away.
    if (annotations[ANNOTATION_REFRESH] === this.#scene.facts.application.metadata.annotations?.[ANNOTATION_REFRESH]) {
      delete annotations[ANNOTATION_REFRESH];
      delete annotations[ANNOTATION_REFRESH_TIMESTAMP];
    }
    if (this.#isHoldReleased) delete annotations[ANNOTATION_HOLD];
    if (this.operation.newHold !== undefined) annotations[ANNOTATION_HOLD] = JSON.stringify(this.operation.newHold);
    const { operation, ...rest } = application;
    // What was asked for while another operation ran is still to be done.
    const isDone = operation === undefined || this.operation.hasDone(operation);
    return {
      ...rest,
      ...(isDone ? {} : { operation }),
      spec: { ...application.spec, project: projectNameOf(application.spec) },
      metadata: { ...application.metadata, annotations, finalizers: withHookFinalizers(application, targets) },
    };
  }

  /** Auto-sync looks at the state as it is now, and not at a hold that just ended. */
  #applicationForAutoSync(): Application {
    const { application } = this.#scene.facts;
    const { [ANNOTATION_HOLD]: hold, ...annotations } = application.metadata.annotations ?? {};
    const isHeld = hold !== undefined && !this.#isHoldReleased;
    const { operationState: _stored, ...status } = application.status ?? {};
    return {
      ...application,
      metadata: {
        ...application.metadata,
        annotations: isHeld ? { ...annotations, [ANNOTATION_HOLD]: hold } : annotations,
      },
      status: { ...status, ...(this.operation.state === undefined ? {} : { operationState: this.operation.state }) },
    };
  }

  #hold(): boolean {
    return !this.#isHoldReleased && holdOf(this.#scene.facts.application) !== undefined;
  }
}
