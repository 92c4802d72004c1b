import type { ApplicationKey } from '../application/application.ts';
import type { Operation, SyncOperation } from '../application/operation.ts';
import { sourcesOf } from '../application/sources.ts';
import { specProblems } from '../application/validate-spec.ts';
import type { Comparison, Condition } from '../compare/comparison.ts';
import { TerminalError } from '../errors.ts';
import { contentHash } from '../kubernetes/content-hash.ts';
import { type SyncPlan, tasksOf } from '../sync/sync-plan.ts';
import { compareTargets } from './compare-targets.ts';
import { openDestination } from './open-destination.ts';
import { beginOperation, forbiddenSource, operationSources, pinTargets, planOperation } from './operation-stage.ts';
import { factsOf } from './reconcile-facts.ts';
import type { ReconcileWorld } from './reconcile-world.ts';
import { renderTargets } from './render-targets.ts';

/** What an operation would do, if it began now. */
export interface ApplicationPlan {
  /** Equal ids mean the same plan: an operation that was agreed on under one id is refused when the id has changed. */
  id: string;
  /** The revisions it would deploy, one per source. */
  revisions: string[];
  comparison: Comparison;
  plan: SyncPlan;
}

/**
 * The plan of an operation, without carrying anything out: the stages of `reconcileApplication` up to the plan, with dry
 * runs for an exact difference. Throws `TerminalError` when the application cannot be compared; the message says why.
 */
export async function planApplication(
  world: ReconcileWorld,
  key: ApplicationKey,
  sync: SyncOperation,
): Promise<ApplicationPlan> {
  const application = world.application(key);
  if (application === undefined) {
    throw new TerminalError('NotFound', `application ${key.namespace}/${key.name} does not exist`);
  }
  const facts = factsOf(world, application);
  const { project } = facts;
  const problems = specProblems({
    ...facts,
    clusters: world.clusters(),
    controlPlaneNamespace: world.controlPlaneNamespace,
  });
  if (problems.length > 0 || project === undefined) throw cannotPlan(problems);
  const cluster = await openDestination(world, facts);
  const operation: Operation = { sync };
  const state = beginOperation(operation, facts.now, undefined);
  const forbidden = forbiddenSource(state, facts);
  if (forbidden !== undefined) throw new TerminalError('Forbidden', forbidden);
  const { targets, failure } = await renderTargets(world, facts, cluster, {
    sources:
      sync.source === undefined &&
      sync.sources === undefined &&
      sync.revision === undefined &&
      sync.revisions === undefined
        ? sourcesOf(application.spec)
        : operationSources(state, facts),
    fresh: true,
    manifests: sync.manifests,
  });
  if (failure !== undefined) throw cannotPlan([failure]);
  const compared = await compareTargets(world, facts, cluster, { manifests: targets.manifests, skipDryRuns: false });
  const pinned = pinTargets(state, facts, targets);
  const plan = await planOperation(world, facts, cluster, pinned, compared, targets.revisions);
  return {
    id: planId(plan, sync, targets.revisions),
    revisions: targets.revisions,
    comparison: compared.comparison,
    plan,
  };
}

/** Over what will be sent and what it replaces; names of generated hooks change with the time and do not count. */
function planId(plan: SyncPlan, sync: SyncOperation, revisions: readonly string[]): string {
  const tasks = tasksOf(plan).map(({ key, phase, wave, action, target, live, skipReason, problem }) => ({
    phase,
    wave,
    action,
    key: action === 'hook' ? { ...key, name: '' } : key,
    target: action === 'hook' ? undefined : target,
    live:
      action === 'hook' || action === 'unchanged' ? undefined : [live?.metadata.uid, live?.metadata.resourceVersion],
    skipReason,
    problem,
  }));
  return contentHash({ tasks, sync, revisions });
}

function cannotPlan(conditions: readonly Condition[]): TerminalError {
  return new TerminalError('CannotPlan', conditions.map(({ message }) => message).join('; '));
}
