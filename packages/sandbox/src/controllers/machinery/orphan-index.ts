import type { Change, GroupResource, StoredObject } from '../../storage/internal-client.ts';
import { keyOf, resourceId } from './controller.ts';

/**
 * The objects that no controller owns, by resource and namespace. Adoption by label looks at these alone, so that
 * reconciling one ReplicaSet does not read every Pod of its namespace.
 */
export class OrphanIndex {
  readonly #objects = new Map<string, Map<string, StoredObject>>();
  readonly #tracked: Set<string>;

  constructor(tracked: GroupResource[]) {
    this.#tracked = new Set(tracked.map(resourceId));
  }

  observe({ type, resource, object }: Change): void {
    const id = resourceId(resource);
    if (!this.#tracked.has(id)) return;
    const bucketId = `${id}|${object.metadata.namespace ?? ''}`;
    const isOrphan = type !== 'DELETED' && object.metadata.ownerReferences?.some((owner) => owner.controller) !== true;
    const bucket = this.#objects.get(bucketId);
    if (isOrphan) {
      if (bucket === undefined) this.#objects.set(bucketId, new Map([[keyOf(object), object]]));
      else bucket.set(keyOf(object), object);
    } else if (bucket?.delete(keyOf(object)) === true && bucket.size === 0) this.#objects.delete(bucketId);
  }

  in(resource: GroupResource, namespace: string): Iterable<StoredObject> {
    return this.#objects.get(`${resourceId(resource)}|${namespace}`)?.values() ?? [];
  }
}
