import {
  type Application,
  type ApplicationKey,
  appInstanceName,
  projectNameOf,
  resolveDestination,
} from '@lockstep/core';
import type { Redis } from 'ioredis';
import { CleanupStack } from '../cleanup-stack.ts';
import type { Config } from '../config/config.ts';
import type { ClusterConnection, RequestObserver } from '../kubernetes/cluster-connection.ts';
import { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import type { LiveChange } from '../kubernetes/live-cache.ts';
import { versionOf } from '../kubernetes/version-of.ts';
import type { Logger } from '../logger.ts';
import type { ControllerMetrics } from '../metrics.ts';
import { DataLossMonitor } from '../redis/data-loss-monitor.ts';
import { appendEvent, type RepositoryPush, readStream } from '../redis/event-stream.ts';
import { openRedis, redisKeys } from '../redis/redis-connection.ts';
import { RenderCache } from '../renderer/render-cache.ts';
import { scriptProblems } from '../settings/script-problems.ts';
import { JqWorker } from '../tools/jq.ts';
import { LuaWorker } from '../tools/lua.ts';
import { bootstrap } from './bootstrap.ts';
import { Cancelled } from './cancelled.ts';
import type { Cluster } from './cluster.ts';
import { Clusters } from './clusters.ts';
import { ControlPlane, keyOfApplication, textOfKey } from './control-plane.ts';
import { DeploymentStore } from './deployment-store.ts';
import { ReadModels } from './read-models.ts';
import { RenderClient } from './render-client.ts';
import { loadRenderKey } from './render-key.ts';
import { Repositories, type RepositoryMove } from './repositories.ts';
import { repositorySettings } from './repository-credentials.ts';
import { Shard, type ShardOptions } from './shard.ts';
import { ShardLeases } from './shard-leases.ts';
import { shardOf, shardOfApplication } from './shard-of.ts';

const FIGURES_EVERY_MS = 10_000;

/**
 * The controller role: holds shards, watches their clusters and the applications, and reconciles. Everything that happens
 * is a hint to look at applications again; what to do follows from what is seen then.
 */
export class Controller implements AsyncDisposable {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #metrics: ControllerMetrics;
  readonly #stack = new CleanupStack();
  readonly #abort = new AbortController();
  readonly #controlPlane: ControlPlane;
  readonly #redis: Redis;
  readonly #lua = new LuaWorker();
  readonly #jq: JqWorker;
  readonly #clusters: Clusters;
  readonly #leases: ShardLeases;
  readonly #shards = new Map<number, Shard>();
  /** What every shard works with, once all of it is up. */
  readonly #prepared = withResolvers<ShardOptions['parts']>();
  #repositories!: Repositories;
  #renders!: RenderClient;
  #readModels!: ReadModels;
  /** Instance name → key, for what the live cache reports. */
  readonly #byInstance = new Map<string, ApplicationKey>();
  /** What was last written about each cluster. */
  readonly #figures = new WeakMap<Cluster, string>();
  #isReady = false;

  private constructor(options: {
    config: Config;
    connection: ClusterConnection;
    logger: Logger;
    metrics: ControllerMetrics;
    observe: (server: string) => RequestObserver;
  }) {
    const { config, connection, logger, metrics, observe } = options;
    this.#config = config;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#controlPlane = new ControlPlane({
      client: new KubernetesClient(connection),
      namespace: config.namespace,
      logger,
    });
    this.#redis = openRedis(config.redisUrl, { onError: (error) => logger.debug({ err: error }, 'redis') });
    this.#leases = new ShardLeases({
      client: this.#controlPlane.client,
      namespace: config.namespace,
      identity: config.identity,
      shards: config.shards,
      logger,
      serve: (shard, acquiredAt) => this.#serve(shard, acquiredAt),
    });
    this.#jq = this.#stack.use(
      new JqWorker((expression, problem) => logger.warn({ expression, problem }, 'jq expression is skipped')),
    );
    this.#clusters = new Clusters({
      controlPlane: this.#controlPlane,
      lua: this.#lua,
      jq: this.#jq,
      logger,
      observe,
      onChange: (cluster, change) => this.#onLiveChange(cluster, change),
      onEvent: (cluster) => metrics.events.inc({ server: cluster.facts.server }),
      onState: (cluster) => this.#onClusterState(cluster),
      onFacts: (server) => this.#enqueueCluster(server),
      shards: config.shards,
      isHeld: (shard) => this.#leases.isHeld(shard),
    });
  }

  /**
   * Bootstraps, takes the shards that are free, lists everything once and begins to work. Resolves when those shards are
   * served; with none it stands by.
   */
  static async start(options: {
    config: Config;
    connection: ClusterConnection;
    logger: Logger;
    metrics: ControllerMetrics;
    observe: (server: string) => RequestObserver;
  }): Promise<Controller> {
    const controller = new Controller(options);
    try {
      await controller.#start();
      return controller;
    } catch (error) {
      await controller[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** It serves its shards, or stands by for some. */
  get isReady(): boolean {
    return this.#isReady;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isReady = false;
    this.#abort.abort();
    this.#prepared.reject(new Cancelled('the controller stops'));
    await this.#leases[Symbol.asyncDispose]();
    await this.#stack[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    const { client } = this.#controlPlane;
    const { namespace } = this.#config;
    this.#stack.defer(() => this.#redis.disconnect());
    this.#stack.use(this.#controlPlane);
    this.#stack.use(this.#lua);
    this.#stack.use(this.#clusters);

    await bootstrap(client, namespace, this.#logger);
    const key = await loadRenderKey(client, namespace, this.#config.renderKey);
    // Before anything is listed: what is read afterwards shows what the holders before us did.
    await this.#leases.start();
    await this.#controlPlane.start();
    const parts = await this.#buildParts(key);
    this.#listen();
    await this.#watchForDataLoss();
    this.#prepared.resolve(parts);
    await this.#leases.settled();
    this.#isReady = true;
  }

  /** The lease of a shard is ours. Disposing the answer ends all work on it. */
  async #serve(shard: number, acquiredAt: number): Promise<AsyncDisposable> {
    const parts = await this.#prepared.promise;
    await this.#controlPlane.isSeen(acquiredAt);
    const { redisUrl } = this.#config;
    const isHeld = (): boolean => this.#leases.isHeld(shard);
    const served = await Shard.serve({ shard, redisUrl, parts, isHeld, concurrency: this.#config.applicationWorkers });
    this.#shards.set(shard, served);
    this.#shareWorkers();
    for (const application of this.#controlPlane.allApplications()) {
      if (this.#shardOf(application) === shard) this.#enqueue(application);
    }
    return {
      [Symbol.asyncDispose]: async () => {
        this.#shards.delete(shard);
        this.#shareWorkers();
        await served[Symbol.asyncDispose]();
        for (const cluster of this.#clusters.opened()) {
          if (shardOf(cluster.facts, this.#config.shards) === shard)
            this.#metrics.connection.remove({ server: cluster.facts.server });
        }
        await this.#clusters.closeShard(shard);
        for (const application of this.#controlPlane.allApplications())
          if (this.#shardOf(application) === shard) this.#leave(keyOfApplication(application));
      },
    };
  }

  /** The shards of this process share what it may do at once. */
  #shareWorkers(): void {
    const concurrency = Math.ceil(this.#config.applicationWorkers / Math.max(1, this.#shards.size));
    for (const shard of this.#shards.values()) shard.concurrency = concurrency;
  }

  #shardOf(application: Application): number {
    return shardOfApplication(application, () => this.#clusters.facts(), this.#config.shards);
  }

  /** Whether we are the one to look after it. */
  #serves(application: Application): boolean {
    return this.#leases.isHeld(this.#shardOf(application));
  }

  /** Has the application looked at, if that is for us to do. */
  #enqueue(application: Application, version?: string): void {
    const shard = this.#shards.get(this.#shardOf(application));
    if (shard === undefined) return;
    const key = keyOfApplication(application);
    this.#follow(key, application);
    shard.add(key, version);
  }

  #enqueueKey(key: ApplicationKey, version?: string): void {
    const application = this.#controlPlane.application(key);
    if (application !== undefined) this.#enqueue(application, version);
  }

  async #buildParts(key: Buffer): Promise<ShardOptions['parts']> {
    const { redisUrl } = this.#config;
    const controlPlane = this.#controlPlane;
    this.#repositories = this.#stack.use(
      new Repositories({
        redisUrl,
        key,
        logger: this.#logger,
        settings: () => controlPlane.settings(),
        settingsOf: (url, project) =>
          repositorySettings(url, project, controlPlane.secrets.list(), {
            knownHosts: controlPlane.configMap('argocd-ssh-known-hosts-cm')['ssh_known_hosts'] ?? '',
            certificates: controlPlane.configMap('argocd-tls-certs-cm'),
          }),
        onMove: (move) => this.#onMove(move),
        onState: (url, state) => {
          this.#redis.set(redisKeys.repository(url), JSON.stringify(state)).catch(() => {});
          appendEvent(this.#redis, { type: 'repository', namespace: '', name: url, payload: state });
        },
      }),
    );
    this.#renders = this.#stack.use(
      new RenderClient({
        redisUrl,
        cache: new RenderCache(this.#redis, key),
        credentialsOf: (url, project) => this.#repositories.sealedCredentials(url, project),
        changedFiles: async (url, from, to) =>
          (await this.#repositories.ask('', { kind: 'changes', url, from, to }, 30_000)).files,
      }),
    );
    this.#readModels = this.#stack.use(new ReadModels(this.#redis, () => controlPlane.settings()));
    await Promise.all([this.#repositories.ready(), this.#renders.ready()]);
    return {
      controlPlane,
      clusters: this.#clusters,
      repositories: this.#repositories,
      renders: this.#renders,
      deployments: new DeploymentStore(controlPlane.client, this.#logger),
      readModels: this.#readModels,
      redis: this.#redis,
      jq: this.#jq,
      serves: (application) => this.#serves(application),
      logger: this.#logger,
      metrics: this.#metrics,
    };
  }

  async #watchForDataLoss(): Promise<void> {
    this.#stack.use(
      await new DataLossMonitor(this.#redis, () => {
        this.#logger.warn('Redis lost its data; queues and caches are rebuilt');
        this.#repositories.resendCalls();
        this.#renders.resendCalls();
        this.#repositories.recheck();
        this.#readModels.republish();
        this.#enqueueAll();
        for (const cluster of this.#clusters.opened()) this.#publishCluster(cluster);
      }).start(),
    );
  }

  /** What makes us look again. */
  #listen(): void {
    const { applications, projects, secrets, configMaps } = this.#controlPlane;
    for (const application of applications.list()) this.#remember(keyOfApplication(application), application);
    applications.onChange((change) => {
      const key = keyOfApplication(change.item);
      if (!this.#controlPlane.serves(key.namespace)) return;
      this.#remember(key, change.type === 'deleted' ? undefined : change.item);
      const isOurs = this.#serves(change.item);
      if (isOurs) this.#follow(key, change.type === 'deleted' ? undefined : change.item);
      // Whoever looked after it before lets go of it.
      const shards = new Set([this.#shardOf(change.item)]);
      if (change.type === 'modified') shards.add(this.#shardOf(change.previous));
      if (change.own && shards.size === 1) return;
      const version = change.type === 'deleted' ? undefined : versionOf(change.item.metadata);
      for (const shard of shards) this.#shards.get(shard)?.add(key, version);
    });
    projects.onChange(({ item }) => {
      const isGlobal = this.#controlPlane
        .settings()
        .globalProjects.some(({ projectName }) => projectName === item.metadata.name);
      for (const application of this.#controlPlane.allApplications()) {
        if (isGlobal || projectNameOf(application.spec) === item.metadata.name) this.#enqueue(application);
      }
    });
    secrets.onChange(({ item }) => {
      if (item.metadata.labels?.['argocd.argoproj.io/secret-type'] === 'cluster') return;
      this.#repositories.forgetFailures();
      this.#enqueueAll();
    });
    configMaps.onChange(({ item }) => {
      if (['argocd-ssh-known-hosts-cm', 'argocd-tls-certs-cm'].includes(item.metadata.name ?? ''))
        this.#repositories.forgetFailures();
    });
    this.#controlPlane.onSettings(() => this.#enqueueAll());
    this.#reportScripts();
    this.#controlPlane.onSettings(() => this.#reportScripts());
    const figures = setInterval(() => this.#publishFigures(), FIGURES_EVERY_MS).unref();
    this.#stack.defer(() => clearInterval(figures));
    const webhooks = openRedis(this.#config.redisUrl, { blocking: true });
    this.#stack.defer(() => webhooks.disconnect());
    void readStream(webhooks, redisKeys.webhooks, this.#abort.signal, (fields) => this.#onPush(fields['push'] ?? ''));
  }

  /** Scripts that do not parse are told once, when the settings bring them. */
  #reportScripts(): void {
    void scriptProblems(this.#controlPlane.settings(), this.#lua).then((problems) => {
      for (const problem of problems) this.#logger.warn(problem);
    });
  }

  /** A hint from outside: one that cannot be read costs the wait for the next poll, never the process. */
  #onPush(text: string): void {
    try {
      this.#repositories.pushed(JSON.parse(text) as RepositoryPush);
    } catch (error) {
      this.#logger.warn({ err: error }, 'a push could not be read');
    }
  }

  #remember(key: ApplicationKey, application: Application | undefined): void {
    const instance = appInstanceName(key, this.#controlPlane.namespace);
    if (application === undefined) this.#byInstance.delete(instance);
    else this.#byInstance.set(instance, key);
  }

  /** Keeps up with what the application reads and is; undefined: it is gone. */
  #follow(key: ApplicationKey, application: Application | undefined): void {
    this.#repositories.track(key, application);
    this.#describe(key, application);
  }

  /** Another controller looks after it now. */
  #leave(key: ApplicationKey): void {
    this.#follow(key, undefined);
    this.#readModels.leave(key);
    this.#renders.forget(key);
  }

  #onLiveChange(cluster: Cluster, { managedBy, treeOf, own, version }: LiveChange): void {
    for (const instance of treeOf) {
      const key = this.#byInstance.get(instance);
      if (key !== undefined) this.#readModels.touchTree(key);
    }
    if (own) return;
    for (const instance of managedBy) {
      const key = this.#byInstance.get(instance);
      if (key !== undefined && this.#isOn(key, cluster)) this.#enqueueKey(key, version);
    }
  }

  /** Tracking names no cluster: an object of an application of the same name elsewhere is not ours. */
  #isOn(key: ApplicationKey, cluster: Cluster): boolean {
    const destination = this.#controlPlane.application(key)?.spec.destination;
    if (destination === undefined) return false;
    return destination.server === undefined || destination.server === ''
      ? destination.name === cluster.facts.name
      : destination.server.replace(/\/+$/, '') === cluster.facts.server;
  }

  #onMove(move: RepositoryMove): void {
    let affected = 0;
    for (const key of move.applications) {
      if (!this.#renders.isAffected(key, move)) continue;
      affected += 1;
      this.#enqueueKey(key);
    }
    this.#logger.debug(
      {
        repository: move.url,
        revision: move.target.revision,
        to: move.to,
        applications: move.applications.length,
        affected,
      },
      'repository moved',
    );
    appendEvent(this.#redis, {
      type: 'repository',
      namespace: '',
      name: move.url,
      payload: { revision: move.target.revision, from: move.from, to: move.to },
    });
  }

  #onClusterState(cluster: Cluster): void {
    this.#metrics.connection.set({ server: cluster.facts.server }, cluster.state === 'ready' ? 1 : 0);
    this.#publishCluster(cluster);
    if (cluster.state === 'ready' || cluster.state === 'unreachable') this.#enqueueCluster(cluster.facts.server);
  }

  /** The figures of clusters move without a change of state. Written when they did. */
  #publishFigures(): void {
    for (const cluster of this.#clusters.opened()) {
      const text = JSON.stringify(cluster.info);
      if (this.#figures.get(cluster) === text) continue;
      this.#figures.set(cluster, text);
      this.#redis.set(redisKeys.cluster(cluster.facts.server), text).catch(() => {});
    }
  }

  #publishCluster(cluster: Cluster): void {
    const text = JSON.stringify(cluster.info);
    this.#figures.set(cluster, text);
    this.#redis.set(redisKeys.cluster(cluster.facts.server), text).catch(() => {});
    appendEvent(this.#redis, {
      type: 'cluster',
      namespace: '',
      name: cluster.facts.server,
      payload: { status: cluster.info.status, message: cluster.info.message },
    });
  }

  #enqueueCluster(server: string): void {
    const facts = this.#clusters.facts();
    for (const application of this.#controlPlane.allApplications()) {
      let isThere = true;
      try {
        isThere = resolveDestination(application.spec.destination, facts).server === server;
      } catch {
        // It names a cluster that is gone or came back under another name: it must be told.
      }
      if (isThere) this.#enqueue(application);
    }
  }

  #enqueueAll(): void {
    for (const application of this.#controlPlane.allApplications()) this.#enqueue(application);
  }

  readonly #described = new Map<string, Record<string, string>>();

  /** `argocd_app_info`, kept as the applications change. */
  #describe(key: ApplicationKey, application: Application | undefined): void {
    const text = textOfKey(key);
    const before = this.#described.get(text);
    if (application === undefined) {
      if (before !== undefined) this.#metrics.applicationInfo.remove(before);
      this.#described.delete(text);
      return;
    }
    const { spec, status } = application;
    const automated = spec.syncPolicy?.automated;
    const labels = {
      namespace: key.namespace,
      name: key.name,
      project: projectNameOf(spec),
      repo: spec.source?.repoURL ?? spec.sources?.[0]?.repoURL ?? '',
      dest_server: spec.destination.server ?? '',
      dest_namespace: spec.destination.namespace ?? '',
      sync_status: status?.sync?.status ?? 'Unknown',
      health_status: status?.health?.status ?? 'Unknown',
      operation:
        application.metadata.deletionTimestamp !== undefined
          ? 'delete'
          : application.operation !== undefined
            ? 'sync'
            : '',
      autosync_enabled: String(automated !== undefined && automated !== null && automated.enabled !== false),
    };
    if (before !== undefined && isSameText(before, labels)) return;
    if (before !== undefined) this.#metrics.applicationInfo.remove(before);
    this.#described.set(text, labels);
    this.#metrics.applicationInfo.set(labels, 1);
  }
}

function isSameText(a: Record<string, string>, b: Record<string, string>): boolean {
  return Object.entries(b).every(([name, value]) => a[name] === value);
}

/** `Promise.withResolvers`, which Node 20 does not have. Nobody has to wait for it. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
