import { type ClusterFacts, IN_CLUSTER_SERVER, type JqEvaluator, TerminalError, WaitingError } from '@lockstep/core';
import { ClusterConnection, type RequestObserver } from '../kubernetes/cluster-connection.ts';
import type { LiveChange } from '../kubernetes/live-cache.ts';
import type { Logger } from '../logger.ts';
import { Cancelled } from './cancelled.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { ANNOTATION_CLUSTER_UID, type IdentityMemory } from './cluster-identity.ts';
import {
  clusterFacts,
  clusterKubeConfig,
  clusterProblems,
  connectionIdentity,
  IN_CLUSTER_FACTS,
  isInsecure,
  registeredClusters,
} from './cluster-secret.ts';
import type { ConfigMap, ControlPlane, Secret } from './control-plane.ts';
import { shardOf } from './shard-of.ts';

export interface ClustersOptions {
  controlPlane: ControlPlane;
  lua: ClusterOptions['lua'];
  jq: JqEvaluator;
  logger: Logger;
  observe: (server: string) => RequestObserver;
  onChange: (cluster: Cluster, change: LiveChange) => void;
  onEvent: (cluster: Cluster) => void;
  onState: (cluster: Cluster) => void;
  /** A cluster was added, changed or removed. */
  onFacts: (server: string) => void;
  /** Into how many shards clusters are divided, and whether this process may serve one of them. */
  shards: number;
  isHeld: (shard: number) => boolean;
}

/**
 * A cluster that its Secret moves to another shard is left alone for so long: the controller that served it may hear of
 * that a moment later than the one that is to.
 */
const MOVE_MS = 15_000;

const IN_CLUSTER_MEMORY = 'argocd-cm';

function uidOn(object: Secret | ConfigMap | undefined): string | undefined {
  return object?.metadata.annotations?.[ANNOTATION_CLUSTER_UID] || undefined;
}

/** Every registered cluster, from labelled Secrets, and our own. Connections open when an application needs one. */
export class Clusters implements AsyncDisposable {
  readonly #options: ClustersOptions;
  readonly #clusters = new Map<string, { cluster: Cluster; identity: string }>();
  /** When those moved between shards may be served, by `performance.now()`. */
  readonly #movedUntil = new Map<string, number>();
  #facts: ClusterFacts[] | undefined;

  constructor(options: ClustersOptions) {
    this.#options = options;
    options.controlPlane.secrets.onChange((change) => {
      const facts = clusterFacts(change.item);
      const before = change.type === 'modified' ? clusterFacts(change.previous) : undefined;
      this.#facts = undefined;
      if (change.type !== 'deleted') this.#warnOf(change.item);
      if (facts !== undefined && before !== undefined && facts.server === before.server) this.#noteMove(before, facts);
      for (const server of new Set([facts?.server, before?.server])) if (server !== undefined) this.#refresh(server);
    });
    options.controlPlane.configMaps.onChange((change) => {
      if (change.item.metadata.name !== IN_CLUSTER_MEMORY) return;
      const before = change.type === 'modified' ? change.previous : undefined;
      if (uidOn(before) !== uidOn(change.item)) this.#clusters.get(IN_CLUSTER_SERVER)?.cluster.reconsider();
    });
    options.controlPlane.onSettings(() => {
      this.#facts = undefined;
      for (const { cluster } of this.#clusters.values()) cluster.reconfigure();
    });
  }

  facts(): readonly ClusterFacts[] {
    if (this.#facts === undefined) {
      const registered = registeredClusters(this.#options.controlPlane.secrets.list()).map(({ facts }) => facts);
      const hasOwn = registered.some(({ server }) => server === IN_CLUSTER_SERVER);
      this.#facts =
        this.#options.controlPlane.settings().inClusterEnabled && !hasOwn
          ? [IN_CLUSTER_FACTS, ...registered]
          : registered;
    }
    return this.#facts;
  }

  /**
   * The cluster with this URL; it exists from now on, but reads nothing before it is woken. Throws `TerminalError` when it is
   * not registered, `WaitingError` when another controller serves it.
   */
  get(server: string): Cluster {
    const key = server.replace(/\/+$/, '');
    const known = this.#clusters.get(key);
    if (known !== undefined) return known.cluster;
    const facts = this.facts().find((candidate) => candidate.server === key);
    if (facts === undefined)
      throw new TerminalError('ClusterUnknown', `cluster "${server}" is not registered`, {
        fix: 'Add a cluster Secret for it',
      });
    const wait = (this.#movedUntil.get(key) ?? 0) - performance.now();
    if (!this.#options.isHeld(shardOf(facts, this.#options.shards)) || wait > 0)
      throw new WaitingError('ClusterElsewhere', `cluster ${facts.name} is not served by this controller now`, {
        retryAfter: Math.max(1_000, wait),
      });
    const secret = this.#secretOf(key);
    const cluster = this.#open(facts, secret);
    this.#clusters.set(key, { cluster, identity: secret === undefined ? '' : connectionIdentity(secret) });
    return cluster;
  }

  /** Those that somebody needed so far. */
  *opened(): IterableIterator<Cluster> {
    for (const { cluster } of this.#clusters.values()) yield cluster;
  }

  /** The shard is given up: nothing of its clusters is read any more. */
  async closeShard(shard: number): Promise<void> {
    const closed = [...this.#clusters].filter(
      ([, { cluster }]) => shardOf(cluster.facts, this.#options.shards) === shard,
    );
    for (const [server] of closed) this.#clusters.delete(server);
    await Promise.all(closed.map(([, { cluster }]) => cluster[Symbol.asyncDispose]()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const clusters = [...this.#clusters.values()];
    this.#clusters.clear();
    await Promise.all(clusters.map(({ cluster }) => cluster[Symbol.asyncDispose]()));
  }

  #open(facts: ClusterFacts, secret: Secret | undefined): Cluster {
    const { controlPlane, lua, jq, logger, observe, onChange, onEvent, onState } = this.#options;
    const config = secret === undefined ? undefined : clusterKubeConfig(secret);
    const connection =
      config === undefined
        ? controlPlane.client.connection
        : new ClusterConnection(config, { name: facts.name, onRequest: observe(facts.server) });
    const isUnchecked = secret !== undefined && isInsecure(secret);
    if (isUnchecked)
      logger.warn(
        { cluster: facts.name, server: facts.server },
        'the certificate of the cluster is not checked (tlsClientConfig.insecure): anybody on the way may read and change everything',
      );
    return new Cluster({
      connection,
      ownsConnection: config !== undefined,
      facts,
      memory: this.#memoryOf(facts.server),
      settings: () => controlPlane.settings(),
      lua,
      jq,
      logger,
      onChange,
      onEvent,
      onState,
    });
  }

  /** An annotation of the cluster's Secret; our own cluster may have none, and then `argocd-cm` carries it. */
  #memoryOf(server: string): IdentityMemory {
    const { controlPlane, logger, isHeld, shards } = this.#options;
    const objectOf = (): Secret | ConfigMap | undefined =>
      this.#secretOf(server) ?? controlPlane.configMaps.get(controlPlane.namespace, IN_CLUSTER_MEMORY);
    const client = controlPlane.client.fenced(() => {
      const facts = this.facts().find((candidate) => candidate.server === server);
      if (facts === undefined || !isHeld(shardOf(facts, shards))) throw new Cancelled(`${server} is not ours`);
    });
    const secret = this.#secretOf(server);
    return {
      namespace: controlPlane.namespace,
      object: secret === undefined ? `configmap ${IN_CLUSTER_MEMORY}` : `secret ${secret.metadata.name}`,
      expected: () => uidOn(objectOf()),
      remember: async (uid) => {
        const { kind = '', metadata } = objectOf() ?? { metadata: {} };
        const { name = '', namespace = '', resourceVersion } = metadata;
        try {
          await client.patch(
            { apiVersion: 'v1', kind, namespace, name },
            {
              type: 'merge',
              body: { metadata: { resourceVersion, annotations: { [ANNOTATION_CLUSTER_UID]: uid } } },
              fieldManager: 'lockstep',
            },
          );
        } catch (error) {
          logger.warn({ cluster: server, err: error }, 'the identity of the cluster could not be stored');
        }
      },
    };
  }

  #update(cluster: Cluster, facts: ClusterFacts): void {
    const before = cluster.facts.annotations?.[ANNOTATION_CLUSTER_UID];
    cluster.facts = facts;
    if (before !== facts.annotations?.[ANNOTATION_CLUSTER_UID]) cluster.reconsider();
  }

  #secretOf(server: string): Secret | undefined {
    return registeredClusters(this.#options.controlPlane.secrets.list()).find(({ facts }) => facts.server === server)
      ?.secret;
  }

  /** New labels need no new connection; new credentials do. */
  #refresh(server: string): void {
    const known = this.#clusters.get(server);
    if (known !== undefined) {
      const secret = this.#secretOf(server);
      const facts = this.facts().find((candidate) => candidate.server === server);
      if (
        facts !== undefined &&
        this.#options.isHeld(shardOf(facts, this.#options.shards)) &&
        (secret === undefined ? '' : connectionIdentity(secret)) === known.identity
      )
        this.#update(known.cluster, facts);
      else {
        this.#clusters.delete(server);
        void known.cluster[Symbol.asyncDispose]();
      }
    }
    this.#options.onFacts(server);
  }

  #warnOf(secret: Secret): void {
    for (const { message } of clusterProblems([secret])) this.#options.logger.warn(message);
  }

  #noteMove(before: ClusterFacts, after: ClusterFacts): void {
    const { shards, onFacts } = this.#options;
    if (shardOf(before, shards) === shardOf(after, shards)) return;
    this.#movedUntil.set(after.server, performance.now() + MOVE_MS);
    setTimeout(() => onFacts(after.server), MOVE_MS + 100).unref();
  }
}
