import { describe, expect, it } from 'vitest';
import type { ApplicationSpec } from '../application/application.ts';
import { INFO_ALLOW_EMPTY } from '../application/operation.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { ANNOTATION_PRUNE_LIMIT } from '../sync/prune-guard.ts';
import { conditionsOf, configMap, HEALING, requestSync, setUp } from './fake-scene.ts';
import { planApplication } from './plan-application.ts';

function configMaps(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_none, index) => [`deploy/${index}.yaml`, configMap(`web-${index}`)]),
  );
}

const CLAIM = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce]}`;

async function synced(spec: Partial<ApplicationSpec>, files: Record<string, string>) {
  const scene = setUp(spec, files);
  if (spec.syncPolicy?.automated === undefined) requestSync(scene.world, scene.key);
  await scene.run();
  scene.world.requests.length = 0;
  return scene;
}

const deletes = (requests: readonly string[]): string[] => requests.filter((request) => request.startsWith('DELETE'));

describe('an automated sync that would prune a large share', () => {
  it('stops, with the counts and the ways to allow it, and goes on when it is allowed', async () => {
    const { world, key, run, app, cluster } = await synced(HEALING, configMaps(15));
    world.push('bbbbbbb2', configMaps(5));
    await run();
    expect(world.requests).toEqual(['PATCH Application']);
    expect(conditionsOf(app())).toEqual([
      'SyncError: Skipping sync attempt to [bbbbbbb2]: it would prune 10 of 15 resources (66 %), and more than 50 % is not ' +
        'pruned unasked. Sync by hand with prune, or annotate the Application with lockstep.dev/prune-limit: "67%"',
    ]);
    world.edit(key, { metadata: { annotations: { [ANNOTATION_PRUNE_LIMIT]: '67%' } } });
    await run();
    expect(cluster.names()).toHaveLength(5);
    expect(conditionsOf(app())).toEqual([]);
  });

  it('goes on when a person prunes', async () => {
    const { world, key, run, cluster, status } = await synced(HEALING, configMaps(15));
    world.push('bbbbbbb2', configMaps(5));
    await run();
    requestSync(world, key, { prune: true });
    await run();
    expect(cluster.names()).toHaveLength(5);
    expect(status().operationState?.phase).toBe('Succeeded');
  });

  it.each<[string, number, number, number, boolean]>([
    ['few resources', 10, 1, 1, true],
    ['exactly the share', 20, 10, 1, true],
    ['more than the share', 19, 9, 11, false],
    ['all but one of a small application', 5, 1, 1, true],
  ])('%s: of %i resources %i stay', async (_title, before, after, _pruned, isAllowed) => {
    const { world, run, cluster } = await synced(HEALING, configMaps(before));
    world.push('bbbbbbb2', configMaps(after));
    await run();
    expect(cluster.names()).toHaveLength(isAllowed ? after : before);
  });

  it('says so when the limit cannot be read, and keeps to the default', async () => {
    const { world, key, run, app, cluster } = await synced(HEALING, configMaps(15));
    world.edit(key, { metadata: { annotations: { [ANNOTATION_PRUNE_LIMIT]: 'a lot' } } });
    world.push('bbbbbbb2', configMaps(5));
    await run();
    expect(conditionsOf(app())).toEqual([
      expect.stringContaining('it would prune 10 of 15'),
      'InvalidAnnotationWarning: annotation lockstep.dev/prune-limit is "a lot", which is no share, so 50% applies. Write for example "80%"',
    ]);
    expect(cluster.names()).toHaveLength(15);
  });

  it('takes the share of the settings', async () => {
    const { world, run, cluster } = await synced(HEALING, configMaps(15));
    world.currentSettings = { ...world.currentSettings, pruneLimit: { percent: 80, minimum: 3 } };
    world.push('bbbbbbb2', configMaps(5));
    await run();
    expect(cluster.names()).toHaveLength(5);
  });
});

describe('an automated sync that would delete what holds data', () => {
  const files = { 'deploy/web.yaml': configMap('web'), 'deploy/data.yaml': CLAIM };

  it('stops, and deletes nothing', async () => {
    const { world, run, app, cluster } = await synced(HEALING, files);
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
    await run();
    expect(conditionsOf(app())).toEqual([
      'SyncError: Skipping sync attempt to [bbbbbbb2]: it would delete PersistentVolumeClaim shop/data and what it holds. ' +
        'Sync by hand with prune, or say Prune=true in the sync options of the resource or the Application',
    ]);
    expect(cluster.names()).toEqual(['ConfigMap/web', 'PersistentVolumeClaim/data']);
  });

  it('goes on with Prune=true', async () => {
    const { world, run, cluster } = await synced(
      { syncPolicy: { automated: { prune: true }, syncOptions: ['Prune=true'] } },
      files,
    );
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/web']);
  });
});

describe('a requested sync of an empty source with prune', () => {
  const empty = { 'deploy/readme.md': '' };

  it('is planned with the question', async () => {
    const { world, key } = await synced({}, configMaps(2));
    world.push('bbbbbbb2', empty);
    const { plan } = await planApplication(world, key, { prune: true });
    expect(plan.confirmation).toBe('the source renders to nothing, so this deletes all 2 resources of the application');
    expect((await planApplication(world, key, {})).plan.confirmation).toBeUndefined();
    expect(
      (await planApplication(world, key, { revision: 'aaaaaaa1', prune: true })).plan.confirmation,
    ).toBeUndefined();
  });

  it('waits for the answer', async () => {
    const { world, key, run, cluster, status } = await synced({}, configMaps(2));
    world.push('bbbbbbb2', empty);
    world.advance(60);
    requestSync(world, key, { prune: true });
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Running',
      message: 'waiting for pruning confirmation of /ConfigMap/web-0, /ConfigMap/web-1',
    });
    expect(deletes(world.requests)).toEqual([]);
    world.edit(key, {
      metadata: { annotations: { 'argocd.argoproj.io/deletion-approved': world.now().toISOString() } },
    });
    await run();
    expect(cluster.names()).toEqual([]);
  });

  it('runs when the answer came with it', async () => {
    const { world, key, run, cluster, status } = await synced({}, configMaps(2));
    world.push('bbbbbbb2', empty);
    world.edit(key, { operation: { sync: { prune: true }, info: [{ name: INFO_ALLOW_EMPTY, value: 'true' }] } });
    await run();
    expect(cluster.names()).toEqual([]);
    expect(status().operationState?.phase).toBe('Succeeded');
  });
});

describe('a deletion', () => {
  it('is of the very object that was decided on: one that changed hands at the last moment stays', async () => {
    const { world, run, cluster, status } = await synced(HEALING, configMaps(2));
    world.push('bbbbbbb2', configMaps(1));
    world.beforeRequest = (request) => {
      if (!request.startsWith('DELETE')) return;
      world.beforeRequest = undefined;
      cluster.update('ConfigMap', 'web-1', {
        metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'other:/ConfigMap:shop/web-1' } },
      });
    };
    await expect(run()).rejects.toMatchObject({ reason: 'Conflict' });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/web-0', 'ConfigMap/web-1']);
    expect(status().sync?.status).toBe('Synced');
  });

  it('goes on when only the content changed', async () => {
    const { world, run, cluster } = await synced(HEALING, configMaps(2));
    world.push('bbbbbbb2', configMaps(1));
    world.beforeRequest = (request) => {
      if (!request.startsWith('DELETE')) return;
      world.beforeRequest = undefined;
      cluster.update('ConfigMap', 'web-1', { data: { value: 'else' } });
    };
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/web-0']);
  });

  it('leaves what was created anew in the meantime', async () => {
    const { world, run, cluster } = await synced(HEALING, configMaps(2));
    world.push('bbbbbbb2', configMaps(1));
    world.beforeRequest = (request) => {
      if (!request.startsWith('DELETE')) return;
      world.beforeRequest = undefined;
      const live = cluster.get('ConfigMap', 'web-1') as KubernetesObject;
      cluster.store({ ...live, metadata: { name: 'web-1', namespace: 'shop', uid: 'new' } });
    };
    await run();
    expect(cluster.get('ConfigMap', 'web-1')?.metadata.uid).toBe('new');
  });
});
