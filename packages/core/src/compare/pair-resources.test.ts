import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { DEFAULT_TRACKING, setTracking } from '../kubernetes/tracking.ts';
import { builtInScope } from '../kubernetes/well-known-kinds.ts';
import { deletionHooks, type PairingInput, pairResources, versionMismatches } from './pair-resources.ts';

const app = { instanceName: 'shop', destinationNamespace: 'store' };

function object(
  apiVersion: string,
  kind: string,
  metadata: KubernetesObject['metadata'],
  rest: object = {},
): KubernetesObject {
  return { apiVersion, kind, metadata, ...rest };
}

function tracked(target: KubernetesObject, instanceName = 'shop'): KubernetesObject {
  return setTracking(target, { ...app, instanceName }, DEFAULT_TRACKING);
}

function pair(targets: KubernetesObject[], live: KubernetesObject[] = [], rest: Partial<PairingInput> = {}) {
  const byKey = new Map(live.map((one) => [formatResourceKey(resourceKeyOf(one)), one]));
  return pairResources({
    targets: targets.map((one) => ({ object: one, file: 'all.yaml' })),
    app,
    tracking: DEFAULT_TRACKING,
    isNamespaced: builtInOnly,
    liveByKey: (key) => byKey.get(formatResourceKey(key)),
    ownedLive: live,
    ...rest,
  });
}

/** Discovery of a cluster without custom resources. */
function builtInOnly(group: string, kind: string): boolean | undefined {
  const known = group === '' || group === 'apps' || group === 'batch' || group.endsWith('k8s.io');
  return known ? builtInScope(group, kind) !== 'Cluster' : undefined;
}

describe('pairResources', () => {
  it('says where a kind comes from that the cluster does not serve', () => {
    const targets = [{ object: object('example.com/v1', 'Thing', { name: 'x' }), file: 'things.yaml', line: 7 }];
    const { conditions, pairs } = pair([], [], { targets });
    expect(conditions).toMatchObject([
      {
        type: 'UnknownKindWarning',
        message: expect.stringMatching(/^things\.yaml:7: .*example\.com\/v1 Thing/) as string,
      },
    ]);
    expect(pairs).toHaveLength(1);
  });

  it('fills the namespace of namespaced kinds and clears it for cluster-scoped ones', () => {
    const { pairs } = pair([
      object('v1', 'ConfigMap', { name: 'a' }),
      object('v1', 'ConfigMap', { name: 'b', namespace: 'other' }),
      object('v1', 'Namespace', { name: 'n', namespace: 'wrong' }),
      object('example.com/v1', 'Gadget', { name: 'g', namespace: 'wrong' }),
      object(
        'apiextensions.k8s.io/v1',
        'CustomResourceDefinition',
        { name: 'gadgets.example.com' },
        {
          spec: { group: 'example.com', scope: 'Cluster', names: { kind: 'Gadget' } },
        },
      ),
    ]);
    expect(pairs.map(({ key }) => formatResourceKey(key))).toEqual([
      '/ConfigMap/store/a',
      '/ConfigMap/other/b',
      '/Namespace//n',
      'example.com/Gadget//g',
      'apiextensions.k8s.io/CustomResourceDefinition//gadgets.example.com',
    ]);
  });

  it('joins target and live, and appends what is live only', () => {
    const a = object('v1', 'ConfigMap', { name: 'a', namespace: 'store' });
    const b = object('v1', 'ConfigMap', { name: 'b', namespace: 'store' });
    const { pairs, conditions } = pair([a], [tracked(b), tracked(a)]);
    expect(pairs).toHaveLength(2);
    expect(pairs[0]).toMatchObject({
      key: { name: 'a' },
      target: { kind: 'ConfigMap' },
      live: { kind: 'ConfigMap' },
      file: 'all.yaml',
    });
    expect(pairs[1]).toMatchObject({ key: { name: 'b' }, live: { kind: 'ConfigMap' } });
    expect(pairs[1]).not.toHaveProperty('target');
    expect(conditions).toEqual([]);
  });

  it('keeps the identity of an unchanged target, so that memoised comparisons hold', () => {
    const a = object('v1', 'ConfigMap', { name: 'a' });
    expect(pair([a]).pairs[0]?.target).toBe(pair([a]).pairs[0]?.target);
  });

  it('uses the last of repeated resources and warns', () => {
    const { pairs, conditions } = pair([
      object('v1', 'ConfigMap', { name: 'a' }, { data: { x: '1' } }),
      object('v1', 'ConfigMap', { name: 'a', namespace: 'store' }, { data: { x: '2' } }),
    ]);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]?.target).toMatchObject({ data: { x: '2' } });
    expect(conditions).toMatchObject([
      {
        type: 'RepeatedResourceWarning',
        message: expect.stringContaining('/ConfigMap/store/a appeared 2 times among application resources.'),
      },
    ]);
  });

  it('drops excluded kinds and warns', () => {
    const { pairs, conditions } = pair([object('v1', 'Event', { name: 'a' })], [], {
      isExcluded: (_, kind) => kind === 'Event',
    });
    expect(pairs).toEqual([]);
    expect(conditions).toMatchObject([
      { type: 'ExcludedResourceWarning', message: expect.stringContaining('/Event a is excluded in the settings') },
    ]);
  });

  it('warns about a resource of another application', () => {
    const a = object('v1', 'ConfigMap', { name: 'a', namespace: 'store' });
    const { pairs, conditions } = pair([a], [tracked(a, 'blog')]);
    expect(pairs[0]?.live).toBeDefined();
    expect(conditions).toMatchObject([
      {
        type: 'SharedResourceWarning',
        message: expect.stringContaining('ConfigMap/a is part of applications shop and blog'),
      },
    ]);
  });

  it('never sees live objects of others, children, or those the project forbids', () => {
    const child = tracked(object('v1', 'Pod', { name: 'p', namespace: 'store' }));
    child.metadata.ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u' }];
    const { pairs } = pair(
      [],
      [
        child,
        tracked(object('v1', 'ConfigMap', { name: 'a', namespace: 'store' }), 'blog'),
        tracked(object('v1', 'Secret', { name: 'forbidden', namespace: 'store' })),
      ],
      { isPermitted: (key) => key.kind !== 'Secret' },
    );
    expect(pairs).toEqual([]);
  });

  it('sets hooks apart and leaves out skipped, deletion and misspelled ones', () => {
    const hook = (name: string, types: string) =>
      object('batch/v1', 'Job', { name, annotations: { 'argocd.argoproj.io/hook': types } });
    const leftover = tracked(
      object('batch/v1', 'Job', {
        name: 'old',
        namespace: 'store',
        annotations: { 'argocd.argoproj.io/hook': 'Sync' },
      }),
    );
    const targets = [hook('pre', 'PreSync'), hook('skip', 'Skip'), hook('bye', 'PostDelete'), hook('typo', 'Presync')];
    const { pairs, hooks, conditions } = pair(targets, [leftover]);
    expect(pairs).toEqual([]);
    expect(hooks.map(({ key }) => key.name)).toEqual(['pre', 'old']);
    expect(conditions.map(({ type }) => type)).toEqual(['InvalidAnnotationWarning', 'ExcludedResourceWarning']);
    expect(deletionHooks(targets.map((one) => ({ object: one }))).map(({ object: one }) => one.metadata.name)).toEqual([
      'bye',
    ]);
  });

  it('keeps hooks of one prefix apart, and a hook and a resource of one name not', () => {
    const annotations = { 'argocd.argoproj.io/hook': 'PreSync' };
    const generated = object('batch/v1', 'Job', { annotations });
    generated.metadata.generateName = 'migrate-';
    const named = { name: 'same', annotations };
    const { hooks, pairs, conditions } = pair([
      generated,
      structuredClone(generated),
      object('batch/v1', 'Job', named),
      object('batch/v1', 'Job', { name: 'same' }),
    ]);
    expect(hooks.map(({ key }) => key.name)).toEqual(['migrate-', 'migrate-#2']);
    expect(pairs.map(({ key }) => key.name)).toEqual(['same']);
    expect(conditions.map(({ message }) => message)).toEqual([
      expect.stringContaining('Resource batch/Job/store/same appeared 2 times among application resources.'),
    ]);
  });

  it('does not warn about Helm tests', () => {
    const { hooks, conditions } = pair([object('v1', 'Pod', { name: 't', annotations: { 'helm.sh/hook': 'test' } })]);
    expect([hooks, conditions]).toEqual([[], []]);
  });

  it('accepts hooks of generated names', () => {
    const { hooks } = pair([
      object('batch/v1', 'Job', { generateName: 'mig-', annotations: { 'argocd.argoproj.io/hook': 'Sync' } }),
    ]);
    expect(hooks[0]?.key.name).toBe('mig-');
  });

  it('flattens lists', () => {
    const list = object(
      'v1',
      'List',
      {},
      { items: [object('v1', 'Secret', { name: 'a' }), object('v1', 'Secret', { name: 'b' })] },
    );
    expect(pair([list]).pairs.map(({ key }) => key.name)).toEqual(['a', 'b']);
  });

  it('compares the metadata of a managed namespace that nobody tracks', () => {
    const live = object('v1', 'Namespace', { name: 'store' });
    const managed = { app: { ...app, createNamespace: true, managedNamespaceMetadata: { labels: { team: 'a' } } } };
    const { pairs } = pair([], [live], managed);
    expect(pairs).toMatchObject([
      { isManagedNamespace: true, target: { metadata: { name: 'store', labels: { team: 'a' } } } },
    ]);
    expect(pair([], [tracked(live, 'blog')], managed).pairs).toEqual([]);
    expect(pair([object('v1', 'Namespace', { name: 'store' })], [live], managed).pairs[0]).not.toHaveProperty(
      'isManagedNamespace',
    );
  });

  it('is not misled by kinds named like inherited members', () => {
    const { pairs } = pair([object('constructor/v1', 'toString', { name: 'x' })]);
    expect(pairs[0]?.key).toEqual({ group: 'constructor', kind: 'toString', namespace: 'store', name: 'x' });
  });

  it('tells which pairs were read in another version', () => {
    const { pairs } = pair(
      [object('autoscaling/v2', 'HorizontalPodAutoscaler', { name: 'h', namespace: 'store' })],
      [object('autoscaling/v1', 'HorizontalPodAutoscaler', { name: 'h', namespace: 'store' })],
    );
    expect(versionMismatches(pairs)).toHaveLength(1);
  });
});
