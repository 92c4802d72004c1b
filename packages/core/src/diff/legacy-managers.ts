import { adoptManagedFields } from '@lockstep/structured-merge';
import { ANNOTATION_MIGRATION_MANAGER, OUR_MANAGERS } from '../kubernetes/annotations.ts';
import type { KubernetesObject, ManagedFieldsEntry } from '../kubernetes/object.ts';

/** Who applied on the client before us: kubectl, and Argo CD under the names it has had. */
const LEGACY_MANAGERS: readonly string[] = ['kubectl-client-side-apply', ...OUR_MANAGERS];

/**
 * The field managers whose fields become ours before the first server-side apply: those that applied on the client, and
 * the one the object's `client-side-apply-migration-manager` annotation names. Without this move a field that leaves Git
 * would stay in the cluster, because somebody else still owns it. Empty when there is nothing to move.
 */
export function legacyManagers(object: KubernetesObject, live: KubernetesObject): string[] {
  const named = object.metadata.annotations?.[ANNOTATION_MIGRATION_MANAGER];
  const candidates = named === undefined || named === '' ? LEGACY_MANAGERS : [...LEGACY_MANAGERS, named];
  const present = new Set<string>();
  for (const entry of live.metadata.managedFields ?? []) {
    if (entry.operation !== 'Update' || (entry.subresource ?? '') !== '' || entry.manager === undefined) continue;
    if (candidates.includes(entry.manager)) present.add(entry.manager);
  }
  return [...present];
}

/**
 * The `metadata.managedFields` to write (with the live resourceVersion, as a JSON patch or merge patch) so that the
 * fields of the legacy managers belong to `fieldManager`; undefined when nothing needs to move.
 */
export function migratedManagedFields(input: {
  target: KubernetesObject;
  live: KubernetesObject;
  fieldManager: string;
}): ManagedFieldsEntry[] | undefined {
  const from = legacyManagers(input.target, input.live);
  if (from.length === 0) return undefined;
  return adoptManagedFields(input.live.metadata.managedFields ?? [], { from, to: input.fieldManager });
}
