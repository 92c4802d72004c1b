import { describe, expect, it } from 'vitest';
import { ClusterError, RenderError } from '../errors.ts';
import { ANNOTATION_AUTO_ROLLBACK } from '../sync/auto-rollback.ts';
import { ANNOTATION_HOOK_TIMEOUT, ANNOTATION_SYNC_TIMEOUT } from '../sync/timeouts.ts';
import { AUTOMATED, conditionsOf, configMap, deployment, hook, job, requestSync, setUp, wave } from './fake-scene.ts';

/** What differs from Argo CD on purpose; `docs/syncing.md` names each. */
describe('hooks of a sync of selected resources', () => {
  const files = (value: string) => ({
    'deploy/before.yaml': job('before', hook('PreSync')),
    'deploy/web.yaml': configMap('web', value),
    'deploy/other.yaml': configMap('other', value),
    'deploy/after.yaml': job('after', hook('PostSync')),
  });
  const resources = [{ kind: 'ConfigMap', name: 'web' }];

  async function deployed() {
    const scene = setUp(AUTOMATED, files('one'));
    for (const name of ['before', 'after', 'none']) {
      await scene.run();
      scene.cluster.complete('Job', name);
    }
    expect(scene.status().operationState?.phase).toBe('Succeeded');
    scene.world.edit(scene.key, { spec: { syncPolicy: null } });
    scene.world.push('bbbbbbb2', files('two'));
    scene.world.advance(60);
    scene.world.requests.length = 0;
    return scene;
  }

  it('run around a real change, and after it though nothing changes any more', async () => {
    const { world, key, run, cluster, status } = await deployed();
    requestSync(world, key, { resources });
    await run();
    expect(status().operationState?.message).toBe('waiting for completion of hook batch/Job/before');
    cluster.complete('Job', 'before');
    await run();
    expect(status().operationState?.message).toBe('waiting for completion of hook batch/Job/after');
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'two' });
    expect(cluster.get('ConfigMap', 'other')?.['data']).toEqual({ value: 'one' });
    cluster.complete('Job', 'after');
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Succeeded',
      operation: { info: [{ name: 'hooks', value: 'run' }] },
    });
    for (const name of ['before', 'after'])
      expect(world.requests.filter((request) => request === `CREATE Job/${name}`)).toHaveLength(1);
  });

  it.each([
    ['nothing changes', 'aaaaaaa1', {}],
    ['told not to', 'bbbbbbb2', { syncStrategy: { apply: {} } }],
  ])('do not run when %s', async (_title, revision, more) => {
    const { world, key, run, status } = await deployed();
    requestSync(world, key, { resources, revision, ...more });
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Succeeded',
      operation: { info: [{ name: 'hooks', value: 'not run' }] },
    });
    expect(world.requests.filter((request) => request.includes('Job/'))).toEqual([]);
  });
});

it('a requested sync that waits for its retry goes on at once with a newer commit', async () => {
  const { world, key, run, cluster, status } = setUp({});
  cluster.refusals.set('ConfigMap/web', new ClusterError('denied', { status: 403, reason: 'Forbidden' }));
  world.edit(key, { operation: { sync: {}, retry: { limit: 3, backoff: { duration: '1h', maxDuration: '2h' } } } });
  await run();
  expect(status().operationState?.message).toMatch(/Retrying attempt #1 at 1:00PM/);
  cluster.refusals.clear();
  world.advance(60);
  await run();
  expect(status().operationState?.phase).toBe('Running');
  world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
  await run();
  expect(status().operationState).toMatchObject({ phase: 'Succeeded', syncResult: { revision: 'bbbbbbb2' } });
  expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'two' });
});

describe('timeouts', () => {
  const slow = (annotations: Record<string, string> = {}) => ({
    'deploy/slow.yaml': job('slow', { ...hook('PreSync'), ...annotations }),
    'deploy/web.yaml': configMap('web'),
    'deploy/sorry.yaml': job('sorry', hook('SyncFail')),
  });

  it('an application has its own, which counts over all retries and ends waiting for one', async () => {
    const { world, key, run, cluster, status } = setUp({});
    world.edit(key, { metadata: { annotations: { [ANNOTATION_SYNC_TIMEOUT]: '90s' } } });
    cluster.refusals.set('ConfigMap/web', new ClusterError('denied', { status: 403, reason: 'Forbidden' }));
    world.edit(key, { operation: { sync: {}, retry: { limit: 9, backoff: { duration: '1h', maxDuration: '2h' } } } });
    expect((await run()).requeueAfter).toBe(90_000);
    world.advance(90);
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('Operation terminated: it took longer than 1m30s'),
    });
  });

  it('a hook has its own: it is ended, and the sync fails', async () => {
    const { world, key, run, cluster, status } = setUp({}, slow({ [ANNOTATION_HOOK_TIMEOUT]: '2m' }));
    requestSync(world, key);
    expect((await run()).requeueAfter).toBe(120_000);
    world.advance(120);
    await run();
    expect(cluster.get('Job', 'sorry')).toBeDefined();
    cluster.complete('Job', 'sorry');
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('hook batch/Job/slow did not complete within 2m0s'),
    });
    expect(cluster.names()).toEqual(['Job/sorry']);
  });

  it.each([
    [ANNOTATION_SYNC_TIMEOUT, 'soon'],
    [ANNOTATION_HOOK_TIMEOUT, '-5m'],
  ])('%s: %s is reported and limits nothing', async (annotation, value) => {
    const isHook = annotation === ANNOTATION_HOOK_TIMEOUT;
    const { world, key, run, app, status } = setUp({}, slow(isHook ? { [annotation]: value } : {}));
    if (!isHook) world.edit(key, { metadata: { annotations: { [annotation]: value } } });
    requestSync(world, key);
    await run();
    world.advance(300);
    await run();
    expect(status().operationState?.phase).toBe('Running');
    expect(conditionsOf(app())).toEqual([expect.stringContaining(`annotation ${annotation} is "${value}"`)]);
  });
});

describe('a sync that makes no progress', () => {
  it('is reported with what it waits for and why, once, and no more when it goes on', async () => {
    const { world, key, run, app, cluster } = setUp(
      {},
      { 'deploy/a.yaml': deployment('a', wave(0)), 'deploy/b.yaml': configMap('b', 'x', wave(1)) },
    );
    requestSync(world, key);
    expect((await run()).requeueAfter).toBe(600_000);
    world.advance(599);
    await run();
    expect(conditionsOf(app())).toEqual([]);
    world.advance(1);
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringMatching(
        /^SyncStalledWarning: The sync has made no progress since 2026-01-01T12:00:00Z, waiting for healthy state of apps\/Deployment\/a; apps\/Deployment\/a is Progressing: .*\. Correct what it waits for, or terminate the operation$/,
      ),
    ]);
    world.advance(600);
    expect((await run()).wrote).toBe(false);
    cluster.complete('Deployment', 'a');
    await run();
    expect(conditionsOf(app())).toEqual([]);
  });

  it('says which finalizer holds up a prune', async () => {
    const { world, key, run, app, cluster } = setUp(AUTOMATED, { 'deploy/a.yaml': configMap('a') });
    await run();
    world.edit(key, { spec: { syncPolicy: null } });
    cluster.update('ConfigMap', 'a', { metadata: { finalizers: ['example.com/guard'] } });
    world.push('bbbbbbb2', { 'deploy/b.yaml': configMap('b'), 'deploy/c.yaml': configMap('c', 'x', wave(1)) });
    world.advance(60);
    requestSync(world, key, { prune: true });
    await run();
    world.advance(600);
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringMatching(/waiting for deletion of \/ConfigMap\/a; .*because of the finalizers example\.com\/guard/),
    ]);
  });
});

describe('a rollback without being asked', () => {
  it.each([
    [{}, 'not run', 0],
    [{ hooks: true }, 'run', 1],
  ])('with policy %j: hooks are %s', async (policy, said, hooks) => {
    const files = (value: string) => ({
      'deploy/before.yaml': job('before', hook('PreSync')),
      'deploy/web.yaml': configMap('web', value),
    });
    const { world, key, run, cluster, status } = setUp(
      { syncPolicy: { automated: {}, retry: { limit: 0 } } },
      files('one'),
    );
    world.edit(key, { metadata: { annotations: { [ANNOTATION_AUTO_ROLLBACK]: JSON.stringify(policy) } } });
    await run();
    cluster.complete('Job', 'before');
    await run();
    world.push('bbbbbbb2', files('two'));
    world.advance(60);
    await run();
    cluster.complete('Job', 'before', 'bad');
    await run();
    world.requests.length = 0;
    await run();
    expect(status().operationState?.operation.info).toContainEqual({ name: 'hooks', value: said });
    expect(world.requests.filter((request) => request === 'CREATE Job/before')).toHaveLength(hooks);
  });
});

describe('what never comes', () => {
  const crd = [
    'apiVersion: apiextensions.k8s.io/v1',
    'kind: CustomResourceDefinition',
    'metadata: {name: widgets.example.com}',
    'spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}}',
  ].join('\n');
  const files = {
    'deploy/crd.yaml': crd,
    'deploy/widget.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n',
  };

  it('a definition that is not served in time fails its objects', async () => {
    const { world, key, run, cluster, status } = setUp({}, files);
    cluster.isServed = () => false;
    requestSync(world, key);
    expect((await run()).requeueAfter).toBe(250);
    expect(status().operationState?.message).toBe(
      'waiting for CustomResourceDefinition widgets.example.com to be established',
    );
    world.advance(60);
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('widgets.example.com was not established within 60 s'),
    });
  });

  it('a definition whose names are taken fails its objects at once, with the reason', async () => {
    const { world, key, run, cluster, status } = setUp({}, files);
    cluster.isServed = () => false;
    requestSync(world, key);
    await run();
    const live = cluster.get('CustomResourceDefinition', 'widgets.example.com');
    cluster.store({
      ...(live as NonNullable<typeof live>),
      status: { conditions: [{ type: 'NamesAccepted', status: 'False', message: 'plural widgets is in use' }] },
    });
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('is not accepted: plural widgets is in use'),
    });
  });
});

it('a termination ends running hooks although the sources cannot be read any more', async () => {
  const { world, key, run, cluster, status } = setUp({}, { 'deploy/before.yaml': job('before', hook('PreSync')) });
  requestSync(world, key);
  await run();
  world.push('bbbbbbb2', new RenderError('Broken', 'a template is broken'));
  world.revisions.set('aaaaaaa1', new RenderError('Broken', 'a template is broken'));
  world.edit(key, {
    metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } },
    status: { operationState: { phase: 'Terminating' } },
  });
  await run();
  expect(status().operationState).toMatchObject({ phase: 'Failed', message: 'Operation terminated' });
  expect(cluster.names()).toEqual([]);
});
