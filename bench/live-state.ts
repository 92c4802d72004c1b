// What a large cluster costs the controller, beside a floor measured in the same run:
//   npx tsx bench/live-state.ts [--sizes 1000,10000,100000] [--cluster kube|sandbox]
// For each size: reading everything (floor: the same lists parsed and dropped), heap for each object, events for each second
// (floor: the same lines parsed), and one reconciliation of an application of 20 objects (floor: the first size).
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DEFAULT_SETTINGS, type KubernetesObject, reconcileApplication } from '@lockstep/core';
import { Cluster } from '../apps/server/src/controller/cluster.ts';
import type { ClusterConnection } from '../apps/server/src/kubernetes/cluster-connection.ts';
import { KubernetesClient } from '../apps/server/src/kubernetes/kubernetes-client.ts';
import { LiveCache } from '../apps/server/src/kubernetes/live-cache.ts';
import { createLogger } from '../apps/server/src/logger.ts';
import { FakeWorld } from '../packages/core/src/reconcile/fake-world.ts';
import { startBenchCluster } from './bench-cluster.ts';
import { inParallel, median, print } from './measure.ts';
import { shopManifests } from './shop-application.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    cluster: { type: 'string', default: 'kube' },
    events: { type: 'string', default: '20000' },
  },
});
const sizes = values.sizes.split(',').map(Number);
const facts = { server: 'https://kubernetes.default.svc', name: 'in-cluster' };
/** Every fifth object belongs to another application and keeps its body. */
const MANAGED_SHARE = 0.2;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

await using bench = await startBenchCluster(values.cluster);
await using writer = bench.connect();
const client = new KubernetesClient(writer);
for (const name of ['crowd', 'shop']) await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const OWNERS = 100;
const owners = await Promise.all(Array.from({ length: OWNERS }, (_, index) => client.create(replicaSet(index))));

let populated = 0;
let floorOfReconcile: Figures | undefined;
for (const size of sizes) {
  await populate(populated, size);
  populated = size;
  console.log(`\n${size} objects`);
  await measureReading(size);
  const figures = await measureReconcile();
  floorOfReconcile ??= figures;
  for (const [title, microseconds] of Object.entries(figures)) {
    const ratioToFirstSize = microseconds / (floorOfReconcile[title] ?? microseconds);
    print(`reconcile 20 objects: ${title}`, { microseconds, ratioToFirstSize });
  }
}
console.log('');
await measureEvents(Number(values.events));

/** Pods that nobody tracks, and ConfigMaps of other applications. */
async function populate(from: number, to: number): Promise<void> {
  const indexes = Array.from({ length: to - from }, (_, index) => from + index);
  await inParallel(indexes, 32, async (index) => {
    await client.create(index % (1 / MANAGED_SHARE) === 0 ? managed(index) : pod(index));
  });
}

async function measureReading(size: number): Promise<void> {
  await using reader = bench.connect();
  const started = performance.now();
  const kinds = await readAndDrop(reader);
  const floor = (performance.now() - started) / 1000;

  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const cacheStarted = performance.now();
  await using cluster = openCluster(bench.connect());
  await ready(cluster);
  const seconds = (performance.now() - cacheStarted) / 1000;
  collectGarbage();
  const heap = process.memoryUsage().heapUsed - before;
  print('read everything', {
    objectsPerSecond: size / seconds,
    ratioToFloor: seconds / floor,
    kinds,
    heapBytesPerObject: heap / size,
  });
}

/** The floor: every list, in the same pages, parsed and dropped. Answers how many kinds there are. */
async function readAndDrop(connection: ClusterConnection): Promise<number> {
  const { resources } = await new KubernetesClient(connection).discovery();
  const readable = resources.filter(({ verbs }) => verbs.includes('list') && verbs.includes('watch'));
  await Promise.all(
    readable.map(async ({ group, version, plural }) => {
      const path = group === '' ? `/api/${version}/${plural}` : `/apis/${group}/${version}/${plural}`;
      let token: string | undefined;
      do {
        const page = await connection.json<{ metadata: { continue?: string } }>({
          method: 'GET',
          path,
          query: { limit: 500, continue: token },
        });
        token = page.metadata.continue || undefined;
      } while (token !== undefined);
    }),
  );
  return readable.length;
}

type Figures = Record<string, number>;

async function measureReconcile(): Promise<Figures> {
  await using cluster = openCluster(bench.connect());
  await ready(cluster);
  const world = new FakeWorld();
  world.destination = () => Promise.resolve(cluster.destination('web', { fence: () => {}, onWritten: () => {} }));
  world.push('aaaaaaa1', shopManifests());
  const key = world.addApplication({ syncPolicy: { automated: {} } });
  const run = async (): Promise<void> => {
    const { application } = await reconcileApplication(world, key);
    const { sync, conditions = [] } = application?.status ?? {};
    if (sync?.status !== 'Synced') throw new Error(`${sync?.status}: ${JSON.stringify(conditions)}`);
  };
  // The first pass of the first size deploys; those after it come to rest.
  for (let pass = 0; pass < 5; pass += 1) await run();

  const nothing = await timeOf(2_000, run);
  const deployment = [...(cluster.cache?.owned('web') ?? [])].find(({ kind }) => kind === 'Deployment');
  let version = Number.MAX_SAFE_INTEGER - 100_000;
  const oneChange = await timeOf(500, async () => {
    version += 1;
    const live = structuredClone(deployment) as KubernetesObject & { status?: object };
    live.metadata.resourceVersion = String(version);
    live.status = { ...live.status, observedGeneration: version };
    cluster.cache?.absorb(live);
    await run();
  });
  const all = await timeOf(200, async () => {
    world.currentSettings = { ...DEFAULT_SETTINGS };
    await run();
  });
  return { 'nothing changed': nothing, 'a status changed': oneChange, 'all compared anew': all };
}

/** Microseconds, the median. */
async function timeOf(times: number, body: () => Promise<void>): Promise<number> {
  const all: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const started = performance.now();
    await body();
    all.push((performance.now() - started) * 1000);
  }
  return median(all);
}

/** Plays watch events of Pods, as many as asked for, into a live cache that holds all of them. */
async function measureEvents(count: number): Promise<void> {
  await using connection = bench.connect();
  const held = await new KubernetesClient(connection).list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'crowd' });
  const lines: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const object = structuredClone(held[index % held.length]) as KubernetesObject & { status: Record<string, unknown> };
    object.metadata.resourceVersion = String(Number.MAX_SAFE_INTEGER - count + index);
    object.status['podIP'] = `10.0.${Math.floor(index / 250) % 250}.${index % 250}`;
    lines.push(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
  }
  const started = performance.now();
  let parsed = 0;
  for (const line of lines) if (JSON.parse(line) !== undefined) parsed += 1;
  const floor = (performance.now() - started) / 1000;

  let seen = 0;
  let feed: Readable | undefined;
  const stream = connection.stream.bind(connection);
  connection.stream = async (request) => {
    if (request.path !== '/api/v1/pods') return stream(request);
    const pods = new Readable({ read: () => {} });
    request.signal?.addEventListener('abort', () => pods.destroy());
    feed = pods;
    return pods;
  };
  await using cache = new LiveCache({
    client: new KubernetesClient(connection),
    facts: () => facts,
    settings: () => DEFAULT_SETTINGS,
    onChange: () => {},
    onEvent: () => {
      seen += 1;
    },
  });
  await cache.start();
  while (feed === undefined) await delay(1);
  const before = seen;
  const begun = performance.now();
  for (let index = 0; index < lines.length; index += 20) {
    feed.push(lines.slice(index, index + 20).join(''));
    while (index - (seen - before) > 200) await new Promise((resolve) => setImmediate(resolve));
  }
  while (seen - before < parsed) await delay(1);
  const seconds = (performance.now() - begun) / 1000;
  print('watch events of Pods', {
    perSecond: count / seconds,
    ratioToFloor: seconds / floor,
    bytesEach: lines.join('').length / count,
  });
}

function openCluster(connection: ClusterConnection): Cluster {
  return new Cluster({
    connection,
    ownsConnection: true,
    facts,
    settings: () => DEFAULT_SETTINGS,
    logger: createLogger({ level: 'silent', role: 'bench' }),
    memory: { namespace: '', object: 'nothing', expected: () => undefined, remember: () => Promise.resolve() },
    lua: { run: () => Promise.resolve({ type: 'nil' }) },
    onChange: () => {},
    onEvent: () => {},
    onState: () => {},
  });
}

async function ready(cluster: Cluster): Promise<void> {
  const state = await cluster.settled(600_000);
  if (state !== 'ready') throw new Error(`the cluster is ${state}: ${cluster.info.message}`);
}

function managed(index: number): KubernetesObject {
  const name = `other-${index}`;
  const id = `team-${index % 500}:/ConfigMap:crowd/${name}`;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'crowd', annotations: { 'argocd.argoproj.io/tracking-id': id } },
    data: { 'app.conf': 'x'.repeat(1_000) },
  };
}

function pod(index: number): KubernetesObject {
  const owner = owners[index % OWNERS] as KubernetesObject;
  const { name: app = '', uid = '' } = owner.metadata;
  const container = (name: string): object => ({
    name,
    image: `registry.example.com/team/${name}:1.${index % 50}.0`,
    env: Array.from({ length: 6 }, (_, number) => ({ name: `SETTING_${number}`, value: `value-${number}` })),
    resources: { requests: { cpu: '50m', memory: '64Mi' } },
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${app}-${index}`,
      namespace: 'crowd',
      labels: { app },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: app, uid, controller: true }],
    },
    spec: { containers: [container('web'), container('sidecar')], automountServiceAccountToken: false },
  } as KubernetesObject;
}

/** No controller runs that would make its Pods. */
function replicaSet(index: number): KubernetesObject {
  const labels = { app: `app-${index}` };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: `app-${index}`, namespace: 'crowd' },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'registry.example.com/team/web:1' }] },
      },
    },
  };
}
