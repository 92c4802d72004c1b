import { TerminalError } from '../errors.ts';
import type { ApplicationDestination } from './source.ts';

/** What is known about a registered cluster without talking to it. */
export interface ClusterFacts {
  server: string;
  name: string;
  /** Set for a cluster that belongs to one project. */
  project?: string;
  /** Namespaced mode: only these are watched and written. Empty or absent: the whole cluster. */
  namespaces?: string[];
  /** In namespaced mode: cluster-scoped kinds are allowed too. */
  clusterResources?: boolean;
  /** The controller shard it is bound to; absent: any. */
  shard?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** The API server address of the cluster we run in, as Argo CD writes it. */
export const IN_CLUSTER_SERVER = 'https://kubernetes.default.svc';
export const IN_CLUSTER_NAME = 'in-cluster';

/**
 * The cluster a destination names. Throws `TerminalError` with Argo CD's text when the destination names none, two, or
 * one that is not registered.
 */
export function resolveDestination(
  destination: ApplicationDestination,
  clusters: readonly ClusterFacts[],
): ClusterFacts {
  const { server = '', name = '' } = destination;
  if (server !== '' && name !== '') {
    throw invalid(
      `application destination can't have both name and server defined: ${name} ${server}`,
      'Remove spec.destination.name or spec.destination.server',
    );
  }
  if (server === '' && name === '') {
    throw invalid(
      'Destination server missing from app spec',
      'Set spec.destination.server (the API server URL) or spec.destination.name (a registered cluster)',
    );
  }
  if (server !== '') return clusterByServer(server, clusters);
  const named = clusters.filter((cluster) => cluster.name === name);
  if (named.length > 1) {
    throw invalid(
      `there are ${named.length} clusters with the same name: [${named.map((cluster) => cluster.server).join(' ')}]`,
      'Give each cluster its own name, or use spec.destination.server',
    );
  }
  const [cluster] = named;
  if (cluster !== undefined) return cluster;
  throw invalid(`there are no clusters with this name: ${name}`, registeredClusters(clusters));
}

function clusterByServer(server: string, clusters: readonly ClusterFacts[]): ClusterFacts {
  const wanted = withoutTrailingSlash(server);
  const cluster = clusters.find((candidate) => withoutTrailingSlash(candidate.server) === wanted);
  if (cluster !== undefined) return cluster;
  throw invalid(
    `error getting cluster by server "${server}": cluster "${server}" not found`,
    registeredClusters(clusters),
  );
}

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function registeredClusters(clusters: readonly ClusterFacts[]): string {
  if (clusters.length === 0) return 'Register the cluster first: no cluster is registered';
  const known = clusters.map((cluster) => `${cluster.name} (${cluster.server})`).slice(0, 10);
  return `Register the cluster, or use one of: ${known.join(', ')}`;
}

function invalid(message: string, fix: string): TerminalError {
  return new TerminalError('InvalidSpec', message, { fix });
}
