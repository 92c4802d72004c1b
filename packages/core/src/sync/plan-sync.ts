import type { AppProject } from '../application/app-project.ts';
import type { Application } from '../application/application.ts';
import type { ClusterFacts } from '../application/destination.ts';
import type { SyncOperation, SyncOperationResource } from '../application/operation.ts';
import { permitsResource } from '../application/project-permissions.ts';
import type { Comparison, ResourceComparison } from '../compare/comparison.ts';
import { managedNamespaceTarget } from '../compare/managed-namespace.ts';
import { sharedText } from '../compare/pair-resources.ts';
import { immutableChanges } from '../diff/immutable-fields.ts';
import { restartsPods } from '../diff/restarts-pods.ts';
import { FINALIZER_HOOK } from '../kubernetes/annotations.ts';
import type { ApiResource } from '../kubernetes/cluster-client.ts';
import { matchesGlob } from '../kubernetes/glob.ts';
import { hooksOf, isKeptByHelm, isSkipped, type SyncPhase, syncWaveOf } from '../kubernetes/hooks.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { describeResourceKey, type ResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { type SyncOptions, syncOptionsOf } from '../kubernetes/sync-options.ts';
import { setTracking, type TrackingSettings } from '../kubernetes/tracking.ts';
import { scopesOfDefinitions } from '../kubernetes/well-known-kinds.ts';
import type { Settings } from '../settings/settings.ts';
import { generatedHookName } from './hook-name.ts';
import { losesData } from './loses-data.ts';
import { ANNOTATION_OPERATION } from './operation-id.ts';
import { pruneRefusal, wouldWipeOut } from './prune-guard.ts';
import type { SyncPlan, SyncTask, TaskAction } from './sync-plan.ts';
import { operationOptions, taskOptions } from './task-options.ts';
import { ANNOTATION_STARTED_AT, hookTimeout } from './timeouts.ts';
import { orderTasks } from './waves.ts';

export interface PlanInput {
  application: Application;
  instanceName: string;
  operation: SyncOperation;
  /** Nobody looked at the plan: what would prune too much is a problem of it. */
  isAutomated: boolean;
  /** Whether hooks run, when that was decided before: what was applied since then does not change any more. */
  runsHooks?: boolean | undefined;
  /** Somebody said that the sources are meant to be empty. */
  allowsEmpty: boolean;
  settings: Pick<Settings, 'pruneLimit'>;
  /** What the operation's sources give, compared with the cluster now. */
  comparison: Comparison;
  /** For names of generated hooks and for people. */
  revision: string;
  /** `operationId` of this attempt, when it began, and which retry it is. */
  attempt: { id: string; startedAt: string; retryCount: number };
  now: Date;
  project: AppProject;
  cluster: ClusterFacts;
  destinationNamespace: string;
  tracking: TrackingSettings;
  resourceFor(group: string, kind: string, version?: string): ApiResource | undefined;
  liveByKey(key: ResourceKey): KubernetesObject | undefined;
  /** Whether applying the target would change nothing, ownership included. Such a task is listed and sends nothing. */
  isApplied(resource: ResourceComparison): boolean;
}

/**
 * What an operation will do, as data: which resources, in which phase and wave, in which order, and what stands against
 * it. Computed anew at every pass from the cluster as it is, so it needs no memory of its own: what was pruned has no task
 * any more, what was applied is `unchanged`.
 */
export function planSync(input: PlanInput): SyncPlan {
  // What cannot be understood in them is a condition of the application and stops nothing.
  const { options } = operationOptions(input.operation, input.application.spec.syncPolicy);
  const resources = input.comparison.resources.filter((resource) => !resource.isHook);
  const selected = resources.filter((resource) => isWanted(resource, input.operation, options));
  const ordinary = [
    ...namespaceTasks(input, options, resources),
    ...selected.map((resource) => resourceTask(resource, input, options)),
  ];
  const hooks = input.runsHooks ?? runsHooks(input.operation, ordinary);
  const tasks = [...ordinary, ...(hooks ? hookTasks(input, options) : [])];
  const checked = checkTasks(tasks, input);
  const confirmation = input.allowsEmpty ? undefined : emptyingText(tasks, input);
  const shared = options.failOnSharedResource === true ? sharedResources(input) : [];
  return {
    revision: input.revision,
    phases: orderTasks(confirmation === undefined ? checked : checked.map(askedFirst), {
      pruneLast: options.pruneLast === true,
    }),
    problems: [...new Set([...checked.flatMap(problemsOf), ...shared, ...refusedPrunes(tasks, input, options)])],
    runsHooks: hooks,
    ...(confirmation === undefined ? {} : { confirmation }),
  };
}

/** What a sync says that leaves nothing of an application; a person rarely means it. */
function emptyingText(tasks: readonly SyncTask[], { comparison }: PlanInput): string | undefined {
  const prunes = tasks.filter(isSent);
  if (prunes.length === 0 || !wouldWipeOut(comparison)) return undefined;
  return `the source renders to nothing, so this deletes ${prunes.length === 1 ? 'the last resource' : `all ${prunes.length} resources`} of the application`;
}

function askedFirst(task: SyncTask): SyncTask {
  return isSent(task) ? { ...task, needsConfirmation: true } : task;
}

function isSent({ action, skipReason }: SyncTask): boolean {
  return action === 'prune' && skipReason === undefined;
}

/** An automated operation was allowed before it began; a retry at a newer revision, or a rollback, was not. */
function refusedPrunes(tasks: readonly SyncTask[], input: PlanInput, options: SyncOptions): string[] {
  if (!input.isAutomated || !tasks.some(isSent)) return [];
  if (input.allowsEmpty && wouldWipeOut(input.comparison)) return [];
  const refusal = pruneRefusal({ ...input, options });
  return refusal === undefined ? [] : [`Sync refused: ${refusal}`];
}

function problemsOf(task: SyncTask): string[] {
  return task.problem === undefined ? [] : [`${describeResourceKey(task.key)}: ${task.problem}`];
}

/**
 * Hooks take no part with the apply strategy, nor in undoing drift. When resources are selected they run as soon as one of
 * them really changes: a migration belongs to the change and not to the way it was asked for.
 */
function runsHooks(operation: SyncOperation, tasks: readonly SyncTask[]): boolean {
  if (!mayRunHooks(operation)) return false;
  if ((operation.resources ?? []).length === 0) return true;
  return tasks.some(({ action, skipReason }) => action !== 'unchanged' && skipReason === undefined);
}

/** Whether an operation runs hooks if anything changes. */
export function mayRunHooks({ syncStrategy, resources = [], autoHealAttemptsCount }: SyncOperation): boolean {
  if (syncStrategy?.apply !== undefined) return false;
  return resources.length === 0 || autoHealAttemptsCount === undefined;
}

function isWanted(resource: ResourceComparison, operation: SyncOperation, options: SyncOptions): boolean {
  if (resource.target !== undefined && isSkipped(resource.target)) return false;
  if (options.applyOutOfSyncOnly === true && resource.status === 'Synced') return false;
  return isSelected(resource.key, operation.resources ?? []);
}

/** No selection means everything; entries marked `exclude` take away. An entry without namespace fits every namespace. */
export function isSelected(key: ResourceKey, selection: readonly SyncOperationResource[]): boolean {
  if (selection.length === 0) return true;
  const matches = (entry: SyncOperationResource): boolean =>
    matchesGlob(entry.group ?? '', key.group) &&
    matchesGlob(entry.kind, key.kind) &&
    matchesGlob(entry.name, key.name) &&
    (entry.namespace === undefined || entry.namespace === '' || matchesGlob(entry.namespace, key.namespace));
  if (selection.some((entry) => entry.exclude === true && matches(entry))) return false;
  const included = selection.filter((entry) => entry.exclude !== true);
  return included.length === 0 || included.some(matches);
}

function resourceTask(resource: ResourceComparison, input: PlanInput, options: SyncOptions): SyncTask {
  const { key, version, target, live } = resource;
  const settings = taskOptions(input.operation, options, target ?? live);
  const task: SyncTask = {
    key,
    version,
    phase: 'Sync',
    wave: resource.syncWave,
    action: 'prune',
    options: settings,
    warnings: [],
  };
  if (live !== undefined) task.live = live;
  if (target === undefined) return pruneTask(task, input.operation, options);
  task.target = target;
  task.action = actionFor(resource, settings, input);
  task.warnings = warningsFor(task, resource);
  if (losesData(key) && mayBeRecreated(task)) task.needsConfirmation = true;
  return task;
}

/** `Force` alone recreates what cannot be changed in place, see `applyTask`. */
function mayBeRecreated({ action, options, target, live }: SyncTask): boolean {
  if (action === 'recreate') return true;
  if (action !== 'update' || !options.force || target === undefined || live === undefined) return false;
  return immutableChanges({ before: live, after: target }).length > 0;
}

function actionFor(resource: ResourceComparison, options: SyncTask['options'], input: PlanInput): TaskAction {
  if (resource.live === undefined) return 'create';
  if (options.replace) return options.force ? 'recreate' : 'replace';
  return input.isApplied(resource) ? 'unchanged' : 'update';
}

function pruneTask(task: SyncTask, operation: SyncOperation, options: SyncOptions): SyncTask {
  const own = task.live === undefined ? {} : syncOptionsOf(task.live).options;
  const prune = own.prune ?? options.prune;
  if (operation.prune !== true) task.skipReason = 'ignored (requires pruning)';
  else if (prune === 'false' || (task.live !== undefined && isKeptByHelm(task.live)))
    task.skipReason = 'ignored (no prune)';
  else if (prune === 'confirm') task.needsConfirmation = true;
  if (task.skipReason === undefined && losesData(task.key)) task.warnings = ['is deleted with what it holds'];
  return task;
}

/** Compares what is with what will be, defaults filled on both sides; a bare target would differ in every default. */
function warningsFor(task: SyncTask, { normalizedLive, predictedLive }: ResourceComparison): string[] {
  const { target, live, action } = task;
  if (target === undefined || live === undefined || action === 'unchanged') return [];
  if (action === 'recreate') return ['is deleted and created again'];
  const immutable = immutableChanges({ before: live, after: target });
  if (immutable.length > 0) {
    const fields = immutable.map(({ path, reason }) => `${path}: ${reason}`);
    return [
      `changes fields that cannot be changed (${fields.join('; ')}); use Replace=true,Force=true on the resource`,
    ];
  }
  const change = { before: normalizedLive ?? live, after: predictedLive ?? target };
  return restartsPods(change) ? ['restarts pods'] : [];
}

/** The destination namespace with CreateNamespace=true, unless Git has a manifest for it. */
function namespaceTasks(input: PlanInput, options: SyncOptions, resources: readonly ResourceComparison[]): SyncTask[] {
  const name = input.destinationNamespace;
  if (options.createNamespace !== true || name === '') return [];
  const key: ResourceKey = { group: '', kind: 'Namespace', namespace: '', name };
  if (resources.some(({ target }) => target?.kind === 'Namespace' && target.metadata.name === name)) return [];
  const live = input.liveByKey(key);
  const { managedNamespace } = input.comparison;
  // One that is there and whose metadata is not asked for, or not ours to write.
  if (live !== undefined && (managedNamespace === undefined || isKept(managedNamespace, input))) return [];
  return [
    {
      key,
      version: 'v1',
      phase: 'PreSync',
      // Before every hook, whatever its wave.
      wave: Math.min(0, ...input.comparison.resources.map((resource) => resource.syncWave)),
      action: live === undefined ? 'create' : 'update',
      target: managedNamespaceTarget(name, input.application.spec.syncPolicy?.managedNamespaceMetadata),
      ...(live === undefined ? {} : { live }),
      options: { ...taskOptions({}, options, undefined), replace: false, force: false },
      warnings: [],
    },
  ];
}

function isKept(namespace: ResourceComparison, input: PlanInput): boolean {
  return namespace.status === 'Synced' && input.isApplied(namespace);
}

const SYNC_PHASES: readonly SyncPhase[] = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];

function hookTasks(input: PlanInput, options: SyncOptions): SyncTask[] {
  return input.comparison.resources.flatMap(({ target, isHook, version, key: givenKey }) => {
    const hook = isHook && target !== undefined ? hooksOf(target) : undefined;
    if (target === undefined || hook === undefined) return [];
    return SYNC_PHASES.filter((phase) => hook.types.includes(phase)).map((phase): SyncTask => {
      const object = hookObject({ target, key: givenKey }, phase, input);
      const key = resourceKeyOf(object);
      const live = input.liveByKey(key);
      return {
        key,
        version,
        phase,
        wave: syncWaveOf(target),
        action: 'hook',
        target: object,
        ...(live === undefined ? {} : { live }),
        hookType: phase,
        hookDeletePolicies: hook.deletePolicies,
        options: taskOptions(input.operation, options, target),
        warnings: [],
      };
    });
  });
}

/** The hook as it is created: named, marked with the attempt, and held by the finalizer until its result was seen. */
function hookObject(
  { target, key }: { target: KubernetesObject; key: ResourceKey },
  phase: SyncPhase,
  input: PlanInput,
): KubernetesObject {
  const { attempt } = input;
  const { generateName, ...metadata } = target.metadata;
  const named: KubernetesObject = { ...target, metadata };
  if (metadata.name === undefined && generateName !== undefined) {
    const name = generatedHookName({ generateName, phase, id: `${input.instanceName}/${key.name}`, ...input });
    named.metadata = { ...metadata, name };
  }
  // The id in the tracking annotation names the object, which had no name before.
  const tracked = setTracking(named, input, input.tracking);
  return {
    ...tracked,
    metadata: {
      ...tracked.metadata,
      annotations: {
        ...tracked.metadata.annotations,
        [ANNOTATION_OPERATION]: attempt.id,
        ...(hookTimeout(target).ms === undefined ? {} : { [ANNOTATION_STARTED_AT]: input.now.toISOString() }),
      },
      finalizers: [...new Set([...(tracked.metadata.finalizers ?? []), FINALIZER_HOOK])],
    },
  };
}

/** Every task is checked against the cluster's API and the project, hooks and prunes alike. */
function checkTasks(tasks: readonly SyncTask[], input: PlanInput): SyncTask[] {
  const scopes = scopesOfDefinitions(tasks.flatMap(({ target }) => (target === undefined ? [] : [target])));
  return tasks.map((task) => {
    if (task.skipReason !== undefined) return task;
    const problem = problemOf(task, input, scopes);
    return problem === undefined ? task : { ...task, problem };
  });
}

function problemOf(
  task: SyncTask,
  input: PlanInput,
  scopes: (group: string, kind: string) => boolean | undefined,
): string | undefined {
  const { key } = task;
  const version = task.target === undefined ? task.version : groupVersionOf(task.target.apiVersion).version;
  const served = input.resourceFor(key.group, key.kind, version);
  const declared = scopes(key.group, key.kind);
  if (served === undefined && declared === undefined && !task.options.skipDryRunOnMissingResource) {
    return `The Kubernetes API could not find ${key.group}/${key.kind} for requested resource ${key.namespace}/${key.name}. Make sure the "${key.kind}" CRD is installed on the destination cluster`;
  }
  const permission = permitsResource(input.project, {
    key,
    namespaced: served?.namespaced ?? declared ?? true,
    destination: { server: input.cluster.server, name: input.cluster.name },
    ...(input.cluster.project === undefined ? {} : { clusterProject: input.cluster.project }),
  });
  if (!permission.permitted) return permission.reason;
  if (task.target !== undefined && task.action !== 'hook' && task.target.metadata.name === undefined) {
    return 'only hooks can have a generated name. Set metadata.name';
  }
  return undefined;
}

/** In Argo CD's words. Any shared object counts, hooks and what is not selected too, as its condition does. */
function sharedResources({ comparison, instanceName }: PlanInput): string[] {
  const shared = comparison.resources.flatMap(({ live, sharedWith: owner }) =>
    live === undefined || owner === undefined ? [] : [{ live, owner, instanceName }],
  );
  const [first] = shared;
  if (first === undefined) return [];
  const more = shared.length > 1 ? `, and ${shared.length - 1} more` : '';
  return [`Shared resource found: ${sharedText(first)}${more}. Keep each in one application`];
}
