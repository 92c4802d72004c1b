import { resolveDestination } from '../application/destination.ts';
import { syncServiceAccount } from '../application/sync-service-account.ts';
import type { ReconcileFacts } from './reconcile-facts.ts';
import type { DestinationCluster, ReconcileWorld } from './reconcile-world.ts';

/**
 * The cluster of an application, as whom its project says. Throws `TerminalError` when the destination or the account is
 * wrong, `ClusterError` when the cluster cannot be used now.
 */
export async function openDestination(world: ReconcileWorld, facts: ReconcileFacts): Promise<DestinationCluster> {
  const { project, settings, destinationNamespace: namespace } = facts;
  const { server } = resolveDestination(facts.application.spec.destination, world.clusters());
  const serviceAccount =
    project === undefined ? undefined : syncServiceAccount({ project, destination: { server, namespace }, settings });
  return world.destination(server, serviceAccount === undefined ? {} : { serviceAccount });
}
