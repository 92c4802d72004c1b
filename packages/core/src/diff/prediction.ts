import { compareValues, equalJson, removeItems, type ValueType } from '@lockstep/structured-merge';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { type DiffSettings, diffModeOf } from './diff-settings.ts';
import { legacyManagers } from './legacy-managers.ts';
import { normalizeObject } from './normalize.ts';
import { predictLive } from './predict-live.ts';
import { removeWebhookMutation } from './server-side-diff.ts';

/**
 * What applying a target to its live object would do. `unchanged` carries no object, since most resources of a quiet
 * cluster are that and caches hold many. `failed` says why nobody could tell; a comparison then merges locally.
 */
export type Prediction =
  | { outcome: 'unchanged' }
  | { outcome: 'changed'; object: KubernetesObject }
  | { outcome: 'failed'; message: string };

export const UNCHANGED: Prediction = { outcome: 'unchanged' };

/**
 * The prediction in a dry run's answer. What admission webhooks changed on their own is taken out unless
 * `includeMutationWebhook`; fields that a client-side apply owned and Git no longer has are taken out too, since the real
 * apply moves their ownership first.
 */
export function predictionFromDryRun(input: {
  target: KubernetesObject;
  live: KubernetesObject;
  dryRun: KubernetesObject;
  type?: ValueType | undefined;
  settings: DiffSettings;
}): Prediction {
  const { target, live, dryRun, type, settings } = input;
  const { includeMutationWebhook, clientSideApplyMigration } = diffModeOf(target, settings);
  const legacy = clientSideApplyMigration ? legacyManagers(target, live) : [];
  let object = dryRun;
  if (!includeMutationWebhook) {
    object = removeWebhookMutation({ target, live, dryRun, fieldManager: settings.fieldManager, legacy });
  }
  if (legacy.length > 0) object = withoutAdopted(object, target, live, type, settings.fieldManager);
  return predictionOf(object, live, settings);
}

/** The prediction in a predicted object: `unchanged` when nothing that counts differs from the live one. */
export function predictionOf(object: KubernetesObject, live: KubernetesObject, settings: DiffSettings): Prediction {
  return equalJson(normalizeObject(object, settings), normalizeObject(live, settings))
    ? UNCHANGED
    : { outcome: 'changed', object };
}

/** Removes what the apply will remove once the legacy managers' fields are ours. */
function withoutAdopted(
  object: KubernetesObject,
  target: KubernetesObject,
  live: KubernetesObject,
  type: ValueType | undefined,
  fieldManager: string,
): KubernetesObject {
  if (type === undefined) return object;
  try {
    const local = predictLive({ target, live, type, fieldManager });
    const { removed } = compareValues(type, live, local.object);
    return removeItems(type, object, removed, 'dropped') as KubernetesObject;
  } catch {
    // The target does not fit the schema here, yet the API server took it: its answer stands.
    return object;
  }
}

/** Keeps the answers of dry runs, the most recently used ones. */
export class PredictionCache {
  readonly #entries = new Map<string, Prediction>();
  readonly #maxEntries: number;

  constructor(maxEntries = 50_000) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Prediction | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Failures are not kept: their reason (a permission, a webhook that is down) may go away without any object changing. */
  set(key: string, prediction: Prediction): void {
    if (prediction.outcome === 'failed') return;
    this.#entries.delete(key);
    this.#entries.set(key, prediction);
    if (this.#entries.size <= this.#maxEntries) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets everything, after the cluster's schema or webhooks changed. */
  clear(): void {
    this.#entries.clear();
  }
}
