import { until } from '@lockstep/testkit';
import { Redis } from 'ioredis';
import { beforeAll, expect, test } from 'vitest';
import {
  applicationPath,
  change,
  configMapPath,
  create,
  exists,
  jobPath,
  live,
  merge,
  read,
  refresh,
  remove,
  startSync,
  sync,
  untilApplication,
  untilStatus,
  useRepository,
  wave,
  world,
} from './applications.ts';
import { configMap, hook } from './fixtures.ts';

/** What is left of a sync when a process, the API server or Redis goes in its middle. */
useRepository('crash');

const stuck = 'stuck';

beforeAll(async () => {
  // A deletion is given a minute before what holds it up is told: begun first, looked at last.
  await create(stuck, { 'held.yaml': configMap('held', {}) });
  await sync(stuck);
  await merge(configMapPath(stuck, 'held'), { metadata: { finalizers: ['example.com/hold'] } });
  await world.api.delete(`/api/v1/applications/${stuck}?cascade=true`);
});

/** A sync that takes a while: a hook before, three waves, a hook after. */
function slowRelease(folder: string): Record<string, string> {
  return {
    'migrate.yaml': hook('migrate', 'PreSync', 'sleep 1'),
    'one.yaml': configMap('one', { folder }, wave(1)),
    'two.yaml': hook('two', 'Sync', 'sleep 1'),
    'three.yaml': configMap('three', { folder }, wave(3)),
    'verify.yaml': hook('verify', 'PostSync', 'sleep 1'),
  };
}

async function startRelease(name: string): Promise<void> {
  await create(name, slowRelease(name));
  await startSync(name);
}

/** Succeeded, one history entry, and each hook Job was created exactly once. */
async function expectOneSync(name: string): Promise<void> {
  const app = await untilApplication(
    name,
    'the sync to finish',
    ({ status }) => status?.operationState?.finishedAt !== undefined && status.sync?.status === 'Synced',
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
    await startRelease(name);
    await until(() => exists(jobPath(name, 'migrate')), { what: 'the hook to start' });
    await world.kill(role);
    await expectOneSync(name);
  },
);

test('a sync completes once although the controller is killed at each of ten points', async () => {
  const name = 'ten-kills';
  const hasStarted = (hookName: string): Promise<boolean> => exists(jobPath(name, hookName));
  const hasEnded = async (hookName: string): Promise<boolean> =>
    (await live(jobPath(name, hookName)))?.status?.['succeeded'] === 1;
  const isApplied = (configMapName: string): Promise<boolean> => exists(configMapPath(name, configMapName));
  const points: [what: string, isReached: () => Promise<boolean>][] = [
    ['the operation is stored', async () => (await read(name)).status?.operationState !== undefined],
    ['the namespace is there', () => exists(`/api/v1/namespaces/${name}`)],
    ['the first hook has started', () => hasStarted('migrate')],
    ['the first hook has ended', () => hasEnded('migrate')],
    ['the first wave is applied', () => isApplied('one')],
    ['the second hook has started', () => hasStarted('two')],
    ['the second hook has ended', () => hasEnded('two')],
    ['the last wave is applied', () => isApplied('three')],
    ['the last hook has started', () => hasStarted('verify')],
    ['the last hook has ended', () => hasEnded('verify')],
  ];
  await startRelease(name);
  for (const [what, isReached] of points) {
    await until(isReached, { what, timeoutMs: 60_000 });
    // The last point may find it finished; at any other a finished sync would make the kill say nothing.
    if (what !== 'the last hook has ended') expect((await read(name)).status?.operationState?.phase).toBe('Running');
    await world.kill('controller');
  }
  await expectOneSync(name);
  // Ten starts of a controller, on whatever else the machine does.
}, 300_000);

test('two controllers at once do no harm: one takes over a sync from the other that sleeps, and a late riser writes nothing', async () => {
  const name = 'two-controllers';
  const holder = async (): Promise<number> => {
    const lease = await live('/apis/coordination.k8s.io/v1/namespaces/argocd/leases/lockstep-controller-0');
    return Number(String(lease?.spec?.['holderIdentity']).split('_')[1]);
  };
  const first = await world.pid('controller');
  const second = world.startAnother('controller', await world.environment());
  try {
    await startRelease(name);
    await until(() => exists(jobPath(name, 'migrate')), { what: 'the hook to start' });
    expect(await holder()).toBe(first);
    const wake = await world.suspend('controller');
    try {
      await until(async () => (await holder()) === second.pid, { what: 'the second controller to take over' });
      await until(() => exists(configMapPath(name, 'one')), { what: 'it to go on with the sync' });
      expect((await read(name)).status?.operationState?.phase).toBe('Running');
    } finally {
      wake();
    }
    await expectOneSync(name);
    expect(await holder()).toBe(second.pid);
  } finally {
    second.kill('SIGTERM');
  }
  await until(async () => (await holder()) === first, { what: 'the first controller to take its turn again' });
  await change(name, { 'one.yaml': configMap('one', { folder: 'changed' }, wave(1)) });
});

test('a sync completes once although Redis loses everything in the middle', async () => {
  await startRelease('flushed');
  await until(() => exists(jobPath('flushed', 'migrate')), { what: 'the hook to start' });
  const redis = new Redis((await world.environment()).REDIS_URL);
  await redis.flushall();
  await redis.quit();
  await expectOneSync('flushed');
});

test('a sync goes on although the API server is killed in its middle', async () => {
  const name = 'outage';
  await create(name, {
    'slow.yaml': hook('slow', 'PreSync', 'sleep 1'),
    'one.yaml': configMap('one', {}, wave(1)),
    'two.yaml': configMap('two', {}, wave(2)),
    'after.yaml': hook('after', 'PostSync', 'echo'),
  });
  const operationOf = await startSync(name);
  await until(() => live(jobPath(name, 'slow')), { what: 'the hook to start' });
  await world.killApiServer();
  const app = await until(
    async () => {
      const current = await read(name);
      return operationOf(current)?.finishedAt === undefined ? undefined : current;
    },
    { what: 'the sync to finish', timeoutMs: 90_000 },
  );
  expect(operationOf(app)?.phase).toBe('Succeeded');
  expect(app.status?.history).toHaveLength(1);
});

test('a watch that must resume from a compacted revision starts over: all drift is seen, nothing is deleted or synced twice', async () => {
  const [drifted, quiet] = ['compacted', 'compacted-quiet'];
  const automated = { prune: true, selfHeal: true };
  await create(
    drifted,
    {
      'kept.yaml': configMap('kept', { v: '1' }),
      'changed.yaml': configMap('changed', { v: '1' }),
      'deleted.yaml': configMap('deleted', { v: '1' }),
    },
    { automated },
  );
  await create(quiet, { 'still.yaml': configMap('still', { v: '1' }) }, { automated });
  for (const name of [drifted, quiet]) await untilStatus(name, 'Synced', 'Healthy');
  const [changed, deleted] = [configMapPath(drifted, 'changed'), configMapPath(drifted, 'deleted')];
  const untouched = async (): Promise<unknown> =>
    Promise.all(
      [configMapPath(drifted, 'kept'), configMapPath(quiet, 'still')].map(async (path) => (await live(path))?.metadata),
    );
  const syncs = async (name: string): Promise<unknown> => {
    const { status } = await read(name);
    return [status?.history?.map(({ id }) => id), status?.operationState?.startedAt];
  };
  const before = {
    objects: await untouched(),
    quiet: await syncs(quiet),
    history: (await read(drifted)).status?.history,
  };
  const uid = (await live(deleted))?.metadata.uid;
  const controller = await world.pid('controller');
  const { resourceVersion } = (await (await world.cluster()).request('GET', '/api/v1/configmaps?limit=1'))[
    'metadata'
  ] as {
    resourceVersion: string;
  };

  // The controller sleeps while the cluster changes, its history is dropped and its watches are cut.
  const wake = await world.suspend('controller');
  try {
    await merge(`${changed}?fieldManager=somebody`, { data: { v: '2' } });
    await remove(deleted);
    await world.compact();
    await world.killApiServer();
    expect(await codeOfWatch(resourceVersion)).toBe(410);
  } finally {
    wake();
  }

  await until(async () => (await live(changed))?.data?.['v'] === '1', { what: 'the drift to be healed' });
  await until(() => exists(deleted), { what: 'the deleted object to be there again' });
  await untilStatus(drifted, 'Synced', 'Healthy');
  expect((await live(deleted))?.metadata.uid).not.toBe(uid);
  // The watch goes on from the new list: the next drift is seen, too.
  await merge(`${changed}?fieldManager=somebody`, { data: { v: '3' } });
  await until(async () => (await live(changed))?.data?.['v'] === '1', { what: 'the next drift to be healed' });
  for (const name of [drifted, quiet]) expect((await refresh(name)).status?.sync?.status).toBe('Synced');
  expect(await untouched()).toEqual(before.objects);
  expect(await syncs(quiet)).toEqual(before.quiet);
  expect((await read(drifted)).status?.history?.length).toBeLessThanOrEqual((before.history?.length ?? 0) + 3);
  expect(await world.pid('controller')).toBe(controller);
});

test('a deletion that a foreign finalizer holds up names it, and goes on once it is removed', async () => {
  await until(
    async () => (await read(stuck)).status?.conditions?.some(({ message }) => /held.*example\.com\/hold/.test(message)),
    { what: 'a condition that names the finalizer', timeoutMs: 90_000 },
  );
  await merge(configMapPath(stuck, 'held'), { metadata: { finalizers: null } });
  await until(async () => (await live(applicationPath(stuck))) === undefined, { what: 'the application to go' });
});

/** What the API server answers to a watch of ConfigMaps that resumes from `resourceVersion`: 410 when it is forgotten. */
async function codeOfWatch(resourceVersion: string): Promise<number | undefined> {
  const answer = await (await world.cluster()).request(
    'GET',
    `/api/v1/configmaps?watch=true&resourceVersion=${resourceVersion}&timeoutSeconds=1`,
  );
  return (answer['object'] as { code?: number } | undefined)?.code;
}
