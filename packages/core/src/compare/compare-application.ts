import type { ValueType } from '@lockstep/structured-merge';
import { diffResource, type ResourceDiff } from '../diff/diff-resource.ts';
import type { DiffSettings } from '../diff/diff-settings.ts';
import type { JqEvaluator } from '../diff/jq.ts';
import type { Prediction } from '../diff/prediction.ts';
import { assessHealth as assessBuiltInHealth } from '../health/assess-health.ts';
import type { Health } from '../health/health.ts';
import { isSkipped, syncWaveOf } from '../kubernetes/hooks.ts';
import { type GroupVersionKind, gvkOf, type KubernetesObject } from '../kubernetes/object.ts';
import { describeResourceKey, formatResourceKey, type ResourceKey } from '../kubernetes/resource-key.ts';
import { syncOptionsOf } from '../kubernetes/sync-options.ts';
import type { TrackingSettings } from '../kubernetes/tracking.ts';
import type { Comparison, Condition, ResourceComparison, ResourcePair } from './comparison.ts';
import { rollUpHealth } from './roll-up-health.ts';
import { syncStatusOf } from './sync-status.ts';

export interface CompareInput {
  instanceName: string;
  /** What `pairResources` gave. */
  pairs: readonly ResourcePair[];
  hooks: readonly ResourcePair[];
  conditions: readonly Condition[];
  settings: DiffSettings;
  tracking: TrackingSettings;
  /** By `formatResourceKey`; a pair without one is merged locally. */
  predictions: ReadonlyMap<string, Prediction>;
  typeOf(gvk: GroupVersionKind): ValueType | undefined;
  /** Defaults to the built-in checks. */
  assessHealth?(object: KubernetesObject): Health | undefined;
  jq?: JqEvaluator;
  /** Whether the project permits the resource at the destination; one it does not is Unknown. */
  isPermitted?(key: ResourceKey): boolean;
  /** Rendering failed: what is live is shown, and every status is Unknown. */
  targetsFailed?: boolean;
  /** The application's own `Delete=confirm` or `Prune=confirm`. */
  requiresConfirmation?: boolean;
  /** The application's own `Replace=true`. */
  replaces?: boolean;
  /** The Application's own key, since one that manages itself does not count for its health. */
  selfKey?: ResourceKey;
}

/**
 * Compares every resource of an application.
 *
 * | case | resource | application |
 * |---|---|---|
 * | hook | no status | none |
 * | modified, or nothing live | OutOfSync | OutOfSync |
 * | live only | OutOfSync, requires pruning | OutOfSync, unless `IgnoreExtraneous` |
 * | forbidden by the project, or targets unknown | Unknown | Unknown |
 * | managed namespace differs | (not listed) | OutOfSync |
 * | equal | Synced | Synced |
 *
 * Inputs are not changed. Trouble with one resource is a condition.
 */
export async function compareApplication(input: CompareInput): Promise<Comparison> {
  const conditions = [...input.conditions];
  const resources: ResourceComparison[] = [];
  const ruleProblems = new Set<string>();
  let managedNamespace: ResourceComparison | undefined;

  for (const pair of input.pairs) {
    const diff = await diffOf(pair, input);
    if (diff?.problem !== undefined && diff.modified && !isReplaced(pair, input))
      conditions.push(predictionCondition(pair, diff.problem));
    for (const problem of diff?.ruleProblems ?? []) ruleProblems.add(problem);
    if (pair.isManagedNamespace === true) {
      const status = diff?.modified === true ? 'OutOfSync' : 'Synced';
      managedNamespace = { ...compareResource(pair, diff, input), status };
      continue;
    }
    resources.push(compareResource(pair, diff, input));
  }
  for (const message of ruleProblems) conditions.push({ type: 'IgnoreDifferencesWarning', message });
  for (const hook of input.hooks) resources.push(hookComparison(hook, input));

  const status = input.targetsFailed === true ? 'Unknown' : syncStatusOf(resources);
  return {
    status: status === 'Synced' && managedNamespace?.status === 'OutOfSync' ? 'OutOfSync' : status,
    resources,
    health: rollUpHealth({ resources, selfKey: input.selfKey }),
    conditions,
    ...(managedNamespace === undefined ? {} : { managedNamespace }),
  };
}

/** Not awaited unless jq takes part: an unchanged application is compared within one turn of the event loop. */
function diffOf(pair: ResourcePair, input: CompareInput): ResourceDiff | Promise<ResourceDiff> | undefined {
  const { target, live } = pair;
  if (target === undefined || live === undefined || input.targetsFailed === true) return undefined;
  return diffResource({
    target,
    live,
    prediction: input.predictions.get(formatResourceKey(pair.key)),
    type: input.typeOf(gvkOf(target)),
    settings: input.settings,
    jq: input.jq,
    tracking: { settings: input.tracking, instanceName: input.instanceName },
  });
}

function compareResource(pair: ResourcePair, diff: ResourceDiff | undefined, input: CompareInput): ResourceComparison {
  const resource: ResourceComparison = {
    ...pair,
    ...commonFacts(pair, input),
    isHook: false,
    requiresPruning: pair.target === undefined && input.targetsFailed !== true,
    requiresDeletionConfirmation: input.requiresConfirmation === true || asksForConfirmation(pair),
  };
  const status = statusOf(pair, diff, input);
  if (status !== undefined) resource.status = status;
  if (diff !== undefined) {
    resource.normalizedLive = diff.normalizedLive;
    resource.predictedLive = diff.predictedLive;
  }
  return resource;
}

function statusOf(
  pair: ResourcePair,
  diff: ResourceDiff | undefined,
  input: CompareInput,
): ResourceComparison['status'] | undefined {
  if (pair.target !== undefined && isSkipped(pair.target)) return undefined;
  if (input.targetsFailed === true || input.isPermitted?.(pair.key) === false) return 'Unknown';
  return diff === undefined || diff.modified ? 'OutOfSync' : 'Synced';
}

function hookComparison(hook: ResourcePair, input: CompareInput): ResourceComparison {
  return {
    ...hook,
    ...commonFacts(hook, input),
    isHook: true,
    requiresPruning: false,
    requiresDeletionConfirmation: false,
  };
}

function commonFacts(pair: ResourcePair, input: CompareInput): { syncWave: number; health?: Health } {
  const { target, live } = pair;
  const source = target ?? live;
  const syncWave = source === undefined ? 0 : syncWaveOf(source);
  const health = live === undefined ? missing(target, input) : (input.assessHealth ?? assessBuiltInHealth)(live);
  return health === undefined ? { syncWave } : { syncWave, health };
}

const MISSING: Health = { status: 'Missing' };

function missing(target: KubernetesObject | undefined, input: CompareInput): Health | undefined {
  if (target === undefined || input.targetsFailed === true) return undefined;
  return MISSING;
}

function asksForConfirmation({ target, live }: ResourcePair): boolean {
  return [target, live].some((object) => {
    if (object === undefined) return false;
    const { options } = syncOptionsOf(object);
    return options.delete === 'confirm' || options.prune === 'confirm';
  });
}

/** What is deleted and created, or replaced, need not pass a dry run of an apply. */
function isReplaced({ target }: ResourcePair, input: CompareInput): boolean {
  if (input.replaces === true) return true;
  if (target === undefined) return false;
  const { options } = syncOptionsOf(target);
  return options.replace === true || options.force === true;
}

function predictionCondition(pair: ResourcePair, problem: string): Condition {
  return {
    type: 'ComparisonError',
    message: `${describeResourceKey(pair.key)} was compared without the API server's word: ${problem}. Correct the manifest, or permit the dry run`,
  };
}
