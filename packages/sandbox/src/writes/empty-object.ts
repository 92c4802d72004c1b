import type { JsonObject } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { emptyEvent } from './kind-defaults.ts';

const template: JsonObject = { metadata: {}, spec: { containers: [] } };

/** Structs inside specs that Go writes even when they are empty. */
const emptySpecs: Record<string, JsonObject> = {
  '/namespaces': { finalizers: ['kubernetes'] },
  '/persistentvolumeclaims': { resources: {} },
  'apiextensions.k8s.io/customresourcedefinitions': { names: {} },
  'autoscaling/horizontalpodautoscalers': { scaleTargetRef: {} },
  'networking.k8s.io/networkpolicies': { podSelector: {} },
  '/pods': { containers: [] },
  'apps/daemonsets': { template, updateStrategy: {} },
  'apps/deployments': { strategy: {}, template },
  'apps/replicasets': { template },
  'apps/statefulsets': { template, updateStrategy: {} },
  'batch/cronjobs': { jobTemplate: { metadata: {}, spec: { template } } },
  'batch/jobs': { template },
};

/** The same outside of specs. */
const emptyFields: Record<string, JsonObject> = {
  '/events': emptyEvent,
  'rbac.authorization.k8s.io/clusterroles': { rules: null },
  'rbac.authorization.k8s.io/roles': { rules: null },
};

/**
 * What a new object is compared with to see which fields its creator set: the zero value of its kind. Parts that are
 * there in the zero value (`spec`) come to have no owner of their own. Custom objects start from nothing.
 */
export function emptyObject(type: ResourceType): JsonObject {
  const identity = { apiVersion: type.apiVersion, kind: type.kind, metadata: {} };
  if (type.custom !== undefined) return identity;
  return {
    ...identity,
    ...emptyFields[type.id],
    ...(type.mergeType.schema?.properties?.['spec'] === undefined ? {} : { spec: emptySpecs[type.id] ?? {} }),
    ...(type.hasStatus ? { status: {} } : {}),
  };
}
