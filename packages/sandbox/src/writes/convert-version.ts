import { cloneJson, isObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.ts';
import type { ResourceRegistry } from '../resources/resource-registry.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';

/**
 * Objects are stored in one version of their resource. The versions of a custom resource differ in name only (conversion
 * strategy None);
 * of the built-in kinds HorizontalPodAutoscaler is stored as autoscaling/v2, and Event as core/v1.
 */
export function fromStorageVersion(type: ResourceType, object: StoredObject): StoredObject {
  if (object.apiVersion === type.apiVersion) return object;
  if (type.id === 'autoscaling/horizontalpodautoscalers' && type.version === 'v1') return autoscalerV1(object);
  if (type.group === 'events.k8s.io') return renameFields(object, type.apiVersion, newEventNames);
  return { ...object, apiVersion: type.apiVersion };
}

export function toStorageVersion(registry: ResourceRegistry, type: ResourceType, object: StoredObject): StoredObject {
  if (type.id === 'autoscaling/horizontalpodautoscalers') {
    return type.version === 'v1' ? autoscalerV2(object) : object;
  }
  if (type.group === 'events.k8s.io') return renameFields(object, 'v1', coreEventNames);
  const storage = registry.byResource(type.id) ?? type;
  return object.apiVersion === storage.apiVersion ? object : { ...object, apiVersion: storage.apiVersion };
}

/** How events.k8s.io calls the fields of a core Event. */
const newEventNames: Record<string, string> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};
const coreEventNames = Object.fromEntries(Object.entries(newEventNames).map(([core, renamed]) => [renamed, core]));

function renameFields(object: StoredObject, apiVersion: string, names: Record<string, string>): StoredObject {
  const renamed = Object.entries(object)
    .filter(([field, value]) => !(field.startsWith('reporting') && value === ''))
    .map(([field, value]) => [names[field] ?? field, value]);
  return { ...(Object.fromEntries(renamed) as StoredObject), apiVersion };
}

/** The rest of an autoscaler's v2 metrics has no field in v1 and travels in this annotation. */
const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';

function autoscalerV1(object: StoredObject): StoredObject {
  const { metrics: _metrics, behavior: _behavior, ...spec } = objectAt(object, 'spec');
  const metrics = objectsAt(object, 'spec', 'metrics');
  const cpu = metrics.find(isCpuUtilization);
  const others = metrics.filter((metric) => metric !== cpu);
  const target = numberAt(cpu, 'resource', 'target', 'averageUtilization');
  const annotations = { ...object.metadata.annotations };
  if (others.length > 0) annotations[metricsAnnotation] = JSON.stringify(others);
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: Object.keys(annotations).length > 0 ? { ...object.metadata, annotations } : object.metadata,
    spec: { ...spec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    ...(object['status'] === undefined ? {} : { status: autoscalerStatusV1(object) }),
  };
}

function autoscalerStatusV1(object: StoredObject): JsonObject {
  const { currentMetrics: _metrics, conditions: _conditions, ...status } = objectAt(object, 'status');
  const cpu = objectsAt(object, 'status', 'currentMetrics').find(
    (metric) => stringAt(metric, 'resource', 'name') === 'cpu',
  );
  const current = numberAt(cpu, 'resource', 'current', 'averageUtilization');
  return {
    currentReplicas: 0,
    ...status,
    ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
  };
}

function autoscalerV2(object: StoredObject): StoredObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = objectAt(object, 'spec');
  const { [metricsAnnotation]: kept, ...annotations } = object.metadata.annotations ?? {};
  const metrics: JsonObject[] = kept === undefined ? [] : (JSON.parse(kept) as JsonObject[]);
  if (typeof target === 'number') {
    metrics.unshift({
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } },
    });
  }
  const metadata = cloneJson(object.metadata);
  if (kept !== undefined) metadata.annotations = annotations;
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata,
    spec: { ...spec, ...(metrics.length > 0 ? { metrics } : {}) },
  };
}

function isCpuUtilization(metric: JsonObject): boolean {
  if (stringAt(metric, 'resource', 'name') !== 'cpu') return false;
  return isObject(metric['resource']) && numberAt(metric, 'resource', 'target', 'averageUtilization') !== undefined;
}
