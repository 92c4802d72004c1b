import { cloneJson } from '../../json.ts';
import type { LabelMatcher } from '../../selectors/label-selector.ts';
import type { GroupResource, StoredObject } from '../../storage/internal-client.ts';
import type { ControllerContext } from './controller.ts';
import { resourceId } from './controller.ts';

type OwnerReference = NonNullable<StoredObject['metadata']['ownerReferences']>[number];

export function controllerReference(owner: StoredObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function controllerOf(object: StoredObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/**
 * The objects of a resource that `owner` controls. Ownerless ones its selector matches are adopted, owned ones that it
 * matches no longer are released. An owner that is going away neither adopts nor releases.
 */
export function claimChildren<Child extends StoredObject>(
  { client, orphans }: ControllerContext,
  claim: { owner: StoredObject; resource: GroupResource; matches: LabelMatcher; manager: string },
): Child[] {
  const { owner, resource, matches, manager } = claim;
  const isLeaving = owner.metadata.deletionTimestamp !== undefined;
  const id = resourceId(resource);
  const children: Child[] = [];
  for (const owned of client.ownedBy(owner.metadata.uid)) {
    if (resourceId(owned.resource) !== id || controllerOf(owned.object)?.uid !== owner.metadata.uid) continue;
    if (matches(owned.object.metadata.labels ?? {})) children.push(owned.object as Child);
    else if (!isLeaving) release(owned.object);
  }
  if (isLeaving) return children;
  for (const orphan of [...orphans.in(resource, owner.metadata.namespace ?? '')]) {
    if (orphan.metadata.deletionTimestamp !== undefined || !matches(orphan.metadata.labels ?? {})) continue;
    const adopted = cloneJson(orphan);
    adopted.metadata.ownerReferences = [...(adopted.metadata.ownerReferences ?? []), controllerReference(owner)];
    children.push(client.update(resource, adopted, manager) as Child);
  }
  return children;

  function release(child: StoredObject): void {
    const released = cloneJson(child);
    const kept = (released.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
    if (kept.length > 0) released.metadata.ownerReferences = kept;
    else delete released.metadata.ownerReferences;
    client.update(resource, released, manager);
  }
}
