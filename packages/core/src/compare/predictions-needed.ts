import type { ValueType } from '@lockstep/structured-merge';
import { diffKey } from '../diff/diff-key.ts';
import type { DiffSettings } from '../diff/diff-settings.ts';
import { predictLive } from '../diff/predict-live.ts';
import { type Prediction, type PredictionCache, predictionOf, UNCHANGED } from '../diff/prediction.ts';
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
    const cacheKey = predictionKey({ target, live }, input.settings);
    const prediction = input.cache.get(cacheKey) ?? localPrediction({ target, live, type }, input, cacheKey);
    const isOpen = prediction === undefined || prediction.outcome === 'failed';
    if (!isOpen) {
      predictions.set(id, prediction);
      remembered.set(live, { target, type, settings: input.settings, prediction });
    } else if (input.settings.serverSideDiff && input.skip?.(pair) !== true) needed.push({ pair, cacheKey });
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

/**
 * The local merge's word where it is final: it changes nothing, or nobody else may be asked. Undefined where a dry run
 * has to tell.
 */
function localPrediction(
  { target, live, type }: { target: KubernetesObject; live: KubernetesObject; type: ValueType | undefined },
  { settings, cache }: { settings: DiffSettings; cache: PredictionCache },
  cacheKey: string,
): Prediction | undefined {
  try {
    const local = predictLive({ target, live, type, fieldManager: settings.fieldManager });
    const prediction = local.changed ? predictionOf(local.object, live, settings) : UNCHANGED;
    if (prediction.outcome === 'unchanged') cache.set(cacheKey, prediction);
    else if (settings.serverSideDiff) return undefined;
    return prediction;
  } catch {
    // The target does not fit the schema we know; the API server may know a newer one.
    return undefined;
  }
}

/** Where status counts, it is part of what a prediction depends on. */
function predictionKey(sides: { target: KubernetesObject; live: KubernetesObject }, settings: DiffSettings): string {
  const key = diffKey({ ...sides, fieldManager: settings.fieldManager });
  if (settings.ignoreResourceStatusField === 'all') return key;
  return `${key}/${settings.ignoreResourceStatusField}/${sides.live.metadata.resourceVersion ?? ''}`;
}
