import type { Application } from '../application/application.ts';
import {
  hooksInfo,
  INFO_ALLOW_EMPTY,
  INFO_HOOKS,
  type Operation,
  type OperationState,
} from '../application/operation.ts';
import { permitsSource } from '../application/project-permissions.ts';
import type { ApplicationSource } from '../application/source.ts';
import { hasMultipleSources, revisionFields, sourceFields, sourcesOf } from '../application/sources.ts';
import type { ResourceComparison } from '../compare/comparison.ts';
import { diffKey } from '../diff/diff-key.ts';
import { UNCHANGED } from '../diff/prediction.ts';
import { ANNOTATION_DELETION_APPROVED, FIELD_MANAGER } from '../kubernetes/annotations.ts';
import { contentHash } from '../kubernetes/content-hash.ts';
import { gvkOf, type KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, type ResourceKey } from '../kubernetes/resource-key.ts';
import { isBeforeClockChange } from '../sync/clock.ts';
import { operationId } from '../sync/operation-id.ts';
import { mayRunHooks, type PlanInput, planSync } from '../sync/plan-sync.ts';
import { respectIgnoreDifferences } from '../sync/respect-ignore-differences.ts';
import { finishTime, rfc3339, runSync, type SyncPass } from '../sync/run-sync.ts';
import { type SyncPlan, type TaskOptions, tasksOf } from '../sync/sync-plan.ts';
import { operationOptions, taskOptions } from '../sync/task-options.ts';
import { withTrackingNote } from '../sync/tracking-change.ts';
import type { ComparedTargets } from './compare-targets.ts';
import type { ReconcileFacts } from './reconcile-facts.ts';
import type { DestinationCluster, ReconcileWorld } from './reconcile-world.ts';
import type { Targets } from './render-targets.ts';

/**
 * A new operation's state: it began now and has done nothing. The time it began tells its hooks from those of the
 * operation before, and Kubernetes keeps whole seconds: one with hooks that follows within the second counts from the next.
 */
export function beginOperation(operation: Operation, now: Date, before: OperationState | undefined): OperationState {
  const second = Math.floor(now.getTime() / 1000);
  const secondBefore = before === undefined ? Number.NaN : Math.floor(Date.parse(before.startedAt) / 1000);
  // A clock that was set back must not push the time further and further ahead.
  const isWithin = secondBefore >= second && !isBeforeClockChange(secondBefore * 1000, now);
  const hasHooks = operation.sync !== undefined && mayRunHooks(operation.sync);
  const startedAt = isWithin ? secondBefore + (hasHooks ? 1 : 0) : second;
  return {
    operation,
    phase: 'Running',
    startedAt: rfc3339(new Date(startedAt * 1000)),
    syncResult: { resources: [] },
  };
}

/** The state with what the operation deploys pinned, so that every pass and retry deploys the same. */
export function pinTargets(state: OperationState, facts: ReconcileFacts, targets: Targets): OperationState {
  const multiple = isMultiple(state.operation, facts);
  const managedNamespaceMetadata = facts.application.spec.syncPolicy?.managedNamespaceMetadata;
  return {
    ...state,
    operation: withTrackingNote(state.operation, facts.settings.tracking),
    syncResult: {
      resources: [],
      ...state.syncResult,
      ...revisionFields(multiple, targets.revisions),
      ...sourceFields(multiple, targets.sources),
      ...(managedNamespaceMetadata === undefined ? {} : { managedNamespaceMetadata }),
    },
  };
}

/** An operation that ends without having run. */
export function endOperation(
  state: OperationState,
  phase: 'Failed' | 'Error',
  message: string,
  now: Date,
): OperationState {
  return { ...state, phase, message, finishedAt: finishTime(state, now) };
}

/**
 * The sources an operation deploys: its own, else the application's, at the revisions pinned when it began, else at those
 * it names.
 */
export function operationSources(state: OperationState, facts: ReconcileFacts): ApplicationSource[] {
  const { sync } = state.operation;
  const own = sync?.sources ?? (sync?.source === undefined ? undefined : [sync.source]);
  const sources = own ?? sourcesOf(facts.application.spec);
  const pinned =
    state.syncResult?.revisions ?? (state.syncResult?.revision === undefined ? undefined : [state.syncResult.revision]);
  const named = sync?.revisions ?? (sync?.revision === undefined ? undefined : [sync.revision]);
  const revisions = pinned ?? named ?? [];
  return sources.map((source, index) => {
    const revision = revisions[index];
    return revision === undefined || revision === '' ? source : { ...source, targetRevision: revision };
  });
}

/** Whether an operation deploys exactly what the application was compared with, so that nothing is rendered twice. */
export function deploysComparedTargets(state: OperationState, facts: ReconcileFacts, targets: Targets): boolean {
  const { sync } = state.operation;
  if ((sync?.manifests ?? []).length > 0) return false;
  const sources = operationSources(state, facts);
  if (sources.length !== targets.sources.length) return false;
  return sources.every((source, index) => {
    const compared = targets.sources[index];
    if (compared === undefined || contentHash(withoutRevision(source)) !== contentHash(withoutRevision(compared)))
      return false;
    const wanted = source.targetRevision ?? '';
    return wanted === (compared.targetRevision ?? '') || wanted === targets.revisions[index];
  });
}

/** Why an operation's own sources may not be used, or undefined. The application's were checked with its specification. */
export function forbiddenSource(state: OperationState, facts: ReconcileFacts): string | undefined {
  const { project } = facts;
  if (project === undefined) return undefined;
  const forbidden = operationSources(state, facts).find((source) => !permitsSource(project, source.repoURL));
  return forbidden === undefined
    ? undefined
    : `application repo ${forbidden.repoURL} is not permitted in project '${project.metadata.name ?? ''}'. Add it to spec.sourceRepos of the project`;
}

/** The plan of an operation against the cluster as it is. No request, except for objects nobody tracks. */
export async function planOperation(
  world: ReconcileWorld,
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  state: OperationState,
  compared: ComparedTargets,
  revisions: readonly string[],
): Promise<SyncPlan> {
  const { project, application } = facts;
  const sync = state.operation.sync ?? {};
  if (project === undefined) throw new Error('an operation is planned only for an application with a project');
  const { options } = operationOptions(sync, application.spec.syncPolicy);
  const respects = options.respectIgnoreDifferences === true;
  const live = new Map(compared.live);
  for (const { key, live: object } of compared.comparison.resources) {
    if (object !== undefined) live.set(formatResourceKey(key), object);
  }
  const comparison = respects
    ? {
        ...compared.comparison,
        resources: await withRespectedDifferences(compared, world, cluster, (target) =>
          taskOptions(sync, options, target),
        ),
      }
    : compared.comparison;
  const asked = new Map<string, ResourceKey>();
  const input: PlanInput = {
    application,
    instanceName: facts.instanceName,
    operation: sync,
    isAutomated: state.operation.initiatedBy?.automated === true,
    allowsEmpty: allowsEmpty(state.operation, application),
    runsHooks: decidedHooks(state.operation),
    settings: facts.settings,
    comparison,
    revision: revisions.join(' '),
    attempt: {
      id: operationId(facts.instanceName, state),
      startedAt: state.startedAt,
      retryCount: state.retryCount ?? 0,
    },
    now: facts.now,
    project,
    cluster: cluster.facts,
    destinationNamespace: facts.destinationNamespace,
    tracking: facts.settings.tracking,
    resourceFor: (group, kind, version) => cluster.client.resourceFor(group, kind, version),
    liveByKey: (key) => {
      const id = formatResourceKey(key);
      if (!live.has(id)) asked.set(id, key);
      return live.get(id);
    },
    isApplied: (resource) => isApplied(resource, compared.predictions, respects),
  };
  const plan = planSync(input);
  if (asked.size === 0) return plan;
  // Generated hooks and the namespace to create are not part of the comparison.
  const found = await cluster.liveObjects([...asked.values()]);
  if (found.size === 0) return plan;
  for (const [id, object] of found) live.set(id, object);
  return planSync(input);
}

/** One pass of an operation. The prediction of everything applied is remembered, so that comparing it costs no dry run. */
export async function runOperation(
  world: ReconcileWorld,
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  run: {
    state: OperationState;
    plan: SyncPlan;
    checkpoint: (state: OperationState) => Promise<void>;
    terminationReason?: string | undefined;
  },
): Promise<SyncPass> {
  const { plan, state } = run;
  const results = state.syncResult?.resources ?? [];
  const live = await cluster.liveObjects([...tasksOf(plan).map(({ key }) => key), ...results]);
  const pass = await runSync({
    plan,
    state,
    attemptId: operationId(facts.instanceName, state),
    client: cluster.client,
    live: (key) => live.get(formatResourceKey(key)),
    assessHealth: (object) => cluster.assessHealth(object),
    approvedAt: facts.application.metadata.annotations?.[ANNOTATION_DELETION_APPROVED],
    dryRun: state.operation.sync?.dryRun === true,
    settleSeconds: facts.settings.syncWaveDelaySeconds,
    now: () => world.now(),
    throwIfCancelled: () => world.throwIfCancelled(),
    checkpoint: run.checkpoint,
    terminationReason: run.terminationReason,
  });
  for (const { target, object } of pass.applied.values()) {
    cluster.predictions.set(diffKey({ target, live: object, fieldManager: FIELD_MANAGER }), UNCHANGED);
  }
  return pass;
}

/**
 * Nothing would change, and the fields are ours already. An object whose values happen to be right but which we never
 * applied is applied once, so that a field which later leaves Git leaves the cluster.
 */
function isApplied(
  resource: ResourceComparison,
  predictions: ComparedTargets['predictions'],
  respects: boolean,
): boolean {
  const { live, key } = resource;
  if (live === undefined) return false;
  const isOurs = (live.metadata.managedFields ?? []).some(
    (entry) => entry.manager === FIELD_MANAGER && entry.operation === 'Apply',
  );
  if (!isOurs) return false;
  if (respects && resource.status === 'Synced') return true;
  return predictions.get(formatResourceKey(key))?.outcome === 'unchanged';
}

/** The resources with the targets to send; one that nothing is sent for stays as it is. */
async function withRespectedDifferences(
  { comparison, predictions, diffSettings }: ComparedTargets,
  world: ReconcileWorld,
  cluster: DestinationCluster,
  optionsFor: (target: KubernetesObject) => TaskOptions,
): Promise<ResourceComparison[]> {
  return Promise.all(
    comparison.resources.map(async (resource): Promise<ResourceComparison> => {
      const { target, live } = resource;
      if (target === undefined || live === undefined || resource.isHook) return resource;
      const { replace: replaces, clientSideApplyMigration: migrates } = optionsFor(target);
      if (!replaces && isApplied(resource, predictions, true)) return resource;
      const respected = await respectIgnoreDifferences(target, live, {
        settings: diffSettings,
        jq: world.jq,
        type: cluster.typeOf(gvkOf(target)),
        replaces,
        migrates,
      });
      return respected === target ? resource : { ...resource, target: respected };
    }),
  );
}

/**
 * The state with the decision whether hooks run, for an operation of selected resources: once they are applied nothing
 * changes any more, and the hooks that come after must run all the same.
 */
export function pinHooks(state: OperationState, plan: SyncPlan): OperationState {
  const { operation } = state;
  if ((operation.sync?.resources ?? []).length === 0 || decidedHooks(operation) !== undefined) return state;
  const info = [...(operation.info ?? []), hooksInfo(plan.runsHooks)];
  return { ...state, operation: { ...operation, info } };
}

function decidedHooks({ info, sync }: Operation): boolean | undefined {
  if ((sync?.resources ?? []).length === 0) return undefined;
  const value = info?.find(({ name }) => name === INFO_HOOKS)?.value;
  return value === undefined ? undefined : value === 'run';
}

/** Said for the application, or for this one operation. */
function allowsEmpty({ info }: Operation, { spec }: Application): boolean {
  if (spec.syncPolicy?.automated?.allowEmpty === true) return true;
  return info?.some(({ name, value }) => name === INFO_ALLOW_EMPTY && value === 'true') === true;
}

function isMultiple(operation: Operation, facts: ReconcileFacts): boolean {
  if (operation.sync?.sources !== undefined) return true;
  if (operation.sync?.source !== undefined) return false;
  return hasMultipleSources(facts.application.spec);
}

function withoutRevision(source: ApplicationSource): ApplicationSource {
  const { targetRevision: _targetRevision, ...rest } = source;
  return rest;
}
