import type { ValueType } from '@lockstep/structured-merge';
import { diffKey } from '../diff/diff-key.ts';
import { type DiffSettings, diffModeOf, type ResourceDiffMode } from '../diff/diff-settings.ts';
import { predictLive } from '../diff/predict-live.ts';
import { type Prediction, type PredictionCache, predictionOf, UNCHANGED } from '../diff/prediction.ts';
import { contentHash } from '../kubernetes/content-hash.ts';
import { type GroupVersionKind, gvkOf, type KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey } from '../kubernetes/resource-key.ts';
import type { ResourcePair } from './comparison.ts';

export interface PredictionsNeeded {
  /** Pairs only a dry run can tell about, each with the key to cache the answer under. */
  needed: { pair: ResourcePair; cacheKey: string }[];
  /** What is known already, by `formatResourceKey`. Add the answers of the dry runs to it. */
  predictions: Map<string, Prediction>;
}

/**
 * Which pairs need a dry run. None is needed where a side is missing, where the answer is cached, or where the local
 * structured merge changes nothing: a server-side apply that changes no value is none. With `serverSideDiff` off the
 * local merge decides alone.
 *
 * `skip(pair)` leaves a pair to the local merge, for instance when it will be applied anyway.
 */
export function predictionsNeeded(input: {
  pairs: readonly ResourcePair[];
  settings: DiffSettings;
  cache: PredictionCache;
  typeOf(gvk: GroupVersionKind): ValueType | undefined;
  skip?(pair: ResourcePair): boolean;
}): PredictionsNeeded {
  const needed: PredictionsNeeded['needed'] = [];
  const predictions = new Map<string, Prediction>();
  for (const pair of input.pairs) {
    const { target, live } = pair;
    if (target === undefined || live === undefined) continue;
    const id = formatResourceKey(pair.key);
    const type = input.typeOf(gvkOf(target));
    const known = remembered.get(live);
    if (known?.target === target && known.type === type && known.settings === input.settings) {
      predictions.set(id, known.prediction);
      continue;
    }
    const mode = diffModeOf(target, input.settings);
    const cacheKey = predictionKey({ target, live }, input.settings, mode);
    const cached = input.cache.get(cacheKey);
    const prediction = cached ?? localPrediction({ target, live, type }, input.settings, mode);
    // No change seen locally is none, unless webhooks count: those may change what the apply does not.
    const isGuess =
      cached === undefined &&
      mode.serverSideDiff &&
      (prediction?.outcome !== 'unchanged' || mode.includeMutationWebhook);
    if (isGuess) {
      if (input.skip?.(pair) !== true) needed.push({ pair, cacheKey });
      else if (prediction !== undefined) predictions.set(id, prediction);
    } else if (prediction !== undefined) {
      predictions.set(id, prediction);
      input.cache.set(cacheKey, prediction);
      remembered.set(live, { target, type, settings: input.settings, prediction });
    }
  }
  return { needed, predictions };
}

interface Remembered {
  target: KubernetesObject;
  type: ValueType | undefined;
  settings: DiffSettings;
  prediction: Prediction;
}

/** Settled predictions by the live object, so that a quiet application costs one look-up per resource. */
const remembered = new WeakMap<KubernetesObject, Remembered>();

/** What the local merge says; undefined when the target does not fit the schema we know (the API server may know more). */
function localPrediction(
  { target, live, type }: { target: KubernetesObject; live: KubernetesObject; type: ValueType | undefined },
  settings: DiffSettings,
  mode: ResourceDiffMode,
): Prediction | undefined {
  try {
    const migrates = mode.clientSideApplyMigration;
    const local = predictLive({ target, live, type, fieldManager: settings.fieldManager, migrates });
    return local.changed ? predictionOf(local.object, live, settings) : UNCHANGED;
  } catch {
    return undefined;
  }
}

/**
 * `diffKey`, under which others put what they know too (an apply that just succeeded). A local guess is kept apart, so
 * that it never stands in for a dry run, and so is an answer that was read with other than the usual settings; where
 * status counts, it is part of what a prediction depends on.
 */
function predictionKey(
  sides: { target: KubernetesObject; live: KubernetesObject },
  settings: DiffSettings,
  mode: ResourceDiffMode,
): string {
  const key = diffKey({ ...sides, fieldManager: settings.fieldManager });
  const place = mode.serverSideDiff ? '' : 'local/';
  const { ignoreAggregatedRoles, ignoreResourceStatusField: status, knownTypeFields } = settings;
  const parts = [
    mode.includeMutationWebhook ? 'webhooks' : '',
    mode.clientSideApplyMigration ? '' : 'no-migration',
    ignoreAggregatedRoles ? 'aggregated' : '',
    knownTypeFields.length === 0 ? '' : contentHash(knownTypeFields),
    status === 'all' ? '' : `${status}/${sides.live.metadata.resourceVersion ?? ''}`,
  ].filter((part) => part !== '');
  return `${place}${[key, ...parts].join('/')}`;
}
