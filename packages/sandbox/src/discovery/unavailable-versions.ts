import { isObject, stringAt } from '../json.ts';
import { apiVersionFrom } from '../resources/resource-type.ts';
import type { ObjectStore } from '../storage/object-store.ts';

const apiServices = 'apiregistration.k8s.io/apiservices';

/** What an API server answers for a group version whose aggregated server cannot be reached. */
export const serviceUnavailable = { code: 503, body: 'service unavailable\n' };

/**
 * The group versions that an APIService hands to an aggregated API server. Services lead nowhere here, so they are known
 * and cannot be asked, as on a cluster whose metrics adapter is down. Deleting the APIService brings a version back that
 * the sandbox serves itself.
 */
export function unavailableVersions(store: ObjectStore): Set<string> {
  const found = new Set<string>();
  for (const { spec } of store.list(apiServices) as { spec?: unknown }[]) {
    if (isObject(spec) && isObject(spec['service']))
      found.add(apiVersionFrom(stringAt(spec, 'group') ?? '', stringAt(spec, 'version') ?? ''));
  }
  return found;
}
