import { migratedManagedFields } from '../diff/legacy-managers.ts';
import { ClusterError } from '../errors.ts';
import { FIELD_MANAGER, FINALIZER_HOOK } from '../kubernetes/annotations.ts';
import type { ClusterClient } from '../kubernetes/cluster-client.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { deleteObject, isConflict } from './delete-object.ts';
import { losesData } from './loses-data.ts';
import { operationOf } from './operation-id.ts';
import type { SyncTask } from './sync-plan.ts';

/** What one task did. `waiting`: the old object has to vanish first; the task runs again then. */
export type TaskOutcome =
  | { outcome: 'applied'; object: KubernetesObject; message: string }
  | { outcome: 'waiting' }
  | { outcome: 'failed'; message: string };

/**
 * Brings one target into the cluster. Server-side apply with our field manager, taking over conflicting fields, because
 * Git is the truth; `Replace` and `Force` as asked. Trouble with the object is an outcome. Throws only when the server
 * cannot be reached, since then nothing is known about the object.
 */
export async function applyTask(
  task: SyncTask,
  context: { client: ClusterClient; live: KubernetesObject | undefined; dryRun: boolean },
): Promise<TaskOutcome> {
  const { target } = task;
  if (target === undefined) return { outcome: 'failed', message: 'there is nothing to apply' };
  const { live } = context;
  try {
    if (task.action === 'hook') return await startHook(task, target, context);
    if (task.action === 'unchanged' && live !== undefined) return applied(target, live, live);
    if (task.action === 'recreate' && live !== undefined) return await recreate(live, context);
    if (task.options.replace && live !== undefined) return await replace(target, live, context);
    return await serverSideApply(task, target, live, context);
  } catch (error) {
    return outcomeOf(error, task, target, context);
  }
}

type Context = { client: ClusterClient; live: KubernetesObject | undefined; dryRun: boolean };

async function serverSideApply(
  task: SyncTask,
  target: KubernetesObject,
  live: KubernetesObject | undefined,
  { client, dryRun }: Context,
): Promise<TaskOutcome> {
  if (live !== undefined && task.options.clientSideApplyMigration && !dryRun) await adopt(target, live, client);
  const object = await client.apply(target, {
    fieldManager: FIELD_MANAGER,
    force: true,
    fieldValidation: task.options.validate ? 'Strict' : 'Ignore',
    ...(dryRun ? { dryRun: true } : {}),
  });
  return applied(target, live, object);
}

/**
 * Moves fields that client-side apply owned to our manager, so that a field which leaves Git leaves the cluster. The live
 * resourceVersion guards the list; when somebody was faster the move happens at the next sync.
 */
async function adopt(target: KubernetesObject, live: KubernetesObject, client: ClusterClient): Promise<void> {
  const managedFields = migratedManagedFields({ target, live, fieldManager: FIELD_MANAGER });
  if (managedFields === undefined) return;
  try {
    await client.patch(refOf(live), {
      type: 'merge',
      body: { metadata: { managedFields, resourceVersion: live.metadata.resourceVersion } },
    });
  } catch (error) {
    if (!(error instanceof ClusterError && (error.status === 409 || error.status === 404))) throw error;
  }
}

async function replace(
  target: KubernetesObject,
  live: KubernetesObject,
  { client, dryRun }: Context,
): Promise<TaskOutcome> {
  const { resourceVersion } = live.metadata;
  const body: KubernetesObject = {
    ...target,
    metadata: { ...target.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  };
  const object = await client.replace(body, { fieldManager: FIELD_MANAGER, ...(dryRun ? { dryRun: true } : {}) });
  return { outcome: 'applied', object, message: `${describeObject(target)} replaced` };
}

/** Deletes now; the object is created by the same task once the old one is gone. */
async function recreate(live: KubernetesObject, { client, dryRun }: Context): Promise<TaskOutcome> {
  if (dryRun) return { outcome: 'applied', object: live, message: `${describeObject(live)} replaced (dry run)` };
  if (live.metadata.deletionTimestamp === undefined) {
    await deleteObject(live, client, { propagation: 'Background' });
  }
  return { outcome: 'waiting' };
}

/**
 * Starts a hook unless this attempt has started it already. One of an earlier attempt is deleted first when its policy
 * says so, and always when it is a run to completion: applying to a finished Job would report the old result.
 */
async function startHook(task: SyncTask, target: KubernetesObject, context: Context): Promise<TaskOutcome> {
  const { client, live, dryRun } = context;
  if (dryRun) return live === undefined ? serverSideApply(task, target, live, context) : applied(target, live, live);
  if (live === undefined) return createHook(target, client);
  if (operationOf(live) === operationOf(target)) return applied(target, live, live);
  const replaces =
    task.hookDeletePolicies?.includes('BeforeHookCreation') === true || RUNS_TO_COMPLETION.has(task.key.kind);
  if (!replaces) return serverSideApply(task, target, live, context);
  await deleteHook(live, client);
  return createHook(target, client);
}

/** One that is there already is still going away, or was just started by another controller: the next pass sees which. */
async function createHook(target: KubernetesObject, client: ClusterClient): Promise<TaskOutcome> {
  try {
    return applied(target, undefined, await client.create(target, { fieldManager: FIELD_MANAGER }));
  } catch (error) {
    if (error instanceof ClusterError && error.status === 409) return { outcome: 'waiting' };
    throw error;
  }
}

const RUNS_TO_COMPLETION = new Set(['Job', 'Pod', 'Workflow']);

/** Takes our finalizer off a hook object, if it has it. Answers the object as it is then; undefined when it is gone. */
export async function releaseHook(
  live: KubernetesObject,
  client: ClusterClient,
): Promise<KubernetesObject | undefined> {
  const finalizers = live.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER_HOOK)) return live;
  try {
    return await client.patch(refOf(live), {
      type: 'merge',
      body: {
        metadata: {
          finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER_HOOK),
          ...(live.metadata.resourceVersion === undefined ? {} : { resourceVersion: live.metadata.resourceVersion }),
        },
      },
    });
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.status === 404) return undefined;
    if (error.status !== 409) throw error;
    const fresh = await client.get(refOf(live));
    return fresh === undefined || fresh.metadata.uid !== live.metadata.uid ? undefined : releaseHook(fresh, client);
  }
}

/** Deletes a hook object and lets go of it. */
export async function deleteHook(live: KubernetesObject, client: ClusterClient): Promise<void> {
  const released = await releaseHook(live, client);
  if (released === undefined || released.metadata.deletionTimestamp !== undefined) return;
  await deleteObject(released, client, { propagation: 'Background' });
}

/** With `Force`, an object that cannot be changed in place is deleted, and created once it is gone. */
async function outcomeOf(
  error: unknown,
  task: SyncTask,
  target: KubernetesObject,
  context: Context,
): Promise<TaskOutcome> {
  if (!(error instanceof ClusterError) || error.isTransient) throw error;
  // The object is not what was decided on any more.
  if (isConflict(error) && (task.action === 'replace' || task.action === 'recreate' || task.action === 'hook'))
    throw error;
  const isImmutable = isRefusedAsImmutable(error);
  const { live, dryRun } = context;
  if (isImmutable && task.options.force && live !== undefined && task.action !== 'hook') {
    if (dryRun) return { outcome: 'applied', object: live, message: `${describeObject(target)} replaced (dry run)` };
    // A task that needs confirmation runs only when it has it. This one was not foreseen to lose anything.
    if (losesData(task.key) && task.needsConfirmation !== true)
      return { outcome: 'failed', message: `${error.message}${adviceFor(error, isImmutable)}` };
    try {
      return await recreate(live, context);
    } catch (refusal) {
      if (!(refusal instanceof ClusterError) || refusal.isTransient || isConflict(refusal)) throw refusal;
      return { outcome: 'failed', message: refusal.message };
    }
  }
  return { outcome: 'failed', message: `${error.message}${adviceFor(error, isImmutable)}` };
}

/**
 * Whether the API server's own validation refused to change a field of the live object. What an admission policy or a
 * webhook refuses, in whatever words, a new object would be refused as well: the old one must stay.
 */
function isRefusedAsImmutable({ reason, message }: ClusterError): boolean {
  if (reason !== 'Invalid' || /denied (the )?request|is forbidden:/i.test(message)) return false;
  return /immutable|may not be (changed|updated)/i.test(message) || message.includes(': Forbidden: ');
}

function adviceFor(error: ClusterError, isImmutable: boolean): string {
  if (isImmutable) {
    return '. A field of the live object cannot be changed: add the annotation argocd.argoproj.io/sync-options: Replace=true,Force=true to delete and create it';
  }
  if (error.status === 404 && /namespaces? "/.test(error.message)) {
    return '. Create the namespace, or add the sync option CreateNamespace=true';
  }
  return '';
}

function applied(target: KubernetesObject, live: KubernetesObject | undefined, object: KubernetesObject): TaskOutcome {
  const verb =
    live === undefined
      ? 'created'
      : live.metadata.resourceVersion === object.metadata.resourceVersion
        ? 'unchanged'
        : 'configured';
  return { outcome: 'applied', object, message: `${describeObject(target)} ${verb}` };
}

/** `deployment.apps/web`, as kubectl prints it. */
function describeObject(object: KubernetesObject): string {
  const { group } = groupVersionOf(object.apiVersion);
  return `${object.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${object.metadata.name ?? ''}`;
}

export function refOf(object: KubernetesObject): { apiVersion: string; kind: string; namespace: string; name: string } {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
  };
}
