import { ClusterError } from '../errors.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { refOf } from '../sync/apply-task.ts';
import type { DestinationCluster } from './reconcile-world.ts';

/** By the object as the cluster's cache holds it: as long as that is the same object, the readings of it stay true. */
const readings = new WeakMap<KubernetesObject, Map<string, KubernetesObject>>();

/**
 * A live object in another API version than the cache holds, as Git may ask for: the fields of two versions cannot be
 * compared. Read once for each state of the object. Undefined: that version is not served. Throws `ClusterError` when the
 * cluster has no answer for the moment.
 */
export async function readInVersion(
  live: KubernetesObject,
  apiVersion: string,
  cluster: DestinationCluster,
): Promise<KubernetesObject | undefined> {
  const known = liveInVersion(live, apiVersion);
  if (known !== undefined) return known;
  try {
    const read = await cluster.client.get({ ...refOf(live), apiVersion });
    if (read !== undefined && read.metadata.resourceVersion === live.metadata.resourceVersion) {
      const versions = readings.get(live) ?? new Map<string, KubernetesObject>();
      readings.set(live, versions.set(apiVersion, read));
    }
    return read;
  } catch (error) {
    if (!(error instanceof ClusterError) || error.isTransient) throw error;
    return undefined;
  }
}

/** The object itself, or what it was read as before. */
export function liveInVersion(live: KubernetesObject, apiVersion: string): KubernetesObject | undefined {
  return live.apiVersion === apiVersion ? live : readings.get(live)?.get(apiVersion);
}
