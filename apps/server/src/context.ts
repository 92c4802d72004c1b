import path from 'node:path';
import {
  type Application,
  type ApplicationSet,
  type AppProject,
  type ClusterFacts,
  IN_CLUSTER_SERVER,
  parseSettings,
  TerminalError,
} from '@lockstep/core';
import type { ApiContext, ConfigMap, Secret } from './api/api-context.ts';
import { CleanupStack } from './cleanup-stack.ts';
import type { Config } from './config/config.ts';
import {
  clusterKubeConfig,
  connectionIdentity,
  IN_CLUSTER_FACTS,
  registeredClusters,
} from './controller/cluster-secret.ts';
import { shardOfApplication } from './controller/shard-of.ts';
import { ClusterConnection, type RequestObserver } from './kubernetes/cluster-connection.ts';
import { Informer } from './kubernetes/informer.ts';
import { KubernetesClient } from './kubernetes/kubernetes-client.ts';
import type { Logger } from './logger.ts';
import { ControllerRequests } from './queues/requests-queue.ts';
import { openRedis } from './redis/redis-connection.ts';

const GROUP = { group: 'argoproj.io', version: 'v1alpha1' } as const;
const CORE = { group: '', version: 'v1' } as const;

/** What the API role works with, listed and ready. Disposing closes all of it. */
export async function openApiContext(options: {
  config: Config;
  connection: ClusterConnection;
  logger: Logger;
  version: ApiContext['config']['version'];
  observe: (server: string) => RequestObserver;
}): Promise<ApiContext & AsyncDisposable> {
  const { config, connection, logger, observe } = options;
  const stack = new CleanupStack();
  const client = new KubernetesClient(connection);
  const redis = openRedis(config.redisUrl, { onError: (error) => logger.debug({ err: error }, 'redis') });
  stack.defer(() => redis.disconnect());
  const onError = (error: unknown): void => logger.debug({ err: error }, 'watch of our own objects');
  const { namespace } = config;
  const configMaps = stack.use(
    new Informer<ConfigMap>({
      connection,
      resource: { ...CORE, kind: 'ConfigMap', plural: 'configmaps' },
      namespace,
      onError,
    }),
  );
  const secrets = stack.use(
    new Informer<Secret>({
      connection,
      resource: { ...CORE, kind: 'Secret', plural: 'secrets' },
      namespace,
      fieldSelector: 'type!=lockstep.dev/deployments',
      onError,
    }),
  );
  await Promise.all([configMaps.start(), secrets.start()]);
  const { settings } = parseSettings({
    configMap: configMaps.get(namespace, 'argocd-cm')?.data ?? {},
    parameters: configMaps.get(namespace, 'argocd-cmd-params-cm')?.data ?? {},
  });
  const scope = settings.applicationNamespaces.length > 0 ? {} : { namespace };
  const applications = stack.use(
    new Informer<Application>({
      connection,
      resource: { ...GROUP, kind: 'Application', plural: 'applications' },
      ...scope,
      onError,
    }),
  );
  const projects = stack.use(
    new Informer<AppProject>({
      connection,
      resource: { ...GROUP, kind: 'AppProject', plural: 'appprojects' },
      namespace,
      onError,
    }),
  );
  const applicationSets = stack.use(
    new Informer<ApplicationSet>({
      connection,
      resource: { ...GROUP, kind: 'ApplicationSet', plural: 'applicationsets' },
      ...scope,
      onError,
    }),
  );
  await Promise.all([applications.start(), projects.start(), applicationSets.start()]);
  const clusters = stack.use(new ApiClusters({ client, secrets, isOwnEnabled: settings.inClusterEnabled, observe }));
  return {
    config: {
      namespace,
      host: config.host,
      port: config.port,
      rootPath: config.rootPath,
      staticFolder: config.staticFolder ?? path.resolve(import.meta.dirname, '../../web/dist'),
      applicationNamespaces: settings.applicationNamespaces,
      version: options.version,
      ...(config.trustProxy.length === 0 ? {} : { trustProxy: config.trustProxy }),
    },
    logger,
    redis,
    openBlockingRedis: () => openRedis(config.redisUrl, { blocking: true }),
    controlPlane: client,
    collections: { applications, projects, applicationSets, configMaps, secrets },
    clusters,
    requests: stack.use(
      new ControllerRequests(config.redisUrl, (key, unsaved) => {
        const application = unsaved ?? applications.get(key.namespace, key.name);
        return application === undefined ? 0 : shardOfApplication(application, () => clusters.facts(), config.shards);
      }),
    ),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** Direct access to destination clusters, for what the API reads and writes itself: live objects, events and logs. */
class ApiClusters implements AsyncDisposable {
  readonly #client: KubernetesClient;
  readonly #secrets: Informer<Secret>;
  readonly #isOwnEnabled: boolean;
  readonly #observe: (server: string) => RequestObserver;
  readonly #opened = new Map<
    string,
    { client: KubernetesClient; connection: ClusterConnection | undefined; identity: string }
  >();

  constructor(options: {
    client: KubernetesClient;
    secrets: Informer<Secret>;
    isOwnEnabled: boolean;
    observe: (server: string) => RequestObserver;
  }) {
    this.#client = options.client;
    this.#secrets = options.secrets;
    this.#isOwnEnabled = options.isOwnEnabled;
    this.#observe = options.observe;
  }

  facts(): readonly ClusterFacts[] {
    const registered = registeredClusters(this.#secrets.list()).map(({ facts }) => facts);
    const hasOwn = registered.some(({ server }) => server === IN_CLUSTER_SERVER);
    return this.#isOwnEnabled && !hasOwn ? [IN_CLUSTER_FACTS, ...registered] : registered;
  }

  async client(server: string): Promise<KubernetesClient> {
    const key = server.replace(/\/+$/, '');
    const facts = this.facts().find((candidate) => candidate.server === key);
    if (facts === undefined)
      throw new TerminalError('ClusterUnknown', `cluster "${server}" is not registered`, {
        fix: 'Add a cluster Secret for it',
      });
    const secret = registeredClusters(this.#secrets.list()).find((candidate) => candidate.facts.server === key)?.secret;
    const identity = secret === undefined ? '' : connectionIdentity(secret);
    let opened = this.#opened.get(key);
    if (opened === undefined || opened.identity !== identity) {
      await opened?.connection?.[Symbol.asyncDispose]();
      const config = secret === undefined ? undefined : clusterKubeConfig(secret);
      const connection =
        config === undefined
          ? undefined
          : new ClusterConnection(config, { name: facts.name, onRequest: this.#observe(key) });
      opened = {
        client: connection === undefined ? this.#client : new KubernetesClient(connection),
        connection,
        identity,
      };
      this.#opened.set(key, opened);
    }
    await opened.client.discovery();
    return opened.client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#opened.values()].map(async ({ connection }) => connection?.[Symbol.asyncDispose]()));
  }
}
