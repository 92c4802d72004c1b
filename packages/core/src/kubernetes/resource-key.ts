import { groupVersionOf, type KubernetesObject } from './object.ts';

/** What identifies a resource in one cluster. The version is not part of it; `namespace` is '' for cluster-scoped ones. */
export interface ResourceKey {
  group: string;
  kind: string;
  namespace: string;
  name: string;
}

/** The key of an object as it stands (its namespace is not defaulted here). */
export function resourceKeyOf(object: KubernetesObject): ResourceKey {
  return {
    group: groupVersionOf(object.apiVersion).group,
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
  };
}

/** `group/kind/namespace/name`, unique per cluster and usable as a map key. */
export function formatResourceKey(key: ResourceKey): string {
  return `${key.group}/${key.kind}/${key.namespace}/${key.name}`;
}

/** The inverse of `formatResourceKey`. Throws when the text does not have four parts. */
export function parseResourceKey(text: string): ResourceKey {
  const parts = text.split('/');
  if (parts.length !== 4) throw new Error(`not a resource key: "${text}" (want group/kind/namespace/name)`);
  const [group, kind, namespace, name] = parts as [string, string, string, string];
  return { group, kind, namespace, name };
}

/** `Kind/name` or `Kind namespace/name`, for people. */
export function describeResourceKey(key: ResourceKey): string {
  const path = key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
  return `${key.kind} ${path}`;
}
