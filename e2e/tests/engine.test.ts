import { startAdmissionWebhook, until, type WorkTree, World } from '@lockstep/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApplicationLike, application, configMap, deployment, hook } from './fixtures.ts';

/** The sync engine as issues and manuals speak of it. Every test has an application and a namespace of its own, both called `name`. */
let world: World;
let repository: WorkTree;

interface LiveObject {
  metadata: {
    name: string;
    uid: string;
    generation?: number;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    deletionTimestamp?: string;
    managedFields?: { manager: string; operation: string }[];
  };
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

type Operation = NonNullable<NonNullable<ApplicationLike['status']>['operationState']>;
type Result = Record<string, string>;

const options = 'argocd.argoproj.io/sync-options';
const stuck = 'stuck';

beforeAll(async () => {
  world = await World.start();
  repository = await world.repository('engine');
  // A deletion is given a minute before what holds it up is told: begun first, looked at last.
  await create(stuck, { 'held.yaml': configMap('held', {}) });
  await sync(stuck);
  await merge(configMapPath(stuck, 'held'), { metadata: { finalizers: ['example.com/hold'] } });
  await world.api.delete(`/api/v1/applications/${stuck}?cascade=true`);
});
afterAll(() => world?.close());

const read = (name: string): Promise<ApplicationLike> => world.api.get(`/api/v1/applications/${name}`);
const live = async (path: string): Promise<LiveObject | undefined> =>
  (await (await world.cluster()).get(path)) as unknown as LiveObject | undefined;
const merge = async (path: string, body: object): Promise<unknown> =>
  (await world.cluster()).request('PATCH', path, body, 'application/merge-patch+json');
const post = async (path: string, body: object): Promise<unknown> =>
  (await world.cluster()).request('POST', path, body);
const remove = async (path: string): Promise<unknown> => (await world.cluster()).request('DELETE', path);

const configMapPath = (namespace: string, name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`;
const deploymentPath = (namespace: string, name: string): string =>
  `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
const jobPath = (namespace: string, name: string): string => `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`;
const applicationPath = (name: string): string => `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`;
const wave = (number: number): Result => ({ 'argocd.argoproj.io/sync-wave': String(number) });

/** Pushes `files` below the folder `name` (undefined deletes one). */
const push = (name: string, files: Record<string, string | undefined>): Promise<string> =>
  repository.push(Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])));

/** Creates the application and waits until it was compared for the first time. */
async function create(
  name: string,
  files: Record<string, string>,
  spec: Parameters<typeof application>[1] = {},
): Promise<void> {
  const commit = await push(name, files);
  await world.api.post('/api/v1/applications', application(name, { repoURL: repository.url, ...spec }));
  await untilApplication(name, `compared with ${commit}`, (app) => app.status?.sync?.revision === commit);
}

/** Pushes and waits until the application was compared with that commit. */
async function change(name: string, files: Record<string, string | undefined>): Promise<void> {
  const commit = await push(name, files);
  await untilApplication(name, `compared with ${commit}`, (app) => app.status?.sync?.revision === commit);
}

const untilApplication = (
  name: string,
  what: string,
  condition: (app: ApplicationLike) => boolean | undefined,
): Promise<ApplicationLike> =>
  until(
    async () => {
      const app = await read(name);
      return condition(app) === true ? app : undefined;
    },
    { what: `${name}: ${what}`, timeoutMs: 60_000 },
  );

let operations = 0;

/** Asks for a sync; the answer finds its state, whatever else syncs the application. */
async function startSync(name: string, request: object = {}): Promise<(app: ApplicationLike) => Operation | undefined> {
  operations += 1;
  const value = String(operations);
  await world.api.post(`/api/v1/applications/${name}/sync`, { ...request, infos: [{ name: 'test', value }] });
  return ({ status }) =>
    status?.operationState?.operation?.info?.some((info) => info.value === value) === true
      ? status.operationState
      : undefined;
}

/** Syncs and resolves with the finished operation. */
async function sync(name: string, request: object = {}): Promise<Operation> {
  const operationOf = await startSync(name, request);
  return until(
    async () => {
      const operation = operationOf(await read(name));
      return operation?.finishedAt === undefined ? undefined : operation;
    },
    { what: `the sync of ${name} to finish`, timeoutMs: 60_000 },
  );
}

async function expectSynced(name: string, request: object = {}): Promise<Operation> {
  const operation = await sync(name, request);
  expect([operation.phase, operation.message]).toEqual(['Succeeded', expect.any(String)]);
  await untilApplication(name, 'Synced', (app) => app.status?.sync?.status === 'Synced');
  return operation;
}

const results = (operation: Operation): Result[] => operation.syncResult?.resources ?? [];
const messageOf = (operation: Operation, name: string): string =>
  results(operation).find((result) => result['name'] === name)?.['message'] ?? '';
const outcomes = (operation: Operation): Record<string, string | undefined> =>
  Object.fromEntries(results(operation).map(({ name = '', status, hookPhase }) => [name, hookPhase ?? status]));
const syncStatus = async (name: string): Promise<string | undefined> => (await read(name)).status?.sync?.status;

/** Makes the controller compare once more, and waits for that. */
async function refresh(name: string): Promise<ApplicationLike> {
  return world.api.get(`/api/v1/applications/${name}?refresh=hard`);
}

async function createNamespace(name: string): Promise<void> {
  await post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

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
  await world.api.post('/api/v1/applications', application('gadgets', { repoURL: repository.url }));
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
    object.metadata.annotations = annotation === undefined ? {} : { [options]: annotation };
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
      'kept.yaml': configMap('kept', {}, { [options]: 'Prune=false' }),
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
      'data.yaml': configMap('data', {}, { [options]: 'Prune=confirm' }),
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

const approve = (name: string): Promise<unknown> =>
  merge(applicationPath(name), {
    metadata: { annotations: { 'argocd.argoproj.io/deletion-approved': new Date(Date.now() + 1000).toISOString() } },
  });

test('Delete=confirm keeps the application and its objects until a person confirms', async () => {
  const name = 'delete-confirm';
  await create(name, { 'data.yaml': configMap('data', {}, { [options]: 'Delete=confirm' }) });
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
  await merge(`${deploymentPath(name, 'web')}/scale?fieldManager=autoscaler`, { spec: { replicas: 3 } });
  await refresh(name);
  expect(await syncStatus(name)).toBe('Synced');
  await change(name, { 'web.yaml': deployment('web', { image: 'nginx:1.30' }) });
  await expectSynced(name);
  const { spec } = (await live(deploymentPath(name, 'web'))) ?? {};
  expect(spec?.['replicas']).toBe(3);
  expect(JSON.stringify(spec?.['template'])).toContain('nginx:1.30');
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
  await world.api.delete(`/api/v1/applications/${name}?cascade=true`);
  await until(async () => (await live(applicationPath(name))) === undefined, { what: 'the application to go' });
  expect(await live(configMapPath(name, 'settings'))).toBeUndefined();
  expect((await live(namespacePath))?.metadata.deletionTimestamp).toBeUndefined();
});

describe('admission webhooks', () => {
  const register = async (
    kind: 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration',
    name: string,
    clientConfig: object,
    resources: { apiGroups: string[]; resources: string[] },
  ): Promise<string> => {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`;
    await post(path, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      metadata: { name },
      webhooks: [
        {
          name: `${name}.example.com`,
          clientConfig,
          rules: [{ ...resources, apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    });
    return `${path}/${name}`;
  };

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
    const configuration = await register('MutatingWebhookConfiguration', name, webhook.clientConfig, {
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
    const configuration = await register('ValidatingWebhookConfiguration', name, webhook.clientConfig, {
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

test('a deletion that a foreign finalizer holds up names it, and goes on once it is removed', async () => {
  await until(
    async () => (await read(stuck)).status?.conditions?.some(({ message }) => /held.*example\.com\/hold/.test(message)),
    { what: 'a condition that names the finalizer', timeoutMs: 90_000 },
  );
  await merge(configMapPath(stuck, 'held'), { metadata: { finalizers: null } });
  await until(async () => (await live(applicationPath(stuck))) === undefined, { what: 'the application to go' });
});
