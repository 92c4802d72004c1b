import { ClusterError } from '../errors.ts';
import type { ClusterClient, PropagationPolicy } from '../kubernetes/cluster-client.ts';
import { contentHash } from '../kubernetes/content-hash.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { resourceKeyOf } from '../kubernetes/resource-key.ts';

const ATTEMPTS = 5;

/**
 * Deletes the very object that was decided on: the uid and the resourceVersion go along. When it was written since, it is
 * read again. One whose status or specification moved is deleted all the same; one whose labels, annotations or owners
 * changed may belong to somebody else or be protected by now, so the conflict is thrown and the next pass decides anew.
 */
export async function deleteObject(
  live: KubernetesObject,
  client: ClusterClient,
  { propagation }: { propagation: PropagationPolicy },
): Promise<void> {
  let seen = live;
  for (let attempt = 1; ; attempt += 1) {
    const { uid, resourceVersion } = seen.metadata;
    try {
      await client.delete(resourceKeyOf(seen), {
        propagation,
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt >= ATTEMPTS) throw error;
      const newest = await client.get({
        apiVersion: seen.apiVersion,
        kind: seen.kind,
        namespace: seen.metadata.namespace ?? '',
        name: seen.metadata.name ?? '',
      });
      // What was to be deleted is gone; something new in its place is another matter.
      if (newest === undefined || newest.metadata.uid !== uid || newest.metadata.deletionTimestamp !== undefined)
        return;
      if (claimsOf(newest) !== claimsOf(live)) throw error;
      seen = newest;
    }
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof ClusterError && error.reason === 'Conflict';
}

/** What says to whom an object belongs and whether it may be deleted. */
function claimsOf(object: KubernetesObject): string {
  const { labels = {}, annotations = {}, ownerReferences = [] } = object.metadata;
  return contentHash({ labels, annotations, ownerReferences });
}
