import { findKubeBinaries, KubeApi, startKubeCluster, until } from '@lockstep/embedded';
import { startSandbox } from '@lockstep/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const binaries = await findKubeBinaries();
const missing = binaries === undefined ? ' (no kube-apiserver; pnpm kube:install gets it)' : '';

interface Live {
  kind?: string;
  metadata: { name: string; generation?: number; annotations?: Record<string, string>; finalizers?: string[] };
  spec?: Record<string, unknown>;
  status?: { conditions?: { type: string; status: string; reason?: string }[]; [field: string]: unknown };
}

interface KubeEvent {
  type: string;
  reason: string;
  message: string;
  involvedObject: { kind: string };
  source?: { component?: string };
}

const container = (image: string) => ({ name: 'app', image, ports: [{ name: 'http', containerPort: 8080 }] });
const template = (app: string, image = 'app:1') => ({
  metadata: { labels: { app } },
  spec: { containers: [container(image)] },
});
const workload = (kind: string, name: string, spec: object, image?: string) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, template: template(name, image), ...spec },
});
const job = (name: string, script: string, spec: object = {}, restartPolicy = 'Never') => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    ...spec,
    template: {
      spec: { restartPolicy, containers: [{ name: 'task', image: 'busybox:1', command: ['sh', '-c', script] }] },
    },
  },
});

const apps = '/apis/apps/v1/namespaces/default';
const batch = '/apis/batch/v1/namespaces/default/jobs';
const policy = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

const created: [path: string, body: object][] = [
  [`${apps}/deployments`, workload('Deployment', 'web', { replicas: 3 })],
  [
    `${apps}/deployments`,
    workload('Deployment', 'stuck', { replicas: 2, progressDeadlineSeconds: 2 }, 'app:does-not-exist'),
  ],
  [`${apps}/deployments`, workload('Deployment', 'paused', { replicas: 2, paused: true })],
  [`${apps}/deployments`, workload('Deployment', 'zero', { replicas: 0 })],
  [`${apps}/statefulsets`, workload('StatefulSet', 'db', { replicas: 2, serviceName: 'db' })],
  [`${apps}/daemonsets`, workload('DaemonSet', 'agent', {})],
  [batch, job('good', 'echo')],
  [batch, job('bad', 'exit 3', { backoffLimit: 0 })],
  [batch, job('late', 'sleep 100', { activeDeadlineSeconds: 1 })],
  [batch, job('suspended', 'true', { suspend: true })],
  [batch, job('indexed', 'true', { completions: 3, parallelism: 2, completionMode: 'Indexed' })],
  [batch, job('restarting', 'false', { backoffLimit: 1 }, 'OnFailure')],
  [
    policy,
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web' },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
    },
  ],
];

const compared = [`${apps}/deployments`, `${apps}/statefulsets`, `${apps}/daemonsets`, batch, policy];

/** The same life on either: everything created, settled, three workloads updated, settled again. What is left to see of it. */
async function live(api: KubeApi): Promise<{ statuses: Record<string, unknown>; events: string[] }> {
  for (const [path, body] of created) await api.post(path, body);
  const read = (path: string) => api.get<Live>(path);
  const reason = async (path: string, type: string) =>
    (await read(path)).status?.conditions?.find(
      (condition) => condition.type === type && condition.status !== 'Unknown',
    )?.reason;
  const isRolledOut = async (name: string) => {
    const { metadata, status } = await read(`${apps}/deployments/${name}`);
    return (
      status?.['observedGeneration'] === metadata.generation &&
      (await reason(`${apps}/deployments/${name}`, 'Progressing')) === 'NewReplicaSetAvailable'
    );
  };
  const hasPods = async (path: string, counts: Record<string, number>) => {
    const { metadata, status } = await read(path);
    return (
      status?.['observedGeneration'] === metadata.generation &&
      Object.entries(counts).every(([field, count]) => status?.[field] === count)
    );
  };
  const allReady = { readyReplicas: 2, updatedReplicas: 2, currentReplicas: 2 };
  const settled = async () =>
    (await isRolledOut('web')) &&
    (await hasPods(`${apps}/statefulsets/db`, allReady)) &&
    (await hasPods(`${apps}/daemonsets/agent`, { numberAvailable: 1, updatedNumberScheduled: 1 }));
  await until(settled, { what: 'the workloads' });
  const patch = { spec: { template: { spec: { containers: [container('app:2')] } } } };
  for (const path of ['deployments/web', 'statefulsets/db', 'daemonsets/agent'])
    await api.patch(`${apps}/${path}`, patch);
  await until(settled, { what: 'their update' });
  await until(async () => (await read(`${apps}/deployments/web`)).status?.['replicas'] === 3, {
    what: 'old Pods to go',
  });
  await until(async () => (await reason(`${apps}/deployments/stuck`, 'Progressing')) === 'ProgressDeadlineExceeded', {
    what: 'the deadline',
  });
  for (const name of ['good', 'indexed'])
    await until(() => reason(`${batch}/${name}`, 'Complete'), { what: `${name} to complete` });
  for (const name of ['bad', 'late', 'restarting'])
    await until(() => reason(`${batch}/${name}`, 'Failed'), { what: `${name} to fail` });
  await until(async () => (await read(`${policy}/web`)).status?.['disruptionsAllowed'] === 1, { what: 'the budget' });
  const statuses: Record<string, unknown> = {};
  for (const path of compared) {
    const { items } = await api.get<{ items: Live[] }>(path);
    for (const { metadata, status } of items) {
      const revision = metadata.annotations?.['deployment.kubernetes.io/revision'];
      statuses[`${path.split('/').at(-1)}/${metadata.name}`] = JSON.parse(
        anonymous(JSON.stringify({ revision, generation: metadata.generation, status })),
      );
    }
  }
  const events = await api.get<{ items: KubeEvent[] }>('/api/v1/namespaces/default/events');
  const told = events.items
    .filter(({ involvedObject }) =>
      ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'].includes(involvedObject.kind),
    )
    .map(({ involvedObject, type, reason: why, message, source }) =>
      anonymous(`${involvedObject.kind} ${type} ${why} [${source?.component}] ${message}`),
    );
  // How far a rollout gets between two looks depends on timing: that it scales is compared, not in which steps.
  const lines = told.map((line) => line.replace(/from \d+ to \d+$/, 'from … to …'));
  return { statuses, events: [...new Set(lines)].sort() };
}

/** Times and generated names differ between any two clusters. */
function anonymous(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{6,10}\b/g, '-HASH')
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-POD')
    .replace(/,?"lastProbeTime":null/g, '');
}

describe.skipIf(binaries === undefined)(`the controllers of the sandbox${missing}`, () => {
  let sandboxed: Awaited<ReturnType<typeof live>>;
  let real: Awaited<ReturnType<typeof live>>;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const sandbox = await startSandbox({ name: 'sandbox', controllers: true, podStartupMs: 100 });
    closing.push(() => sandbox.close());
    const api = new KubeApi(sandbox.url, sandbox.token('admin'), sandbox.ca);
    closing.unshift(() => api.close());
    const cluster = await startKubeCluster({ podStartupMs: 100 });
    closing.unshift(() => cluster.close());
    [sandboxed, real] = await Promise.all([live(api), live(cluster.api)]);
  }, 120_000);
  afterAll(async () => {
    for (const close of closing) await close();
  });

  it('leave the same statuses as kube-controller-manager', () => {
    expect(sandboxed.statuses).toEqual(real.statuses);
  });

  it('tell the same in events', () => {
    expect(sandboxed.events).toEqual(real.events);
  });
});
