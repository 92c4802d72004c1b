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
    const local = localPrediction({ target, live }, input);
    if (local?.outcome === 'unchanged') {
      predictions.set(id, local);
      continue;
    }
    const cacheKey = diffKey({ target, live, fieldManager: input.settings.fieldManager });
    const cached = input.cache.get(cacheKey);
    if (cached !== undefined) predictions.set(id, cached);
    else if (input.settings.serverSideDiff && input.skip?.(pair) !== true) needed.push({ pair, cacheKey });
    else if (local !== undefined) predictions.set(id, local);
  }
  return { needed, predictions };
}

interface KnownLocal {
  target: KubernetesObject;
  type: ValueType | undefined;
  settings: DiffSettings;
  prediction: Prediction | undefined;
}
const knownLocal = new WeakMap<KubernetesObject, KnownLocal>();

/** The local merge's word, remembered for the same objects; undefined when the target does not fit the schema. */
function localPrediction(
  { target, live }: { target: KubernetesObject; live: KubernetesObject },
  input: { settings: DiffSettings; typeOf(gvk: GroupVersionKind): ValueType | undefined },
): Prediction | undefined {
  const { settings } = input;
  const type = input.typeOf(gvkOf(target));
  const known = knownLocal.get(live);
  if (known?.target === target && known.type === type && known.settings === settings) return known.prediction;
  let prediction: Prediction | undefined;
  try {
    const local = predictLive({ target, live, type, fieldManager: settings.fieldManager });
    prediction = local.changed ? predictionOf(local.object, live, settings) : UNCHANGED;
  } catch {
    prediction = undefined;
  }
  knownLocal.set(live, { target, type, settings, prediction });
  return prediction;
}
