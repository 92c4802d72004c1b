import { until, type WorkTree, World } from '@lockstep/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApplicationLike, application, configMap, deployment } from './fixtures.ts';

let world: World;
let repository: WorkTree;

beforeAll(async () => {
  world = await World.start();
  repository = await world.repository('loop');
});
afterAll(() => world?.close());

const read = (name: string): Promise<ApplicationLike> => world.api.get(`/api/v1/applications/${name}`);

/** Creates an application for a folder of the repository and returns its name. */
async function create(name: string, spec: Parameters<typeof application>[1] = {}): Promise<string> {
  await world.api.post('/api/v1/applications', application(name, { repoURL: repository.url, path: name, ...spec }));
  return name;
}

const reaches = (name: string, sync: string, health: string): Promise<ApplicationLike> =>
  until(
    async () => {
      const app = await read(name);
      return app.status?.sync?.status === sync && app.status?.health?.status === health ? app : undefined;
    },
    { what: `${name} to be ${sync} and ${health}` },
  );

describe('an application that follows Git', () => {
  test('a push is applied, a change by hand is reverted, and what is removed from Git is pruned', async () => {
    const cluster = await world.cluster();
    await repository.push({
      'follow/web.yaml': deployment('web', { replicas: 1 }),
      'follow/config.yaml': configMap('settings', { a: '1' }),
    });
    await create('follow', { automated: { prune: true, selfHeal: true } });
    await reaches('follow', 'Synced', 'Healthy');

    const commit = await repository.push({ 'follow/web.yaml': deployment('web', { replicas: 2 }) });
    const app = await until(
      async () => {
        const current = await read('follow');
        return current.status?.sync?.revision === commit && current.status.health?.status === 'Healthy'
          ? current
          : undefined;
      },
      { what: 'the push to be applied' },
    );
    expect(app.status?.history?.at(-1)?.revision).toBe(commit);

    const path = '/apis/apps/v1/namespaces/follow/deployments/web';
    await cluster.request('PATCH', path, { spec: { replicas: 5 } }, 'application/merge-patch+json');
    await until(async () => replicas(await cluster.get(path)) === 2, { what: 'the drift to be healed' });

    await repository.push({ 'follow/config.yaml': undefined });
    await until(async () => (await cluster.get('/api/v1/namespaces/follow/configmaps/settings')) === undefined, {
      what: 'the ConfigMap to be pruned',
    });
  });

  test('without automated sync the difference waits for a person', async () => {
    await repository.push({ 'manual/config.yaml': configMap('settings', { a: '1' }) });
    await create('manual');
    await reaches('manual', 'OutOfSync', 'Missing');
    await world.api.post('/api/v1/applications/manual/sync', {});
    await reaches('manual', 'Synced', 'Healthy');
  });

  test('rollback to an earlier entry holds although automated sync is on', async () => {
    const first = await repository.push({ 'rollback/config.yaml': configMap('settings', { version: 'good' }) });
    await create('rollback', { automated: { prune: true } });
    await reaches('rollback', 'Synced', 'Healthy');
    await repository.push({ 'rollback/config.yaml': configMap('settings', { version: 'bad' }) });
    const cluster = await world.cluster();
    const path = '/api/v1/namespaces/rollback/configmaps/settings';
    const version = async (): Promise<unknown> =>
      ((await cluster.get(path))?.['data'] as Record<string, string> | undefined)?.['version'];
    await until(async () => (await version()) === 'bad', { what: 'the bad commit to be applied' });
    const entry = (await read('rollback')).status?.history?.find(({ revision }) => revision === first);
    await world.api.post('/api/v1/applications/rollback/rollback', { id: entry?.id });
    await until(async () => (await version()) === 'good', { what: 'the rollback' });
    await world.api.get('/api/v1/applications/rollback?refresh=normal');
    expect(await version()).toBe('good');
  });
});

describe('bad input', () => {
  test.each([
    [
      'a manifest that does not parse',
      { 'broken/config.yaml': 'kind: ConfigMap\n  metadata: [\n' },
      {},
      /config\.yaml:2/,
    ],
    ['a missing path', {}, { path: 'no-such-folder' }, /no-such-folder/],
    [
      'an unknown kind',
      { 'unknown/thing.yaml': 'apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: x }\n' },
      {},
      /Thing/,
    ],
    ['a repository that does not answer', {}, { repoURL: 'http://127.0.0.1:9/none.git' }, /127\.0\.0\.1:9/],
    [
      'both server and name',
      {},
      { destination: { server: 'https://kubernetes.default.svc', name: 'in-cluster' } },
      /both/,
    ],
    ['neither server nor name', {}, { destination: {} }, /destination/],
  ] as const)('%s is a condition of that application alone', async (title, files, spec, expected) => {
    const name = title.replaceAll(' ', '-').slice(0, 30);
    const moved = Object.fromEntries(Object.entries(files).map(([path, text]) => [path.replace(/^[^/]+/, name), text]));
    if (Object.keys(moved).length > 0) await repository.push(moved);
    const cluster = await world.cluster();
    const body = application(name, { repoURL: repository.url, path: name, ...spec });
    await cluster.apply(`/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`, body);
    await until(async () => (await read(name)).status?.conditions?.some(({ message }) => expected.test(message)), {
      what: `a condition of ${name} that matches ${expected}`,
    });
    expect((await read('follow')).status?.sync?.status).toBe('Synced');
  });
});

const replicas = (object: Record<string, unknown> | undefined): unknown =>
  (object?.['spec'] as { replicas?: number } | undefined)?.replicas;
