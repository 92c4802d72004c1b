import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type KubeconfigClient, openKubeconfig, registerCluster, type Summary, until } from '@lockstep/embedded';
import { ApiClient } from './api-client.ts';
import { WorkTree } from './work-tree.ts';

export interface WorldOptions {
  /** Arguments of `npm start` besides those the world sets. */
  args?: string[];
  /** Put the example applications on the cluster. Default: no. */
  demo?: boolean;
  /** The cluster Lockstep lives in: the sandbox, or a real control plane. Default: LOCKSTEP_TEST_CLUSTER, else the sandbox. */
  cluster?: TestCluster;
  /** Keep the folder of an earlier world: a second start. */
  directory?: string;
  /** Where the project stands; the launcher must have been built (`npm test` does). */
  root?: string;
}

export type TestCluster = 'sandbox' | 'kube';

/**
 * The whole product, started as `npm start` starts it: clusters, Redis, Git server, identity provider and every role
 * as a process of its own. `close` ends all of it and removes its folder.
 */
export class World {
  readonly directory: string;
  readonly summary: Summary;
  readonly api: ApiClient;
  readonly #kind: TestCluster;
  /** Absent when somebody else started this world. */
  readonly #launcher: ChildProcess | undefined;
  readonly #summaryFile: string;
  readonly #workTrees: WorkTree[] = [];
  readonly #clusters = new Map<string, Promise<KubeconfigClient>>();

  private constructor(parts: {
    directory: string;
    summaryFile: string;
    summary: Summary;
    launcher: ChildProcess | undefined;
    kind: TestCluster;
  }) {
    const { directory, summaryFile, summary, launcher, kind } = parts;
    this.directory = directory;
    this.summary = summary;
    this.#summaryFile = summaryFile;
    this.#launcher = launcher;
    this.#kind = kind;
    this.api = new ApiClient(summary.url, { username: 'admin', password: summary.adminPassword ?? '' });
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const root = resolve(options.root ?? join(import.meta.dirname, '../../..'));
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'lockstep-world-')));
    await mkdir(directory, { recursive: true });
    const summaryFile = join(directory, 'summary.json');
    await rm(summaryFile, { force: true });
    const kind = options.cluster ?? clusterOfEnvironment();
    const args = [
      'packages/embedded/dist/main.js',
      `--data-dir=${join(directory, 'state')}`,
      `--summary-file=${summaryFile}`,
      options.demo === true ? '--demo' : '--no-demo',
      '--pod-startup-ms=200',
      `--cluster=${kind}`,
      ...(options.args ?? []),
    ];
    const launcher = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, KUBECONFIG: '', REDIS_URL: '' },
    });
    const log = createWriteStream(join(directory, 'launcher.log'), { flags: 'a' });
    launcher.stdout.pipe(log);
    launcher.stderr.pipe(log);
    const ended = new Promise<never>((_, reject) => {
      launcher.once('exit', (code) => {
        void readFile(join(directory, 'launcher.log'), 'utf8')
          .catch(() => '')
          .then((log) => {
            const end = log.slice(-2000);
            reject(new Error(`npm start ended with ${code} before it was ready; see ${directory}\n${end}`));
          });
      });
    });
    const ready = until(() => existsSync(summaryFile), { timeoutMs: 120_000, what: `the summary in ${directory}` });
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
    const summary = JSON.parse(await readFile(summaryFile, 'utf8')) as Summary;
    return new World({ directory, summaryFile, summary, launcher, kind });
  }

  /** The world that another process started in `directory`, as `provided` there. It ends with that process; see `detach`. */
  static attach({ directory, cluster: kind }: { directory: string; cluster: TestCluster }): World {
    const summaryFile = join(directory, 'summary.json');
    const summary = JSON.parse(readFileSync(summaryFile, 'utf8')) as Summary;
    return new World({ directory, summaryFile, summary, launcher: undefined, kind });
  }

  /** What `attach` takes; it can be sent to another process. */
  get provided(): { directory: string; cluster: TestCluster } {
    return { directory: this.directory, cluster: this.#kind };
  }

  /** The process id of a role as of now; it changes when the role was restarted. */
  async pid(role: string): Promise<number> {
    const { pids } = JSON.parse(await readFile(this.#summaryFile, 'utf8')) as Summary;
    const pid = pids[role];
    if (pid === undefined) throw new Error(`no process is called ${role}; there are ${Object.keys(pids).join(', ')}`);
    return pid;
  }

  /** Kills a role as a crash would; the launcher restarts it. Resolves when its replacement is ready. */
  async kill(role: string): Promise<void> {
    const before = await this.pid(role);
    process.kill(before, 'SIGKILL');
    await until(async () => (await this.pid(role)) !== before, { timeoutMs: 60_000, what: `${role} to be restarted` });
  }

  /** Stops a role without ending it, as a machine does that swaps or sleeps. The answer lets it go on. */
  async suspend(role: string): Promise<() => void> {
    const pid = await this.pid(role);
    process.kill(pid, 'SIGSTOP');
    return () => process.kill(pid, 'SIGCONT');
  }

  /**
   * Drops the history of the home cluster up to now: with etcd by compaction. The sandbox forgets its history when it is
   * started again, so on both a watch cannot resume from an earlier version after `killApiServer`.
   */
  async compact(): Promise<void> {
    if (this.#kind !== 'kube') return;
    const etcd = await readFile(join(this.directory, 'state', 'clusters', 'in-cluster.etcd'), 'utf8');
    const ask = async <T>(path: string, body: object): Promise<T> => {
      const answer = await fetch(`${etcd}${path}`, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    };
    const { header } = await ask<{ header: { revision: string } }>('/v3/kv/range', { key: btoa('/') });
    await ask('/v3/kv/compaction', { revision: header.revision, physical: true });
  }

  /** Kills the API server of the home cluster as a crash would. Resolves when a new one with the same content answers. */
  async killApiServer(): Promise<void> {
    if (this.#kind === 'kube') {
      const file = join(this.directory, 'state', 'clusters', 'in-cluster.pids.json');
      const pid = async (): Promise<number> =>
        (JSON.parse(await readFile(file, 'utf8')) as Record<string, number>)['kube-apiserver'] ?? 0;
      const before = await pid();
      process.kill(before, 'SIGKILL');
      await until(async () => (await pid()) !== before, { what: 'kube-apiserver to be restarted' });
    } else await this.kill('sandbox');
    const client = await this.cluster();
    await until(async () => (await client.request('GET', '/readyz')) !== undefined, { what: 'the API server' });
  }

  /** What every role of this world finds in its environment. */
  async environment(): Promise<{ REDIS_URL: string; LOCKSTEP_RENDER_KEY: string }> {
    const { ports, redisPassword, renderKey } = await this.#state();
    return {
      REDIS_URL: `redis://:${redisPassword}@127.0.0.1:${ports['redis']}`,
      LOCKSTEP_RENDER_KEY: renderKey,
    };
  }

  /** The Prometheus text of a role. */
  async metrics(role: 'api' | 'controller' | 'renderer'): Promise<string> {
    const { ports } = await this.#state();
    return (await fetch(`http://127.0.0.1:${ports[`${role}-metrics`]}/metrics`)).text();
  }

  async #state(): Promise<{ ports: Record<string, number>; redisPassword: string; renderKey: string }> {
    return JSON.parse(await readFile(join(this.directory, 'state', 'state.json'), 'utf8')) as never;
  }

  /** A client of one of the clusters, with its administrator's rights. */
  async cluster(name = 'in-cluster'): Promise<KubeconfigClient> {
    const file = this.summary.kubeconfigs[name];
    if (file === undefined)
      throw new Error(`no cluster is called ${name}; there are ${Object.keys(this.summary.kubeconfigs).join(', ')}`);
    const open = this.#clusters.get(name) ?? openKubeconfig(file);
    this.#clusters.set(name, open);
    return open;
  }

  /** Registers one of the other embedded clusters as a destination, as the demonstration does. */
  async registerCluster(name: string): Promise<void> {
    const [client, cluster] = [await this.cluster(), await this.cluster(name)];
    await registerCluster({ client, namespace: 'argocd', name, cluster });
  }

  /** Starts one more process of a role beside the launcher's, as a second replica; the answer ends it. */
  startAnother(role: 'controller' | 'renderer', environment: NodeJS.ProcessEnv): ChildProcess {
    return spawn(
      process.execPath,
      [
        '--enable-source-maps',
        'apps/server/dist/main.js',
        'serve',
        `--roles=${role}`,
        '--namespace=argocd',
        ...(role === 'renderer' ? [] : [`--kubeconfig=${this.summary.kubeconfigs['in-cluster']}`]),
        `--data-dir=${join(this.directory, `another-${role}`)}`,
      ],
      { stdio: 'ignore', env: { ...process.env, ...environment } },
    );
  }

  /** A clone of a repository of the embedded Git server; created when it does not exist. */
  async repository(name: string): Promise<WorkTree> {
    const tree = await WorkTree.open(`${this.summary.gitURL}/${name}.git`);
    this.#workTrees.push(tree);
    return tree;
  }

  /** Closes what this object opened; the world goes on. */
  async detach(): Promise<void> {
    for (const tree of this.#workTrees) await tree.remove();
    for (const cluster of this.#clusters.values()) await (await cluster).close();
  }

  /** Ends the launcher as Ctrl-C does and waits for it. With `keep` the folder stays, for a second start. */
  async close({ keep = false } = {}): Promise<void> {
    await this.detach();
    const launcher = this.#launcher;
    if (launcher !== undefined && launcher.exitCode === null) {
      const exited = new Promise<void>((done) => launcher.once('exit', () => done()));
      launcher.kill('SIGINT');
      await exited;
    }
    if (!keep) await rm(this.directory, { recursive: true, force: true });
  }
}

function clusterOfEnvironment(): TestCluster {
  const name = process.env['LOCKSTEP_TEST_CLUSTER'] || 'sandbox';
  if (name !== 'sandbox' && name !== 'kube') throw new Error(`LOCKSTEP_TEST_CLUSTER is sandbox or kube, not "${name}"`);
  return name;
}
