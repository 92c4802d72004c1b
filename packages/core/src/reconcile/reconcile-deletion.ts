import type { Application } from '../application/application.ts';
import { sourcesOf } from '../application/sources.ts';
import { deletionHooks } from '../compare/pair-resources.ts';
import { GitOpsError } from '../errors.ts';
import {
  ANNOTATION_DELETION_APPROVED,
  FINALIZER_POST_DELETE,
  FINALIZER_POST_DELETE_CLEANUP,
  FINALIZER_PRE_DELETE,
  FINALIZER_PRE_DELETE_CLEANUP,
  FINALIZER_RESOURCES,
  FINALIZER_RESOURCES_BACKGROUND,
  FINALIZER_RESOURCES_FOREGROUND,
} from '../kubernetes/annotations.ts';
import type { PropagationPolicy } from '../kubernetes/cluster-client.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { resourceKeyOf } from '../kubernetes/resource-key.ts';
import { parseSyncOptions } from '../kubernetes/sync-options.ts';
import { trackedBy } from '../kubernetes/tracking.ts';
import { mergeConditions } from '../status/conditions.ts';
import { deleteObject, isConflict } from '../sync/delete-object.ts';
import { type DeletionStep, deletionStep } from '../sync/deletion.ts';
import { runDeletionHooks } from '../sync/deletion-hooks.ts';
import { rfc3339 } from '../sync/run-sync.ts';
import { ApplicationWriter } from './application-writer.ts';
import { isPermitted } from './compare-targets.ts';
import { openDestination } from './open-destination.ts';
import { factsOf, type ReconcileFacts } from './reconcile-facts.ts';
import type { DestinationCluster, ReconcileOutcome, ReconcileWorld } from './reconcile-world.ts';
import { renderTargets } from './render-targets.ts';

/**
 * Deletes an Application: PreDelete hooks, then its resources in reverse waves (only with the resources finalizer), then
 * PostDelete hooks, then our finalizers. Each pass does what it can and reports what it waits for.
 *
 * Anything unclear stops it: an unknown cluster or project is a `DeletionError`, never a reason to let go of the
 * finalizers and leave resources behind in silence.
 */
export async function reconcileDeletion(world: ReconcileWorld, application: Application): Promise<ReconcileOutcome> {
  const finalizers = application.metadata.finalizers ?? [];
  const ours = finalizers.filter((finalizer) => OUR_FINALIZERS.has(finalizer));
  const facts = factsOf(world, application);
  const writer = new ApplicationWriter(world, facts.key, application);
  if (ours.length === 0) return outcome(writer, undefined, undefined);
  const brake = world.deletionBrake();
  if (brake !== undefined) {
    await reportConditions(writer, facts, [brake]);
    return outcome(writer, brake, RETRY_MS);
  }
  try {
    // destination
    const cluster = await connect(world, facts);

    // PreDelete hooks
    const before = await hooksStage(world, facts, cluster, writer, 'PreDelete', [
      FINALIZER_PRE_DELETE,
      FINALIZER_PRE_DELETE_CLEANUP,
    ]);
    if (before !== undefined) return outcome(writer, before, undefined);

    // resources, in reverse waves
    const waiting = await cascade(world, facts, cluster, ours);
    if (waiting !== undefined) {
      await reportConditions(writer, facts, waiting.blocked);
      return outcome(writer, waiting.message, waiting.requeueAfter);
    }

    // PostDelete hooks
    const after = await hooksStage(world, facts, cluster, writer, 'PostDelete', [
      FINALIZER_POST_DELETE,
      FINALIZER_POST_DELETE_CLEANUP,
    ]);
    if (after !== undefined) return outcome(writer, after, undefined);

    // finalizers
    await removeFinalizers(writer, [...OUR_FINALIZERS]);
    world.record({
      application: facts.key,
      type: 'Normal',
      reason: 'ResourceDeleted',
      message: 'Deleted the application',
    });
    return outcome(writer, undefined, undefined);
  } catch (error) {
    if (!(error instanceof GitOpsError) && !(error instanceof DeletionBlocked)) throw error;
    if (isConflict(error)) throw error;
    const message = `${error.message}. ${WAY_OUT}`;
    await reportConditions(writer, facts, [message]);
    return outcome(writer, message, RETRY_MS);
  }
}

const RETRY_MS = 10_000;
/** Never taken by itself: a cluster that does not answer today may do so tomorrow. */
const WAY_OUT = 'To leave its resources behind, delete the Application once more with cascade=false';

const OUR_FINALIZERS: ReadonlySet<string> = new Set([
  FINALIZER_RESOURCES,
  FINALIZER_RESOURCES_FOREGROUND,
  FINALIZER_RESOURCES_BACKGROUND,
  FINALIZER_PRE_DELETE,
  FINALIZER_PRE_DELETE_CLEANUP,
  FINALIZER_POST_DELETE,
  FINALIZER_POST_DELETE_CLEANUP,
]);

/** Whether a finalizer keeps an Application until its resources or deletion hooks are dealt with. */
export function isDeletionFinalizer(name: string): boolean {
  return OUR_FINALIZERS.has(name);
}

const CASCADE: ReadonlySet<string> = new Set([
  FINALIZER_RESOURCES,
  FINALIZER_RESOURCES_FOREGROUND,
  FINALIZER_RESOURCES_BACKGROUND,
]);

class DeletionBlocked extends Error {}

async function connect(world: ReconcileWorld, facts: ReconcileFacts): Promise<DestinationCluster> {
  if (facts.project === undefined) {
    throw new DeletionBlocked(
      `project ${facts.application.spec.project} does not exist, so it is unknown what may be deleted. Create the project`,
    );
  }
  return openDestination(world, facts);
}

/** Runs the hooks of one type; answers what to wait for. The finalizer goes when they have completed. */
async function hooksStage(
  world: ReconcileWorld,
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  writer: ApplicationWriter,
  type: 'PreDelete' | 'PostDelete',
  finalizers: string[],
): Promise<string | undefined> {
  const present = writer.current?.metadata.finalizers ?? [];
  if (!finalizers.some((finalizer) => present.includes(finalizer))) return undefined;
  const { targets, failure } = await renderTargets(world, facts, cluster, {
    sources: sourcesOf(facts.application.spec),
    fresh: false,
  });
  if (failure !== undefined) throw new DeletionBlocked(`${type} hooks cannot be run: ${failure.message}`);
  const waiting = await runDeletionHooks({
    type,
    targets: deletionHooks(targets.manifests).map(({ object }) => object),
    attemptId: `${type}#${facts.application.metadata.deletionTimestamp ?? ''}`,
    owner: { instanceName: facts.instanceName, destinationNamespace: facts.destinationNamespace },
    tracking: facts.settings.tracking,
    isNamespaced: (group, kind) => cluster.isNamespaced(group, kind),
    isPermitted: (key) => isPermitted(facts, cluster, key),
    client: cluster.client,
    liveObjects: (keys) => cluster.liveObjects(keys),
    assessHealth: (object) => cluster.assessHealth(object),
    throwIfCancelled: () => world.throwIfCancelled(),
  });
  if (waiting.problems.length > 0) throw new DeletionBlocked(waiting.problems.join('; '));
  if (waiting.message !== undefined) return waiting.message;
  await removeFinalizers(writer, finalizers);
  return undefined;
}

async function cascade(
  world: ReconcileWorld,
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  finalizers: readonly string[],
): Promise<{ message: string; blocked: string[]; requeueAfter: number | undefined } | undefined> {
  if (!finalizers.some((finalizer) => CASCADE.has(finalizer))) return undefined;
  const { application, now } = facts;
  const unknown = unreadableKinds(facts, cluster);
  if (unknown.length > 0) {
    throw new DeletionBlocked(
      `nothing is deleted while it is unknown what there is: ${unknown.join('; ')}. It goes on by itself; remove the finalizers of the Application to delete it without its resources`,
    );
  }
  const decide = (objects: readonly KubernetesObject[]): DeletionStep =>
    deletionStep({
      objects,
      selfKey: { group: 'argoproj.io', kind: 'Application', namespace: facts.key.namespace, name: facts.key.name },
      instanceName: facts.instanceName,
      tracking: facts.settings.tracking,
      options: parseSyncOptions(application.spec.syncPolicy?.syncOptions ?? [], 'application').options,
      isPermitted: (object) => isPermitted(facts, cluster, resourceKeyOf(object)),
      approvedAt: application.metadata.annotations?.[ANNOTATION_DELETION_APPROVED],
      requestedAt: application.metadata.deletionTimestamp ?? '',
      now,
    });
  let step = decide([...cluster.ownedObjects(facts.instanceName)]);
  if (step.waitingFor === undefined) step = decide(await recordedObjects(facts, cluster));
  const propagation: PropagationPolicy = finalizers.includes(FINALIZER_RESOURCES_BACKGROUND)
    ? 'Background'
    : 'Foreground';
  for (const object of step.remove) {
    world.throwIfCancelled();
    await deleteObject(object, cluster.client, { propagation });
  }
  return step.waitingFor === undefined
    ? undefined
    : {
        message: step.waitingFor,
        blocked: step.blocked,
        requeueAfter: step.remove.length > 0 || step.blocked.length === 0 ? RECHECK_MS : undefined,
      };
}

/**
 * What the status lists and is still there, asked for where the kind is not watched yet. Throws when a kind cannot be asked
 * for now, as when its aggregated API server is down: what is unknown is not gone.
 */
async function recordedObjects(facts: ReconcileFacts, cluster: DestinationCluster): Promise<KubernetesObject[]> {
  const keys = (facts.application.status?.resources ?? []).map(
    ({ group = '', kind = '', namespace = '', name = '' }) => ({
      group,
      kind,
      namespace,
      name,
    }),
  );
  const objects = [...(await cluster.liveObjects(keys)).values()];
  return objects.filter((object) => trackedBy(object, facts.settings.tracking) === facts.instanceName);
}

/**
 * Kinds that cannot be read now and that the application has objects of, or may have when nobody ever compared it. One we may
 * not list is none of them: what the status records of it is asked for by name.
 */
function unreadableKinds({ application }: ReconcileFacts, cluster: DestinationCluster): string[] {
  const { resources } = application.status ?? {};
  return [...cluster.unreadableKinds()]
    .filter(
      ({ group, kind, isRefused }) =>
        !isRefused &&
        (resources === undefined ||
          resources.some((each) => (each.group ?? '') === group && (kind === undefined || each.kind === kind))),
    )
    .map(
      ({ group, kind, reason }) =>
        `${kind === undefined ? `the kinds of API group ${group}` : group === '' ? kind : `${kind} of ${group}`} cannot be read: ${reason}`,
    );
}

/** Blockers are named once they have blocked for a while; nothing announces that. */
const RECHECK_MS = 30_000;

async function reportConditions(
  writer: ApplicationWriter,
  facts: ReconcileFacts,
  messages: readonly string[],
): Promise<void> {
  await writer.write((stored) => {
    const others = (stored.status?.conditions ?? []).filter(({ type }) => type !== 'DeletionError');
    const conditions = mergeConditions(
      stored.status?.conditions,
      [...others, ...messages.map((message) => ({ type: 'DeletionError' as const, message }))],
      rfc3339(facts.now),
    );
    const { conditions: _before, ...status } = stored.status ?? {};
    return { ...stored, status: conditions.length === 0 ? status : { ...status, conditions } };
  });
}

async function removeFinalizers(writer: ApplicationWriter, removed: readonly string[]): Promise<void> {
  await writer.write((stored) => {
    const finalizers = (stored.metadata.finalizers ?? []).filter((finalizer) => !removed.includes(finalizer));
    return { ...stored, metadata: { ...stored.metadata, finalizers } };
  });
}

function outcome(
  writer: ApplicationWriter,
  waitingFor: string | undefined,
  requeueAfter: number | undefined,
): ReconcileOutcome {
  return { application: writer.current, comparison: undefined, wrote: writer.wrote, waitingFor, requeueAfter };
}
