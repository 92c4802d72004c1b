import { until } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import {
  applicationPath,
  configMapPath,
  create,
  deploymentPath,
  exists,
  live,
  merge,
  push,
  read,
  repositoryURL,
  untilApplication,
  untilStatus,
  useRepository,
  world,
} from './applications.ts';
import { application, configMap, deployment } from './fixtures.ts';

useRepository('loop');

describe('an application that follows Git', () => {
  test('a push is applied, a change by hand is reverted, and what is removed from Git is pruned', async () => {
    await create(
      'follow',
      { 'web.yaml': deployment('web', { replicas: 1 }), 'config.yaml': configMap('settings', { a: '1' }) },
      { automated: { prune: true, selfHeal: true } },
    );
    await untilStatus('follow', 'Synced', 'Healthy');

    const commit = await push('follow', { 'web.yaml': deployment('web', { replicas: 2 }) });
    const app = await untilApplication(
      'follow',
      'the push to be applied',
      ({ status }) => status?.sync?.revision === commit && status.health?.status === 'Healthy',
    );
    expect(app.status?.history?.at(-1)?.revision).toBe(commit);

    const path = deploymentPath('follow', 'web');
    await merge(path, { spec: { replicas: 5 } });
    await until(async () => (await live(path))?.spec?.['replicas'] === 2, { what: 'the drift to be healed' });

    await push('follow', { 'config.yaml': undefined });
    await until(async () => !(await exists(configMapPath('follow', 'settings'))), {
      what: 'the ConfigMap to be pruned',
    });
  });

  test('without automated sync the difference waits for a person', async () => {
    await create('manual', { 'config.yaml': configMap('settings', { a: '1' }) });
    await untilStatus('manual', 'OutOfSync', 'Missing');
    await world.api.post('/api/v1/applications/manual/sync', {});
    await untilStatus('manual', 'Synced', 'Healthy');
  });

  test('rollback to an earlier entry holds although automated sync is on', async () => {
    await create(
      'rollback',
      { 'config.yaml': configMap('settings', { version: 'good' }) },
      { automated: { prune: true } },
    );
    await untilStatus('rollback', 'Synced', 'Healthy');
    const first = (await read('rollback')).status?.history?.at(-1);
    await push('rollback', { 'config.yaml': configMap('settings', { version: 'bad' }) });
    const version = async (): Promise<string | undefined> =>
      (await live(configMapPath('rollback', 'settings')))?.data?.['version'];
    await until(async () => (await version()) === 'bad', { what: 'the bad commit to be applied' });
    await world.api.post('/api/v1/applications/rollback/rollback', { id: first?.id });
    await until(async () => (await version()) === 'good', { what: 'the rollback' });
    await world.api.get('/api/v1/applications/rollback?refresh=normal');
    expect(await version()).toBe('good');
  });
});

describe('bad input', () => {
  test.each([
    ['a manifest that does not parse', { 'config.yaml': 'kind: ConfigMap\n  metadata: [\n' }, {}, /config\.yaml:2/],
    ['a missing path', {}, { path: 'no-such-folder' }, /no-such-folder/],
    [
      'an unknown kind',
      { 'thing.yaml': 'apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: x }\n' },
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
    if (Object.keys(files).length > 0) await push(name, files);
    const cluster = await world.cluster();
    const body = application(name, { repoURL: repositoryURL(), ...spec });
    await cluster.apply(applicationPath(name), body);
    await untilApplication(name, `a condition that matches ${expected}`, ({ status }) =>
      status?.conditions?.some(({ message }) => expected.test(message)),
    );
    expect((await read('follow')).status?.sync?.status).toBe('Synced');
  });
});
