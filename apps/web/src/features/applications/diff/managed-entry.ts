import type { KubernetesObject, ManagedResource } from '../../../lib/api-types.ts';
import { toYaml, withoutBookkeeping } from '../../../lib/yaml.ts';
import { resourceId } from '../resource-id.ts';
import type { DiffEntry } from './diff-entry.ts';

/** A body as Argo CD sends it: JSON text, where `null` and nothing both mean that there is none. */
export function parseState(text: string | undefined): KubernetesObject | undefined {
  if (!text) return undefined;
  return (JSON.parse(text) as KubernetesObject | null) ?? undefined;
}

/** Live against what a sync would make of it; both already normalised by the server. */
export function entryOf(resource: ManagedResource): DiffEntry {
  const live = parseState(resource.normalizedLiveState) ?? parseState(resource.liveState);
  const target = parseState(resource.targetState)
    ? (parseState(resource.predictedLiveState) ?? parseState(resource.targetState))
    : undefined;
  return {
    id: resourceId(resource),
    ref: resource,
    ...(live && { before: toYaml(withoutBookkeeping(live)) }),
    ...(target && { after: toYaml(withoutBookkeeping(target)) }),
  };
}
