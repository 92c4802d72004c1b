import { compareOptionsOf } from '../kubernetes/compare-options.ts';
import type { ResourceComparison, SyncStatusCode } from './comparison.ts';

/**
 * The sync status of an application. Unknown wins over OutOfSync, which wins over Synced. What Git no longer has does not
 * count when it carries `compare-options: IgnoreExtraneous`, although the resource itself is shown OutOfSync.
 */
export function syncStatusOf(resources: Iterable<ResourceComparison>): SyncStatusCode {
  let status: SyncStatusCode = 'Synced';
  for (const resource of resources) {
    if (resource.status === 'Unknown') return 'Unknown';
    if (resource.status === 'OutOfSync' && !isIgnoredExtraneous(resource)) status = 'OutOfSync';
  }
  return status;
}

function isIgnoredExtraneous({ target, live }: ResourceComparison): boolean {
  return target === undefined && live !== undefined && compareOptionsOf(live).options.ignoreExtraneous;
}
