import type { Application, ApplicationKey } from '../application/application.ts';
import { globOrRegexMatch } from '../application/glob.ts';
import { sourcesOf } from '../application/sources.ts';
import { specProblems } from '../application/validate-spec.ts';
import { ANNOTATION_SKIP_RECONCILE } from '../kubernetes/annotations.ts';
import { type ComparedTargets, compareTargets } from './compare-targets.ts';
import { Pass } from './pass.ts';
import { reconcileDeletion } from './reconcile-deletion.ts';
import { factsOf } from './reconcile-facts.ts';
import type { ReconcileOutcome, ReconcileWorld } from './reconcile-world.ts';
import { renderTargets } from './render-targets.ts';
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
    fresh: facts.refresh !== undefined || pass.operation.isNew,
  });
  if (failure !== undefined) pass.conditions.push(failure);

  // a hold that is over, a retry that a newer commit makes pointless
  if (targets !== undefined) pass.releaseHold(targets);
  if (targets !== undefined) pass.operation.supersede(targets);

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
  const changed = await pass.operation.run(cluster, targets, compared);

  // 7 health: compared again, since the cluster has changed
  if (changed)
    compared = await compareTargets(world, facts, cluster, { manifests: targets?.manifests, skipDryRuns: false });

  // 8 status
  const outcome = await pass.report(cluster, targets, compared.comparison);
  if (targets !== undefined) await rememberQuiet(facts, cluster, targets, outcome);
  return outcome;
}

/** Told to skip it, or in a namespace where Applications have no effect. */
function isLeftAlone(world: ReconcileWorld, application: Application): boolean {
  if (application.metadata.annotations?.[ANNOTATION_SKIP_RECONCILE] === 'true') return true;
  const namespace = application.metadata.namespace ?? '';
  if (namespace === world.controlPlaneNamespace) return false;
  return !world.settings().applicationNamespaces.some((pattern) => globOrRegexMatch(pattern, namespace));
}

function nothingToDo(application: Application | undefined): ReconcileOutcome {
  return { application, comparison: undefined, wrote: false, waitingFor: undefined, requeueAfter: undefined };
}
