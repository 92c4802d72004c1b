import { contentHash } from '../kubernetes/content-hash.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';

/**
 * The key under which the answer of a dry run is kept. It holds everything the answer depends on that we can see: the
 * target, and the live object without its status, resourceVersion, generation and the times of its managed fields, so
 * that a busy status does not cost a dry run. Other managers' fields stay in, since they decide what a removal does.
 */
export function diffKey(input: { target: KubernetesObject; live: KubernetesObject; fieldManager: string }): string {
  return `${input.fieldManager}/${contentHash(input.target)}/${liveHash(input.live)}`;
}

const liveHashes = new WeakMap<KubernetesObject, string>();

function liveHash(live: KubernetesObject): string {
  const known = liveHashes.get(live);
  if (known !== undefined) return known;
  const { status: _status, metadata, ...body } = live;
  const { resourceVersion: _version, generation: _generation, managedFields, ...identity } = metadata;
  const owners = (managedFields ?? [])
    .filter((entry) => entry.subresource !== 'status')
    .map(({ time: _time, ...entry }) => entry);
  const hash = contentHash([body, identity, owners]);
  liveHashes.set(live, hash);
  return hash;
}
