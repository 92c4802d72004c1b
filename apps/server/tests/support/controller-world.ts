import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { Application, KubernetesObject } from '@lockstep/core';
import { type RedisServer, startRedis } from '@lockstep/embedded';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import { CleanupStack } from '../../src/cleanup-stack.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { Controller } from '../../src/controller/controller.ts';
import { ClusterConnection } from '../../src/kubernetes/cluster-connection.ts';
import { Informer } from '../../src/kubernetes/informer.ts';
import { KubernetesClient } from '../../src/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../src/logger.ts';
import { controllerMetrics, createRegistry, rendererMetrics } from '../../src/metrics.ts';
import { announcePush } from '../../src/redis/event-stream.ts';
import { openRedis } from '../../src/redis/redis-connection.ts';
import { deriveKey } from '../../src/redis/sealed-value.ts';
import { Renderer } from '../../src/renderer/renderer.ts';
import { GitFixture } from './git-fixture.ts';

const RENDER_KEY = 'a key for tests';

/** Sandbox, Redis, Git, renderer and controller, in one process. */
export class ControllerWorld implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly git: GitFixture;
  readonly redis: RedisServer;
  readonly config: Config;
  readonly client: KubernetesClient;
  readonly applications: Informer<Application>;
  readonly #connection: ClusterConnection;
  readonly #stack: CleanupStack;
  #controller: Controller | undefined;
  #registry = createRegistry();

  private constructor(
    parts: Pick<ControllerWorld, 'sandbox' | 'git' | 'redis' | 'config' | 'client' | 'applications'> & {
      connection: ClusterConnection;
      stack: CleanupStack;
    },
  ) {
    this.sandbox = parts.sandbox;
    this.git = parts.git;
    this.redis = parts.redis;
    this.config = parts.config;
    this.client = parts.client;
    this.applications = parts.applications;
    this.#connection = parts.connection;
    this.#stack = parts.stack;
  }

  static async create(options: { controllers?: boolean } = {}): Promise<ControllerWorld> {
    const stack = new CleanupStack();
    const directory = mkdtempSync(path.join(tmpdir(), 'lockstep-world-'));
    stack.defer(() => rmSync(directory, { recursive: true, force: true }));
    const sandbox = await startSandbox({
      name: 'in-cluster',
      controllers: options.controllers ?? false,
      podStartupMs: 50,
    });
    stack.defer(() => sandbox.close());
    const redis = await startRedis();
    stack.defer(() => redis.close());
    const git = stack.use(await GitFixture.create());
    const config = readConfig(
      [`--redis-url=${redis.url}`, `--data-dir=${directory}`, `--log-level=${process.env['TEST_LOG'] ?? 'silent'}`],
      { LOCKSTEP_RENDER_KEY: RENDER_KEY },
    );
    const renderer = await Renderer.start({
      config,
      key: deriveKey(RENDER_KEY, 'render'),
      logger: createLogger({ level: config.logLevel, role: 'renderer' }),
      metrics: rendererMetrics(createRegistry()),
    });
    stack.use(renderer);
    const connection = connectionTo(sandbox);
    stack.use(connection);
    const client = new KubernetesClient(connection);
    const applications = new Informer<Application>({
      connection,
      resource: { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', plural: 'applications' },
    });
    const world = new ControllerWorld({ sandbox, git, redis, config, client, applications, connection, stack });
    await world.startController();
    await applications.start();
    stack.use(applications);
    return world;
  }

  async startController(): Promise<void> {
    this.#registry = createRegistry();
    const connection = connectionTo(this.sandbox);
    this.#controller = await Controller.start({
      config: { ...this.config, identity: `test_0_${Math.random()}` },
      connection,
      logger: createLogger({ level: this.config.logLevel, role: 'controller' }),
      metrics: controllerMetrics(this.#registry),
      observe: () => () => {},
    });
  }

  /** A controller in a process of its own, which can be killed. Resolves when it is ready; killed with the world. */
  async spawnController(args: string[] = []): Promise<ChildProcess> {
    const kubeconfig = path.join(this.config.dataDirectory, 'kubeconfig');
    writeFileSync(kubeconfig, this.sandbox.kubeconfig('admin'), { mode: 0o600 });
    const root = path.resolve(import.meta.dirname, '../../../..');
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        path.join(root, 'apps/server/src/main.ts'),
        'serve',
        '--roles=controller',
        `--kubeconfig=${kubeconfig}`,
        `--redis-url=${this.redis.url}`,
        `--data-dir=${this.config.dataDirectory}`,
        '--log-level=info',
        ...args,
      ],
      { cwd: root, env: { ...process.env, LOCKSTEP_RENDER_KEY: RENDER_KEY }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#stack.defer(() => void child.kill('SIGKILL'));
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the controller ended before it was ready')));
      child.stderr?.on('data', (chunk: Buffer) => {
        if (process.env['TEST_LOG'] !== undefined) process.stderr.write(chunk);
        if (chunk.toString().includes('"ready"')) resolve();
      });
    });
    return child;
  }

  async stopController(): Promise<void> {
    await this.#controller?.[Symbol.asyncDispose]();
    this.#controller = undefined;
  }

  /** A metric of the running controller, summed over its labels. */
  async metric(name: string): Promise<number> {
    const text = await this.#registry.metrics();
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Tells the controller what a Git host would. */
  async push(commit: string, before = '0'.repeat(40)): Promise<void> {
    const redis = openRedis(this.redis.url);
    await announcePush(redis, {
      urls: [this.git.url],
      ref: 'refs/heads/main',
      before,
      after: commit,
      defaultBranch: 'main',
    });
    redis.disconnect();
  }

  async apply(...objects: KubernetesObject[]): Promise<void> {
    for (const object of objects) await this.client.create(object);
  }

  application(name: string, spec: Partial<Application['spec']> & { path?: string } = {}): Application {
    const { path: sourcePath, ...rest } = spec;
    return {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name, namespace: 'argocd' },
      spec: {
        project: 'default',
        source: { repoURL: this.git.url, path: sourcePath ?? name, targetRevision: 'main' },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'web' },
        syncPolicy: { automated: { prune: true, selfHeal: true } },
        ...rest,
      },
    };
  }

  async until(name: string, predicate: (application: Application) => boolean, timeout = 15_000): Promise<Application> {
    try {
      return (await this.applications.until(
        { namespace: 'argocd', name },
        (application) => application !== undefined && predicate(application),
        timeout,
      )) as Application;
    } catch (error) {
      const now = this.applications.get('argocd', name);
      throw new Error(
        `${(error as Error).message}; it is ${JSON.stringify({ status: now?.status, operation: now?.operation }, null, 1)}`,
      );
    }
  }

  async configMap(name: string, namespace = 'web'): Promise<Record<string, string> | undefined> {
    return (
      (await this.client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name })) as
        | { data?: Record<string, string> }
        | undefined
    )?.data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopController();
    await this.#stack[Symbol.asyncDispose]();
  }

  get connection(): ClusterConnection {
    return this.#connection;
  }
}

export function connectionTo(sandbox: Sandbox): ClusterConnection {
  const config = new KubeConfig();
  config.loadFromString(sandbox.kubeconfig('admin'));
  return new ClusterConnection(config, { name: 'in-cluster' });
}

export function configMap(name: string, data: Record<string, string>): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n${Object.entries(data)
    .map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`)
    .join('')}`;
}

export const isSynced = (application: Application): boolean =>
  application.status?.sync?.status === 'Synced' && application.status.health?.status === 'Healthy';
