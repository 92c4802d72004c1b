import { matchesGlob } from '../kubernetes/glob.ts';
import { formatResourceKey, type ResourceKey } from '../kubernetes/resource-key.ts';
import type { Condition } from './comparison.ts';

export interface OrphanInput {
  /** Namespaced objects in the application's destination namespace that no application tracks. */
  candidates: Iterable<{ key: ResourceKey; hasOwner: boolean }>;
  /** The application's own resources, targets without live object included. */
  taken: Iterable<ResourceKey>;
  /** `AppProject.spec.orphanedResources.ignore`: shell patterns, an absent one matches everything. */
  ignore?: readonly { group?: string; kind?: string; name?: string }[];
  /** `AppProject.spec.orphanedResources.warn`, true when absent. */
  warn?: boolean;
}

/**
 * The top-level objects in the destination namespace that belong to nobody, and the condition that tells their number.
 * What every namespace has on its own is never an orphan.
 */
export function orphanedResources(input: OrphanInput): { orphans: ResourceKey[]; condition?: Condition } {
  const taken = new Set<string>();
  for (const key of input.taken) taken.add(formatResourceKey(key));
  const orphans: ResourceKey[] = [];
  for (const { key, hasOwner } of input.candidates) {
    if (hasOwner || key.namespace === '' || isAlwaysThere(key) || taken.has(formatResourceKey(key))) continue;
    if (input.ignore?.some((rule) => isIgnored(rule, key)) !== true) orphans.push(key);
  }
  if (orphans.length === 0 || input.warn === false) return { orphans };
  return {
    orphans,
    condition: {
      type: 'OrphanedResourceWarning',
      message: `Application has ${orphans.length} orphaned resources. Add them to Git, delete them, or list them in orphanedResources.ignore of the project`,
    },
  };
}

function isAlwaysThere({ group, kind, namespace, name }: ResourceKey): boolean {
  if (group !== '') return false;
  switch (kind) {
    case 'Service':
      return namespace === 'default' && name === 'kubernetes';
    case 'ServiceAccount':
      return name === 'default';
    case 'ConfigMap':
      return name === 'kube-root-ca.crt';
    default:
      return false;
  }
}

function isIgnored(rule: { group?: string; kind?: string; name?: string }, key: ResourceKey): boolean {
  return (
    matchesOrAbsent(rule.group, key.group) &&
    matchesOrAbsent(rule.kind, key.kind) &&
    matchesOrAbsent(rule.name, key.name)
  );
}

/** Argo CD reads an empty pattern as any. */
function matchesOrAbsent(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || pattern === '' || matchesGlob(pattern, text);
}
