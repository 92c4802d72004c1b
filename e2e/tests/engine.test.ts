import { startAdmissionWebhook, until } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import {
  applicationPath,
  approve,
  change,
  configMapPath,
  create,
  createNamespace,
  deploymentPath,
  expectSynced,
  jobPath,
  type LiveObject,
  live,
  merge,
  messageOf,
  outcomes,
  post,
  push,
  read,
  refresh,
  registerWebhook,
  remove,
  repositoryURL,
  results,
  startSync,
  strategicMerge,
  sync,
  syncOptionsAnnotation,
  syncStatus,
  untilApplication,
  useRepository,
  wave,
  world,
} from './applications.ts';
import { application, configMap, deployment, hook } from './fixtures.ts';

/** The sync engine as issues and manuals speak of it. Every test has an application and a namespace of its own, both called `name`. */
useRepository('engine');

describe('objects that were there before', () => {
  test.each(['kubectl-client-side-apply', 'argocd-controller', 'argocd-application-controller'])(
    'what %s applied on the client is adopted: no diff, no loss, and what leaves Git leaves the cluster',
    async (manager) => {
      const name = `adopt-${manager}`;
      const isArgo = manager !== 'kubectl-client-side-apply';
      const before = JSON.parse(configMap('settings', { a: '1', b: '2' })) as { metadata: LiveObject['metadata'] };
      const annotations = {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(before),
        ...(isArgo ? { 'argocd.argoproj.io/tracking-id': `${name}:/ConfigMap:${name}/settings` } : {}),
      };
      await createNamespace(name);
      await post(`/api/v1/namespaces/${name}/configmaps?fieldManager=${manager}`, {
        ...before,
        metadata: { ...before.metadata, annotations },
      });
      await merge(`${configMapPath(name, 'settings')}?fieldManager=somebody`, { data: { theirs: '3' } });
      await create(name, { 'config.yaml': configMap('settings', { a: '1', b: '2' }) });
      if (isArgo) expect(await syncStatus(name)).toBe('Synced');

      await expectSynced(name);
      expect((await live(configMapPath(name, 'settings')))?.data).toEqual({ a: '1', b: '2', theirs: '3' });
      await change(name, { 'config.yaml': configMap('settings', { a: '1' }) });
      expect(await syncStatus(name)).toBe('OutOfSync');
      await expectSynced(name);
      const after = await live(configMapPath(name, 'settings'));
      expect(after?.data).toEqual({ a: '1', theirs: '3' });
      expect(after?.metadata.managedFields?.filter((entry) => entry.operation === 'Update')).toEqual([
        expect.objectContaining({ manager: 'somebody' }),
      ]);
    },
  );

  test('a field that another manager applied is taken over, and its other fields are left alone', async () => {
    const name = 'conflict';
    await createNamespace(name);
    const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: 'x', own: 'y' } };
    await (await world.cluster()).apply(configMapPath(name, 'settings'), theirs);
    await create(name, { 'config.yaml': configMap('settings', { a: '1' }) }, { syncOptions: ['ServerSideApply=true'] });
    expect(await syncStatus(name)).toBe('OutOfSync');
    await expectSynced(name);
    expect((await live(configMapPath(name, 'settings')))?.data).toEqual({ a: '1', own: 'y' });
  });
});

test('a definition and its objects come in one sync', async () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.engine.example.com' },
    spec: {
      group: 'engine.example.com',
      names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget', listKind: 'GadgetList' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
            },
          },
        },
      ],
    },
  };
  const gadget = { apiVersion: 'engine.example.com/v1', kind: 'Gadget', metadata: { name: 'one' }, spec: { size: 3 } };
  await push('gadgets', { 'a-gadget.yaml': JSON.stringify(gadget), 'definition.yaml': JSON.stringify(definition) });
  await world.api.post('/api/v1/applications', application('gadgets', { repoURL: repositoryURL() }));
  await untilApplication('gadgets', 'compared', (app) => app.status?.sync?.status === 'OutOfSync');
  await expectSynced('gadgets');
  expect((await live('/apis/engine.example.com/v1/namespaces/gadgets/gadgets/one'))?.spec).toEqual({ size: 3 });
});

describe('an immutable field', () => {
  const job = (image: string, annotation?: string): string => {
    const object = JSON.parse(hook('work', 'none', 'echo done', {})) as {
      metadata: { annotations: Record<string, string> };
      spec: { template: { spec: { containers: { image: string }[] } } };
    };
    object.metadata.annotations = annotation === undefined ? {} : { [syncOptionsAnnotation]: annotation };
    for (const container of object.spec.template.spec.containers) container.image = image;
    return JSON.stringify(object);
  };

  test.each([
    ['immutable-plain', undefined, 'Failed'],
    ['immutable-replace', 'Replace=true', 'Failed'],
    ['immutable-force', 'Force=true', 'Succeeded'],
    ['immutable-both', 'Force=true,Replace=true', 'Succeeded'],
  ] as const)('%s: with %s the sync has %s', async (name, annotation, phase) => {
    await create(name, { 'job.yaml': job('busybox:1.36', annotation) });
    await expectSynced(name);
    const before = await live(jobPath(name, 'work'));
    await change(name, { 'job.yaml': job('busybox:1.37', annotation) });
    const operation = await sync(name);
    expect([operation.phase, messageOf(operation, 'work')]).toEqual([phase, expect.any(String)]);
    const after = await live(jobPath(name, 'work'));
    expect(after?.metadata.uid === before?.metadata.uid).toBe(phase === 'Failed');
    if (phase === 'Failed') expect(messageOf(operation, 'work')).toMatch(/field is immutable.*Replace=true,Force=true/);
    else await untilApplication(name, 'Synced', (app) => app.status?.sync?.status === 'Synced');
  });
});

describe('pruning', () => {
  test('what left Git stays until it is asked for, and with Prune=false then too', async () => {
    const name = 'prune';
    await create(name, {
      'keep.yaml': configMap('keep', {}),
      'gone.yaml': configMap('gone', {}),
      'kept.yaml': configMap('kept', {}, { [syncOptionsAnnotation]: 'Prune=false' }),
    });
    await expectSynced(name);
    await change(name, { 'gone.yaml': undefined, 'kept.yaml': undefined });
    const without = await sync(name);
    expect([messageOf(without, 'gone'), messageOf(without, 'kept')]).toEqual([
      'ignored (requires pruning)',
      'ignored (requires pruning)',
    ]);
    const pruning = await sync(name, { prune: true });
    expect([messageOf(pruning, 'gone'), messageOf(pruning, 'kept')]).toEqual(['pruned', 'ignored (no prune)']);
    await until(async () => (await live(configMapPath(name, 'gone'))) === undefined, {
      what: 'the pruned object to go',
    });
    expect(await live(configMapPath(name, 'kept'))).toBeDefined();
  });

  test.each([
    ['prune-first', [], 'gone'],
    ['prune-last', ['PruneLast=true'], 'new'],
  ])('%s: with %s the first thing done is %s', async (name, syncOptions, first) => {
    await create(name, { 'gone.yaml': configMap('gone', {}) }, { syncOptions });
    await expectSynced(name);
    await change(name, { 'gone.yaml': undefined, 'new.yaml': configMap('new', {}) });
    const operation = await expectSynced(name, { prune: true });
    expect(results(operation)[0]?.['name']).toBe(first);
    expect(outcomes(operation)).toEqual({ gone: 'Succeeded', new: 'Succeeded' });
  });

  test('Prune=confirm waits for a person and says for what', async () => {
    const name = 'prune-confirm';
    await create(name, {
      'keep.yaml': configMap('keep', {}),
      'data.yaml': configMap('data', {}, { [syncOptionsAnnotation]: 'Prune=confirm' }),
    });
    await expectSynced(name);
    await change(name, { 'data.yaml': undefined });
    const operationOf = await startSync(name, { prune: true });
    await untilApplication(
      name,
      'waiting for confirmation',
      (app) => operationOf(app)?.message?.includes('waiting for pruning confirmation of ') === true,
    );
    expect(await live(configMapPath(name, 'data'))).toBeDefined();
    await approve(name);
    await untilApplication(name, 'pruned', (app) => operationOf(app)?.phase === 'Succeeded');
    await until(async () => (await live(configMapPath(name, 'data'))) === undefined, { what: 'the object to go' });
  });
});

test('Delete=confirm keeps the application and its objects until a person confirms', async () => {
  const name = 'delete-confirm';
  await create(name, { 'data.yaml': configMap('data', {}, { [syncOptionsAnnotation]: 'Delete=confirm' }) });
  await expectSynced(name);
  await world.api.delete(`/api/v1/applications/${name}?cascade=true`);
  await untilApplication(name, 'waiting for confirmation', (app) =>
    app.status?.conditions?.some(({ message }) => message.includes('waiting for deletion confirmation of ')),
  );
  expect(await live(configMapPath(name, 'data'))).toBeDefined();
  await approve(name);
  await until(async () => (await live(applicationPath(name))) === undefined, { what: 'the application to go' });
  expect(await live(configMapPath(name, 'data'))).toBeUndefined();
});

describe('waves and hooks', () => {
  test('a hook that fails stops later waves and runs the SyncFail hooks', async () => {
    const name = 'wave-fails';
    await create(name, {
      'before.yaml': hook('before', 'PreSync'),
      'one.yaml': configMap('one', {}, wave(1)),
      'two.yaml': hook('two', 'Sync', 'exit 3', wave(2)),
      'three.yaml': configMap('three', {}, wave(3)),
      'after.yaml': hook('after', 'PostSync'),
      'clean-up.yaml': hook('clean-up', 'SyncFail'),
    });
    const operation = await sync(name);
    expect(operation.phase).toBe('Failed');
    expect(outcomes(operation)).toEqual({
      [name]: 'Succeeded',
      before: 'Succeeded',
      one: 'Succeeded',
      two: 'Failed',
      'clean-up': 'Succeeded',
    });
    expect(await live(configMapPath(name, 'three'))).toBeUndefined();
  });

  test('a hook is deleted as its policy says, and a new one runs at the next sync', async () => {
    const name = 'hook-policies';
    const policy = (value: string): Record<string, string> => ({ 'argocd.argoproj.io/hook-delete-policy': value });
    await create(name, {
      'fleeting.yaml': hook('fleeting', 'PreSync', 'echo', policy('HookSucceeded')),
      'lasting.yaml': hook('lasting', 'PostSync', 'echo', policy('BeforeHookCreation')),
      'config.yaml': configMap('settings', {}),
    });
    const first = await expectSynced(name);
    expect(outcomes(first)).toMatchObject({ fleeting: 'Succeeded', lasting: 'Succeeded', settings: 'Succeeded' });
    await until(async () => (await live(jobPath(name, 'fleeting'))) === undefined, {
      what: 'the succeeded hook to go',
    });
    const before = await live(jobPath(name, 'lasting'));
    expect(before?.metadata.finalizers ?? []).toEqual([]);
    const second = await expectSynced(name);
    expect(outcomes(second)).toMatchObject({ fleeting: 'Succeeded', lasting: 'Succeeded' });
    expect((await live(jobPath(name, 'lasting')))?.metadata.uid).not.toBe(before?.metadata.uid);
  });

  test('the next wave waits for the health of the one before', async () => {
    const name = 'waves';
    const web = JSON.parse(deployment('web')) as { metadata: { annotations?: Record<string, string> } };
    web.metadata.annotations = wave(1);
    await create(name, { 'web.yaml': JSON.stringify(web), 'later.yaml': configMap('later', {}, wave(2)) });
    const operation = await expectSynced(name);
    expect(results(operation).map(({ name: resource }) => resource)).toEqual([name, 'web', 'later']);
    const [ready, created] = [await live(deploymentPath(name, 'web')), await live(configMapPath(name, 'later'))];
    const conditions = ready?.status?.['conditions'] as { type: string; lastTransitionTime: string }[];
    const available = conditions.find(({ type }) => type === 'Available')?.lastTransitionTime ?? '';
    const createdAt = (created?.metadata as { creationTimestamp?: string } | undefined)?.creationTimestamp ?? '';
    expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(Date.parse(available));
  });
});

test('RespectIgnoreDifferences leaves the replicas of an autoscaler alone', async () => {
  const name = 'autoscaled';
  const autoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      // More than Git's one, so that the autoscaler scales without being told any metrics.
      minReplicas: 3,
      maxReplicas: 5,
    },
  };
  await create(
    name,
    { 'web.yaml': deployment('web'), 'autoscaler.yaml': JSON.stringify(autoscaler) },
    {
      syncOptions: ['RespectIgnoreDifferences=true'],
      more: { ignoreDifferences: [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }] },
    },
  );
  await expectSynced(name);
  await until(async () => (await live(deploymentPath(name, 'web')))?.spec?.['replicas'] === 3, {
    what: 'the autoscaler to scale',
  });
  await refresh(name);
  expect(await syncStatus(name)).toBe('Synced');
  await change(name, { 'web.yaml': deployment('web', { image: 'nginx:1.30' }) });
  await expectSynced(name);
  const { spec, metadata } = (await live(deploymentPath(name, 'web'))) ?? {};
  expect(spec?.['replicas']).toBe(3);
  expect(JSON.stringify(spec?.['template'])).toContain('nginx:1.30');
  const owners = (metadata?.managedFields ?? []).filter((entry) => JSON.stringify(entry).includes('"f:replicas":{}'));
  expect(owners.filter(({ operation, subresource }) => operation === 'Apply' && subresource === undefined)).toEqual([]);
});

test('RespectIgnoreDifferences leaves a container that a rule selects by its name to whoever changes it', async () => {
  const name = 'containers';
  const images = async (): Promise<Record<string, string>> => {
    const { template } = ((await live(deploymentPath(name, 'web')))?.spec ?? {}) as {
      template?: { spec: { containers: { name: string; image: string }[] } };
    };
    return Object.fromEntries((template?.spec.containers ?? []).map((container) => [container.name, container.image]));
  };
  const web = (image: string): string => {
    const object = JSON.parse(deployment('web', { image })) as {
      spec: { template: { spec: { containers: object[] } } };
    };
    object.spec.template.spec.containers.push({ name: 'proxy', image: 'proxy:1' });
    return JSON.stringify(object);
  };
  const rule = '.spec.template.spec.containers[] | select(.name == "proxy" or .name == "injected")';
  await create(
    name,
    { 'web.yaml': web('nginx:1.29') },
    {
      syncOptions: ['RespectIgnoreDifferences=true'],
      more: { ignoreDifferences: [{ group: 'apps', kind: 'Deployment', jqPathExpressions: [rule] }] },
    },
  );
  await expectSynced(name);
  const containers = [
    { name: 'proxy', image: 'proxy:9' },
    { name: 'injected', image: 'sidecar:1' },
  ];
  await strategicMerge(deploymentPath(name, 'web'), { spec: { template: { spec: { containers } } } });
  await refresh(name);
  expect(await syncStatus(name)).toBe('Synced');
  await change(name, { 'web.yaml': web('nginx:1.30') });
  await expectSynced(name);
  const [main = ''] = Object.keys(await images());
  expect(await images()).toEqual({ [main]: 'nginx:1.30', proxy: 'proxy:9', injected: 'sidecar:1' });
  await change(name, { 'web.yaml': deployment('web', { image: 'nginx:1.31' }) });
  await expectSynced(name);
  expect(await images()).toEqual({ [main]: 'nginx:1.31', proxy: 'proxy:9', injected: 'sidecar:1' });
});

test('FailOnSharedResource names the other application and applies nothing', async () => {
  const owner = 'sharing-one';
  const name = 'sharing-two';
  await create(owner, { 'shared.yaml': configMap('shared', { v: '1' }) });
  await expectSynced(owner);
  const shared = JSON.parse(configMap('shared', { v: '2' })) as { metadata: object };
  const elsewhere = JSON.stringify({ ...shared, metadata: { ...shared.metadata, namespace: owner } });
  await create(
    name,
    { 'shared.yaml': elsewhere, 'own.yaml': configMap('own', {}) },
    { syncOptions: ['CreateNamespace=true', 'FailOnSharedResource=true'] },
  );
  const operation = await sync(name);
  expect(operation).toMatchObject({
    phase: 'Failed',
    message: `Shared resource found: ConfigMap/shared is part of applications ${name} and ${owner}. Keep each in one application`,
  });
  expect((await live(configMapPath(owner, 'shared')))?.data).toEqual({ v: '1' });
  expect(await live(configMapPath(name, 'own'))).toBeUndefined();
});

test('local manifests are deployed with hooks, as a deployment that nobody can roll back to', async () => {
  const name = 'from-here';
  await create(name, { 'config.yaml': configMap('settings', { v: 'git' }) });
  await expectSynced(name);
  const manifests = [configMap('settings', { v: 'local' }), hook('migrate', 'PreSync', 'echo done', {})];
  const operation = await sync(name, { manifests });
  expect(operation.phase).toBe('Succeeded');
  expect(outcomes(operation)).toEqual({ migrate: 'Succeeded', settings: 'Succeeded' });
  expect((await live(configMapPath(name, 'settings')))?.data).toEqual({ v: 'local' });
  const app = await untilApplication(name, 'OutOfSync', ({ status }) => status?.sync?.status === 'OutOfSync');
  const [git, local] = (app.status as { history?: { id: number; revision?: string }[] }).history ?? [];
  expect([git?.revision, local?.revision]).toEqual([app.status?.sync?.revision, undefined]);
  await expect(world.api.post(`/api/v1/applications/${name}/rollback`, { id: local?.id })).rejects.toThrow(
    /was made of local manifests/,
  );
  await world.api.post(`/api/v1/applications/${name}/rollback`, { id: git?.id });
  await untilApplication(name, 'Synced', ({ status }) => status?.sync?.status === 'Synced');
  expect((await live(configMapPath(name, 'settings')))?.data).toEqual({ v: 'git' });
});

test('ApplyOutOfSyncOnly sends only what differs', async () => {
  const name = 'only-changed';
  await create(
    name,
    { 'one.yaml': configMap('one', { v: '1' }), 'two.yaml': configMap('two', { v: '1' }) },
    { syncOptions: ['ApplyOutOfSyncOnly=true'] },
  );
  await expectSynced(name);
  await change(name, { 'two.yaml': configMap('two', { v: '2' }) });
  const operation = await expectSynced(name);
  expect(results(operation).map((result) => result['name'])).toEqual(['two']);
});

test('CreateNamespace gives the namespace its metadata, keeps it up to date and never deletes it', async () => {
  const name = 'with-namespace';
  const metadata = (team: string): object => ({
    managedNamespaceMetadata: { labels: { team }, annotations: { note: 'made by a sync' } },
  });
  await create(name, { 'config.yaml': configMap('settings', {}) }, { syncPolicy: metadata('blue') as never });
  await expectSynced(name);
  const namespacePath = `/api/v1/namespaces/${name}`;
  expect((await live(namespacePath))?.metadata).toMatchObject({
    labels: { team: 'blue' },
    annotations: { note: 'made by a sync' },
  });
  await merge(applicationPath(name), { spec: { syncPolicy: metadata('green') } });
  await untilApplication(name, 'OutOfSync', (app) => app.status?.sync?.status === 'OutOfSync');
  await expectSynced(name);
  expect((await live(namespacePath))?.metadata.labels).toMatchObject({ team: 'green' });
  await merge(applicationPath(name), {
    spec: { syncPolicy: { managedNamespaceMetadata: { labels: { team: null }, annotations: { note: null } } } },
  });
  await untilApplication(name, 'OutOfSync', (app) => app.status?.sync?.status === 'OutOfSync');
  await expectSynced(name);
  const { labels, annotations } = (await live(namespacePath))?.metadata ?? {};
  expect([labels, annotations]).toEqual([
    expect.not.objectContaining({ team: 'green' }),
    expect.not.objectContaining({ note: 'made by a sync' }),
  ]);
  await world.api.delete(`/api/v1/applications/${name}?cascade=true`);
  await until(async () => (await live(applicationPath(name))) === undefined, { what: 'the application to go' });
  expect(await live(configMapPath(name, 'settings'))).toBeUndefined();
  expect((await live(namespacePath))?.metadata.deletionTimestamp).toBeUndefined();
});

describe('admission webhooks', () => {
  test('one that adds a sidecar annotation makes no difference and no loop', async () => {
    const name = 'mutated';
    const webhook = await startAdmissionWebhook(({ object }) => ({
      allowed: true,
      patch: [
        ...(object?.metadata.annotations === undefined
          ? [{ op: 'add', path: '/metadata/annotations', value: {} }]
          : []),
        { op: 'add', path: '/metadata/annotations/sidecar.istio.io~1status', value: 'injected' },
        { op: 'add', path: '/spec/template/metadata/annotations', value: { 'sidecar.istio.io/status': 'injected' } },
      ],
    }));
    const configuration = await registerWebhook('MutatingWebhookConfiguration', name, webhook.clientConfig, {
      apiGroups: ['apps'],
      resources: ['deployments'],
    });
    try {
      await create(name, { 'web.yaml': deployment('web') }, { automated: { prune: true, selfHeal: true } });
      const app = await untilApplication(
        name,
        'Synced and Healthy',
        ({ status }) => status?.sync?.status === 'Synced' && status.health?.status === 'Healthy',
      );
      const before = await live(deploymentPath(name, 'web'));
      expect(before?.metadata.annotations).toMatchObject({ 'sidecar.istio.io/status': 'injected' });
      for (let round = 0; round < 3; round += 1) expect((await refresh(name)).status?.sync?.status).toBe('Synced');
      expect((await read(name)).status?.operationState?.startedAt).toBe(app.status?.operationState?.startedAt);
      expect((await live(deploymentPath(name, 'web')))?.metadata.generation).toBe(before?.metadata.generation);
      // A real change is still seen and applied, and the annotation stays.
      await change(name, { 'web.yaml': deployment('web', { image: 'nginx:1.30' }) });
      await until(async () => JSON.stringify((await live(deploymentPath(name, 'web')))?.spec).includes('nginx:1.30'), {
        what: 'the new image',
      });
      await untilApplication(name, 'Synced', ({ status }) => status?.sync?.status === 'Synced');
    } finally {
      await remove(configuration);
      webhook.close();
    }
  });

  test('the message of one that refuses is shown, and nothing else is held up', async () => {
    const name = 'refused';
    const webhook = await startAdmissionWebhook(({ object }) =>
      object?.metadata.name === 'bad' ? { allowed: false, message: 'the label team is missing' } : { allowed: true },
    );
    const configuration = await registerWebhook('ValidatingWebhookConfiguration', name, webhook.clientConfig, {
      apiGroups: [''],
      resources: ['configmaps'],
    });
    try {
      await create(name, { 'bad.yaml': configMap('bad', {}), 'good.yaml': configMap('good', {}) });
      const operation = await sync(name);
      expect(operation.phase).toBe('Failed');
      expect(messageOf(operation, 'bad')).toMatch(/refused\.example\.com.*the label team is missing/);
      expect(operation.message).toContain('the label team is missing');
      expect(await live(configMapPath(name, 'good'))).toBeDefined();
    } finally {
      await remove(configuration);
      webhook.close();
    }
  });
});

test('a namespace stuck in Terminating is named, and the sync succeeds once it is gone', async () => {
  const name = 'terminating';
  await createNamespace(name);
  const held = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['example.com/hold'] } };
  await post(`/api/v1/namespaces/${name}/configmaps`, held);
  await remove(`/api/v1/namespaces/${name}`);
  await create(name, { 'config.yaml': configMap('settings', {}) });
  const failed = await sync(name);
  expect(failed.phase).toBe('Failed');
  expect(failed.message).toMatch(/being terminated/);
  await merge(configMapPath(name, 'held'), { metadata: { finalizers: null } });
  await until(async () => (await live(`/api/v1/namespaces/${name}`)) === undefined, { what: 'the namespace to go' });
  await expectSynced(name);
});

test('a newer commit replaces the retries of a broken one', async () => {
  const name = 'retried';
  await create(
    name,
    { 'job.yaml': hook('check', 'PreSync', 'exit 1'), 'config.yaml': configMap('settings', { v: '1' }) },
    {
      automated: {},
      syncPolicy: { retry: { limit: 5, backoff: { duration: '60s', factor: 2, maxDuration: '5m' } } },
    },
  );
  await untilApplication(name, 'failed once', ({ status }) => /Retrying/.test(status?.operationState?.message ?? ''));
  await push(name, { 'job.yaml': hook('check', 'PreSync', 'exit 0') });
  await untilApplication(name, 'Synced', ({ status }) => status?.sync?.status === 'Synced');
});
