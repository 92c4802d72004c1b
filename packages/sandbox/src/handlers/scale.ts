import { badRequest } from '../api-error.ts';
import { cloneJson, isObject, type JsonObject, numberAt, valueAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { formatLabelSelector } from '../selectors/label-selector.ts';
import type { StoredObject } from '../storage/internal-client.ts';

interface ScalePaths {
  spec: string[];
  status: string[];
  selector: string[] | undefined;
}

function pathsOf(type: ResourceType): ScalePaths {
  const custom = type.custom?.scale;
  if (custom === undefined)
    return { spec: ['spec', 'replicas'], status: ['status', 'replicas'], selector: ['spec', 'selector'] };
  const split = (path: string): string[] => path.split('.').filter((part) => part !== '');
  return {
    spec: split(custom.specReplicasPath),
    status: split(custom.statusReplicasPath),
    selector: custom.labelSelectorPath === undefined ? undefined : split(custom.labelSelectorPath),
  };
}

/** The `autoscaling/v1 Scale` of an object. */
export function scaleOf(type: ResourceType, object: StoredObject): JsonObject {
  const paths = pathsOf(type);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector === undefined ? undefined : valueAt(object, ...paths.selector);
  const selectorText = typeof selector === 'string' ? selector : formatLabelSelector(selector ?? {});
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, ...paths.spec) ?? 0 },
    status: {
      replicas: numberAt(object, ...paths.status) ?? 0,
      ...(selectorText === '' ? {} : { selector: selectorText }),
    },
  };
}

export interface WantedScale {
  replicas: number;
  resourceVersion: string | undefined;
}

export function readScale(scale: JsonObject): WantedScale {
  const replicas = numberAt(scale, 'spec', 'replicas') ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0)
    throw badRequest('spec.replicas must be a whole number of at least 0');
  const resourceVersion = valueAt(scale, 'metadata', 'resourceVersion');
  return { replicas, resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : undefined };
}

/** The object with another number of replicas. */
export function replaceScale(type: ResourceType, live: StoredObject, wanted: WantedScale): JsonObject {
  const scaled: JsonObject = cloneJson(live);
  let at: JsonObject = scaled;
  const path = pathsOf(type).spec;
  for (const key of path.slice(0, -1)) {
    const next = isObject(at[key]) ? at[key] : {};
    at[key] = next;
    at = next;
  }
  at[path.at(-1) ?? 'replicas'] = wanted.replicas;
  const metadata = { ...live.metadata, resourceVersion: wanted.resourceVersion ?? live.metadata.resourceVersion };
  return { ...scaled, metadata };
}
