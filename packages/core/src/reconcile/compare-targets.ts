import type { ClusterFacts } from '../application/destination.ts';
import { permitsResource } from '../application/project-permissions.ts';
import { compareApplication } from '../compare/compare-application.ts';
import type { Comparison, Condition, ResourcePair } from '../compare/comparison.ts';
import { diffSettingsFor } from '../compare/diff-settings-for.ts';
import { orphanedResources } from '../compare/orphaned-resources.ts';
import { type PairingInput, pairResources, versionMismatches } from '../compare/pair-resources.ts';
import { predictionsNeeded } from '../compare/predictions-needed.ts';
import type { DiffSettings } from '../diff/diff-settings.ts';
import { type Prediction, predictionFromDryRun } from '../diff/prediction.ts';
import { ClusterError, TerminalError } from '../errors.ts';
import { FIELD_MANAGER } from '../kubernetes/annotations.ts';
import { compareOptionsOf } from '../kubernetes/compare-options.ts';
import { gvkOf, type KubernetesObject } from '../kubernetes/object.ts';
import { describeResourceKey, formatResourceKey, type ResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { parseSyncOptions, type SyncOptions } from '../kubernetes/sync-options.ts';
import { builtInScope } from '../kubernetes/well-known-kinds.ts';
import type { RenderedManifest } from '../render/rendered-manifests.ts';
import { isExcludedKind } from '../settings/excluded-kinds.ts';
import { pruneLimitOf } from '../sync/prune-guard.ts';
import { hookTimeout } from '../sync/timeouts.ts';
import { claimantsIn } from './claimants.ts';
import { readInVersion } from './live-in-version.ts';
import type { ReconcileFacts } from './reconcile-facts.ts';
import type { DestinationCluster, ReconcileWorld } from './reconcile-world.ts';

/** A comparison with what it was made of, which planning and applying need too. */
export interface ComparedTargets {
  comparison: Comparison;
  predictions: ReadonlyMap<string, Prediction>;
  diffSettings: DiffSettings;
  live: ReadonlyMap<string, KubernetesObject>;
}

/** Dry runs of one comparison at a time. */
const PARALLEL = 20;

/**
 * Stages 3 and 4: live objects, pairs, predictions, comparison. `manifests` undefined: the targets are not known, so what
 * is live is shown with status Unknown and nothing counts as extra. `skipDryRuns` when the targets are about to be
 * applied: the apply itself is the better answer.
 */
export async function compareTargets(
  world: ReconcileWorld,
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  { manifests, skipDryRuns }: { manifests: readonly RenderedManifest[] | undefined; skipDryRuns: boolean },
): Promise<ComparedTargets> {
  const { settings } = facts;
  const diffSettings = diffSettingsFor(facts.application, settings);
  const options = applicationOptions(facts);

  // 3 live: the keys the pairing asks for, then the pairing with what they hold
  const pairing = pairingInput(world, facts, cluster, manifests ?? [], options);
  const keys = keysAskedFor(pairing);
  refuseUnmanaged(keys, cluster.facts);
  const live = await cluster.liveObjects(keys);
  const { pairs, hooks, conditions } = pairResources({
    ...pairing,
    liveByKey: (key) => live.get(formatResourceKey(key)),
  });
  await readInTargetVersion(pairs, cluster);

  // 4 compare
  const typeOf = (kind: Parameters<DestinationCluster['typeOf']>[0]) => cluster.typeOf(kind);
  const { needed, predictions } = predictionsNeeded({
    pairs,
    settings: diffSettings,
    cache: cluster.predictions,
    typeOf,
    ...(skipDryRuns ? { skip: () => true } : {}),
  });
  await dryRunAll(needed, predictions, cluster, diffSettings);
  const comparison = await compareApplication({
    instanceName: facts.instanceName,
    pairs,
    hooks,
    conditions: [
      ...conditions,
      ...optionProblems(facts),
      ...timeoutProblems(manifests ?? []),
      ...forbiddenTargets(pairs, facts, cluster),
    ],
    settings: diffSettings,
    tracking: settings.tracking,
    predictions,
    typeOf,
    assessHealth: (object) => cluster.assessHealth(object),
    jq: world.jq,
    isPermitted: (key) => isPermitted(facts, cluster, key),
    targetsFailed: manifests === undefined,
    requiresConfirmation: options.delete === 'confirm' || options.prune === 'confirm',
    replaces: options.replace === true,
    selfKey: { group: 'argoproj.io', kind: 'Application', namespace: facts.key.namespace, name: facts.key.name },
  });
  return { comparison: withOrphans(comparison, facts, cluster), predictions, diffSettings, live };
}

function pairingInput(
  world: ReconcileWorld,
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  manifests: readonly RenderedManifest[],
  options: SyncOptions,
): Omit<PairingInput, 'liveByKey'> {
  const { application, settings } = facts;
  const metadata = application.spec.syncPolicy?.managedNamespaceMetadata;
  return {
    targets: manifests,
    app: {
      instanceName: facts.instanceName,
      destinationNamespace: facts.destinationNamespace,
      createNamespace: options.createNamespace === true,
      ...(metadata === undefined ? {} : { managedNamespaceMetadata: metadata }),
    },
    tracking: settings.tracking,
    isNamespaced: (group, kind) => cluster.isNamespaced(group, kind),
    ownedLive: cluster.ownedObjects(facts.instanceName),
    isExcluded: (group, kind) => isExcludedKind(settings, { group, kind, server: cluster.facts.server }),
    isPermitted: (key) => isPermitted(facts, cluster, key),
    claimants: claimantsIn(world, facts, cluster.facts),
  };
}

/** What the pairing looks up, found by letting it look into nothing. */
function keysAskedFor(pairing: Omit<PairingInput, 'liveByKey'>): ResourceKey[] {
  const keys: ResourceKey[] = [];
  pairResources({
    ...pairing,
    ownedLive: [],
    liveByKey: (key) => {
      keys.push(key);
      return undefined;
    },
  });
  return keys;
}

/** A cluster that names its namespaces is not touched beyond them. The texts are Argo CD's (gitops-engine, cluster.go). */
function refuseUnmanaged(
  keys: readonly ResourceKey[],
  { name: cluster, namespaces = [], clusterResources }: ClusterFacts,
): void {
  if (namespaces.length === 0) return;
  for (const { kind, namespace, name } of keys) {
    if (namespace === '' && clusterResources !== true) {
      throw new TerminalError(
        'ClusterResourceNotManaged',
        `cluster level ${kind} "${name}" can not be managed when in namespaced mode`,
        { fix: `Set clusterResources: "true" in the Secret of cluster ${cluster}, or remove its namespaces` },
      );
    }
    if (namespace !== '' && !namespaces.includes(namespace)) {
      throw new TerminalError('NamespaceNotManaged', `namespace "${namespace}" for ${kind} "${name}" is not managed`, {
        fix: `Add it to namespaces in the Secret of cluster ${cluster} (${namespaces.join(', ')})`,
      });
    }
  }
}

export function isPermitted(facts: ReconcileFacts, cluster: DestinationCluster, key: ResourceKey): boolean {
  return permission(facts, cluster, key).permitted;
}

function permission(
  facts: ReconcileFacts,
  cluster: DestinationCluster,
  key: ResourceKey,
): ReturnType<typeof permitsResource> {
  if (facts.project === undefined) return { permitted: false, reason: 'the project does not exist' };
  const namespaced =
    cluster.isNamespaced(key.group, key.kind) ??
    (key.namespace !== '' || builtInScope(key.group, key.kind) === 'Namespaced');
  const { server, name, project } = cluster.facts;
  return permitsResource(facts.project, {
    key,
    namespaced,
    destination: { server, name },
    ...(project === undefined ? {} : { clusterProject: project }),
  });
}

/** Targets the project forbids: they are Unknown, and nobody would guess why. */
function forbiddenTargets(
  pairs: readonly ResourcePair[],
  facts: ReconcileFacts,
  cluster: DestinationCluster,
): Condition[] {
  return pairs.flatMap(({ key, target, file, line, isManagedNamespace }): Condition[] => {
    if (target === undefined || isManagedNamespace === true) return [];
    const answer = permission(facts, cluster, key);
    if (answer.permitted) return [];
    const where = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `;
    return [
      {
        type: 'ComparisonError',
        message: `${where}${describeResourceKey(key)}: ${answer.reason}. Permit it in the AppProject, or remove it from the source`,
      },
    ];
  });
}

async function readInTargetVersion(pairs: readonly ResourcePair[], cluster: DestinationCluster): Promise<void> {
  await Promise.all(
    versionMismatches(pairs).map(async (pair) => {
      const { target, live } = pair;
      if (target === undefined || live === undefined) return;
      pair.live = (await readInVersion(live, target.apiVersion, cluster)) ?? live;
    }),
  );
}

async function dryRunAll(
  needed: readonly { pair: ResourcePair; cacheKey: string }[],
  predictions: Map<string, Prediction>,
  cluster: DestinationCluster,
  settings: DiffSettings,
): Promise<void> {
  const pending = [...needed];
  const worker = async (): Promise<void> => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const prediction = await dryRun(next.pair, cluster, settings);
      cluster.predictions.set(next.cacheKey, prediction);
      predictions.set(formatResourceKey(next.pair.key), prediction);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(PARALLEL, needed.length) }, worker));
  const failed = workers.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function dryRun(pair: ResourcePair, cluster: DestinationCluster, settings: DiffSettings): Promise<Prediction> {
  const target = pair.target as KubernetesObject;
  const live = pair.live as KubernetesObject;
  try {
    const answer = await cluster.client.apply(target, { fieldManager: FIELD_MANAGER, force: true, dryRun: true });
    return predictionFromDryRun({ target, live, dryRun: answer, type: cluster.typeOf(gvkOf(target)), settings });
  } catch (error) {
    if (!(error instanceof ClusterError) || error.isTransient) throw error;
    return { outcome: 'failed', message: error.message };
  }
}

function applicationOptions(facts: ReconcileFacts): SyncOptions {
  return parseSyncOptions(facts.application.spec.syncPolicy?.syncOptions ?? [], 'application').options;
}

function optionProblems(facts: ReconcileFacts): Condition[] {
  const { application } = facts;
  const { problems } = parseSyncOptions(application.spec.syncPolicy?.syncOptions ?? [], 'application');
  const { problem: limit } = pruneLimitOf(facts);
  return [
    ...problems.map((problem) => `spec.syncPolicy.syncOptions: ${problem}`),
    ...compareOptionsOf(application).problems.map((problem) => `Application: ${problem}`),
    ...(limit === undefined ? [] : [limit]),
  ].map((message) => ({ type: 'InvalidAnnotationWarning', message }));
}

function timeoutProblems(manifests: readonly RenderedManifest[]): Condition[] {
  return manifests.flatMap(({ object }): Condition[] => {
    const { problem } = hookTimeout(object);
    if (problem === undefined) return [];
    return [{ type: 'InvalidAnnotationWarning', message: `${describeResourceKey(resourceKeyOf(object))}: ${problem}` }];
  });
}

function withOrphans(comparison: Comparison, facts: ReconcileFacts, cluster: DestinationCluster): Comparison {
  const monitoring = facts.project?.spec.orphanedResources;
  if (monitoring === undefined || monitoring === null || facts.destinationNamespace === '') return comparison;
  const { condition } = orphanedResources({
    candidates: cluster.orphanCandidates(facts.destinationNamespace),
    taken: comparison.resources.map(({ key }) => key),
    ...(monitoring.ignore === undefined ? {} : { ignore: monitoring.ignore }),
    ...(monitoring.warn === undefined ? {} : { warn: monitoring.warn }),
  });
  return condition === undefined ? comparison : { ...comparison, conditions: [...comparison.conditions, condition] };
}
