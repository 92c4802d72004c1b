import { globMatch } from '../application/glob.ts';
import type { ResourceFilter, Settings } from './settings.ts';

/**
 * Whether a kind is left out on a cluster. Exclusions win; when any inclusion names the cluster, what no inclusion lists
 * is left out too.
 */
export function isExcludedKind(
  settings: Pick<Settings, 'exclusions' | 'inclusions'>,
  resource: { group: string; kind: string; server: string },
): boolean {
  if (settings.exclusions.some((filter) => matches(filter, resource))) return true;
  const inclusions = settings.inclusions.filter((filter) => anyMatches(filter.clusters, resource.server));
  return inclusions.length > 0 && !inclusions.some((filter) => matches(filter, resource));
}

function matches(filter: ResourceFilter, resource: { group: string; kind: string; server: string }): boolean {
  return (
    anyMatches(filter.apiGroups, resource.group) &&
    anyMatches(filter.kinds, resource.kind) &&
    anyMatches(filter.clusters, resource.server)
  );
}

function anyMatches(globs: readonly string[], value: string): boolean {
  return globs.length === 0 || globs.some((glob) => globMatch(glob, value));
}
