import { describe, expect, it } from 'vitest';
import type { Application, ApplicationSpec } from '../application/application.ts';
import { ClusterError, WaitingError } from '../errors.ts';
import { ANNOTATION_REFRESH, FINALIZER_HOOK, FINALIZER_RESOURCES } from '../kubernetes/annotations.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import { ANNOTATION_HOLD } from '../sync/hold.ts';
import {
  AUTOMATED,
  conditionsOf,
  configMap,
  deployment,
  HEALING,
  hook,
  job,
  requestSync,
  setUp,
  synced,
  wave,
} from './fake-scene.ts';
import type { FakeWorld } from './fake-world.ts';
import { reconcileApplication } from './reconcile-application.ts';

describe('automated sync', () => {
  it('deploys a new application with three requests: the object, the status, the saved manifests', async () => {
    const { world, run, status, cluster } = setUp(AUTOMATED);
    await run();
    expect(world.requests.sort()).toEqual(['APPLY ConfigMap/web', 'PATCH Application', 'SAVE deployment']);
    expect(cluster.names()).toEqual(['ConfigMap/web']);
    expect(status().sync).toMatchObject({ status: 'Synced', revision: 'aaaaaaa1' });
    expect(status().health?.status).toBe('Healthy');
    expect(status().operationState).toMatchObject({
      phase: 'Succeeded',
      message: 'successfully synced (all tasks run)',
      operation: { initiatedBy: { automated: true }, sync: { revision: 'aaaaaaa1' }, retry: { limit: 5 } },
    });
    expect(status().operationState?.syncResult?.resources).toMatchObject([
      { kind: 'ConfigMap', name: 'web', namespace: 'shop', status: 'Synced', message: 'configmap/web created' },
    ]);
    expect(status().history).toMatchObject([{ id: 0, revision: 'aaaaaaa1', initiatedBy: { automated: true } }]);
    expect(world.deployments).toMatchObject([{ historyId: 0, revisions: ['aaaaaaa1'] }]);
  });

  it('sends nothing when nothing changed, however often it looks', async () => {
    const { world, run } = await synced(HEALING);
    for (let times = 0; times < 3; times++) {
      world.advance(300);
      expect((await run()).wrote).toBe(false);
    }
    expect(world.requests).toEqual([]);
  });

  it('compares nothing when nothing changed, though every look gets a view of the cluster of its own', async () => {
    const { world, run, cluster } = await synced(AUTOMATED);
    let assessed = 0;
    world.destination = () =>
      Promise.resolve(
        new Proxy(cluster, {
          get: (target, name) => {
            if (name === 'assessHealth') assessed += 1;
            const member: unknown = Reflect.get(target, name, target);
            return typeof member === 'function' ? member.bind(target) : member;
          },
        }),
      );
    await run();
    expect(assessed).toBeGreaterThan(0);
    assessed = 0;
    await run();
    expect(assessed).toBe(0);
  });

  it('reads an object in the version that Git asks for once for each of its states', async () => {
    const { world, run, cluster, status } = await synced(AUTOMATED, { 'deploy/web.yaml': deployment('web') });
    const read: string[] = [];
    const get = cluster.client.get.bind(cluster.client);
    // The cluster holds it in the version it prefers by now.
    const preferOther = (): void => {
      cluster.store({ ...(cluster.get('Deployment', 'web') as KubernetesObject), apiVersion: 'apps/v2' });
    };
    cluster.client.get = async (ref) => {
      read.push(ref.apiVersion);
      return { ...((await get(ref)) as KubernetesObject), apiVersion: ref.apiVersion };
    };
    preferOther();
    for (let times = 0; times < 4; times++) await run();
    expect(read).toEqual(['apps/v1']);
    cluster.update('Deployment', 'web', { spec: { replicas: 7 } });
    await run();
    expect(read).toEqual(['apps/v1', 'apps/v1']);
    expect(status().sync?.status).toBe('OutOfSync');
    expect(world.requests.filter((request) => request.startsWith('APPLY'))).toEqual([]);
  });

  it.each<[string, (scene: Awaited<ReturnType<typeof synced>>) => void, RegExp]>([
    ['drift', ({ cluster }) => cluster.update('ConfigMap', 'web', { data: { value: 'x' } }), /"status":"OutOfSync"/],
    [
      'a deleted resource',
      ({ cluster }) => cluster.remove(cluster.get('ConfigMap', 'web') as KubernetesObject),
      /"status":"OutOfSync"/,
    ],
    [
      'a commit that changes nothing',
      ({ world }) => world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web') }),
      /"revision":"bbbbbbb2"/,
    ],
    ['new images', ({ cluster }) => cluster.images.push('web:2'), /"images":\["web:2"\]/],
    ['a forbidding project', ({ world }) => void world.projectList.splice(0), /InvalidSpecError/],
  ])('after quiet looks still sees %s', async (_what, change, expected) => {
    const scene = await synced(AUTOMATED);
    for (let times = 0; times < 3; times++) await scene.run();
    change(scene);
    await scene.run();
    expect(JSON.stringify(scene.status())).toMatch(expected);
  });

  it('deploys a new commit and keeps the history', async () => {
    const { world, run, status } = await synced(AUTOMATED);
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
    await run();
    expect(world.requests.sort()).toEqual(['APPLY ConfigMap/web', 'PATCH Application', 'SAVE deployment']);
    expect(status().history?.map(({ id, revision }) => [id, revision])).toEqual([
      [0, 'aaaaaaa1'],
      [1, 'bbbbbbb2'],
    ]);
  });

  it('sends only the object that a commit changed', async () => {
    const files = { 'deploy/a.yaml': configMap('a'), 'deploy/b.yaml': configMap('b') };
    const { world, run, status } = await synced(AUTOMATED, files);
    world.push('bbbbbbb2', { ...files, 'deploy/b.yaml': configMap('b', 'two') });
    await run();
    expect(world.requests.filter((request) => request.startsWith('APPLY'))).toEqual(['APPLY ConfigMap/b']);
    expect(status().operationState?.syncResult?.resources?.map(({ name, message }) => [name, message])).toEqual([
      ['a', 'configmap/a unchanged'],
      ['b', 'configmap/b configured'],
    ]);
  });

  it('leaves drift alone without self-heal, and shows it', async () => {
    const { world, run, status, cluster } = await synced(AUTOMATED);
    cluster.update('ConfigMap', 'web', { data: { value: 'hand' } });
    await run();
    expect(status().sync?.status).toBe('OutOfSync');
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'hand' });
    expect(world.requests).toEqual(['DRYRUN ConfigMap/web', 'PATCH Application']);
    world.requests.length = 0;
    await run();
    expect(world.requests).toEqual([]);
  });

  it('undoes drift with self-heal, without hooks and without a history entry, slower each time', async () => {
    const { world, run, status, cluster } = await synced(HEALING);
    cluster.update('ConfigMap', 'web', { data: { value: 'hand' } });
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
    expect(status().operationState?.operation.sync).toMatchObject({
      autoHealAttemptsCount: 1,
      resources: [{ kind: 'ConfigMap', name: 'web', namespace: 'shop' }],
    });
    expect(status().sync?.status).toBe('Synced');
    expect(status().history).toHaveLength(1);

    cluster.update('ConfigMap', 'web', { data: { value: 'again' } });
    const waiting = await run();
    expect(waiting.requeueAfter).toBe(2_000);
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'again' });
    world.advance(2);
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
    expect(status().operationState?.operation.sync?.autoHealAttemptsCount).toBe(2);
  });

  it('starts counting heals anew after a quiet while', async () => {
    const { world, run, status, cluster } = await synced(HEALING);
    for (const seconds of [1, 400]) {
      world.advance(seconds);
      cluster.update('ConfigMap', 'web', { data: { value: `hand ${seconds}` } });
      await run();
    }
    expect(status().operationState?.operation.sync?.autoHealAttemptsCount).toBe(1);
  });

  it('does nothing on its own with enabled: false', async () => {
    const { cluster, run, status } = setUp({ syncPolicy: { automated: { enabled: false } } });
    await run();
    expect(status().sync?.status).toBe('OutOfSync');
    expect(cluster.names()).toEqual([]);
  });
});

describe('what is broken', () => {
  it('names file and line of a broken manifest, changes nothing, and recovers by itself', async () => {
    const { world, run, app, cluster } = await synced(HEALING);
    world.push('bbbbbbb2', { 'deploy/web.yaml': `${configMap('web')}\n---\nkind: Service\n` });
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringMatching(
        /^ComparisonError: Failed to load target state: deploy\/web\.yaml:\d+: .*apiVersion.* Add apiVersion/,
      ),
    ]);
    expect(app().status?.sync?.status).toBe('Unknown');
    expect(cluster.names()).toEqual(['ConfigMap/web']);
    world.push('ccccccc3', { 'deploy/web.yaml': configMap('web', 'three') });
    await run();
    expect(conditionsOf(app())).toEqual([]);
    expect(app().status?.sync).toMatchObject({ status: 'Synced', revision: 'ccccccc3' });
  });

  it('never takes a vanished path for an empty one', async () => {
    const { world, run, app, cluster } = await synced(HEALING);
    world.push('bbbbbbb2', { 'elsewhere/web.yaml': configMap('web') });
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringContaining('deploy: app path does not exist. Restore the directory'),
    ]);
    expect(cluster.names()).toEqual(['ConfigMap/web']);
    expect(world.requests.filter((request) => request.startsWith('DELETE'))).toEqual([]);
  });

  it('refuses to wipe out everything unless allowEmpty says so', async () => {
    const { world, key, run, app, cluster } = await synced(HEALING);
    world.push('bbbbbbb2', { deploy: '' });
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringMatching(
        /^SyncError: Skipping sync attempt to \[bbbbbbb2\]: auto-sync will wipe out all resources\. Set/,
      ),
    ]);
    expect(cluster.names()).toEqual(['ConfigMap/web']);
    world.edit(key, { spec: { syncPolicy: { automated: { allowEmpty: true } } } });
    await run();
    expect(cluster.names()).toEqual([]);
  });

  it('says what is wrong with a destination that has both server and name', async () => {
    const { run, app, world } = setUp({
      destination: { server: 'https://kubernetes.default.svc', name: 'in-cluster', namespace: 'x' },
    });
    await run();
    expect(conditionsOf(app())).toEqual([
      "InvalidSpecError: application destination can't have both name and server defined: in-cluster https://kubernetes.default.svc. Remove spec.destination.name or spec.destination.server",
    ]);
    expect(app().status).toMatchObject({ sync: { status: 'Unknown' }, health: { status: 'Unknown' } });
    world.requests.length = 0;
    await run();
    expect(world.requests).toEqual([]);
  });

  it('ends a requested sync with an error when the specification is invalid', async () => {
    const { world, key, run, app } = setUp({ project: 'gone' });
    requestSync(world, key);
    await run();
    expect(app().operation).toBeUndefined();
    expect(app().status?.operationState).toMatchObject({
      phase: 'Error',
      message: expect.stringContaining('Application referencing project gone which does not exist'),
    });
  });

  describe('when the project forbids one resource', () => {
    const files = {
      'deploy/a.yaml': configMap('a'),
      'deploy/b.yaml': configMap('b').replace('name: b', 'name: b\n  namespace: kube-system'),
    };

    function narrow(world: FakeWorld): void {
      const [project] = world.projectList;
      if (project === undefined) throw new Error('no project');
      world.projectList = [
        { ...project, spec: { sourceRepos: ['*'], destinations: [{ server: '*', namespace: 'shop' }] } },
      ];
    }

    it('says which, why, and where it is written, and syncs nothing by itself', async () => {
      const { world, run, app, cluster } = setUp(AUTOMATED, files);
      narrow(world);
      await run();
      expect(cluster.names()).toEqual([]);
      expect(app().status?.sync?.status).toBe('Unknown');
      expect(conditionsOf(app())).toEqual([
        "ComparisonError: deploy/b.yaml:1: ConfigMap kube-system/b: namespace kube-system is not permitted in project 'default'. Permit it in the AppProject, or remove it from the source",
      ]);
    });

    it('fails a requested sync whole, before anything is applied', async () => {
      const { world, key, run, status, cluster } = setUp({}, files);
      narrow(world);
      requestSync(world, key);
      await run();
      expect(cluster.names()).toEqual([]);
      expect(status().operationState).toMatchObject({
        phase: 'Failed',
        message:
          "one or more synchronization tasks are not valid, reason: ConfigMap kube-system/b: namespace kube-system is not permitted in project 'default'",
      });
    });
  });

  it('reports an object that the server refuses, with the others applied, and does not repeat the attempt', async () => {
    const { world, run, app, cluster } = setUp(
      { syncPolicy: { automated: {}, retry: { limit: 0 } } },
      { 'deploy/a.yaml': configMap('a'), 'deploy/b.yaml': configMap('b') },
    );
    cluster.refusals.set(
      'ConfigMap/b',
      new ClusterError('admission webhook denied the request', { status: 403, reason: 'Forbidden' }),
    );
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a']);
    expect(app().status?.operationState).toMatchObject({
      phase: 'Failed',
      message: 'one or more objects failed to apply, reason: admission webhook denied the request',
    });
    world.requests.length = 0;
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringMatching(/^SyncError: Failed last sync attempt to \[aaaaaaa1\]: one or more objects/),
    ]);
    expect(world.requests.filter((request) => request.startsWith('APPLY'))).toEqual([]);
  });
});

describe('pruning', () => {
  const two = { 'deploy/a.yaml': configMap('a'), 'deploy/b.yaml': configMap('b') };
  const one = { 'deploy/a.yaml': configMap('a') };

  it('deletes what Git no longer has when prune is on', async () => {
    const { world, run, cluster, status } = await synced(HEALING, two);
    world.push('bbbbbbb2', one);
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a']);
    expect(status().operationState?.syncResult?.resources).toContainEqual(
      expect.objectContaining({ name: 'b', status: 'Pruned', message: 'pruned' }),
    );
  });

  it('leaves it alone when prune is off', async () => {
    const { world, run, cluster, status } = await synced(AUTOMATED, two);
    world.push('bbbbbbb2', one);
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a', 'ConfigMap/b']);
    expect(status().resources).toContainEqual(
      expect.objectContaining({ name: 'b', requiresPruning: true, status: 'OutOfSync' }),
    );
  });

  it('honours Prune=false on the resource', async () => {
    const { world, key, run, cluster, status } = await synced({}, two);
    requestSync(world, key);
    await run();
    cluster.update('ConfigMap', 'b', {
      metadata: { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false' } },
    });
    world.push('bbbbbbb2', one);
    requestSync(world, key, { prune: true });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a', 'ConfigMap/b']);
    expect(status().operationState?.syncResult?.resources).toContainEqual(
      expect.objectContaining({ name: 'b', status: 'PruneSkipped', message: 'ignored (no prune)' }),
    );
  });

  it('waits for a confirmation with Prune=confirm', async () => {
    const { world, key, run, cluster, status } = await synced(
      { syncPolicy: { automated: { prune: true }, syncOptions: ['Prune=confirm'] } },
      two,
    );
    world.push('bbbbbbb2', one);
    world.advance(10);
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Running',
      message: 'waiting for pruning confirmation of /ConfigMap/b',
    });
    world.advance(10);
    world.edit(key, {
      metadata: { annotations: { 'argocd.argoproj.io/deletion-approved': world.now().toISOString() } },
    });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a']);
    expect(status().operationState?.phase).toBe('Succeeded');
  });
});

describe('hooks and waves', () => {
  const files = {
    'deploy/migrate.yaml': job('migrate', hook('PreSync')),
    'deploy/first.yaml': deployment('first', wave(0)),
    'deploy/second.yaml': configMap('second', 'x', wave(1)),
    'deploy/notify.yaml': job('notify', hook('PostSync', 'HookSucceeded')),
    'deploy/clean-up.yaml': job('clean-up', hook('SyncFail')),
  };

  it('runs PreSync, then wave by wave as health allows, then PostSync, over as many passes as it takes', async () => {
    const { run, status, cluster, app } = setUp(AUTOMATED, files);
    const message = () => status().operationState?.message;
    expect((await run()).waitingFor).toBe('waiting for completion of hook batch/Job/migrate');
    expect(cluster.names()).toEqual(['Job/migrate']);
    expect(status().operationState?.phase).toBe('Running');

    cluster.complete('Job', 'migrate');
    await run();
    expect(message()).toBe('waiting for healthy state of apps/Deployment/first');
    expect(cluster.names()).toEqual(['Deployment/first', 'Job/migrate']);

    cluster.complete('Deployment', 'first');
    await run();
    expect(message()).toBe('waiting for completion of hook batch/Job/notify');
    expect(cluster.names()).toEqual(['ConfigMap/second', 'Deployment/first', 'Job/migrate', 'Job/notify']);

    cluster.complete('Job', 'notify');
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Succeeded',
      message: 'successfully synced (all tasks run)',
    });
    // HookSucceeded deletes; the default policy keeps the hook, without our finalizer.
    expect(cluster.names()).toEqual(['ConfigMap/second', 'Deployment/first', 'Job/migrate']);
    expect(cluster.get('Job', 'migrate')?.metadata.finalizers ?? []).not.toContain(FINALIZER_HOOK);
    expect(app().status?.sync?.status).toBe('Synced');
  });

  it('runs SyncFail and fails when a hook fails, and applies nothing behind it', async () => {
    const { run, status, cluster } = setUp({ syncPolicy: { automated: {}, retry: { limit: 0 } } }, files);
    await run();
    cluster.complete('Job', 'migrate', 'bad');
    await run();
    expect(cluster.names()).toEqual(['Job/clean-up', 'Job/migrate']);
    cluster.complete('Job', 'clean-up');
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Failed',
      message: expect.stringMatching(/^one or more synchronization tasks completed unsuccessfully, reason: /),
    });
    expect(cluster.names()).not.toContain('Deployment/first');
  });

  it.each([
    'CREATE Job/migrate',
    'APPLY Deployment/first',
    'APPLY ConfigMap/second',
    'CREATE Job/notify',
    'PATCH Job/notify',
    'DELETE Job/notify',
    'PATCH Job/migrate',
    'PATCH Application',
  ])('comes to the same end when the process dies after %s, and no hook runs twice', async (request) => {
    const { world, run, status, cluster } = setUp(AUTOMATED, files);
    world.crashAfter = request;
    let crashes = 0;
    for (let pass = 0; pass < 12 && status().operationState?.phase !== 'Succeeded'; pass++) {
      await run().catch((error: unknown) => {
        if (!String(error).includes('killed after')) throw error;
        crashes += 1;
      });
      for (const [kind, name] of [
        ['Job', 'migrate'],
        ['Deployment', 'first'],
        ['Job', 'notify'],
      ] as const) {
        cluster.complete(kind, name);
      }
    }
    expect(crashes).toBe(1);
    expect(status().operationState).toMatchObject({ phase: 'Succeeded' });
    expect(world.requests.filter((made) => made === 'CREATE Job/migrate')).toHaveLength(1);
    expect(world.requests.filter((made) => made === 'CREATE Job/notify')).toHaveLength(1);
    expect(cluster.names()).toEqual(['ConfigMap/second', 'Deployment/first', 'Job/migrate']);
    expect(status().history).toHaveLength(1);
  });

  it('replaces the hook of the sync before with the default delete policy', async () => {
    const only = { 'deploy/migrate.yaml': job('migrate', hook('PreSync')), 'deploy/web.yaml': configMap('web') };
    const { world, run, status, cluster } = setUp(AUTOMATED, only);
    await run();
    cluster.complete('Job', 'migrate');
    await run();
    const first = cluster.get('Job', 'migrate')?.metadata.uid;
    world.advance(60);
    world.push('bbbbbbb2', { ...only, 'deploy/web.yaml': configMap('web', 'two') });
    await run();
    expect(status().operationState?.message).toBe('waiting for completion of hook batch/Job/migrate');
    expect(cluster.get('Job', 'migrate')?.metadata.uid).not.toBe(first);
  });

  it('gives generated hooks a new name per operation', async () => {
    const generated = job('notify', hook('PostSync')).replace('name: notify', 'generateName: notify-');
    const { run, cluster } = setUp(AUTOMATED, { 'deploy/job.yaml': generated, 'deploy/web.yaml': configMap('web') });
    await run();
    const seconds = Date.parse('2026-01-01T12:00:00Z') / 1000;
    expect(cluster.names()).toEqual([
      'ConfigMap/web',
      expect.stringMatching(new RegExp(`^Job/notify-aaaaaaa-postsync-${seconds}-[0-9a-f]{5}$`)),
    ]);
  });

  it('applies a definition and its objects in one sync', async () => {
    const crd = [
      'apiVersion: apiextensions.k8s.io/v1',
      'kind: CustomResourceDefinition',
      'metadata: {name: widgets.example.com}',
      'spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}}',
    ].join('\n');
    const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n';
    const { world, run, status, cluster } = setUp(AUTOMATED, {
      'deploy/a-widget.yaml': widget,
      'deploy/crd.yaml': crd,
    });
    await run();
    expect(cluster.names()).toEqual(['CustomResourceDefinition/widgets.example.com', 'Widget/w']);
    expect(world.requests.slice(0, 3)).toEqual([
      'APPLY CustomResourceDefinition/widgets.example.com',
      'DISCOVER',
      'APPLY Widget/w',
    ]);
    expect(status().operationState?.phase).toBe('Succeeded');
  });

  it('creates the namespace first with CreateNamespace=true, and never prunes it', async () => {
    const { world, run, cluster, status } = setUp({
      syncPolicy: {
        automated: { prune: true, allowEmpty: true },
        syncOptions: ['CreateNamespace=true'],
        managedNamespaceMetadata: { labels: { team: 'shop' } },
      },
    });
    await run();
    expect(world.requests.filter((request) => request.startsWith('APPLY'))).toEqual([
      'APPLY Namespace/shop',
      'APPLY ConfigMap/web',
    ]);
    expect(cluster.get('Namespace', 'shop')?.metadata.labels).toEqual({ team: 'shop' });
    expect(status().sync?.status).toBe('Synced');
    world.push('bbbbbbb2', { deploy: '' });
    await run();
    expect(cluster.names()).toEqual(['Namespace/shop']);
  });
});

describe('operations on request', () => {
  it('runs a sync, stores that it runs first, and takes the request away at the end', async () => {
    const { world, key, run, app, status } = setUp({});
    await run();
    world.requests.length = 0;
    requestSync(world, key);
    await run();
    expect(world.requests.slice(0, 2)).toEqual(['PATCH Application', 'APPLY ConfigMap/web']);
    expect(app().operation).toBeUndefined();
    expect(status().operationState).toMatchObject({
      phase: 'Succeeded',
      operation: { initiatedBy: { username: 'ada' } },
    });
  });

  it('finishes a requested sync after a crash at any request', async () => {
    for (const request of ['PATCH Application', 'APPLY ConfigMap/web', 'SAVE deployment']) {
      const { world, key, run, app, status } = setUp({});
      requestSync(world, key);
      world.crashAfter = request;
      await expect(run()).rejects.toThrow('killed after');
      await run();
      expect(status().operationState?.phase).toBe('Succeeded');
      expect(app().operation).toBeUndefined();
    }
  });

  it('syncs only the selected resources, without a history entry', async () => {
    const { world, key, run, cluster, status } = setUp(
      {},
      { 'deploy/a.yaml': configMap('a'), 'deploy/b.yaml': configMap('b') },
    );
    requestSync(world, key, { resources: [{ kind: 'ConfigMap', name: 'b' }] });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/b']);
    expect(status().history).toBeUndefined();
    expect(status().sync?.status).toBe('OutOfSync');
  });

  it('writes nothing to the cluster in a dry run', async () => {
    const { world, key, run, cluster, status } = setUp({});
    requestSync(world, key, { dryRun: true });
    await run();
    expect(cluster.names()).toEqual([]);
    expect(status().operationState).toMatchObject({ phase: 'Succeeded' });
    expect(status().operationState?.syncResult?.resources?.[0]?.message).toBe('configmap/web created (dry run)');
    expect(status().history).toBeUndefined();
  });

  it('retries with growing waits and says when', async () => {
    const { world, key, run, cluster, status } = setUp({});
    cluster.refusals.set('ConfigMap/web', new ClusterError('quota exceeded', { status: 403, reason: 'Forbidden' }));
    world.edit(key, { operation: { sync: {}, retry: { limit: 2, backoff: { duration: '5s', factor: 2 } } } });
    const first = await run();
    expect(status().operationState).toMatchObject({ phase: 'Running', retryCount: 1 });
    expect(status().operationState?.message).toBe(
      'one or more objects failed to apply, reason: quota exceeded. Retrying attempt #1 at 12:00PM.',
    );
    expect(first.requeueAfter).toBe(5_000);
    world.advance(4);
    expect((await run()).requeueAfter).toBe(1_000);
    world.advance(1);
    expect((await run()).requeueAfter).toBe(10_000);
    world.advance(10);
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Failed',
      message: 'one or more objects failed to apply, reason: quota exceeded (retried 2 times).',
    });
  });

  it('lets a newer commit replace an automated retry loop', async () => {
    const { world, run, cluster, status } = setUp(AUTOMATED);
    cluster.refusals.set('ConfigMap/web', new ClusterError('denied', { status: 403, reason: 'Forbidden' }));
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Running', retryCount: 1 });
    cluster.refusals.clear();
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Succeeded', syncResult: { revision: 'bbbbbbb2' } });
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'two' });
  });

  it('terminates: running hooks are deleted, nothing more is applied', async () => {
    const { world, key, run, cluster, status } = setUp(
      {},
      { 'deploy/migrate.yaml': job('migrate', hook('PreSync')), 'deploy/web.yaml': configMap('web') },
    );
    requestSync(world, key);
    await run();
    world.edit(key, { status: { operationState: { phase: 'Terminating' } } });
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Failed', message: 'Operation terminated' });
    expect(cluster.names()).toEqual([]);
  });

  it('terminates an operation that runs longer than the limit', async () => {
    const { world, key, run, status } = setUp({}, { 'deploy/migrate.yaml': job('migrate', hook('PreSync')) });
    world.currentSettings = parseSettings({ parameters: { 'controller.sync.timeout.seconds': '60' } }).settings;
    requestSync(world, key);
    expect((await run()).requeueAfter).toBe(60_000);
    world.advance(60);
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Failed',
      message: 'Operation terminated: it took longer than 1m0s',
    });
  });

  it('rolls back to an earlier deployment, and auto-sync leaves a held application alone until the next commit', async () => {
    const { world, key, run, cluster, status, app } = await synced(HEALING);
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
    await run();
    const hold = { historyId: 0, revision: 'aaaaaaa1', by: 'ada', at: '2026-01-01T12:00:00Z', resume: 'next-commit' };
    world.edit(key, { metadata: { annotations: { [ANNOTATION_HOLD]: JSON.stringify(hold) } } });
    requestSync(world, key, { revision: 'aaaaaaa1', syncStrategy: { apply: {} } });
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
    expect(status().sync).toMatchObject({ status: 'OutOfSync', revision: 'bbbbbbb2' });
    expect(status().history?.map(({ revision }) => revision)).toEqual(['aaaaaaa1', 'bbbbbbb2', 'aaaaaaa1']);
    for (let times = 0; times < 3; times++) {
      world.advance(600);
      await run();
    }
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });

    world.push('ccccccc3', { 'deploy/web.yaml': configMap('web', 'three') });
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'three' });
    expect(app().metadata.annotations).toEqual({});
  });

  it('stays with the revision it began with when the branch moves during the sync', async () => {
    const files = { 'deploy/migrate.yaml': job('migrate', hook('PreSync')), 'deploy/web.yaml': configMap('web') };
    const { world, key, run, cluster, status } = setUp({}, files);
    requestSync(world, key);
    await run();
    world.push('bbbbbbb2', { ...files, 'deploy/web.yaml': configMap('web', 'two') });
    cluster.complete('Job', 'migrate');
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
    expect(status().operationState).toMatchObject({ phase: 'Succeeded', syncResult: { revision: 'aaaaaaa1' } });
    expect(status().sync).toMatchObject({ status: 'OutOfSync', revision: 'bbbbbbb2' });
  });

  it('waits for a sync window, and runs when it opens', async () => {
    const { world, run, cluster, status } = setUp(AUTOMATED);
    const [project] = world.projectList;
    if (project === undefined) throw new Error('no project');
    world.projectList = [
      {
        ...project,
        spec: {
          ...project.spec,
          syncWindows: [{ kind: 'allow', schedule: '0 13 * * *', duration: '1h', applications: ['*'] }],
        },
      },
    ];
    const waiting = await run();
    expect(cluster.names()).toEqual([]);
    expect(waiting.requeueAfter).toBe(3_600_000);
    world.advance(3_600);
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/web']);
    expect(status().sync?.status).toBe('Synced');
  });

  it('removes the refresh annotation once it has looked', async () => {
    const { world, key, run, app } = await synced(AUTOMATED);
    world.edit(key, { metadata: { annotations: { [ANNOTATION_REFRESH]: 'hard' } } });
    const { renders } = world;
    await run();
    expect(world.renders).toBe(renders + 1);
    expect(app().metadata.annotations).toEqual({});
  });
});

describe('deletion', () => {
  async function deleting(
    finalizers: string[],
    files: Record<string, string>,
    spec: Partial<ApplicationSpec> = AUTOMATED,
  ) {
    const scene = setUp(spec, files);
    await scene.run();
    scene.world.edit(scene.key, {
      metadata: {
        finalizers: [...(scene.app().metadata.finalizers ?? []), ...finalizers],
        deletionTimestamp: scene.world.now().toISOString(),
      },
    });
    scene.world.requests.length = 0;
    return scene;
  }

  it('deletes resources in reverse waves and lets go when all are gone', async () => {
    const { world, key, run, cluster } = await deleting([FINALIZER_RESOURCES], {
      'deploy/a.yaml': configMap('a', 'x', wave(0)),
      'deploy/b.yaml': configMap('b', 'x', wave(1)),
    });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a']);
    await run();
    await run();
    expect(cluster.names()).toEqual([]);
    expect(world.application(key)).toBeUndefined();
  });

  it('leaves resources alone without the resources finalizer', async () => {
    const { run, cluster, world } = await deleting(['example.com/other'], { 'deploy/a.yaml': configMap('a') });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a']);
    expect(world.requests).toEqual([]);
  });

  it('keeps what says Delete=false', async () => {
    const { world, key, run, cluster } = await deleting([FINALIZER_RESOURCES], {
      'deploy/a.yaml': configMap('a', 'x', { 'argocd.argoproj.io/sync-options': 'Delete=false' }),
      'deploy/b.yaml': configMap('b'),
    });
    for (let pass = 0; pass < 3; pass++) await run();
    expect(cluster.names()).toEqual(['ConfigMap/a']);
    expect(world.application(key)).toBeUndefined();
  });

  it('asks for what the status lists where the kind is not watched, and waits while it cannot be asked for', async () => {
    const { world, key, run, app, cluster } = await deleting([FINALIZER_RESOURCES], {
      'deploy/a.yaml': configMap('a'),
    });
    cluster.ownedObjects = () => [];
    const { liveObjects } = cluster;
    cluster.liveObjects = () =>
      Promise.reject(new WaitingError('DiscoveryIncomplete', 'the kind is unknown', { retryAfter: 10_000 }));
    await run();
    expect(app().metadata.finalizers).toContain(FINALIZER_RESOURCES);
    expect(conditionsOf(app())).toEqual([expect.stringContaining('the kind is unknown')]);
    cluster.liveObjects = liveObjects;
    await run();
    await run();
    expect(cluster.names()).toEqual([]);
    expect(world.application(key)).toBeUndefined();
  });

  it('does not let go when the cluster is not registered, and says so', async () => {
    const { world, run, app, cluster } = await deleting([FINALIZER_RESOURCES], { 'deploy/a.yaml': configMap('a') });
    world.clusterList = [];
    await run();
    expect(app().metadata.finalizers).toContain(FINALIZER_RESOURCES);
    expect(conditionsOf(app())).toEqual([
      expect.stringMatching(
        /^DeletionError: error getting cluster by server .* Register the cluster.*delete the Application once more with cascade=false$/,
      ),
    ]);
    expect(cluster.names()).toEqual(['ConfigMap/a']);
  });

  it('names the finalizers that hold a resource back', async () => {
    const { world, run, app, cluster } = await deleting([FINALIZER_RESOURCES], { 'deploy/a.yaml': configMap('a') });
    cluster.update('ConfigMap', 'a', { metadata: { finalizers: ['example.com/guard'] } });
    await run();
    world.advance(120);
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringContaining('/ConfigMap/a is not gone, because of the finalizers example.com/guard'),
    ]);
  });

  it('runs PreDelete hooks before anything is deleted', async () => {
    const { world, key, run, cluster } = await deleting([FINALIZER_RESOURCES], {
      'deploy/a.yaml': configMap('a'),
      'deploy/backup.yaml': job('backup', hook('PreDelete')),
    });
    const waiting = await run();
    expect(waiting.waitingFor).toBe('waiting for completion of hook batch/Job/backup');
    expect(cluster.names()).toEqual(['ConfigMap/a', 'Job/backup']);
    cluster.complete('Job', 'backup');
    for (let pass = 0; pass < 4; pass++) await run();
    expect(cluster.names()).toEqual([]);
    expect(world.application(key)).toBeUndefined();
  });

  it('refuses to cascade while the tool itself is being removed', async () => {
    const { world, run, app, cluster } = await deleting([FINALIZER_RESOURCES], { 'deploy/a.yaml': configMap('a') });
    world.brake = 'the namespace argocd is being deleted, so resources of applications are kept';
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a']);
    expect(conditionsOf(app())).toEqual([expect.stringContaining('resources of applications are kept')]);
  });
});

it('keeps an operation while no renderer answers, and finishes it when one does', async () => {
  const { world, key, run, status } = await synced({});
  requestSync(world, key);
  const { render } = world;
  world.render = () => Promise.reject(new WaitingError('NoAnswer', 'no renderer answered', { retryAfter: 5_000 }));
  expect((await run()).requeueAfter).toBe(5_000);
  expect(status().operationState).toMatchObject({ phase: 'Running', message: expect.stringContaining('no renderer') });
  world.render = render;
  await run();
  expect(status().operationState?.phase).toBe('Succeeded');
});

describe('a live state that cannot be known', () => {
  it.each<[string, Error]>([
    [
      'an API group does not answer',
      new WaitingError('DiscoveryIncomplete', 'no answer for x', { retryAfter: 10_000 }),
    ],
    ['an object may not be read', new ClusterError('no answer for x', { status: 403, reason: 'Forbidden' })],
  ])('is a condition, deletes nothing and is tried again, when %s', async (_what, error) => {
    const { world, run, app, cluster } = await synced(HEALING);
    world.push('bbbbbbb2', { 'deploy/other.yaml': configMap('other') });
    cluster.liveObjects = () => Promise.reject(error);
    expect((await run()).requeueAfter).toBe(10_000);
    expect(conditionsOf(app())).toEqual(['ComparisonError: Failed to load live state: no answer for x']);
    expect(app().status?.sync?.status).toBe('Unknown');
    expect(cluster.names()).toEqual(['ConfigMap/web']);
  });

  it('is not blamed on the application when the server is only busy', async () => {
    const { run, cluster } = await synced(HEALING);
    cluster.liveObjects = () => Promise.reject(new ClusterError('busy', { status: 429, reason: 'TooManyRequests' }));
    await expect(run()).rejects.toThrow('busy');
  });
});

describe('ways to apply', () => {
  const forced = { 'argocd.argoproj.io/sync-options': 'Replace=true,Force=true' };

  it('deletes and creates with Replace and Force, over two passes', async () => {
    const { world, key, run, cluster, status } = setUp({}, { 'deploy/web.yaml': configMap('web', 'one', forced) });
    requestSync(world, key);
    await run();
    const { uid } = cluster.get('ConfigMap', 'web')?.metadata ?? {};
    requestSync(world, key);
    const waiting = await run();
    expect(waiting.waitingFor).toBe('waiting for deletion of /ConfigMap/web');
    expect(cluster.names()).toEqual([]);
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
    expect(cluster.get('ConfigMap', 'web')?.metadata.uid).not.toBe(uid);
  });

  it('replaces in place with Replace', async () => {
    const replaced = { 'argocd.argoproj.io/sync-options': 'Replace=true' };
    const { world, key, run, status } = await synced(AUTOMATED, {
      'deploy/web.yaml': configMap('web', 'one', replaced),
    });
    requestSync(world, key);
    await run();
    expect(world.requests).toContain('REPLACE ConfigMap/web');
    expect(status().operationState?.syncResult?.resources?.[0]?.message).toBe('configmap/web replaced');
  });

  it('says how to change a field that cannot be changed', async () => {
    const { run, status, cluster } = setUp({ syncPolicy: { automated: {}, retry: { limit: 0 } } });
    cluster.refusals.set(
      'ConfigMap/web',
      new ClusterError('data: field is immutable', { status: 422, reason: 'Invalid' }),
    );
    await run();
    expect(status().operationState?.message).toContain('Replace=true,Force=true to delete and create it');
  });

  it.each([
    "configmaps \"web\" is forbidden: ValidatingAdmissionPolicy 'frozen' with binding 'all' denied request: data is immutable",
    'admission webhook "frozen.example.com" denied the request: data may not be changed',
  ])('never deletes with Force what an admission policy refuses to change: %s', async (message) => {
    const forced = (value: string) => configMap('web', value, { 'argocd.argoproj.io/sync-options': 'Force=true' });
    const { world, key, run, status, cluster } = setUp({}, { 'deploy/web.yaml': forced('one') });
    requestSync(world, key);
    await run();
    const sent: string[] = [];
    world.beforeRequest = async (request) => void sent.push(request);
    world.push('bbbbbbb2', { 'deploy/web.yaml': forced('two') });
    cluster.refusals.set('ConfigMap/web', new ClusterError(message, { status: 422, reason: 'Invalid' }));
    requestSync(world, key);
    await run();
    expect(sent.filter((request) => request.startsWith('DELETE'))).toEqual([]);
    expect(sent).toContain('APPLY ConfigMap/web');
    expect(cluster.get('ConfigMap', 'web')).toBeDefined();
    expect(status().operationState?.phase).toBe('Failed');
    expect(status().operationState?.message).not.toContain('Force=true to delete');
  });

  it('never deletes a claim with Force because the server refuses a change that nobody foresaw', async () => {
    const claim = (value: string) =>
      configMap('web', value, { 'argocd.argoproj.io/sync-options': 'Force=true' }).replace(
        'kind: ConfigMap',
        'kind: PersistentVolumeClaim',
      );
    const { world, key, run, status, cluster } = setUp({}, { 'deploy/web.yaml': claim('one') });
    requestSync(world, key);
    await run();
    world.push('bbbbbbb2', { 'deploy/web.yaml': claim('two') });
    cluster.refusals.set(
      'PersistentVolumeClaim/web',
      new ClusterError('spec is immutable', { status: 422, reason: 'Invalid' }),
    );
    const sent: string[] = [];
    world.beforeRequest = async (request) => void sent.push(request);
    requestSync(world, key);
    await run();
    expect(sent.filter((request) => request.startsWith('DELETE'))).toEqual([]);
    expect(sent).toContain('APPLY PersistentVolumeClaim/web');
    expect(status().operationState).toMatchObject({ phase: 'Failed', message: expect.stringContaining('immutable') });
  });

  it('takes over what kubectl applied, so that a field which leaves Git leaves the cluster', async () => {
    const { world, key, run, cluster } = setUp({});
    const before = { value: 'old', gone: 'x' };
    await cluster.client.create(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'shop' }, data: before },
      { fieldManager: 'kubectl-client-side-apply' },
    );
    requestSync(world, key);
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
  });

  it('leaves ignored fields to the cluster with RespectIgnoreDifferences', async () => {
    const { world, key, run, cluster, status } = await synced({
      syncPolicy: { automated: { selfHeal: true }, syncOptions: ['RespectIgnoreDifferences=true'] },
      ignoreDifferences: [{ kind: 'ConfigMap', jsonPointers: ['/data/value'] }],
    });
    cluster.update('ConfigMap', 'web', { data: { value: 'by hand' } });
    requestSync(world, key);
    await run();
    expect(status().sync?.status).toBe('Synced');
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'by hand' });
  });

  it('writes ignored fields when a sync is asked for without it', async () => {
    const { world, key, run, cluster } = await synced({
      syncPolicy: { automated: { selfHeal: true } },
      ignoreDifferences: [{ kind: 'ConfigMap', jsonPointers: ['/data/value'] }],
    });
    cluster.update('ConfigMap', 'web', { data: { value: 'by hand' } });
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'by hand' });
    requestSync(world, key);
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
  });

  it('changes nothing of several waves when the last one is refused by the dry run', async () => {
    const files = { 'deploy/a.yaml': configMap('a', 'x', wave(0)), 'deploy/b.yaml': configMap('b', 'x', wave(1)) };
    const { run, cluster, status } = setUp({ syncPolicy: { automated: {}, retry: { limit: 0 } } }, files);
    cluster.refusals.set('ConfigMap/b', new ClusterError('denied', { status: 403, reason: 'Forbidden' }));
    await run();
    expect(cluster.names()).toEqual([]);
    expect(status().operationState).toMatchObject({
      phase: 'Failed',
      message: 'one or more objects failed to apply (dry run)',
    });
  });

  it('goes on after the API server was away in the middle', async () => {
    const { run, cluster, status } = setUp(AUTOMATED, {
      'deploy/a.yaml': configMap('a'),
      'deploy/b.yaml': configMap('b'),
    });
    cluster.refusals.set('ConfigMap/b', new ClusterError('connect ECONNREFUSED', { status: 0, reason: '' }));
    await expect(run()).rejects.toThrow('ECONNREFUSED');
    cluster.refusals.clear();
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a', 'ConfigMap/b']);
    expect(status().operationState?.phase).toBe('Succeeded');
  });
});

describe('a process that dies', () => {
  const simple = { 'deploy/a.yaml': configMap('a'), 'deploy/b.yaml': configMap('b') };
  const staged = {
    'deploy/before.yaml': job('before', hook('PreSync', 'HookSucceeded')),
    'deploy/a.yaml': configMap('a', 'x', wave(-1)),
    'deploy/web.yaml': deployment('web', wave(1)),
    'deploy/after.yaml': job('after', hook('PostSync')),
  };

  /** Runs until the operation is done, dying at one request; answers how many requests an undisturbed run makes. */
  async function deploy(spec: Partial<ApplicationSpec>, files: Record<string, string>, crashAt: number | undefined) {
    const scene = setUp(spec, files);
    if (spec.syncPolicy?.automated === undefined) requestSync(scene.world, scene.key);
    scene.world.crashAt = crashAt;
    let settled = 0;
    for (let pass = 0; pass < 20 && settled < 3; pass++) {
      if (scene.status().operationState?.phase === 'Succeeded') settled += 1;
      scene.world.advance(1);
      await scene.run().catch((error: unknown) => {
        if (!String(error).includes('killed after')) throw error;
      });
      for (const name of ['before', 'after']) scene.cluster.complete('Job', name);
      scene.cluster.complete('Deployment', 'web');
    }
    return scene;
  }

  it.each<[string, Partial<ApplicationSpec>, Record<string, string>]>([
    ['an automated sync', AUTOMATED, simple],
    ['a requested sync', {}, simple],
    ['an automated sync with hooks and waves', AUTOMATED, staged],
    ['a requested sync with hooks and waves', {}, staged],
  ])('at any request of %s loses nothing and repeats no hook', async (_title, spec, files) => {
    const undisturbed = await deploy(spec, files, undefined);
    const requests = undisturbed.world.requests.length;
    expect(requests).toBeGreaterThan(2);
    for (let crashAt = 1; crashAt <= requests; crashAt++) {
      const { world, cluster, status, app } = await deploy(spec, files, crashAt);
      const where = `killed after request ${crashAt}: ${world.requests[crashAt - 1]}`;
      expect(cluster.names(), where).toEqual(undisturbed.cluster.names());
      expect(status().operationState?.phase, where).toBe('Succeeded');
      expect(status().sync?.status, where).toBe('Synced');
      expect(status().history, where).toHaveLength(1);
      expect(app().operation, where).toBeUndefined();
      for (const name of ['before', 'after']) {
        expect(world.requests.filter((request) => request === `CREATE Job/${name}`).length, where).toBeLessThan(2);
        expect(cluster.get('Job', name)?.metadata.finalizers ?? [], where).toEqual([]);
      }
    }
  });
});

describe('self-heal against another writer', () => {
  it('names the field and the writer, and the rule that ends it', async () => {
    const { world, run, app, cluster } = await synced(HEALING);
    for (let round = 0; round < 4; round++) {
      cluster.update('ConfigMap', 'web', { data: { value: `round ${round}` } }, 'other-operator');
      world.advance(20);
      await run();
    }
    cluster.update('ConfigMap', 'web', { data: { value: 'again' } }, 'other-operator');
    await run();
    const expected =
      'SelfHealLoopWarning: Self-heal and another writer keep overwriting each other: ConfigMap shop/web data.value (written by other-operator). Add the field to spec.ignoreDifferences, or stop the other writer';
    expect(conditionsOf(app())).toEqual([expected]);
    world.advance(60);
    await run();
    expect(app().status?.sync?.status).toBe('Synced');
    expect(conditionsOf(app())).toEqual([expected]);
    world.advance(301);
    await run();
    expect(conditionsOf(app())).toEqual([]);
  });
});

describe('several sources', () => {
  const sources = [
    { repoURL: 'https://git.example.com/a', path: 'deploy', targetRevision: 'one' },
    { repoURL: 'https://git.example.com/b', path: 'more', targetRevision: 'two' },
  ];

  it('are deployed together and reported in the plural', async () => {
    const { world, key, cluster, status } = setUp(AUTOMATED);
    world.push('one', { 'deploy/a.yaml': configMap('a') });
    world.push('two', { 'more/b.yaml': configMap('b') });
    world.edit(key, { spec: { source: null, sources } });
    await reconcileApplication(world, key);
    expect(cluster.names()).toEqual(['ConfigMap/a', 'ConfigMap/b']);
    expect(status().sync).toMatchObject({ status: 'Synced', revisions: ['one', 'two'] });
    expect(status().sync?.revision).toBeUndefined();
    expect(status().sourceTypes).toEqual(['Directory', 'Directory']);
    expect(status().operationState?.syncResult).toMatchObject({ revisions: ['one', 'two'], sources });
    expect(status().history?.[0]).toMatchObject({ revisions: ['one', 'two'], sources });
    world.requests.length = 0;
    await reconcileApplication(world, key);
    expect(world.requests).toEqual([]);
  });
});

describe('guards', () => {
  it('refuses an operation whose own source the project does not permit', async () => {
    const { world, key, run, app, cluster } = setUp({});
    const [project] = world.projectList;
    if (project === undefined) throw new Error('no project');
    world.projectList = [{ ...project, spec: { ...project.spec, sourceRepos: ['https://git.example.com/**'] } }];
    requestSync(world, key, { source: { repoURL: 'https://evil.example.com/x', path: 'deploy' } });
    await run();
    expect(cluster.names()).toEqual([]);
    expect(app().status?.operationState).toMatchObject({
      phase: 'Error',
      message: expect.stringContaining(
        "application repo https://evil.example.com/x is not permitted in project 'default'",
      ),
    });
  });

  it('syncs as the ServiceAccount of the project, and not at all when none matches', async () => {
    const { world, run, app, cluster } = setUp(AUTOMATED);
    world.currentSettings = parseSettings({ configMap: { 'application.sync.impersonation.enabled': 'true' } }).settings;
    await run();
    expect(cluster.names()).toEqual([]);
    expect(conditionsOf(app())).toEqual([
      expect.stringContaining('no matching service account found for destination server'),
    ]);
    const [project] = world.projectList;
    if (project === undefined) throw new Error('no project');
    const destinationServiceAccounts = [{ server: '*', namespace: 'shop', defaultServiceAccount: 'deployer' }];
    world.projectList = [{ ...project, spec: { ...project.spec, destinationServiceAccounts } }];
    await run();
    expect(world.serviceAccounts).toEqual(['system:serviceaccount:shop:deployer']);
    expect(cluster.names()).toEqual(['ConfigMap/web']);
  });

  it('leaves Applications of other namespaces alone unless they are enabled', async () => {
    const { world, run, cluster } = setUp(AUTOMATED);
    const application = world.applications.get('argocd/web') as Application;
    const elsewhere = { ...application, metadata: { ...application.metadata, namespace: 'team-a' } };
    world.applications.set('team-a/web', elsewhere);
    const key = { namespace: 'team-a', name: 'web' };
    expect((await reconcileApplication(world, key)).wrote).toBe(false);
    world.currentSettings = parseSettings({ parameters: { 'application.namespaces': 'team-*' } }).settings;
    await reconcileApplication(world, key);
    expect(conditionsOf(world.application(key) as Application)).toEqual([
      expect.stringContaining("application 'web' in namespace 'team-a' is not allowed to use project 'default'"),
    ]);
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/web']);
  });

  it('stops at a skip-reconcile annotation', async () => {
    const { world, key, run, cluster } = setUp(AUTOMATED);
    world.edit(key, { metadata: { annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' } } });
    expect((await run()).wrote).toBe(false);
    expect(cluster.names()).toEqual([]);
  });

  it('never prunes what belongs to another application', async () => {
    const { world, run, cluster, app } = setUp(HEALING, { 'deploy/web.yaml': configMap('web') });
    await run();
    const stolen = cluster.get('ConfigMap', 'web') as KubernetesObject;
    cluster.update('ConfigMap', 'web', {
      metadata: {
        annotations: {
          'argocd.argoproj.io/tracking-id': stolen.metadata.annotations?.['argocd.argoproj.io/tracking-id']?.replace(
            'web:',
            'other:',
          ),
        },
      },
    });
    world.push('bbbbbbb2', { 'deploy/else.yaml': configMap('else') });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/else', 'ConfigMap/web']);
    expect(app().status?.sync?.status).toBe('Synced');
  });

  it('cuts a status that is too large to store to the condition that says so', async () => {
    const { world, run, app } = setUp(AUTOMATED, {
      'deploy/web.yaml': Array.from({ length: 50 }, (_none, index) => configMap(`web-${index}`)).join('\n---\n'),
    });
    world.maxStoredLength = 4_000;
    await run();
    expect(app().status?.resources).toBeUndefined();
    expect(conditionsOf(app())).toEqual([
      expect.stringContaining('UnknownError: the status of the application is larger'),
    ]);
    expect(app().status).toMatchObject({
      sync: { status: 'Synced', revision: 'aaaaaaa1' },
      operationState: { phase: 'Succeeded' },
      history: [{ id: 0 }],
    });
    world.requests.length = 0;
    world.advance(300);
    expect((await run()).wrote).toBe(false);
    expect(world.requests).toEqual([]);
  });

  it('ends an operation that is itself too large to store, before it begins', async () => {
    const { world, key, run, app, status, cluster } = setUp({});
    requestSync(world, key, { manifests: [configMap('web', 'x'.repeat(4_000))] });
    world.maxStoredLength = 6_000;
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Error', message: expect.stringContaining('is larger') });
    expect(app().operation).toBeUndefined();
    expect(cluster.names()).toEqual([]);
  });

  it('waits for a confirmation before it deletes with Delete=confirm', async () => {
    const { world, key, run, app, cluster } = setUp(
      { syncPolicy: { automated: {}, syncOptions: ['Delete=confirm'] } },
      { 'deploy/web.yaml': configMap('web') },
    );
    await run();
    world.advance(10);
    world.edit(key, { metadata: { finalizers: [FINALIZER_RESOURCES], deletionTimestamp: world.now().toISOString() } });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/web']);
    expect(conditionsOf(app())).toEqual([
      expect.stringContaining('waiting for deletion confirmation of /ConfigMap/web. Confirm with'),
    ]);
    world.advance(10);
    world.edit(key, {
      metadata: { annotations: { 'argocd.argoproj.io/deletion-approved': world.now().toISOString() } },
    });
    for (let pass = 0; pass < 3; pass++) await run();
    expect(cluster.names()).toEqual([]);
    expect(world.application(key)).toBeUndefined();
  });
});

it.each([
  [
    'a namespace beyond those of its cluster',
    { namespaces: ['other'] },
    'namespace "shop" for ConfigMap "web" is not managed',
  ],
  [
    'a cluster-scoped kind in namespaced mode',
    { namespaces: ['shop'] },
    'cluster level Namespace "shop" can not be managed when in namespaced mode',
  ],
])('refuses %s, says so and writes nothing there', async (_what, facts, message) => {
  const { world, run, app, cluster } = setUp(
    { syncPolicy: { automated: { prune: true } } },
    {
      'deploy/web.yaml': configMap('web'),
      'deploy/shop.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}',
    },
  );
  cluster.facts = { ...cluster.facts, ...facts };
  if (facts.namespaces[0] === 'other') cluster.facts = { ...cluster.facts, clusterResources: true };
  await run();
  expect(conditionsOf(app())).toEqual([expect.stringContaining(`Failed to load live state: ${message}`)]);
  expect(world.requests).toEqual(['PATCH Application']);
});

describe('deletion while a kind cannot be read', () => {
  const deleting = { finalizers: [FINALIZER_RESOURCES] };

  it('waits when the application has objects of it, names it, and goes on by itself', async () => {
    const { world, key, run, app, cluster } = setUp(
      { syncPolicy: { automated: {} } },
      { 'deploy/web.yaml': configMap('web') },
    );
    await run();
    world.edit(key, { metadata: { ...deleting, deletionTimestamp: world.now().toISOString() } });
    const unreadable = { group: '', kind: 'ConfigMap', reason: 'conversion webhook is down', isRefused: false };
    cluster.unreadable.push(unreadable);
    // As the live cache shows it: the kind was never listed completely.
    const [hidden] = [...cluster.objects.values()];
    cluster.objects.clear();
    await run();
    expect(world.application(key)?.metadata.finalizers).toEqual([FINALIZER_RESOURCES]);
    expect(conditionsOf(app())).toEqual([
      expect.stringContaining('ConfigMap cannot be read: conversion webhook is down. It goes on by itself'),
    ]);
    cluster.unreadable.pop();
    cluster.store(hidden as KubernetesObject);
    for (let pass = 0; pass < 3; pass++) await run();
    expect(cluster.names()).toEqual([]);
    expect(world.application(key)).toBeUndefined();
  });

  it('waits for a whole API group that the application has objects of, and for no other', async () => {
    const { world, key, run, app, cluster } = setUp(
      { syncPolicy: { automated: {} } },
      { 'deploy/web.yaml': deployment('web') },
    );
    await run();
    cluster.unreadable.push(
      { group: 'metrics.example.org', reason: 'no answer', isRefused: false },
      { group: 'example.org', kind: 'Widget', reason: 'forbidden', isRefused: true },
      { group: 'apps', reason: 'no answer', isRefused: false },
    );
    world.edit(key, { metadata: { ...deleting, deletionTimestamp: world.now().toISOString() } });
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringContaining('the kinds of API group apps cannot be read: no answer'),
    ]);
    cluster.unreadable.pop();
    for (let pass = 0; pass < 3; pass++) await run();
    expect(world.application(key)).toBeUndefined();
  });
});

describe('automatic rollback', () => {
  const policy = (value: string) => ({ metadata: { annotations: { 'lockstep.dev/auto-rollback': value } } });

  async function badCommit(value: string) {
    const scene = setUp(HEALING, { 'deploy/web.yaml': deployment('web') });
    scene.world.edit(scene.key, policy(value));
    await scene.run();
    scene.cluster.complete('Deployment', 'web');
    await scene.run();
    scene.world.advance(600);
    scene.world.push('bbbbbbb2', { 'deploy/web.yaml': deployment('web').replace('web:1', 'web:2') });
    await scene.run();
    return scene;
  }

  function degrade(cluster: FakeWorld['cluster']): void {
    const live = cluster.get('Deployment', 'web') as KubernetesObject;
    const condition = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'stuck' };
    cluster.store({ ...live, status: { observedGeneration: live.metadata.generation, conditions: [condition] } });
  }

  function image(cluster: FakeWorld['cluster']): string {
    return JSON.stringify(cluster.get('Deployment', 'web')?.['spec']).match(/web:\d/)?.[0] ?? '';
  }

  it('goes back when the new revision is Degraded in time, once, and holds until the next commit', async () => {
    const { world, run, cluster, status, app } = await badCommit('true');
    expect(image(cluster)).toBe('web:2');
    degrade(cluster);
    world.advance(60);
    await run();
    expect(image(cluster)).toBe('web:1');
    expect(status().operationState).toMatchObject({ phase: 'Succeeded', syncResult: { revision: 'aaaaaaa1' } });
    expect(JSON.parse(app().metadata.annotations?.[ANNOTATION_HOLD] ?? '')).toMatchObject({
      historyId: 0,
      by: 'auto-rollback',
      resume: 'next-commit',
      reason: expect.stringContaining('bbbbbbb2 is Degraded'),
    });
    expect(world.events.map(({ reason }) => reason)).toContain('RolledBack');
    degrade(cluster);
    for (let times = 0; times < 3; times++) await run();
    expect(image(cluster)).toBe('web:1');
    world.push('ccccccc3', { 'deploy/web.yaml': deployment('web').replace('web:1', 'web:3') });
    await run();
    expect(image(cluster)).toBe('web:3');
  });

  it('leaves it alone after the window, and without a policy', async () => {
    for (const [value, seconds] of [
      ['{"on": ["Degraded"], "within": "5m"}', 301],
      ['false', 1],
    ] as const) {
      const { world, run, cluster } = await badCommit(value);
      degrade(cluster);
      world.advance(seconds);
      await run();
      expect(image(cluster)).toBe('web:2');
    }
  });

  it('goes back when the sync fails', async () => {
    const { world, key, run, cluster, status } = setUp(
      { syncPolicy: { automated: {}, retry: { limit: 0 } } },
      { 'deploy/a.yaml': configMap('a'), 'deploy/b.yaml': configMap('b') },
    );
    world.edit(key, policy('{"on": ["SyncFailed"]}'));
    await run();
    world.push('bbbbbbb2', { 'deploy/a.yaml': configMap('a', 'two'), 'deploy/b.yaml': configMap('b', 'two') });
    cluster.refusals.set('ConfigMap/b', new ClusterError('denied', { status: 403, reason: 'Forbidden' }));
    await run();
    expect(cluster.get('ConfigMap', 'a')?.['data']).toEqual({ value: 'two' });
    await run();
    expect(cluster.get('ConfigMap', 'a')?.['data']).toEqual({ value: 'one' });
    expect(status().operationState?.operation.info).toEqual([
      { name: 'Reason', value: expect.stringContaining('the sync to bbbbbbb2 failed') },
      { name: 'hooks', value: 'not run' },
    ]);
  });

  it('says so when the policy cannot be read', async () => {
    const { world, key, run, app } = setUp(AUTOMATED);
    world.edit(key, policy('sometimes'));
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringContaining('lockstep.dev/auto-rollback is "sometimes", which cannot be read. Write "true"'),
    ]);
  });
});
