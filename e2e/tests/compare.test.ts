import { startAdmissionWebhook, until } from '@lockstep/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import {
  applicationPath,
  change,
  configMapPath,
  create,
  createNamespace,
  deploymentPath,
  exists,
  expectSynced,
  live,
  merge,
  post,
  push,
  read,
  refresh,
  registerWebhook,
  remove,
  syncOptionsAnnotation,
  syncStatus,
  untilApplication,
  useRepository,
} from './applications.ts';
import { type ApplicationLike, configMap, deployment } from './fixtures.ts';

/** What counts as a difference, and whose object it is. Every test has an application and a namespace of its own, both called `name`. */
useRepository('compare');

const compareOptions = 'argocd.argoproj.io/compare-options';
const settingsPath = '/api/v1/namespaces/argocd/configmaps/argocd-cm';
const conditions = (app: ApplicationLike): string =>
  (app.status?.conditions ?? []).map(({ type, message }) => `${type}: ${message}`).join('\n');

test('what a webhook changes is a difference only with IncludeMutationWebhook=true', async () => {
  const name = 'webhook-counts';
  const webhook = await startAdmissionWebhook(({ object }) => ({
    allowed: true,
    patch: object === undefined ? [] : [{ op: 'add', path: '/data/injected', value: 'yes' }],
  }));
  await create(name, { 'config.yaml': configMap('settings', { a: '1' }) });
  await expectSynced(name);
  const configuration = await registerWebhook('MutatingWebhookConfiguration', name, webhook.clientConfig, {
    apiGroups: [''],
    resources: ['configmaps'],
  });
  try {
    expect((await refresh(name)).status?.sync?.status).toBe('Synced');
    await change(name, {
      'config.yaml': configMap('settings', { a: '1' }, { [compareOptions]: 'IncludeMutationWebhook=true' }),
    });
    await untilApplication(name, 'OutOfSync', ({ status }) => status?.sync?.status === 'OutOfSync');
    await change(name, { 'config.yaml': configMap('settings', { a: '2' }) });
    await expectSynced(name);
    expect((await live(configMapPath(name, 'settings')))?.data).toEqual({ a: '2', injected: 'yes' });
    expect((await refresh(name)).status?.sync?.status).toBe('Synced');
  } finally {
    await remove(configuration);
    webhook.close();
  }
});

test('differences are ignored by pointer, jq and manager, and a rule that cannot work is named', async () => {
  const name = 'ignored';
  const rules = (ignoreDifferences: object[]) => merge(applicationPath(name), { spec: { ignoreDifferences } });
  await create(name, { 'web.yaml': deployment('web') });
  await expectSynced(name);
  await merge(`${deploymentPath(name, 'web')}?fieldManager=tuner`, {
    spec: { replicas: 3 },
  });
  await untilApplication(name, 'OutOfSync', ({ status }) => status?.sync?.status === 'OutOfSync');
  const isSynced = () => untilApplication(name, 'Synced', ({ status }) => status?.sync?.status === 'Synced');
  const isOut = () => untilApplication(name, 'OutOfSync', ({ status }) => status?.sync?.status === 'OutOfSync');

  await rules([{ group: 'apps', kind: 'Deploy*', jsonPointers: ['/spec/replicas', '/spec/none/0/here'] }]);
  await isSynced();
  await rules([{ group: 'apps', kind: 'Deployment', name: 'other', jsonPointers: ['/spec/replicas'] }]);
  await isOut();
  await rules([{ group: 'apps', kind: 'Deployment', managedFieldsManagers: ['tuner'] }]);
  await isSynced();
  await rules([{ group: '*', kind: 'Deployment', jqPathExpressions: ['.spec[', '.spec.replicas'] }]);
  await untilApplication(
    name,
    'Synced, with the broken rule named',
    (app) => app.status?.sync?.status === 'Synced' && /IgnoreDifferencesWarning: .*`\.spec\[`/.test(conditions(app)),
  );
  await rules([{ group: 'apps', kind: 'Deployment', jqPathExpressions: ['.spec.template'] }]);
  expect(conditions(await isOut())).not.toMatch(/IgnoreDifferencesWarning/);
});

test('a change that the API server would refuse is shown, with its words', async () => {
  const name = 'refused-by-schema';
  const job = (image: string, annotations: object = {}): string =>
    JSON.stringify({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', annotations },
      spec: { suspend: true, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image }] } } },
    });
  await create(name, { 'job.yaml': job('busybox:1.36') });
  await expectSynced(name);
  await change(name, { 'job.yaml': job('busybox:1.37') });
  const app = await untilApplication(name, 'OutOfSync', ({ status }) => status?.sync?.status === 'OutOfSync');
  expect(conditions(app)).toMatch(/ComparisonError: .*Job.*once.*immutable/);
  await change(name, { 'job.yaml': job('busybox:1.37', { [syncOptionsAnnotation]: 'Replace=true,Force=true' }) });
  expect(conditions(await read(name))).not.toMatch(/immutable/);
  expect(await syncStatus(name)).toBe('OutOfSync');
});

test('unknown compare options are named, on the application and on a resource', async () => {
  const name = 'misspelled';
  await create(name, { 'config.yaml': configMap('settings', {}, { [compareOptions]: 'IgnoreExtra' }) });
  await merge(applicationPath(name), {
    metadata: { annotations: { [compareOptions]: 'ServerSideDif=true' } },
  });
  await untilApplication(
    name,
    'both named',
    (app) => /"IgnoreExtra"/.test(conditions(app)) && /"ServerSideDif=true"/.test(conditions(app)),
  );
});

describe('fields that were applied on the client', () => {
  const before = (name: string) =>
    createNamespace(name).then(() =>
      post(`/api/v1/namespaces/${name}/configmaps?fieldManager=kubectl-client-side-apply`, {
        ...(JSON.parse(configMap('settings', { a: '1', b: '2' })) as object),
      }),
    );

  test('are taken over once', async () => {
    const name = 'migrated-once';
    await before(name);
    await create(name, { 'config.yaml': configMap('settings', { a: '1', b: '2' }) });
    await expectSynced(name);
    const first = await live(configMapPath(name, 'settings'));
    for (let round = 0; round < 2; round += 1) await expectSynced(name);
    expect((await live(configMapPath(name, 'settings')))?.metadata.resourceVersion).toBe(
      first?.metadata.resourceVersion,
    );
  });

  test('stay with their manager with ClientSideApplyMigration=false, which is no difference', async () => {
    const name = 'not-migrated';
    await before(name);
    await create(
      name,
      { 'config.yaml': configMap('settings', { a: '1' }) },
      { syncOptions: ['ClientSideApplyMigration=false'] },
    );
    await expectSynced(name);
    const after = await live(configMapPath(name, 'settings'));
    expect(after?.data).toEqual({ a: '1', b: '2' });
    expect(after?.metadata.managedFields?.map(({ manager }) => manager)).toContain('kubectl-client-side-apply');
    expect((await refresh(name)).status?.sync?.status).toBe('Synced');
  });
});

describe('a change of how resources are tracked', () => {
  const setMethod = (method: string | null) =>
    merge(settingsPath, { data: { 'application.resourceTrackingMethod': method } });
  const instance = 'app.kubernetes.io/instance';
  const tracking = 'argocd.argoproj.io/tracking-id';
  const untilLive = (path: string, what: string, condition: (object: Awaited<ReturnType<typeof live>>) => boolean) =>
    until(async () => condition(await live(path)), { what, timeoutMs: 60_000 });
  afterAll(() => setMethod(null));

  test('deletes nothing that only looks like ours, in either direction, and goes on pruning what is', async () => {
    const name = 'tracked';
    const paths = Object.fromEntries(
      ['a', 'b', 'c', 'from-helm'].map((object) => [object, configMapPath(name, object)]),
    ) as Record<'a' | 'b' | 'c' | 'from-helm', string>;
    const all = { 'a.yaml': configMap('a', {}), 'b.yaml': configMap('b', {}), 'c.yaml': configMap('c', {}) };
    await create(name, all, { automated: { prune: true, selfHeal: true } });
    await untilApplication(name, 'Synced', ({ status }) => status?.sync?.status === 'Synced');
    await post(`/api/v1/namespaces/${name}/configmaps?fieldManager=helm`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'from-helm', labels: { [instance]: name } },
    });

    await setMethod('label');
    await untilLive(paths.a, 'a is labelled', (object) => object?.metadata.labels?.[instance] === name);
    await untilLive(paths.c, 'c is labelled', (object) => object?.metadata.labels?.[instance] === name);
    expect(await exists(paths['from-helm'])).toBe(true);
    await push(name, { 'c.yaml': undefined });
    await untilLive(paths.c, 'c is pruned', (object) => object === undefined);
    await untilApplication(name, 'Synced', ({ status }) => status?.sync?.status === 'Synced');
    expect(await exists(paths['from-helm'])).toBe(true);

    await setMethod(null);
    await untilLive(paths.b, 'b is annotated', (object) => object?.metadata.annotations?.[tracking] !== undefined);
    await push(name, { 'b.yaml': undefined });
    await untilLive(paths.b, 'b is pruned', (object) => object === undefined);
    expect([await exists(paths.a), await exists(paths['from-helm'])]).toEqual([true, true]);
  });
});
