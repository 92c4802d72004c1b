import { resolveDestination } from '../application/destination.ts';
import type { Condition } from '../compare/comparison.ts';
import { type SyncWindowDecision, syncWindowDecision } from '../sync/sync-windows.ts';
import { ApplicationWriter } from './application-writer.ts';
import type { ReconcileFacts } from './reconcile-facts.ts';
import type { ReconcileEvent, ReconcileWorld } from './reconcile-world.ts';

/** What the parts of one reconciliation share: the world, the facts, and what there will be to say at the end. */
export class PassScene {
  readonly world: ReconcileWorld;
  readonly facts: ReconcileFacts;
  readonly writer: ApplicationWriter;
  readonly conditions: Condition[] = [];
  /** In words, what an operation waits for. */
  waitingFor: string | undefined;
  readonly #requeueTimes: number[] = [];

  constructor(world: ReconcileWorld, facts: ReconcileFacts) {
    this.world = world;
    this.facts = facts;
    this.writer = new ApplicationWriter(world, facts.key, facts.application);
  }

  /** Milliseconds until the earliest time at which to look again; undefined when nothing is due at a certain time. */
  get requeueAfter(): number | undefined {
    return this.#requeueTimes.length === 0 ? undefined : Math.min(...this.#requeueTimes);
  }

  requeueIn(milliseconds: number): void {
    this.#requeueTimes.push(milliseconds);
  }

  /** `time`: milliseconds of the epoch. */
  requeueAt(time: number): void {
    this.#requeueTimes.push(Math.max(0, time - this.facts.now.getTime()));
  }

  record(event: Omit<ReconcileEvent, 'application'>): void {
    this.world.record({ application: this.facts.key, ...event });
  }

  /** Whether the project's windows let a sync begin now, or one that began at `startedAt` go on. */
  window(isManual: boolean, startedAt?: string): SyncWindowDecision {
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
}
