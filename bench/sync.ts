// Synchronisation under load, each figure beside a floor measured in the same run:
//   npx tsx bench/sync.ts [--n 500] [--idle 60] [--cluster sandbox|kube]
// The floor is the least any controller can do: the same writes (one server-side apply and one status patch for each
// application) sent straight to the same API server, 16 at a time.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { KubeconfigClient } from '@lockstep/embedded';
import { until, type WorkTree, World } from '@lockstep/testkit';
import { type ApplicationObject, ApplicationWatch, inParallel, percentile, print, requestCounts } from './measure.ts';

const { values } = parseArgs({
  options: {
    n: { type: 'string', default: '500' },
    idle: { type: 'string', default: '60' },
    cluster: { type: 'string', default: 'sandbox' },
  },
});
const count = Number(values.n);
const names = Array.from({ length: count }, (_, index) => `bench-${String(index).padStart(5, '0')}`);
const applications = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications';
const configMaps = '/api/v1/namespaces/bench/configmaps';

const world = await World.start({ args: [`--cluster=${values.cluster}`] });
const emptyController = residentKilobytes(await world.pid('controller'));
try {
  await run(await world.cluster(), await world.repository('bench'));
} finally {
  await world.close();
}

async function run(cluster: KubeconfigClient, repository: WorkTree): Promise<void> {
  await cluster.request('POST', '/api/v1/namespaces', namespace('bench'));
  const watch = await ApplicationWatch.start(cluster, applications);
  const live = await ApplicationWatch.start(cluster, configMaps);
  const floor = await measureFloor(cluster);
  print('floor: apply + status patch, straight', { perSecond: count / floor, msEach: (floor * 1000) / count });

  let commit = await repository.push(files(names, 'first'));
  const first = await phase(cluster, async () => {
    await inParallel(names, 16, async (name) => {
      await cluster.request('POST', applications, application(name, repository.url));
    });
    await until(() => names.every((name) => isSynced(watch.get(name), commit)), {
      what: 'the first sync',
      timeoutMs: 600_000,
    });
  });
  report('first sync of all', first, { units: count, floorSeconds: floor, ownRequests: count });

  const all = await phase(cluster, async () => {
    commit = await repository.push(files(names, 'second'));
    await until(() => names.every((name) => isSynced(watch.get(name), commit)), {
      what: 'the push to all',
      timeoutMs: 600_000,
    });
  });
  report('one commit changes all', all, { units: count, floorSeconds: floor, ownRequests: 0 });

  const latencies: number[] = [];
  const before = await rendererCounts();
  const one = await phase(cluster, async () => {
    for (const [index, name] of names.slice(0, 10).entries()) {
      await repository.push(files([name], `one-${index}`));
      const pushed = performance.now();
      await live.until(name, (object) => value(object) === `one-${index}`);
      latencies.push(performance.now() - pushed);
      await until(() => watch.get(name)?.status?.operationState?.phase === 'Succeeded', {
        what: `${name} to be written`,
      });
    }
  });
  const after = await rendererCounts();
  const singleFloor = await measureSingleFloor(cluster);
  print('one commit changes one', {
    p50ms: percentile(latencies, 0.5),
    maxMs: Math.max(...latencies),
    ratioToOneApply: percentile(latencies, 0.5) / singleFloor,
    requestsEach: one.requests / 10,
    rendersEach: (after.renders - before.renders) / 10,
    gitCallsEach: (after.git - before.git) / 10,
  });

  const heals: number[] = [];
  for (const name of names.slice(20, 60)) {
    const wanted = value(live.get(name));
    await cluster.request('PATCH', `${configMaps}/${name}`, { data: { v: 'drift' } }, 'application/merge-patch+json');
    await live.until(name, (object) => value(object) === 'drift');
    const drifted = performance.now();
    await live.until(name, (object) => value(object) === wanted);
    heals.push(performance.now() - drifted);
    await until(() => isHealed(watch.get(name)), { what: `${name} to be written` });
  }
  print('drift seen and healed', {
    p50ms: percentile(heals, 0.5),
    p99ms: percentile(heals, 0.99),
    ratioToOneApply: percentile(heals, 0.5) / singleFloor,
  });

  const idle = await phase(cluster, () => new Promise((resolve) => setTimeout(resolve, Number(values.idle) * 1000)));
  print('idle', {
    seconds: idle.seconds,
    requestsPerMinute: (idle.requests * 60) / idle.seconds,
    cpuMsPerMinute: (idle.cpuSeconds * 60_000) / idle.seconds,
  });
  await measureRefreshes(cluster);
  const controller = residentKilobytes(await world.pid('controller'));
  print('memory', {
    controllerMiB: controller / 1024,
    kilobytesPerManagedObject: (controller - emptyController) / count,
  });
  await watch.close();
  await live.close();
}

/** Timed refreshes that find nothing, as many as come in ten seconds when each application is due every second. */
async function measureRefreshes(cluster: KubeconfigClient): Promise<void> {
  const settings = '/api/v1/namespaces/argocd/configmaps/argocd-cm';
  const every = (interval: string | null): Promise<unknown> => {
    const data = {
      'timeout.reconciliation': interval,
      'timeout.reconciliation.jitter': interval === null ? null : '0s',
    };
    return cluster.request('PATCH', settings, { data }, 'application/merge-patch+json');
  };
  await every('1s');
  const start = await countOf('controller', 'argocd_app_reconcile_count');
  await until(async () => (await countOf('controller', 'argocd_app_reconcile_count')) > start + count, {
    what: 'the first refresh of all',
  });
  const before = await countOf('controller', 'argocd_app_reconcile_count');
  const gitBefore = (await rendererCounts()).git;
  const result = await phase(cluster, () => new Promise((resolve) => setTimeout(resolve, 10_000)));
  const refreshes = (await countOf('controller', 'argocd_app_reconcile_count')) - before;
  print('timed refresh that finds nothing', {
    perSecond: refreshes / result.seconds,
    requestsEach: result.requests / refreshes,
    gitCallsEach: ((await rendererCounts()).git - gitBefore) / refreshes,
    cpuMsEach: (result.cpuSeconds * 1000) / refreshes,
    ratioToOneGet: (result.cpuSeconds * 1000) / refreshes / (await measureGet(cluster)),
  });
  await every(null);
}

/** Milliseconds of one GET of an Application, nothing else going on; the median of 50. */
async function measureGet(cluster: KubeconfigClient): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 50; index += 1) {
    const started = performance.now();
    await cluster.request('GET', `${applications}/${names[0]}`);
    times.push(performance.now() - started);
  }
  return percentile(times, 0.5);
}

interface Phase {
  seconds: number;
  requests: number;
  cpuSeconds: number;
}

async function phase(cluster: KubeconfigClient, body: () => Promise<unknown>): Promise<Phase> {
  const roles = ['controller', 'renderer', 'api'];
  const cpu = async (): Promise<number> => {
    let total = 0;
    for (const role of roles) total += cpuSeconds(await world.pid(role));
    return total;
  };
  const start = { time: performance.now(), requests: await requestCounts(cluster), cpu: await cpu() };
  await body();
  return {
    seconds: (performance.now() - start.time) / 1000,
    requests: (await requestCounts(cluster)) - start.requests,
    cpuSeconds: (await cpu()) - start.cpu,
  };
}

function report(
  title: string,
  result: Phase,
  facts: { units: number; floorSeconds: number; ownRequests: number },
): void {
  print(title, {
    perSecond: facts.units / result.seconds,
    ratioToFloor: result.seconds / facts.floorSeconds,
    requestsEach: (result.requests - facts.ownRequests) / facts.units,
    cpuMsEach: (result.cpuSeconds * 1000) / facts.units,
  });
}

async function measureFloor(cluster: KubeconfigClient): Promise<number> {
  await cluster.request('POST', '/api/v1/namespaces', namespace('floor'));
  const status = { status: { sync: { status: 'Synced' } } };
  await inParallel(names, 16, async (name) => {
    await cluster.request('POST', applications, {
      ...application(`floor-${name}`, 'https://git.example.com/none.git'),
      metadata: { name: `floor-${name}`, annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' } },
    });
  });
  const started = performance.now();
  await inParallel(names, 16, async (name) => {
    await cluster.apply(`/api/v1/namespaces/floor/configmaps/${name}`, configMap(name, 'first'));
    await cluster.request('PATCH', `${applications}/floor-${name}`, status, 'application/merge-patch+json');
  });
  const seconds = (performance.now() - started) / 1000;
  await inParallel(names, 16, async (name) => void (await cluster.request('DELETE', `${applications}/floor-${name}`)));
  await cluster.request('DELETE', '/api/v1/namespaces/floor');
  return seconds;
}

/** Milliseconds of one apply of one ConfigMap, nothing else going on; the median of 20. */
async function measureSingleFloor(cluster: KubeconfigClient): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 20; index += 1) {
    const started = performance.now();
    await cluster.apply('/api/v1/namespaces/bench/configmaps/single-floor', configMap('single-floor', String(index)));
    times.push(performance.now() - started);
  }
  return percentile(times, 0.5);
}

async function rendererCounts(): Promise<{ renders: number; git: number }> {
  return {
    renders: await countOf('renderer', 'lockstep_render_total'),
    git: await countOf('renderer', 'argocd_git_request_total'),
  };
}

/** The sum of a counter over its labels. */
async function countOf(role: 'controller' | 'renderer', name: string): Promise<number> {
  const text = await world.metrics(role);
  return [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
    (total, match) => total + Number(match[1]),
    0,
  );
}

function isSynced(app: ApplicationObject | undefined, commit: string): boolean {
  return app?.status?.sync?.status === 'Synced' && app.status.sync.revision === commit;
}

function isHealed(app: ApplicationObject | undefined): boolean {
  return app?.status?.sync?.status === 'Synced' && app.status.operationState?.phase === 'Succeeded';
}

function value(object: ApplicationObject | undefined): string | undefined {
  return object?.data?.['v'];
}

function files(folders: string[], text: string): Record<string, string> {
  return Object.fromEntries(folders.map((name) => [`${name}/config.yaml`, JSON.stringify(configMap(name, text))]));
}

function configMap(name: string, text: string): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { v: text, padding: 'x'.repeat(2000) } };
}

function application(name: string, repoURL: string): Record<string, unknown> {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name },
    spec: {
      project: 'default',
      source: { repoURL, path: name, targetRevision: 'main' },
      destination: { name: 'in-cluster', namespace: 'bench' },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
  };
}

function namespace(name: string): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  };
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((total, index) => total + Number(fields[index]), 0) / 100;
}

function residentKilobytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
