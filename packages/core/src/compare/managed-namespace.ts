import type { ManagedNamespaceMetadata } from '../application/operation.ts';
import { ANNOTATION_SYNC_OPTIONS } from '../kubernetes/annotations.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';

/**
 * The destination namespace as `CreateNamespace=true` applies it: with the metadata of `managedNamespaceMetadata`, and
 * without tracking, so that it is never pruned. The annotation is the one Argo CD writes beside it, lest each of the two
 * undo it after the other.
 */
export function managedNamespaceTarget(name: string, metadata: ManagedNamespaceMetadata | undefined): KubernetesObject {
  const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  if (metadata === undefined) return namespace;
  const annotations = { ...metadata.annotations, [ANNOTATION_SYNC_OPTIONS]: 'ServerSideApply=true' };
  return {
    ...namespace,
    metadata: { name, ...(metadata.labels === undefined ? {} : { labels: metadata.labels }), annotations },
  };
}
