import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { DEFAULT_TRACKING, type TrackingSettings } from '../kubernetes/tracking.ts';
import { conditionsOf, configMap, HEALING, requestSync, setUp } from './fake-scene.ts';
import type { FakeWorld } from './fake-world.ts';

const LABEL: TrackingSettings = { ...DEFAULT_TRACKING, method: 'label' };
const INSTANCE = 'app.kubernetes.io/instance';
const two = { 'deploy/a.yaml': configMap('a'), 'deploy/b.yaml': configMap('b') };
const one = { 'deploy/a.yaml': configMap('a') };

function track(world: FakeWorld, tracking: TrackingSettings): void {
  world.currentSettings = { ...world.currentSettings, tracking };
}

/** An object that is in the cluster without being in anybody's Git, with the label of application web. */
function leftover(name: string, manager: string, annotations?: Record<string, string>, key = INSTANCE) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      resourceVersion: '1',
      labels: { [key]: 'web' },
      ...(annotations === undefined ? {} : { annotations }),
      managedFields: [
        { manager, operation: 'Apply', fieldsV1: { 'f:metadata': { 'f:labels': { [`f:${key}`]: {} } } } },
      ],
    },
  } satisfies KubernetesObject;
}

function put(world: FakeWorld, ...objects: KubernetesObject[]): void {
  for (const object of objects) world.cluster.objects.set(formatResourceKey(resourceKeyOf(object)), object);
}

async function tracked(tracking: TrackingSettings, files: Record<string, string>) {
  const scene = setUp(HEALING, files);
  track(scene.world, tracking);
  await scene.run();
  return scene;
}

describe('after a change from annotation to label', () => {
  it('the first sync deletes nothing that only carries the label, and what is ours is pruned again from the second on', async () => {
    const { world, run, cluster, app } = await tracked(DEFAULT_TRACKING, two);
    put(world, leftover('from-helm', 'helm'), leftover('ours-once', 'argocd-controller'));
    put(
      world,
      leftover('of-another', 'argocd-controller', {
        'argocd.argoproj.io/tracking-id': 'another:/ConfigMap:shop/of-another',
      }),
    );
    track(world, LABEL);
    world.push('bbbbbbb2', { ...two, 'deploy/c.yaml': configMap('c') });
    await run();
    const all = ['a', 'b', 'c', 'from-helm', 'of-another', 'ours-once'].map((name) => `ConfigMap/${name}`);
    expect(cluster.names()).toEqual(all);
    expect(cluster.get('ConfigMap', 'a')?.metadata.labels).toEqual({ [INSTANCE]: 'web' });
    expect(app().status?.operationState).toMatchObject({ phase: 'Succeeded' });
    expect(app().status?.operationState?.operation.sync?.prune).toBeUndefined();

    world.push('ccccccc3', one);
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a', 'ConfigMap/from-helm', 'ConfigMap/of-another']);
    expect(app().status?.sync?.status).toBe('Synced');
  });

  it('what would only be pruned waits for a person, who is told why', async () => {
    const { world, key, run, cluster, app } = await tracked(DEFAULT_TRACKING, one);
    put(world, { ...leftover('a', 'argocd-controller'), data: { value: 'one' } });
    put(world, leftover('ours-once', 'argocd-controller'));
    track(world, LABEL);
    await run();
    world.advance(1000);
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a', 'ConfigMap/ours-once']);
    expect(conditionsOf(app())).toEqual([
      expect.stringMatching(/Nothing is pruned.*from annotation to label app\.kubernetes\.io\/instance.*start one/),
    ]);
    requestSync(world, key, { prune: true });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a']);
    expect(conditionsOf(app())).toEqual([]);
  });

  it('an object that another application still wants is shared, and not taken over in silence', async () => {
    const { world, run, cluster, app } = await tracked(DEFAULT_TRACKING, one);
    world.applications.set('argocd/another', {
      ...app(),
      metadata: { name: 'another', namespace: 'argocd' },
      status: { resources: [{ version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'common' }] },
    });
    const id = { 'argocd.argoproj.io/tracking-id': 'another:/ConfigMap:shop/common' };
    const common = leftover('common', 'argocd-controller', id);
    put(world, { ...common, metadata: { ...common.metadata, labels: {} } } as KubernetesObject);
    track(world, LABEL);
    world.push('bbbbbbb2', { ...one, 'deploy/common.yaml': configMap('common') });
    world.edit(
      { namespace: 'argocd', name: 'web' },
      {
        spec: { syncPolicy: { syncOptions: ['FailOnSharedResource=true'] } },
      },
    );
    await run();
    expect(conditionsOf(app()).join()).toMatch(/ConfigMap\/common is part of applications web and another/);
    expect(app().status?.operationState?.message).toMatch(/common/);
    expect(cluster.get('ConfigMap', 'common')?.metadata.labels).toEqual({});
  });
});

it('after a change of the label key, what another application lists is never pruned, whatever its labels say', async () => {
  const { world, run, cluster, app } = await tracked(LABEL, one);
  world.applications.set('argocd/another', {
    ...app(),
    metadata: { name: 'another', namespace: 'argocd' },
    status: { resources: [{ version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'theirs' }] },
  });
  put(world, leftover('theirs', 'argocd-controller', undefined, 'app'));
  track(world, { ...LABEL, labelKey: 'app' });
  for (const [revision, value] of [
    ['bbbbbbb2', 'two'],
    ['ccccccc3', 'three'],
  ] as const) {
    world.push(revision, { 'deploy/a.yaml': configMap('a', value) });
    await run();
    expect(app().status?.sync).toMatchObject({ status: 'Synced', revision });
  }
  expect(cluster.names()).toEqual(['ConfigMap/a', 'ConfigMap/theirs']);
});

describe('after a change from label to annotation', () => {
  it('nothing is pruned by its label alone', async () => {
    const { world, run, cluster } = await tracked(LABEL, two);
    track(world, DEFAULT_TRACKING);
    world.push('bbbbbbb2', { 'deploy/a.yaml': configMap('a', 'two') });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a', 'ConfigMap/b']);
    expect(cluster.get('ConfigMap', 'a')?.metadata.annotations).toMatchObject({
      'argocd.argoproj.io/tracking-id': 'web:/ConfigMap:shop/a',
    });
    world.push('ccccccc3', { 'deploy/else.yaml': configMap('else') });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/b', 'ConfigMap/else']);
  });

  it('what the first sync has marked is pruned as before', async () => {
    const { world, run, cluster, app } = await tracked(LABEL, two);
    track(world, DEFAULT_TRACKING);
    await run();
    expect(app().status?.sync?.status).toBe('Synced');
    expect(cluster.get('ConfigMap', 'b')?.metadata).toMatchObject({
      annotations: { 'argocd.argoproj.io/tracking-id': 'web:/ConfigMap:shop/b' },
    });
    world.push('bbbbbbb2', one);
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/a']);
  });
});
