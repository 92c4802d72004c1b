import { type Application, type ClusterFacts, IN_CLUSTER_SERVER, resolveDestination } from '@lockstep/core';

/**
 * The shard a cluster belongs to: the one its Secret names (`shard`) where there are that many, ours is in shard 0, any
 * other by a hash of its address (FNV-1a, as Argo CD hashes cluster ids). Adding or removing clusters moves no other.
 */
export function shardOf(cluster: Pick<ClusterFacts, 'server' | 'shard'>, shards: number): number {
  if (cluster.shard !== undefined && cluster.shard < shards) return cluster.shard;
  return cluster.server === IN_CLUSTER_SERVER ? 0 : fnv1a(cluster.server) % shards;
}

/** An application follows its destination. One whose destination names no cluster is in shard 0, which tells it so. */
export function shardOfApplication(
  application: Pick<Application, 'spec'>,
  clusters: () => readonly ClusterFacts[],
  shards: number,
): number {
  if (shards === 1) return 0;
  try {
    return shardOf(resolveDestination(application.spec.destination, clusters()), shards);
  } catch {
    return 0;
  }
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
