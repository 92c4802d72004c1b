import type { ChildProcess } from 'node:child_process';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shardOf } from '../src/controller/shard-of.ts';
import { KubernetesClient } from '../src/kubernetes/kubernetes-client.ts';
import { ControllerWorld, configMap, connectionTo, isSynced } from './support/controller-world.ts';
import { eventually } from './support/scripted-api-server.ts';

/** A hook that leaves one Job behind for every time it was started. */
const hook = (application: string): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: ${application}-\n  labels: {of: ${application}}\n  annotations:\n    argocd.argoproj.io/hook: PreSync\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: main, image: busybox, command: [sh, -c, "sleep 1"]}]\n`;

const here = ['here-1', 'here-2', 'here-3'];
const there = ['there-1', 'there-2', 'there-3'];
const all = [...here, ...there];

let world: ControllerWorld;
let other: Sandbox;
let remote: KubernetesClient;
const closed: AsyncDisposable[] = [];
beforeAll(async () => {
  world = await ControllerWorld.create({ controllers: true });
  await world.stopController();
  other = await startSandbox({ name: 'other', controllers: true, podStartupMs: 50 });
  const connection = connectionTo(other);
  closed.push(connection);
  remote = new KubernetesClient(connection);
  const web = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } };
  await world.apply(web, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cluster-other', namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
    stringData: {
      name: 'other',
      server: other.url,
      shard: '1',
      config: JSON.stringify({
        bearerToken: other.token('admin'),
        tlsClientConfig: { caData: Buffer.from(other.ca).toString('base64') },
      }),
    },
  } as never);
  await remote.create(web);
});
afterAll(async () => {
  for (const each of closed) await each[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
  await other?.close();
});

/** Puts the same value into every application; answers the commit. */
function commit(value: string): string {
  return world.git.commit(
    Object.fromEntries(
      all.flatMap((name) => [
        [`${name}/cm.yaml`, configMap(name, { v: value })],
        [`${name}/hook.yaml`, hook(name)],
      ]),
    ),
  );
}

async function holders(): Promise<string[]> {
  const leases = await world.client.list(
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
    { namespace: 'argocd' },
  );
  return leases
    .sort((a, b) => (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''))
    .map((lease) => (lease as { spec?: { holderIdentity?: string } }).spec?.holderIdentity ?? '');
}

const pidOf = (identity: string | undefined): number => Number(identity?.split('_')[1]);

/** Every application runs this commit, was deployed `times` times, and its hook was started as often. */
async function expectDeployed(revision: string, times: number): Promise<void> {
  for (const name of all) {
    const application = await world.until(
      name,
      (each) => isSynced(each) && each.status?.sync?.revision === revision && each.status.history?.length === times,
      60_000,
    );
    expect(application.status?.operationState?.phase).toBe('Succeeded');
  }
  const jobs = await Promise.all(
    [world.client, remote].map((client) => client.list({ apiVersion: 'batch/v1', kind: 'Job' }, { namespace: 'web' })),
  );
  const started = jobs.flat().map(({ metadata }) => metadata.labels?.['of']);
  expect(Object.fromEntries(all.map((name) => [name, started.filter((of) => of === name).length]))).toEqual(
    Object.fromEntries(all.map((name) => [name, times])),
  );
}

describe('two controllers and two clusters', () => {
  let first: ChildProcess;
  let second: ChildProcess;

  it('are all served by one that is alone, and divided as another joins, while a sync runs', async () => {
    const revision = commit('1');
    first = await world.spawnController(['--shards=2']);
    expect((await holders()).map(pidOf)).toEqual([first.pid, first.pid]);
    await world.apply(
      ...here.map((name) => world.application(name)),
      ...there.map((name) => world.application(name, { destination: { name: 'other', namespace: 'web' } })),
    );
    second = await world.spawnController(['--shards=2']);
    await eventually(
      'each has one',
      async () => new Set((await holders()).map(pidOf)).size === 2 && !(await holders()).includes(''),
      30_000,
    );
    await expectDeployed(revision, 1);
  }, 120_000);

  it('sync every application exactly once', async () => {
    const revision = commit('2');
    await world.push(revision);
    await expectDeployed(revision, 2);
  }, 120_000);

  it('lose nothing when one is killed in the middle of its syncs', async () => {
    const revision = commit('3');
    await world.push(revision);
    const [, holder] = await holders();
    const [killed, left] = pidOf(holder) === first.pid ? [first, second] : [second, first];
    await world.until('there-2', ({ status }) => status?.operationState?.phase === 'Running', 20_000);
    killed.kill('SIGKILL');
    await expectDeployed(revision, 3);
    expect((await holders()).map(pidOf)).toEqual([left.pid, left.pid]);
    first = left;
  }, 120_000);

  it('do no harm when one was stopped like a debugger does, and goes on after another took over', async () => {
    const revision = commit('4');
    await world.push(revision);
    await world.until('here-2', ({ status }) => status?.operationState?.phase === 'Running', 20_000);
    first.kill('SIGSTOP');
    second = await world.spawnController(['--shards=2']);
    await expectDeployed(revision, 4);
    expect((await holders()).map(pidOf)).toEqual([second.pid, second.pid]);
    first.kill('SIGCONT');
    await eventually('it has its share again', async () => new Set((await holders()).map(pidOf)).size === 2, 40_000);
    await expectDeployed(revision, 4);
    const next = commit('5');
    await world.push(next);
    await expectDeployed(next, 5);
  }, 180_000);
});

describe('shardOf', () => {
  it('keeps to what the Secret says, to shard 0 for our own cluster, and to a hash of the address for the others', () => {
    expect(shardOf({ server: 'https://a', shard: 2 }, 3)).toBe(2);
    expect(shardOf({ server: 'https://kubernetes.default.svc' }, 3)).toBe(0);
    const shards = Array.from({ length: 300 }, (_, index) => shardOf({ server: `https://c${index}.example` }, 3));
    for (const shard of [0, 1, 2]) expect(shards.filter((each) => each === shard).length).toBeGreaterThan(60);
    // There are only two now.
    expect(shardOf({ server: 'https://a', shard: 2 }, 2)).toBe(shardOf({ server: 'https://a' }, 2));
  });
});
