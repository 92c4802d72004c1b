import { type ClusterFacts, resolveDestination } from '../application/destination.ts';
import { formatResourceKey, type ResourceKey } from '../kubernetes/resource-key.ts';
import { appInstanceName } from '../kubernetes/tracking.ts';
import type { ReconcileFacts } from './reconcile-facts.ts';
import type { ReconcileWorld } from './reconcile-world.ts';

/**
 * Which other applications want an object in the same cluster, by what their status lists. Read once, when first asked:
 * few comparisons ever need it.
 */
export function claimantsIn(
  world: ReconcileWorld,
  facts: ReconcileFacts,
  cluster: ClusterFacts,
): (key: ResourceKey) => Iterable<string> {
  let claims: Map<string, string[]> | undefined;
  return (key) => {
    claims ??= readClaims(world, facts, cluster);
    return claims.get(formatResourceKey(key)) ?? [];
  };
}

function readClaims(world: ReconcileWorld, facts: ReconcileFacts, cluster: ClusterFacts): Map<string, string[]> {
  const claims = new Map<string, string[]>();
  for (const application of world.allApplications()) {
    const { name, namespace } = application.metadata;
    if (name === undefined || namespace === undefined) continue;
    if (name === facts.key.name && namespace === facts.key.namespace) continue;
    if (serverOf(application.spec.destination, world) !== cluster.server) continue;
    const instanceName = appInstanceName({ name, namespace }, world.controlPlaneNamespace);
    for (const resource of application.status?.resources ?? []) {
      if (resource.requiresPruning === true || resource.hook === true) continue;
      const key = formatResourceKey({
        group: resource.group ?? '',
        kind: resource.kind ?? '',
        namespace: resource.namespace ?? '',
        name: resource.name ?? '',
      });
      const known = claims.get(key);
      if (known === undefined) claims.set(key, [instanceName]);
      else known.push(instanceName);
    }
  }
  return claims;
}

/** Undefined where the destination cannot be resolved: nothing is there. */
function serverOf(destination: Parameters<typeof resolveDestination>[0], world: ReconcileWorld): string | undefined {
  try {
    return resolveDestination(destination, world.clusters()).server;
  } catch {
    return undefined;
  }
}
