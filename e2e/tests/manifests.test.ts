import { startAdmissionWebhook, until } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import {
  applicationPath,
  configMapPath,
  create,
  deploymentPath,
  exists,
  type LiveObject,
  live,
  merge,
  messageOf,
  outcomes,
  push,
  read,
  refresh,
  registerWebhook,
  remove,
  results,
  sync,
  untilApplication,
  untilStatus,
  useRepository,
  world,
} from './applications.ts';
import { configMap, deployment, hook } from './fixtures.ts';

/** Applications as teams write them: a base and overlays, and the sync policy that manuals recommend, all of it at once. */
useRepository('manifests');

const base = {
  'base/kustomization.yaml': `resources: [deployment.yaml, service.yaml, settings.yaml]\n`,
  'base/deployment.yaml': deployment('web'),
  'base/service.yaml': `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { component: web }, ports: [{ port: 80 }] }
`,
  'base/settings.yaml': configMap('settings', { level: 'info' }),
};
const overlay = (environment: string, resources = ['../../base']): string => `
resources: ${JSON.stringify(resources)}
namePrefix: ${environment}-
commonLabels: { environment: ${environment}, team: shop }
`;
const production = 'overlays/production/kustomization.yaml';

const recommendedOptions = [
  'PruneLast=true',
  'PrunePropagationPolicy=foreground',
  'Validate=true',
  'ServerSideApply=true',
  'ApplyOutOfSyncOnly=true',
  'RespectIgnoreDifferences=true',
];
const recommended = (name: string): Parameters<typeof create>[2] => ({
  path: `${name}/overlays/production`,
  automated: { prune: true, selfHeal: true, allowEmpty: false },
  syncOptions: recommendedOptions,
  syncPolicy: { retry: { limit: 3, backoff: { duration: '5s', factor: 2, maxDuration: '3m' } } },
  more: {
    ignoreDifferences: [
      {
        group: 'apps',
        kind: 'Deployment',
        jsonPointers: ['/metadata/annotations/sidecar.istio.io~1status', '/spec/replicas'],
      },
    ],
  },
});

/** Creates the application with the recommended policy for its production overlay, and waits until it is there. */
async function createRecommended(name: string): Promise<void> {
  await create(name, { ...base, [production]: overlay('production') }, recommended(name));
  await untilStatus(name, 'Synced', 'Healthy');
}

const startedAt = async (name: string): Promise<string | undefined> =>
  (await read(name)).status?.operationState?.startedAt;

describe('an overlay with the recommended sync policy', () => {
  test('namePrefix and commonLabels reach every object, selector and Pod, and nothing differs afterwards', async () => {
    const name = 'overlay';
    await createRecommended(name);
    const labels = { environment: 'production', team: 'shop' };
    const web = await live(deploymentPath(name, 'production-web'));
    expect(web?.metadata.labels).toMatchObject(labels);
    expect(web?.spec).toMatchObject({
      selector: { matchLabels: { component: 'web', ...labels } },
      template: { metadata: { labels: { component: 'web', ...labels } } },
    });
    const service = await live(`/api/v1/namespaces/${name}/services/production-web`);
    expect(service?.spec).toMatchObject({ selector: { component: 'web', ...labels } });
    expect((await live(configMapPath(name, 'production-settings')))?.metadata.labels).toMatchObject(labels);
    // CreateNamespace=true made it; it is no object of the overlay and gets none of its labels.
    expect((await live(`/api/v1/namespaces/${name}`))?.metadata.labels).not.toHaveProperty('team');

    const before = await startedAt(name);
    expect((await refresh(name)).status?.resources?.map(({ status }) => status)).toEqual([
      'Synced',
      'Synced',
      'Synced',
    ]);
    expect(await startedAt(name)).toBe(before);
  });

  test('the annotation of a sidecar and the replicas of an autoscaler are no drift and outlive a sync; other drift is healed', async () => {
    const name = 'ignored-fields';
    await createRecommended(name);
    const path = deploymentPath(name, 'production-web');
    const before = await startedAt(name);
    await merge(`${path}?fieldManager=istio`, {
      metadata: { annotations: { 'sidecar.istio.io/status': '{"version":"1"}' } },
    });
    await merge(`${path}/scale?fieldManager=autoscaler`, { spec: { replicas: 3 } });
    expect((await refresh(name)).status?.sync?.status).toBe('Synced');
    expect(await startedAt(name)).toBe(before);

    const theirs = (object: LiveObject | undefined): unknown => [
      object?.metadata.annotations?.['sidecar.istio.io/status'],
      object?.spec?.['replicas'],
    ];
    const images = async (): Promise<string> => JSON.stringify((await live(path))?.spec?.['template']);
    const commit = await push(name, { 'base/deployment.yaml': deployment('web', { image: 'nginx:1.30' }) });
    const app = await untilApplication(name, 'synced to the new image', ({ status }) => {
      const state = status?.operationState;
      return (
        state?.finishedAt !== undefined && state.syncResult?.revision === commit && status?.sync?.status === 'Synced'
      );
    });
    expect(await images()).toContain('nginx:1.30');
    expect(theirs(await live(path))).toEqual(['{"version":"1"}', 3]);
    // ApplyOutOfSyncOnly=true: the Service and the ConfigMap were not sent again.
    expect(app.status?.operationState?.syncResult?.resources?.map((result) => result['name'])).toEqual([
      'production-web',
    ]);

    await merge(configMapPath(name, 'production-settings'), { data: { level: 'debug' } });
    await until(async () => (await live(configMapPath(name, 'production-settings')))?.data?.['level'] === 'info', {
      what: 'the ConfigMap to be healed',
    });
    expect(theirs(await live(path))).toEqual(['{"version":"1"}', 3]);
  });

  test('what leaves the overlay is pruned last and in the foreground', async () => {
    const name = 'foreground';
    await create(
      name,
      {
        ...base,
        'overlays/production/old.yaml': deployment('old'),
        [production]: overlay('production', ['../../base', 'old.yaml']),
      },
      recommended(name),
    );
    await untilStatus(name, 'Synced', 'Healthy');
    const cluster = await world.cluster();
    const deployments = `/apis/apps/v1/namespaces/${name}/deployments`;
    const changes = await cluster.watch(deployments, AbortSignal.timeout(60_000));
    const commit = await push(name, {
      'overlays/production/old.yaml': undefined,
      'overlays/production/new.yaml': configMap('new', {}),
      [production]: overlay('production', ['../../base', 'new.yaml']),
    });
    const seen: string[] = [];
    for await (const { type, object } of changes) {
      const { metadata } = object as LiveObject;
      if (metadata?.name !== 'production-old') continue;
      if (metadata.deletionTimestamp !== undefined) seen.push(...(metadata.finalizers ?? []));
      if (type === 'DELETED') break;
    }
    expect(seen).toContain('foregroundDeletion');
    const app = await untilApplication(
      name,
      'the sync to finish',
      ({ status }) => status?.operationState?.finishedAt !== undefined && status.sync?.revision === commit,
    );
    expect(app.status?.operationState?.syncResult?.resources?.map((result) => result['name'])).toEqual([
      'production-new',
      'production-old',
    ]);
  });

  test('a field that does not exist is refused with its name, and the live object stays', async () => {
    const name = 'validated';
    await createRecommended(name);
    await push(name, { 'base/deployment.yaml': deployment('web').replace('"replicas"', '"replica"') });
    const app = await untilApplication(name, 'the mistake to be told', ({ status }) =>
      status?.operationState?.syncResult?.resources?.some(({ message }) => message?.includes('.spec.replica')),
    );
    expect(outcomes(app.status?.operationState as never)).toMatchObject({ 'production-web': 'Failed' });
    expect((await live(deploymentPath(name, 'production-web')))?.spec?.['replicas']).toBe(1);
    expect(app.status?.operationState?.operation).toMatchObject({
      retry: { limit: 3, backoff: { duration: '5s', factor: 2, maxDuration: '3m' } },
      sync: { syncOptions: ['CreateNamespace=true', ...recommendedOptions] },
    });
    await untilApplication(name, 'the retry to be announced', ({ status }) =>
      status?.operationState?.message?.includes('Retrying attempt #1 at '),
    );
    // A correction need not wait for the retries of the mistake.
    const commit = await push(name, {
      'base/deployment.yaml': deployment('web', { replicas: 1, image: 'nginx:1.31' }),
    });
    await untilApplication(
      name,
      'the correction to be applied',
      ({ status }) => status?.operationState?.phase === 'Succeeded' && status.sync?.revision === commit,
    );
  });

  test('an overlay that renders nothing deletes nothing and says so; with allowEmpty it is emptied', async () => {
    const name = 'emptied';
    await createRecommended(name);
    const objects = [
      deploymentPath(name, 'production-web'),
      configMapPath(name, 'production-settings'),
      `/api/v1/namespaces/${name}/services/production-web`,
    ];
    const before = await Promise.all(objects.map(async (path) => (await live(path))?.metadata.uid));
    const commit = await push(name, { [production]: 'resources: []\n' });
    const app = await untilApplication(name, 'the refusal', ({ status }) =>
      status?.conditions?.some(({ message }) => message.includes('auto-sync will wipe out all resources')),
    );
    expect(app.status?.sync).toMatchObject({ status: 'OutOfSync', revision: commit });
    expect(await Promise.all(objects.map(async (path) => (await live(path))?.metadata.uid))).toEqual(before);
    expect(await Promise.all(objects.map(async (path) => (await live(path))?.metadata.deletionTimestamp))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await merge(applicationPath(name), { spec: { syncPolicy: { automated: { allowEmpty: true } } } });
    for (const path of objects) await until(async () => !(await exists(path)), { what: `${path} to go` });
  });
});

describe('retry', () => {
  const policy = (limit: number, duration: string): Parameters<typeof create>[2] => ({
    syncPolicy: { retry: { limit, backoff: { duration, factor: 2, maxDuration: '3m' } } },
  });

  /** Refuses the ConfigMap `settings` as often as told. Answers when it was asked, dry runs aside. */
  async function refusing(name: string, times: number): Promise<{ askedAt: number[]; end(): Promise<void> }> {
    const askedAt: number[] = [];
    const webhook = await startAdmissionWebhook(({ dryRun, object }) => {
      if (dryRun === true || object?.metadata.name !== 'settings') return { allowed: true };
      askedAt.push(performance.now());
      return askedAt.length > times ? { allowed: true } : { allowed: false, message: `refused ${askedAt.length}` };
    });
    const path = await registerWebhook('ValidatingWebhookConfiguration', name, webhook.clientConfig, {
      apiGroups: [''],
      resources: ['configmaps'],
    });
    return {
      askedAt,
      end: async () => {
        await remove(path);
        webhook.close();
      },
    };
  }

  test('a sync that fails is tried again after growing pauses, and told how often, until it succeeds', async () => {
    const name = 'retried-until';
    const webhook = await refusing(name, 2);
    try {
      await create(name, { 'settings.yaml': configMap('settings', {}) }, policy(3, '1500ms'));
      const operation = await sync(name);
      expect([operation.phase, operation.retryCount]).toEqual(['Succeeded', 2]);
      expect(operation.message).toMatch(/\(retried 2 times\)/);
      const pauses = webhook.askedAt.slice(1).map((at, index) => at - (webhook.askedAt[index] ?? 0));
      expect(pauses).toHaveLength(2);
      // They are 1.5 s and 3 s from the end of an attempt, which is written down in whole seconds.
      for (const [index, least] of [500, 2000].entries()) expect(pauses[index]).toBeGreaterThanOrEqual(least);
    } finally {
      await webhook.end();
    }
  });

  test('the limit ends it: one attempt and three retries, and the reason of the last one', async () => {
    const name = 'retried-out';
    const webhook = await refusing(name, Number.POSITIVE_INFINITY);
    try {
      await create(name, { 'settings.yaml': configMap('settings', {}) }, policy(3, '100ms'));
      const operation = await sync(name);
      expect([operation.phase, operation.retryCount]).toEqual(['Failed', 3]);
      expect(messageOf(operation, 'settings')).toContain('refused 4');
      expect(operation.message).toMatch(/\(retried 3 times\)/);
      expect(webhook.askedAt).toHaveLength(4);
    } finally {
      await webhook.end();
    }
  });
});

test('hooks, waves and CreateNamespace come with a release that has no namespace yet', async () => {
  const name = 'first-release';
  await create(name, {
    'migrate.yaml': hook('migrate', 'PreSync', 'echo migrated'),
    'settings.yaml': configMap('settings', { v: '1' }),
    'web.yaml': deployment('web'),
    'smoke.yaml': hook('smoke', 'PostSync', 'echo ok'),
  });
  const operation = await sync(name);
  expect(results(operation).map((result) => result['name'])).toEqual([name, 'migrate', 'settings', 'web', 'smoke']);
  expect(Object.values(outcomes(operation))).toEqual(Array(5).fill('Succeeded'));
});
