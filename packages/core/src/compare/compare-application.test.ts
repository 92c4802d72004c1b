import { applyPatch, SchemaSet, untyped } from '@lockstep/structured-merge';
import { describe, expect, it } from 'vitest';
import { diffKey } from '../diff/diff-key.ts';
import { DEFAULT_DIFF_SETTINGS } from '../diff/diff-settings.ts';
import { PredictionCache, predictionFromDryRun } from '../diff/prediction.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { DEFAULT_TRACKING, setTracking } from '../kubernetes/tracking.ts';
import { type CompareInput, compareApplication } from './compare-application.ts';
import type { ResourcePair } from './comparison.ts';
import { predictionsNeeded } from './predictions-needed.ts';

const owner = { instanceName: 'shop', destinationNamespace: 'store' };

function configMap(name: string, data: Record<string, string>, annotations?: Record<string, string>): KubernetesObject {
  const metadata = { name, namespace: 'store', ...(annotations ? { annotations } : {}) };
  return setTracking({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, owner, DEFAULT_TRACKING);
}

/** As the cluster would hold it after we applied it. */
function applied(target: KubernetesObject, manager = 'argocd-controller', live?: KubernetesObject): KubernetesObject {
  const { object } = applyPatch({
    type: untyped,
    live,
    config: target,
    manager,
    force: true,
    now: '2026-01-01T00:00:00Z',
  });
  const result = object as KubernetesObject;
  return {
    ...result,
    metadata: { ...result.metadata, uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' },
  };
}

function pairOf(target?: KubernetesObject, live?: KubernetesObject): ResourcePair {
  const some = (target ?? live) as KubernetesObject;
  return { key: resourceKeyOf(some), version: 'v1', ...(target ? { target } : {}), ...(live ? { live } : {}) };
}

function compare(pairs: ResourcePair[], rest: Partial<CompareInput> = {}) {
  return compareApplication({
    instanceName: 'shop',
    pairs,
    hooks: [],
    conditions: [],
    settings: DEFAULT_DIFF_SETTINGS,
    tracking: DEFAULT_TRACKING,
    predictions: new Map(),
    typeOf: () => undefined,
    ...rest,
  });
}

describe('compareApplication', () => {
  it('is Synced when every live object already is what applying would make it', async () => {
    const target = configMap('a', { x: '1' });
    const comparison = await compare([pairOf(target, applied(target))]);
    expect(comparison).toMatchObject({ status: 'Synced', health: { status: 'Healthy' }, conditions: [] });
    expect(comparison.resources[0]).toMatchObject({ status: 'Synced', requiresPruning: false, isHook: false });
  });

  it('is OutOfSync when a value differs, and shows both sides', async () => {
    const target = configMap('a', { x: '2' });
    const comparison = await compare([pairOf(target, applied(configMap('a', { x: '1' })))]);
    expect(comparison.status).toBe('OutOfSync');
    expect(comparison.resources[0]).toMatchObject({
      status: 'OutOfSync',
      normalizedLive: { data: { x: '1' } },
      predictedLive: { data: { x: '2' } },
    });
  });

  it('sees a field that left Git, but not one that somebody else added', async () => {
    const before = applied(configMap('a', { x: '1', y: '1' }));
    const foreign = applied({ ...configMap('a', {}), data: { z: '9' } }, 'kubectl-edit', before);
    const target = configMap('a', { x: '1' });
    const { resources } = await compare([pairOf(target, foreign)]);
    expect(resources[0]?.status).toBe('OutOfSync');
    expect(resources[0]?.predictedLive?.['data']).toEqual({ x: '1', z: '9' });
    const same = await compare([pairOf(configMap('a', { x: '1', y: '1' }), foreign)]);
    expect(same.status).toBe('Synced');
  });

  it('takes over what kubectl apply managed without a difference, and still sees what left Git', async () => {
    const legacy = (data: Record<string, string>): KubernetesObject => {
      const object = configMap('a', data, { 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
      const fields = Object.fromEntries(Object.keys(data).map((key) => [`f:${key}`, {}]));
      object.metadata.managedFields = [
        {
          manager: 'kubectl-client-side-apply',
          operation: 'Update',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': fields },
        },
      ];
      return object;
    };
    const target = configMap('a', { x: '1' });
    expect((await compare([pairOf(target, legacy({ x: '1' }))])).status).toBe('Synced');
    const removed = await compare([pairOf(target, legacy({ x: '1', y: '2' }))]);
    expect(removed.status).toBe('OutOfSync');
    expect(removed.resources[0]?.predictedLive?.['data']).toEqual({ x: '1' });
  });

  it('counts missing resources as OutOfSync and Missing', async () => {
    const comparison = await compare([pairOf(configMap('a', {}))]);
    expect(comparison).toMatchObject({ status: 'OutOfSync', health: { status: 'Missing' } });
    expect(comparison.resources[0]).toMatchObject({ status: 'OutOfSync', health: { status: 'Missing' } });
  });

  it('asks to prune what Git no longer has, without making the application OutOfSync when it is extraneous on purpose', async () => {
    const left = configMap('a', {});
    expect(await compare([pairOf(undefined, left)])).toMatchObject({
      status: 'OutOfSync',
      resources: [{ status: 'OutOfSync', requiresPruning: true }],
    });
    const ignored = configMap('a', {}, { 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' });
    expect(await compare([pairOf(undefined, ignored)])).toMatchObject({
      status: 'Synced',
      resources: [{ status: 'OutOfSync', requiresPruning: true }],
    });
  });

  it('is Unknown where the project forbids a resource or the targets are not known', async () => {
    const target = configMap('a', {});
    const forbidden = await compare([pairOf(target, applied(target))], { isPermitted: () => false });
    expect(forbidden).toMatchObject({ status: 'Unknown', resources: [{ status: 'Unknown' }] });
    const failed = await compare([pairOf(undefined, target)], { targetsFailed: true });
    expect(failed).toMatchObject({ status: 'Unknown', resources: [{ status: 'Unknown', requiresPruning: false }] });
  });

  it('shows hooks without status and without effect', async () => {
    const hook = configMap('h', {}, { 'argocd.argoproj.io/hook': 'PreSync', 'argocd.argoproj.io/sync-wave': '-2' });
    const comparison = await compare([], { hooks: [pairOf(hook)] });
    expect(comparison).toMatchObject({ status: 'Synced', health: { status: 'Healthy' } });
    expect(comparison.resources[0]).toMatchObject({ isHook: true, syncWave: -2 });
    expect(comparison.resources[0]).not.toHaveProperty('status');
  });

  it('lets a managed namespace count without listing it', async () => {
    const live: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'store' } };
    const target = { ...live, metadata: { name: 'store', labels: { team: 'a' } } };
    const comparison = await compare([{ ...pairOf(target, live), isManagedNamespace: true }]);
    expect(comparison).toMatchObject({ status: 'OutOfSync', resources: [] });
  });

  it('ignores what the rules ignore, by pointer, by field manager and by jq', async () => {
    const target = configMap('a', { x: '2' });
    const live = applied({ ...configMap('a', {}), data: { x: '1' } }, 'tuner', applied(configMap('a', { x: '0' })));
    const settings = (rule: object) => ({
      ...DEFAULT_DIFF_SETTINGS,
      ignoreDifferences: [{ group: '', kind: 'Config*', ...rule }],
    });
    const pairs = [pairOf(target, live)];
    expect((await compare(pairs)).status).toBe('OutOfSync');
    expect((await compare(pairs, { settings: settings({ jsonPointers: ['/data/x'] }) })).status).toBe('Synced');
    expect((await compare(pairs, { settings: settings({ jsonPointers: ['/data/y', '/nothing/here'] }) })).status).toBe(
      'OutOfSync',
    );
    expect((await compare(pairs, { settings: settings({ managedFieldsManagers: ['tuner'] }) })).status).toBe('Synced');
    expect((await compare(pairs, { settings: settings({ name: 'b', jsonPointers: ['/data/x'] }) })).status).toBe(
      'OutOfSync',
    );
    const asked: string[][] = [];
    const jq = {
      deletePaths: (object: KubernetesObject, expressions: string[]) => {
        asked.push(expressions);
        return Promise.resolve({ object: { ...object, data: {} }, problems: [{ expression: '.x[', problem: 'eof' }] });
      },
    };
    const byJq = await compare(pairs, { jq, settings: settings({ jqPathExpressions: ['.data.x'] }) });
    expect(byJq.status).toBe('Synced');
    expect(byJq.conditions).toEqual([
      { type: 'IgnoreDifferencesWarning', message: expect.stringMatching(/`\.x\[`.*eof/) },
    ]);
    expect(asked).toEqual([['.data.x'], ['.data.x']]);
  });

  it.each([
    ['a JSON pointer', { jsonPointers: ['/metadata/annotations/sidecar.istio.io~1status'] }],
    ['jq', { jqPathExpressions: ['.metadata.annotations["sidecar.istio.io/status"]'] }],
  ])('sees no difference in the empty map that %s leaves behind', async (_by, rule) => {
    const tracking = { ...DEFAULT_TRACKING, method: 'label' as const };
    const plain = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'store' } };
    const annotated = (annotations: Record<string, string>) =>
      setTracking({ ...plain, metadata: { ...plain.metadata, annotations } }, owner, tracking);
    const live = applied(setTracking(plain, owner, tracking));
    const ignoring = {
      tracking,
      settings: { ...DEFAULT_DIFF_SETTINGS, ignoreDifferences: [{ group: '', kind: 'ConfigMap', ...rule }] },
      jq: {
        deletePaths: (object: KubernetesObject) => {
          const { 'sidecar.istio.io/status': _, ...annotations } = object.metadata.annotations ?? {};
          const hadAny = object.metadata.annotations !== undefined;
          const metadata = { ...object.metadata, ...(hadAny ? { annotations } : {}) };
          return Promise.resolve({ object: { ...object, metadata }, problems: [] });
        },
      },
    };
    const ignored = annotated({ 'sidecar.istio.io/status': 'injected' });
    expect((await compare([pairOf(ignored, live)], ignoring)).status).toBe('Synced');
    const other = annotated({ 'sidecar.istio.io/status': 'injected', note: 'x' });
    expect((await compare([pairOf(other, live)], ignoring)).status).toBe('OutOfSync');
  });

  it('reads pointers with escapes, list positions and missing places', async () => {
    const object = (image: string, tilde: string): KubernetesObject => ({
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 'a', namespace: 'store', annotations: { 'a/b~c': tilde } },
      spec: { items: [{ image: 'same' }, { image }] },
    });
    const target = setTracking(object('x', '1'), owner, DEFAULT_TRACKING);
    const live = applied(setTracking(object('y', '2'), owner, DEFAULT_TRACKING));
    const status = async (...jsonPointers: string[]) => {
      const rule = { group: 'example.com', kind: 'T*', jsonPointers };
      const settings = { ...DEFAULT_DIFF_SETTINGS, ignoreDifferences: [rule] };
      return (await compare([pairOf(target, live)], { settings })).status;
    };
    const tilde = '/metadata/annotations/a~1b~0c';
    expect(await status(tilde, '/spec/items/1/image')).toBe('Synced');
    expect(await status(tilde, '/spec/items/1', '/spec/items/7', '/none/here')).toBe('Synced');
    expect(await status(tilde, '/spec/items/0/image')).toBe('OutOfSync');
    expect(await status('/spec/items/1/image')).toBe('OutOfSync');
  });

  it('fills the tracking annotation of an object that carries only the label', async () => {
    const target = configMap('a', { x: '1' });
    const live: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      data: { x: '1' },
      metadata: { name: 'a', namespace: 'store', labels: { 'app.kubernetes.io/instance': 'shop' } },
    };
    expect((await compare([pairOf(target, live)])).status).toBe('Synced');
    const foreign = { ...live, metadata: { ...live.metadata, labels: { 'app.kubernetes.io/instance': 'blog' } } };
    expect((await compare([pairOf(target, foreign)])).status).toBe('OutOfSync');
  });

  it('names the resource whose target cannot be merged and hides no other', async () => {
    const type = SchemaSet.fromDocuments({
      components: {
        schemas: {
          C: {
            type: 'object',
            'x-kubernetes-preserve-unknown-fields': true,
            properties: { data: { type: 'object', additionalProperties: { type: 'string' } } },
          },
        },
      },
    }).component('C');
    const broken = { ...configMap('bad', {}), data: ['no', 'map'] };
    const good = configMap('good', { x: '1' });
    const comparison = await compare([pairOf(broken, applied(configMap('bad', {}))), pairOf(good, applied(good))], {
      typeOf: () => type,
    });
    expect(comparison.resources.map(({ status }) => status)).toEqual(['OutOfSync', 'Synced']);
    expect(comparison.conditions).toMatchObject([
      { type: 'ComparisonError', message: expect.stringContaining('ConfigMap store/bad') },
    ]);
  });

  it('compares locally what a dry run refuses, and says so unless the object will be replaced', async () => {
    const refused = new Map([['/ConfigMap/store/a', { outcome: 'failed' as const, message: 'field is immutable' }]]);
    const live = applied(configMap('a', { x: '1' }));
    const conditionsFor = async (options: string | undefined, replaces = false) => {
      const target = configMap('a', { x: '2' }, options ? { 'argocd.argoproj.io/sync-options': options } : undefined);
      const result = await compare([pairOf(target, live)], { predictions: refused, replaces });
      expect(result.status).toBe('OutOfSync');
      expect(result.resources[0]?.predictedLive?.['data']).toEqual({ x: '2' });
      return result.conditions.map(({ message }) => message);
    };
    expect(await conditionsFor(undefined)).toEqual([expect.stringMatching(/ConfigMap.*a.*immutable/)]);
    expect(await conditionsFor('Replace=true,Force=true')).toEqual([]);
    expect(await conditionsFor(undefined, true)).toEqual([]);
  });

  it('merges and normalises nothing again while target and live stay the same objects', async () => {
    const pairs = Array.from({ length: 20 }, (_, index) => {
      const target = configMap(`c${index}`, { x: String(index) });
      return pairOf(target, applied(target));
    });
    const cache = new PredictionCache();
    const once = () => {
      const settings = DEFAULT_DIFF_SETTINGS;
      const { predictions } = predictionsNeeded({ pairs, settings, cache, typeOf: () => undefined });
      return compare(pairs, { predictions });
    };
    const [first, second] = [await once(), await once()];
    expect(second.status).toBe('Synced');
    for (const [index, resource] of second.resources.entries()) {
      expect(resource.normalizedLive).toBeDefined();
      expect(resource.normalizedLive).toBe(first.resources[index]?.normalizedLive);
      expect(resource.predictedLive).toBe(first.resources[index]?.predictedLive);
    }
  });
});

describe('predictionsNeeded', () => {
  const settings = DEFAULT_DIFF_SETTINGS;
  const typeOf = () => undefined;

  it('needs no dry run where the local merge changes nothing or a side is missing', () => {
    const target = configMap('a', { x: '1' });
    const pairs = [pairOf(target, applied(target)), pairOf(configMap('b', {})), pairOf(undefined, configMap('c', {}))];
    const { needed, predictions } = predictionsNeeded({ pairs, settings, cache: new PredictionCache(), typeOf });
    expect(needed).toEqual([]);
    expect([...predictions]).toEqual([['/ConfigMap/store/a', { outcome: 'unchanged' }]]);
  });

  it('asks once, and not again when only status, version and times of the live object moved', () => {
    const target = configMap('a', { x: '2' });
    const live = applied(configMap('a', { x: '1' }));
    const cache = new PredictionCache();
    const first = predictionsNeeded({ pairs: [pairOf(target, live)], settings, cache, typeOf });
    expect(first.needed).toHaveLength(1);
    const dryRun = applied(target, 'argocd-controller', live);
    cache.set(first.needed[0]?.cacheKey ?? '', predictionFromDryRun({ target, live, dryRun, settings }));
    const later: KubernetesObject = {
      ...live,
      status: { phase: 'Busy' },
      metadata: {
        ...live.metadata,
        resourceVersion: '99',
        managedFields: [
          ...(live.metadata.managedFields ?? []).map((entry) => ({ ...entry, time: '2026-02-02T00:00:00Z' })),
          { manager: 'kubelet', operation: 'Update', subresource: 'status', fieldsV1: { 'f:status': {} } },
        ],
      },
    };
    const second = predictionsNeeded({ pairs: [pairOf(target, later)], settings, cache, typeOf });
    expect(second.needed).toEqual([]);
    expect(second.predictions.get(formatResourceKey(resourceKeyOf(target)))?.outcome).toBe('changed');
  });

  it('asks where webhooks count although nothing changes locally, and keeps that answer apart', () => {
    const target = configMap('a', { x: '1' });
    const pairs = [pairOf(target, applied(target))];
    const cache = new PredictionCache();
    const asked = { ...settings, includeMutationWebhook: true };
    const [needed] = predictionsNeeded({ pairs, settings: asked, cache, typeOf }).needed;
    expect(needed).toBeDefined();
    const object = configMap('a', { x: '1', injected: 'yes' });
    cache.set(needed?.cacheKey ?? '', { outcome: 'changed', object });
    const id = '/ConfigMap/store/a';
    expect(predictionsNeeded({ pairs, settings: asked, cache, typeOf }).predictions.get(id)?.outcome).toBe('changed');
    expect(predictionsNeeded({ pairs, settings, cache, typeOf }).predictions.get(id)?.outcome).toBe('unchanged');
  });

  it('lets the annotation of a resource decide for that resource', () => {
    const live = (target: KubernetesObject) => applied({ ...target, data: { x: '1' } });
    const pair = (options: string) => {
      const target = configMap('a', { x: '2' }, { 'argocd.argoproj.io/compare-options': options });
      return pairOf(target, live(target));
    };
    const asks = (options: string, serverSideDiff: boolean) =>
      predictionsNeeded({
        pairs: [pair(options)],
        settings: { ...settings, serverSideDiff },
        cache: new PredictionCache(),
        typeOf,
      }).needed.length > 0;
    expect(asks('ServerSideDiff=false', true)).toBe(false);
    expect(asks('ServerSideDiff=true', false)).toBe(true);
    expect(asks('IgnoreExtraneous', true)).toBe(true);
  });

  it('does not count on a migration that is switched off', () => {
    const old = applied(configMap('a', { x: '1', gone: '2' }), 'kubectl-client-side-apply');
    const legacy = {
      ...old,
      metadata: {
        ...old.metadata,
        managedFields: old.metadata.managedFields?.map((e) => ({ ...e, operation: 'Update' as const })),
      },
    } as KubernetesObject;
    const outcome = (clientSideApplyMigration: boolean, options?: string) => {
      const target = configMap('a', { x: '1' }, options ? { 'argocd.argoproj.io/sync-options': options } : undefined);
      const annotated = { ...legacy, metadata: { ...legacy.metadata, annotations: target.metadata.annotations } };
      return predictionsNeeded({
        pairs: [pairOf(target, annotated as KubernetesObject)],
        settings: { ...settings, serverSideDiff: false, clientSideApplyMigration },
        cache: new PredictionCache(),
        typeOf,
      }).predictions.get('/ConfigMap/store/a')?.outcome;
    };
    expect(outcome(true)).toBe('changed');
    expect(outcome(false)).toBe('unchanged');
    expect(outcome(true, 'ClientSideApplyMigration=false')).toBe('unchanged');
    expect(outcome(false, 'ClientSideApplyMigration=true')).toBe('changed');
  });

  it('believes what an apply left under the diff key', () => {
    const target = configMap('a', { x: '2' });
    const live = applied(configMap('a', { x: '1' }));
    const cache = new PredictionCache();
    cache.set(diffKey({ target, live, fieldManager: settings.fieldManager }), { outcome: 'unchanged' });
    expect(predictionsNeeded({ pairs: [pairOf(target, live)], settings, cache, typeOf }).needed).toEqual([]);
  });

  it('gives a skipped pair the word of the local merge, and asks when it is no longer skipped', () => {
    const pairs = [pairOf(configMap('a', { x: '2' }), applied(configMap('a', { x: '1' })))];
    const cache = new PredictionCache();
    const skipped = predictionsNeeded({ pairs, settings, cache, typeOf, skip: () => true });
    expect(skipped.predictions.get('/ConfigMap/store/a')?.outcome).toBe('changed');
    expect(predictionsNeeded({ pairs, settings, cache, typeOf }).needed).toHaveLength(1);
  });

  it('decides locally where server-side diff is off or the pair is skipped', () => {
    const pairs = [pairOf(configMap('a', { x: '2' }), applied(configMap('a', { x: '1' })))];
    const off = predictionsNeeded({
      pairs,
      settings: { ...settings, serverSideDiff: false },
      cache: new PredictionCache(),
      typeOf,
    });
    expect(off.needed).toEqual([]);
    expect(off.predictions.get('/ConfigMap/store/a')?.outcome).toBe('changed');
    expect(
      predictionsNeeded({ pairs, settings, cache: new PredictionCache(), typeOf, skip: () => true }).needed,
    ).toEqual([]);
  });
});
