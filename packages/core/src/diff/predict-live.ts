import { applyPatch, equalJson, threeWayMerge, untyped, type ValueType } from '@lockstep/structured-merge';
import { ANNOTATION_LAST_APPLIED } from '../kubernetes/annotations.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { legacyManagers, migratedManagedFields } from './legacy-managers.ts';
import { normalizeTarget } from './normalize.ts';

/** What applying the target would leave, computed here. */
export interface LocalPrediction {
  object: KubernetesObject;
  /** False when no value differs from the live object (ownership may). */
  changed: boolean;
}

/**
 * What the live object would be after the target is applied, from the cluster's own schema and without a request. The
 * API server adds defaults and webhooks, so a change seen here may be none; no change seen here is none, because a
 * server-side apply that changes no value leaves the object alone.
 *
 * Fields that client-side apply owned count as ours. An object that carries a last-applied annotation but whose managers
 * we do not know is merged three-way, as `kubectl apply` would. Throws `SchemaError` when the target does not fit the
 * schema.
 */
export function predictLive(input: {
  target: KubernetesObject;
  live: KubernetesObject;
  type?: ValueType | undefined;
  fieldManager: string;
  /** Whether the apply takes over what was applied on the client first; true when absent. */
  migrates?: boolean;
}): LocalPrediction {
  const { live, fieldManager } = input;
  const type = input.type ?? untyped;
  const target = normalizeTarget(input.target);
  const last = lastApplied(live);
  const object =
    last !== undefined && !isKnownManager(input.target, live, fieldManager)
      ? (threeWayMerge({ last, target, live, type: input.type }) as KubernetesObject)
      : (applyPatch({
          type,
          live: input.migrates === false ? live : withMigratedFields(target, live, fieldManager),
          config: target,
          manager: fieldManager,
          force: true,
          now: ANY_TIME,
        }).object as KubernetesObject);
  return { object, changed: !equalJson(withoutBookkeeping(object), withoutBookkeeping(live)) };
}

/** Times of managed fields never take part in a comparison. */
const ANY_TIME = '1970-01-01T00:00:00Z';

function isKnownManager(target: KubernetesObject, live: KubernetesObject, fieldManager: string): boolean {
  if (legacyManagers(target, live).length > 0) return true;
  return (live.metadata.managedFields ?? []).some((entry) => entry.manager === fieldManager);
}

function withMigratedFields(target: KubernetesObject, live: KubernetesObject, fieldManager: string): KubernetesObject {
  const managedFields = migratedManagedFields({ target, live, fieldManager });
  return managedFields === undefined ? live : { ...live, metadata: { ...live.metadata, managedFields } };
}

function withoutBookkeeping(object: KubernetesObject): unknown {
  const { managedFields: _managers, annotations, ...metadata } = object.metadata;
  const { [ANNOTATION_LAST_APPLIED]: _applied, ...kept } = annotations ?? {};
  const hasAnnotations = Object.keys(kept).length > 0;
  return { ...object, metadata: hasAnnotations ? { ...metadata, annotations: kept } : metadata };
}

/** The configuration that `kubectl apply` noted last; undefined when there is none or it does not parse. */
export function lastApplied(live: KubernetesObject): KubernetesObject | undefined {
  const text = live.metadata.annotations?.[ANNOTATION_LAST_APPLIED];
  if (text === undefined || text === '') return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as KubernetesObject)
      : undefined;
  } catch {
    return undefined;
  }
}
