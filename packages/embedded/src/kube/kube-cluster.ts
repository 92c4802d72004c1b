import { type ChildProcess, spawn } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.ts';
import { KubeApi } from './kube-api.ts';
import { type KubeBinaries, kubeBinaries } from './kube-binaries.ts';
import { NodeStandIn } from './node-stand-in.ts';

export interface KubeClusterOptions {
  /** Runs kube-controller-manager; true by default. Without it nothing makes Pods of a Deployment. */
  controllers?: boolean;
  /** From a Pod's binding until its containers run, on the node stand-in. No nodes when false; 200 ms by default. */
  podStartupMs?: number | false;
  /** Names the cluster in its kubeconfig; `kube` by default. */
  name?: string;
  /** Of the API server; a free one by default. */
  port?: number;
  /** Called after a program was started, `pids` up to date. */
  onStart?(pids: Readonly<Record<string, number>>): void;
  /** Starts the API server again whenever it ends. Off by default: a test that kills it wants it dead. */
  keepApiServer?: boolean;
  /** Further flags of kube-apiserver, such as `--max-requests-inflight=50`. */
  apiServerFlags?: string[];
}

export interface KubeCluster {
  /** Access as a member of system:masters. */
  kubeconfigPath: string;
  /** `https://127.0.0.1:<port>`. */
  url: string;
  /** The bearer token of the kubeconfig. */
  token: string;
  /** The certificate authority, PEM. */
  ca: string;
  /** JSON over HTTP with the same access. */
  api: KubeApi;
  /** Where etcd answers clients: gRPC, and JSON below `/v3`. */
  readonly etcdUrl: string;
  /** What runs, by program. */
  readonly pids: Record<string, number>;
  /** Kills the API server and starts it again on the same port; resolves once it is ready. */
  restartApiServer(): Promise<void>;
  /** Ends everything and removes its folder. */
  close(): Promise<void>;
}

/** Controllers that look after machines, which there are none of. */
const nodeControllers = [
  'node-ipam-controller',
  'node-lifecycle-controller',
  'node-route-controller',
  'cloud-node-lifecycle-controller',
  'service-lb-controller',
  'taint-eviction-controller',
];

/**
 * Starts a real control plane on the loopback interface: etcd (which does not sync to disk, its data is thrown away),
 * kube-apiserver and kube-controller-manager, and a stand-in for nodes. Resolves once the API server is ready, in about
 * three seconds. Throws with the end of a program's log when it does not come up, and with the way to install them when
 * they are not there (see findKubeBinaries for tests that skip themselves).
 */
export async function startKubeCluster(options: KubeClusterOptions = {}): Promise<KubeCluster> {
  const binaries = await kubeBinaries();
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-kube-'));
  const plane = new ControlPlane(binaries, folder, options);
  try {
    await plane.start();
  } catch (error) {
    await plane.close();
    throw error;
  }
  return plane;
}

/** Pause before an API server that ended is started again, so that one that cannot start does not keep a core busy. */
const RESTART_MS = 100;

class ControlPlane implements KubeCluster {
  readonly kubeconfigPath: string;
  readonly token = randomBytes(16).toString('hex');
  readonly pids: Record<string, number> = {};
  url = '';
  ca = '';
  etcdUrl = '';
  readonly #binaries: KubeBinaries;
  readonly #folder: string;
  readonly #options: KubeClusterOptions;
  readonly #children = new Map<string, ChildProcess>();
  #apiServerArguments: string[] = [];
  #api: KubeApi | undefined;
  #nodes: NodeStandIn | undefined;

  constructor(binaries: KubeBinaries, folder: string, options: KubeClusterOptions) {
    this.#binaries = binaries;
    this.#folder = folder;
    this.#options = options;
    this.kubeconfigPath = join(folder, 'kubeconfig.yaml');
  }

  get api(): KubeApi {
    if (this.#api === undefined) throw new Error('the cluster has not started');
    return this.#api;
  }

  async start(): Promise<void> {
    const [etcdPort, peerPort, freePort] = await freePorts(3);
    const apiPort = this.#options.port ?? freePort;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await this.#write('service-account.key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    await this.#write(
      'service-account.pub',
      createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    );
    await this.#write('tokens.csv', `${this.token},lockstep-admin,lockstep-admin,system:masters\n`);
    this.etcdUrl = `http://127.0.0.1:${etcdPort}`;
    this.#spawn('etcd', etcdArguments(this.#folder, this.etcdUrl, `http://127.0.0.1:${peerPort}`));
    this.#apiServerArguments = [
      ...apiServerArguments(this.#folder, this.etcdUrl, apiPort ?? 0),
      ...(this.#options.apiServerFlags ?? []),
    ];
    this.url = `https://127.0.0.1:${apiPort}`;
    this.#spawn('kube-apiserver', this.#apiServerArguments);
    await this.#untilReady();
    await writeFile(this.kubeconfigPath, this.#kubeconfig(), { mode: 0o600 });
    if (this.#options.controllers !== false)
      this.#spawn('kube-controller-manager', controllerManagerArguments(this.#folder, this.kubeconfigPath));
    await this.api.until('/api/v1/namespaces/default', 'the default namespace');
    if (this.#options.podStartupMs !== false) await this.#startNodes(this.#options.podStartupMs ?? 200);
  }

  async restartApiServer(): Promise<void> {
    await this.#kill('kube-apiserver');
    this.#spawn('kube-apiserver', this.#apiServerArguments);
    await this.#untilReady();
  }

  async close(): Promise<void> {
    await this.#nodes?.close();
    await this.#api?.close();
    await Promise.all([...this.#children.keys()].reverse().map((name) => this.#kill(name)));
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #startNodes(podStartupMs: number): Promise<void> {
    this.#nodes = new NodeStandIn({
      api: this.api,
      podStartupMs,
      // The API server does not ask for a kubelet's certificate: its own serves.
      certificate: {
        key: await readFile(join(this.#folder, 'certificates/apiserver.key'), 'utf8'),
        cert: await readFile(join(this.#folder, 'certificates/apiserver.crt'), 'utf8'),
      },
    });
    await this.#nodes.start();
  }

  /** Reads the certificate the API server made for itself, then asks it whether it is ready. */
  async #untilReady(): Promise<void> {
    const what = 'kube-apiserver to be ready';
    try {
      this.ca = await until(() => readFile(join(this.#folder, 'certificates/apiserver.crt'), 'utf8'), { what });
      this.#api ??= new KubeApi(this.url, this.token, this.ca);
      await until(async () => (await this.api.text('/readyz')) === 'ok', { what });
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${await this.#logs()}`, {
        cause: error,
      });
    }
  }

  #spawn(name: 'etcd' | 'kube-apiserver' | 'kube-controller-manager', args: string[]): void {
    const child = spawn(this.#binaries[name], args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(this.#folder, `${name}.log`), { flags: 'a' });
    child.stdout.pipe(log);
    child.stderr.pipe(log, { end: false });
    child.on('error', (error) => log.write(`${error.message}\n`));
    this.#children.set(name, child);
    if (child.pid !== undefined) this.pids[name] = child.pid;
    this.#options.onStart?.(this.pids);
    // A test run that ends without close leaves nothing behind.
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => {
      process.removeListener('exit', end);
      if (name !== 'kube-apiserver' || this.#options.keepApiServer !== true || this.#children.get(name) !== child)
        return;
      setTimeout(() => this.#children.get(name) === child && this.#spawn(name, args), RESTART_MS);
    });
  }

  /** Nothing of it is kept, so nobody is given time to finish. */
  async #kill(name: string): Promise<void> {
    const child = this.#children.get(name);
    if (child === undefined) return;
    this.#children.delete(name);
    delete this.pids[name];
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async #logs(): Promise<string> {
    const ends = await Promise.all(
      [...this.#children].map(async ([name, child]) => {
        const text = await readFile(join(this.#folder, `${name}.log`), 'utf8').catch(() => '');
        const state = child.exitCode === null ? 'running' : `exited with ${child.exitCode}`;
        return `--- ${name} (${state})\n${text.split('\n').slice(-15).join('\n')}`;
      }),
    );
    return ends.join('\n');
  }

  #write(name: string, text: string): Promise<void> {
    return writeFile(join(this.#folder, name), text, { mode: 0o600 });
  }

  #kubeconfig(): string {
    const cluster = { server: this.url, 'certificate-authority-data': Buffer.from(this.ca).toString('base64') };
    const { name = 'kube' } = this.#options;
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster }],
      users: [{ name: 'admin', user: { token: this.token } }],
      contexts: [{ name, context: { cluster: name, user: 'admin' } }],
    });
  }
}

function etcdArguments(folder: string, clientUrl: string, peerUrl: string): string[] {
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--unsafe-no-fsync',
    // It is alone and elects itself.
    '--heartbeat-interval=10',
    '--election-timeout=100',
    '--log-level=warn',
  ];
}

function apiServerArguments(folder: string, etcdUrl: string, port: number): string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${join(folder, 'service-account.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'service-account.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    // Pods need no token of a ServiceAccount that nothing uses.
    '--disable-admission-plugins=ServiceAccount',
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP',
    '--profiling=false',
  ];
}

function controllerManagerArguments(folder: string, kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${['*', ...nodeControllers.map((name) => `-${name}`)].join(',')}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--service-account-private-key-file=${join(folder, 'service-account.key')}`,
    `--root-ca-file=${join(folder, 'certificates/apiserver.crt')}`,
    // Autoscalers look once a second, for those who wait for them.
    '--horizontal-pod-autoscaler-sync-period=1s',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ];
}

/** Ports nobody listens on now. They are held open together, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(async (server) => {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const address = server.address();
        return typeof address === 'object' && address !== null ? address.port : 0;
      }),
    );
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
