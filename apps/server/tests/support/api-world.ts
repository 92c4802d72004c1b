import { KubeConfig } from '@kubernetes/client-node';
import {
  ANNOTATION_REFRESH,
  type Application,
  type ApplicationSet,
  type AppProject,
  customResourceDefinitions,
  IN_CLUSTER_NAME,
  IN_CLUSTER_SERVER,
  type KubernetesObject,
} from '@lockstep/core';
import { type RedisServer, startRedis } from '@lockstep/embedded';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { Redis } from 'ioredis';
import type { ApiContext, ConfigMap, Secret } from '../../src/api/api-context.ts';
import { createApp } from '../../src/api/app.ts';
import type { ApiRequests } from '../../src/api/requests.ts';
import { type ApiServices, createServices } from '../../src/api/services.ts';
import { ensureInitialAdmin } from '../../src/auth/initial-admin.ts';
import { registeredClusters } from '../../src/controller/cluster-secret.ts';
import { ClusterConnection } from '../../src/kubernetes/cluster-connection.ts';
import { Informer } from '../../src/kubernetes/informer.ts';
import { KubernetesClient } from '../../src/kubernetes/kubernetes-client.ts';
import { silentLogger } from '../../src/logger.ts';
import { openRedis, redisKeys } from '../../src/redis/redis-connection.ts';
import type { ApplicationTree, ResourceDiff } from '../../src/store/read-models.ts';

const NAMESPACE = 'argocd';
const ARGO = { group: 'argoproj.io', version: 'v1alpha1' };

/** What a test sets up before the API starts. */
export interface ApiWorldOptions {
  configMap?: Record<string, string>;
  rbac?: Record<string, string>;
  requests?: Partial<ApiRequests>;
  applicationNamespaces?: string[];
}

/**
 * The API role on a real sandbox cluster and a real Redis, without a controller: tests play its part by writing status,
 * and `answerRefreshes` does the one thing every caller waits for.
 */
export class ApiWorld implements AsyncDisposable {
  readonly namespace = NAMESPACE;
  readonly app: FastifyInstance;
  readonly services: ApiServices;
  readonly context: ApiContext;
  readonly kubernetes: KubernetesClient;
  readonly redis: Redis;
  readonly adminPassword: string;
  readonly #close: (() => Promise<unknown>)[];

  private constructor(parts: {
    app: FastifyInstance;
    services: ApiServices;
    context: ApiContext;
    kubernetes: KubernetesClient;
    adminPassword: string;
    close: (() => Promise<unknown>)[];
  }) {
    this.app = parts.app;
    this.services = parts.services;
    this.context = parts.context;
    this.kubernetes = parts.kubernetes;
    this.redis = parts.context.redis;
    this.adminPassword = parts.adminPassword;
    this.#close = parts.close;
  }

  static async start(options: ApiWorldOptions = {}): Promise<ApiWorld> {
    const sandbox: Sandbox = await startSandbox({ name: 'in-cluster', controllers: true, podStartupMs: 20 });
    const redisServer: RedisServer = await startRedis();
    const config = new KubeConfig();
    config.loadFromString(sandbox.kubeconfig('admin'));
    const connection = new ClusterConnection(config);
    const kubernetes = new KubernetesClient(connection);
    for (const definition of customResourceDefinitions()) await kubernetes.create(definition);
    await kubernetes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    await kubernetes.rediscover();
    const partOf = { 'app.kubernetes.io/part-of': 'argocd' };
    const map = (name: string, data: Record<string, string>): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: NAMESPACE, labels: partOf },
      data,
    });
    await kubernetes.create(map('argocd-cm', options.configMap ?? {}));
    await kubernetes.create(map('argocd-rbac-cm', options.rbac ?? {}));
    await kubernetes.create({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'default', namespace: NAMESPACE },
      spec: {
        sourceRepos: ['*'],
        destinations: [{ server: '*', namespace: '*' }],
        clusterResourceWhitelist: [{ group: '*', kind: '*' }],
      },
    });
    const watch = <T extends KubernetesObject>(
      group: string,
      version: string,
      kind: string,
      plural: string,
      namespace?: string,
    ) =>
      new Informer<T>({
        connection,
        resource: { group, version, kind, plural },
        ...(namespace === undefined ? {} : { namespace }),
      }).start();
    const collections = {
      applications: await watch<Application>(ARGO.group, ARGO.version, 'Application', 'applications'),
      projects: await watch<AppProject>(ARGO.group, ARGO.version, 'AppProject', 'appprojects', NAMESPACE),
      applicationSets: await watch<ApplicationSet>(
        ARGO.group,
        ARGO.version,
        'ApplicationSet',
        'applicationsets',
        NAMESPACE,
      ),
      configMaps: await watch<ConfigMap>('', 'v1', 'ConfigMap', 'configmaps', NAMESPACE),
      secrets: await watch<Secret>('', 'v1', 'Secret', 'secrets', NAMESPACE),
    };
    const redis = openRedis(redisServer.url);
    const unanswered = (): Promise<never> => Promise.reject(new Error('no controller answers in this test'));
    const context: ApiContext = {
      config: {
        namespace: NAMESPACE,
        host: '127.0.0.1',
        port: 0,
        rootPath: '',
        applicationNamespaces: options.applicationNamespaces ?? [],
        version: { version: 'v0.0.0-test', Platform: 'test' },
      },
      logger: silentLogger,
      redis,
      openBlockingRedis: () => openRedis(redisServer.url, { blocking: true }),
      controlPlane: kubernetes,
      collections,
      clusters: {
        facts: () => [
          { server: IN_CLUSTER_SERVER, name: IN_CLUSTER_NAME },
          ...registeredClusters(collections.secrets.list()).map(({ facts }) => facts),
        ],
        client: async () => kubernetes,
      },
      requests: {
        plan: unanswered,
        manifests: unanswered,
        historyDiff: unanswered,
        revisionMetadata: unanswered,
        ...options.requests,
      },
    };
    await ensureInitialAdmin(context);
    const services = createServices(context);
    const app = await createApp(context, services);
    await app.ready();
    const initial =
      collections.secrets.get(NAMESPACE, 'argocd-initial-admin-secret') ??
      ((await kubernetes.get({
        apiVersion: 'v1',
        kind: 'Secret',
        namespace: NAMESPACE,
        name: 'argocd-initial-admin-secret',
      })) as Secret);
    return new ApiWorld({
      app,
      services,
      context,
      kubernetes,
      adminPassword: Buffer.from(initial.data?.['password'] ?? '', 'base64').toString('utf8'),
      close: [
        () => app.close(),
        async () => services[Symbol.asyncDispose](),
        async () => redis.disconnect(),
        ...Object.values(collections).map((informer) => async () => informer[Symbol.asyncDispose]()),
        () => connection[Symbol.asyncDispose](),
        () => redisServer.close(),
        () => sandbox.close(),
      ],
    });
  }

  /** A bearer token of an account; `admin` by default. */
  async token(username = 'admin', password = this.adminPassword): Promise<string> {
    return this.services.sessions.logIn(username, password, '127.0.0.1');
  }

  /** One request as a script makes it, with a bearer token. */
  async call(
    token: string | undefined,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
  ) {
    const request: InjectOptions = {
      method,
      url,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    };
    const answer = await this.app.inject(request);
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: answer.body === '' ? undefined : safeJson(answer.body),
    };
  }

  /** An application, visible to the API when this resolves. `status` is written as a controller would. */
  async application(name: string, changes: Partial<Application> = {}): Promise<Application> {
    const application: Application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name, namespace: NAMESPACE, ...changes.metadata },
      spec: {
        project: 'default',
        source: { repoURL: 'https://git.example.com/apps.git', path: name, targetRevision: 'main' },
        destination: { server: IN_CLUSTER_SERVER, namespace: 'shop' },
        ...changes.spec,
      },
      ...(changes.status === undefined ? {} : { status: changes.status }),
    };
    const stored = (await this.kubernetes.create(application)) as Application;
    const key = { namespace: stored.metadata.namespace ?? '', name };
    await this.context.collections.applications.until(key, (seen) => seen !== undefined, 5_000);
    return stored;
  }

  /** Changes an application as a controller (or a person with kubectl) would, and waits until the API has seen it. */
  async patch(name: string, body: Record<string, unknown>, namespace = NAMESPACE): Promise<Application> {
    const stored = (await this.kubernetes.patch(
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', namespace, name },
      { type: 'merge', body },
    )) as Application;
    const { resourceVersion } = stored.metadata;
    await this.context.collections.applications.until(
      { namespace, name },
      (seen) => seen?.metadata.resourceVersion === resourceVersion,
      5_000,
    );
    return stored;
  }

  /** Changes a ConfigMap or Secret of Lockstep's namespace and waits until the API has seen it. */
  async configure(kind: 'ConfigMap' | 'Secret', name: string, data: Record<string, string | null>): Promise<void> {
    const stored = await this.kubernetes.patch(
      { apiVersion: 'v1', kind, namespace: NAMESPACE, name },
      { type: 'merge', body: { data } },
    );
    const collection: ApiContext['collections']['configMaps'] | ApiContext['collections']['secrets'] =
      kind === 'ConfigMap' ? this.context.collections.configMaps : this.context.collections.secrets;
    await collection.until(
      { namespace: NAMESPACE, name },
      (seen) => seen?.metadata.resourceVersion === stored.metadata.resourceVersion,
      5_000,
    );
  }

  /** Publishes what a controller would have found. */
  async publish(name: string, facts: { tree?: Partial<ApplicationTree>; managed?: ResourceDiff[] }): Promise<void> {
    const key = { namespace: NAMESPACE, name };
    if (facts.tree !== undefined) {
      await this.redis.set(redisKeys.tree(key), JSON.stringify(facts.tree));
      await this.redis.xadd(
        redisKeys.events,
        '*',
        'type',
        'tree',
        'namespace',
        NAMESPACE,
        'name',
        name,
        'payload',
        'null',
      );
    }
    if (facts.managed !== undefined) {
      await this.redis.set(redisKeys.managed(key), JSON.stringify(facts.managed));
      await this.redis.xadd(
        redisKeys.events,
        '*',
        'type',
        'managed',
        'namespace',
        NAMESPACE,
        'name',
        name,
        'payload',
        'null',
      );
    }
  }

  /** Takes the refresh annotation off, as a controller does after comparing. Returns how often, and the way to stop. */
  answerRefreshes(): { count: () => number; stop: () => void } {
    let count = 0;
    const stop = this.context.collections.applications.onChange(({ type, item }) => {
      if (type === 'deleted' || item.metadata.annotations?.[ANNOTATION_REFRESH] === undefined) return;
      count += 1;
      this.patch(item.metadata.name ?? '', { metadata: { annotations: { [ANNOTATION_REFRESH]: null } } }).catch(
        () => {},
      );
    });
    return { count: () => count, stop };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#close) await close();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
function safeJson(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
