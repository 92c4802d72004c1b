import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until, type WorkTree, World } from '@lockstep/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApplicationLike, application, configMap, hook } from './fixtures.ts';

let world: World;
let repository: WorkTree;

beforeAll(async () => {
  world = await World.start();
  repository = await world.repository('crash');
});
afterAll(() => world?.close());

/** A sync that takes a while: a hook before, three waves, a hook after. */
function slowRelease(folder: string): Record<string, string> {
  const wave = (number: number): Record<string, string> => ({ 'argocd.argoproj.io/sync-wave': String(number) });
  return {
    [`${folder}/migrate.yaml`]: hook('migrate', 'PreSync', 'sleep 1'),
    [`${folder}/one.yaml`]: configMap('one', { folder }, wave(1)),
    [`${folder}/two.yaml`]: hook('two', 'Sync', 'sleep 1'),
    [`${folder}/three.yaml`]: configMap('three', { folder }, wave(3)),
    [`${folder}/verify.yaml`]: hook('verify', 'PostSync', 'sleep 1'),
  };
}

async function startSync(name: string): Promise<void> {
  await repository.push(slowRelease(name));
  await world.api.post('/api/v1/applications', application(name, { repoURL: repository.url }));
  await until(async () => (await read(name)).status?.sync?.status === 'OutOfSync', { what: `${name} to be compared` });
  await world.api.post(`/api/v1/applications/${name}/sync`, {});
}

const read = async (name: string): Promise<ApplicationLike> =>
  (await (
    await world.cluster()
  ).get(`/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`)) as unknown as ApplicationLike;

const exists = async (path: string): Promise<boolean> => (await (await world.cluster()).get(path)) !== undefined;

/** Succeeded, one history entry, and each hook Job was created exactly once. */
async function expectOneSync(name: string): Promise<void> {
  const app = await until(
    async () => {
      const current = await read(name);
      return current.status?.operationState?.finishedAt !== undefined && current.status.sync?.status === 'Synced'
        ? current
        : undefined;
    },
    { what: `the sync of ${name} to finish`, timeoutMs: 60_000 },
  );
  expect(app.status?.operationState?.phase).toBe('Succeeded');
  expect(app.status?.history).toHaveLength(1);
  const events = (await (await world.cluster()).request('GET', `/api/v1/namespaces/${name}/events`)) as {
    items: { reason: string; count?: number; involvedObject: { kind: string; name: string; uid: string } }[];
  };
  for (const job of ['migrate', 'two', 'verify']) {
    const jobs = new Set(
      events.items
        .filter(({ involvedObject: o }) => o.kind === 'Job' && o.name === job)
        .map(({ involvedObject: o }) => o.uid),
    );
    expect([job, jobs.size]).toEqual([job, 1]);
  }
}

test.each(['controller', 'renderer', 'api'])(
  'a sync completes once although the %s is killed in the middle',
  async (role) => {
    const name = `kill-${role}`;
    await startSync(name);
    await until(() => exists(`/apis/batch/v1/namespaces/${name}/jobs/migrate`), { what: 'the hook to start' });
    await world.kill(role);
    await expectOneSync(name);
  },
);

test('a sync completes once although the controller is killed at each of ten points', async () => {
  const name = 'ten-kills';
  const job = (hookName: string): string => `/apis/batch/v1/namespaces/${name}/jobs/${hookName}`;
  const isDone = async (hookName: string): Promise<boolean> => {
    const object = (await (await world.cluster()).get(job(hookName))) as
      | { status?: { succeeded?: number } }
      | undefined;
    return object?.status?.succeeded === 1;
  };
  const points: [what: string, isReached: () => Promise<boolean>][] = [
    ['the operation is stored', async () => (await read(name)).status?.operationState !== undefined],
    ['the namespace is there', () => exists(`/api/v1/namespaces/${name}`)],
    ['the first hook has started', () => exists(job('migrate'))],
    ['the first hook has ended', () => isDone('migrate')],
    ['the first wave is applied', () => exists(`/api/v1/namespaces/${name}/configmaps/one`)],
    ['the second hook has started', () => exists(job('two'))],
    ['the second hook has ended', () => isDone('two')],
    ['the last wave is applied', () => exists(`/api/v1/namespaces/${name}/configmaps/three`)],
    ['the last hook has started', () => exists(job('verify'))],
    ['the last hook has ended', () => isDone('verify')],
  ];
  await startSync(name);
  for (const [what, isReached] of points) {
    await until(isReached, { what, timeoutMs: 60_000 });
    await world.kill('controller');
  }
  await expectOneSync(name);
}, 300_000);

test('a sync completes once although Redis loses everything in the middle', async () => {
  await startSync('flushed');
  await until(() => exists('/apis/batch/v1/namespaces/flushed/jobs/migrate'), { what: 'the hook to start' });
  const state = JSON.parse(await readFile(join(world.directory, 'state', 'state.json'), 'utf8')) as {
    ports: { redis: number };
    redisPassword: string;
  };
  const redis = new Redis({ host: '127.0.0.1', port: state.ports.redis, password: state.redisPassword });
  await redis.flushall();
  await redis.quit();
  await expectOneSync('flushed');
});
