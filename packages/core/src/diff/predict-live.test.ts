import { applyPatch, SchemaSet, type ValueType } from '@lockstep/structured-merge';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject, ManagedFieldsEntry } from '../kubernetes/object.ts';
import { diffKey } from './diff-key.ts';
import { diffResource, type ResourceDiff } from './diff-resource.ts';
import { DEFAULT_DIFF_SETTINGS } from './diff-settings.ts';
import { legacyManagers, migratedManagedFields } from './legacy-managers.ts';
import { predictLive } from './predict-live.ts';
import { PredictionCache, predictionFromDryRun, UNCHANGED } from './prediction.ts';

const fieldManager = 'argocd-controller';
const settings = DEFAULT_DIFF_SETTINGS;

/** A small kind with everything that merges in its own way. */
const widget = SchemaSet.fromDocuments({
  components: {
    schemas: {
      Widget: {
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          spec: {
            type: 'object',
            properties: {
              size: { type: 'integer' },
              labels: { type: 'object', additionalProperties: { type: 'string' } },
              tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
              order: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
              parts: {
                type: 'array',
                'x-kubernetes-list-type': 'map',
                'x-kubernetes-list-map-keys': ['name'],
                items: {
                  type: 'object',
                  properties: { name: { type: 'string' }, weight: { type: 'integer' }, color: { type: 'string' } },
                },
              },
            },
          },
        },
      },
    },
  },
}).component('Widget') as ValueType;

function widgetOf(spec: Record<string, unknown>): KubernetesObject {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'store' }, spec };
}

function apply(target: KubernetesObject, live?: KubernetesObject, manager = fieldManager): KubernetesObject {
  return applyPatch({ type: widget, live, config: target, manager, force: true, now: '2026-01-01T00:00:00Z' })
    .object as KubernetesObject;
}

function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % limit;
  };
}

/** Without empty lists and maps: an apply that empties one leaves it out, and the next one puts it back. */
function randomWidget(next: (limit: number) => number): KubernetesObject {
  const some = <T>(make: () => T, count: number): T[] => Array.from({ length: 1 + next(count) }, make);
  const spec: Record<string, unknown> = {};
  if (next(2) === 0) spec['size'] = next(3);
  if (next(2) === 0) spec['labels'] = Object.fromEntries(some(() => [`l${next(3)}`, `v${next(2)}`], 3));
  if (next(2) === 0) spec['tags'] = [...new Set(some(() => `t${next(4)}`, 4))];
  if (next(2) === 0) spec['order'] = some(() => `o${next(3)}`, 3);
  if (next(2) === 0) {
    const parts = new Map(
      some(() => `p${next(3)}`, 4).map((name) => [
        name,
        { name, ...(next(2) ? { weight: next(3) } : { color: `c${next(2)}` }) },
      ]),
    );
    spec['parts'] = [...parts.values()];
  }
  return widgetOf(spec);
}

describe('predictLive', () => {
  it('foresees exactly what an apply would leave, over random histories of several managers', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      let live = apply(randomWidget(next));
      for (let step = 0; step < 3; step++)
        live = apply(randomWidget(next), live, next(2) === 0 ? fieldManager : 'tuner');
      const target = randomWidget(next);
      const { object } = predictLive({ target, live, type: widget, fieldManager });
      expect(object['spec']).toEqual(apply(target, live)['spec']);
    }
  });

  it('sees no change right after an apply', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const target = randomWidget(next);
      const live = apply(target, apply(randomWidget(next)));
      expect(predictLive({ target, live, type: widget, fieldManager }).changed).toBe(false);
    }
  });

  it('merges three-way when only the last-applied annotation tells what was ours', () => {
    const last = widgetOf({ size: 1, labels: { a: '1', b: '1' } });
    const live = widgetOf({ size: 1, labels: { a: '1', b: '1', foreign: '1' } });
    live.metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(last) };
    const { object, changed } = predictLive({
      target: widgetOf({ size: 1, labels: { a: '2' } }),
      live,
      type: widget,
      fieldManager,
    });
    expect(changed).toBe(true);
    expect(object['spec']).toEqual({ size: 1, labels: { a: '2', foreign: '1' } });
  });

  it('does not change its inputs', () => {
    const target = widgetOf({ size: 2, parts: [{ name: 'a', weight: 1 }] });
    const live = apply(widgetOf({ size: 1, parts: [{ name: 'b', weight: 2 }] }));
    const copies = structuredClone([target, live]);
    predictLive({ target, live, type: widget, fieldManager });
    expect([target, live]).toEqual(copies);
  });
});

describe('legacy managers', () => {
  const entry = (manager: string, rest: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
    manager,
    operation: 'Update',
    apiVersion: 'example.com/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:size': {} } },
    ...rest,
  });
  const withManagers = (...managedFields: ManagedFieldsEntry[]): KubernetesObject => {
    const object = widgetOf({ size: 1 });
    return { ...object, metadata: { ...object.metadata, managedFields } };
  };
  const target = widgetOf({});

  it('takes over from client-side appliers only', () => {
    const live = withManagers(
      entry('kubectl-client-side-apply'),
      entry('argocd-controller'),
      entry('argocd-application-controller'),
      entry('kubectl-edit'),
      entry('argocd-controller', { operation: 'Apply' }),
      entry('argocd-controller', { subresource: 'status' }),
    );
    expect(legacyManagers(target, live)).toEqual([
      'kubectl-client-side-apply',
      'argocd-controller',
      'argocd-application-controller',
    ]);
    expect(legacyManagers(target, withManagers(entry('kubectl-edit')))).toEqual([]);
  });

  it('takes over from the manager that the annotation names', () => {
    const named = {
      ...target,
      metadata: {
        ...target.metadata,
        annotations: { 'argocd.argoproj.io/client-side-apply-migration-manager': 'old-tool' },
      },
    };
    expect(legacyManagers(named, withManagers(entry('old-tool')))).toEqual(['old-tool']);
  });

  it('writes one entry of ours, and nothing when there is nothing to move', () => {
    const moved = migratedManagedFields({
      target,
      live: withManagers(entry('kubectl-client-side-apply'), entry('tuner')),
      fieldManager,
    });
    expect(moved?.map(({ manager, operation }) => [manager, operation])).toEqual([
      ['argocd-controller', 'Apply'],
      ['tuner', 'Update'],
    ]);
    expect(migratedManagedFields({ target, live: withManagers(entry('tuner')), fieldManager })).toBeUndefined();
  });

  it('removes from a dry run what the apply will remove once the fields are ours', () => {
    const live = withManagers(entry('kubectl-client-side-apply'));
    const dryRun = apply(widgetOf({ order: ['x'] }), live);
    const prediction = predictionFromDryRun({
      target: widgetOf({ order: ['x'] }),
      live,
      dryRun,
      type: widget,
      settings,
    });
    expect(prediction).toMatchObject({ outcome: 'changed', object: { spec: { order: ['x'] } } });
    expect(prediction.outcome === 'changed' && prediction.object['spec']).toEqual({ order: ['x'] });
  });
});

describe('predictionFromDryRun', () => {
  it('is unchanged when only a webhook changes something, unless webhooks count', () => {
    const target = widgetOf({ size: 1 });
    const live = apply(target);
    const dryRun = { ...live, spec: { size: 1, labels: { injected: 'yes' } } };
    const input = { target, live, dryRun, type: widget, settings };
    expect(predictionFromDryRun(input)).toEqual({ outcome: 'unchanged' });
    const asked = { ...settings, includeMutationWebhook: true };
    expect(predictionFromDryRun({ ...input, settings: asked }).outcome).toBe('changed');
    const annotated = (value: boolean) => ({
      ...target,
      metadata: {
        ...target.metadata,
        annotations: { 'argocd.argoproj.io/compare-options': `IncludeMutationWebhook=${value}` },
      },
    });
    expect(predictionFromDryRun({ ...input, target: annotated(true) }).outcome).toBe('changed');
    expect(predictionFromDryRun({ ...input, target: annotated(false), settings: asked }).outcome).toBe('unchanged');
  });

  it('is changed for every real change, and what it predicts is what the apply leaves', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const live = apply(randomWidget(next), apply(randomWidget(next), undefined, 'tuner'));
      const target = randomWidget(next);
      const dryRun = apply(target, live);
      const prediction = predictionFromDryRun({ target, live, dryRun, type: widget, settings });
      const spec = prediction.outcome === 'changed' ? prediction.object['spec'] : live['spec'];
      expect(spec).toEqual(dryRun['spec']);
    }
  });
});

describe('diffResource', () => {
  const diff = (
    target: KubernetesObject,
    live: KubernetesObject,
    prediction?: Parameters<typeof diffResource>[0]['prediction'],
  ) => diffResource({ target, live, prediction, type: widget, settings }) as ResourceDiff;

  it('merges locally when the dry run was refused, and says why it is a guess', () => {
    const live = apply(widgetOf({ size: 1 }));
    const failed = { outcome: 'failed' as const, message: 'forbidden' };
    expect(diff(widgetOf({ size: 1 }), live, failed).modified).toBe(false);
    expect(diff(widgetOf({ size: 2 }), live, failed)).toMatchObject({
      modified: true,
      predictedLive: { spec: { size: 2 } },
    });
  });

  it('returns the remembered result for the same objects only', () => {
    const target = widgetOf({ size: 1 });
    const live = apply(target);
    const first = diff(target, live, UNCHANGED);
    expect(diff(target, live, { outcome: 'unchanged' })).toBe(first);
    expect(diff(widgetOf({ size: 2 }), live)).not.toBe(first);
    expect(diff(target, { ...live }, UNCHANGED)).not.toBe(first);
  });
});

describe('diffKey', () => {
  const target = widgetOf({ size: 1 });
  const live = apply(target);
  const keyOf = (object: KubernetesObject, other = target) => diffKey({ target: other, live: object, fieldManager });

  it('survives status, version and times, and nothing else', () => {
    const key = keyOf(live);
    const busy = { ...live, status: { a: 1 }, metadata: { ...live.metadata, resourceVersion: '9', generation: 4 } };
    expect(keyOf(busy)).toBe(key);
    const later = {
      ...live.metadata,
      managedFields: live.metadata.managedFields?.map((entry) => ({ ...entry, time: 'later' })) ?? [],
    };
    expect(keyOf({ ...live, metadata: later })).toBe(key);
    expect(keyOf({ ...live, spec: { size: 2 } })).not.toBe(key);
    expect(keyOf(live, widgetOf({ size: 2 }))).not.toBe(key);
    expect(keyOf(apply(widgetOf({ labels: { a: '1' } }), live, 'tuner'))).not.toBe(key);
    expect(diffKey({ target, live, fieldManager: 'other' })).not.toBe(key);
  });
});

describe('PredictionCache', () => {
  it('keeps the most recently used and never a failure', () => {
    const cache = new PredictionCache(2);
    cache.set('a', UNCHANGED);
    cache.set('b', UNCHANGED);
    cache.get('a');
    cache.set('c', UNCHANGED);
    cache.set('d', { outcome: 'failed', message: 'x' });
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, false]);
    cache.clear();
    expect(cache.size).toBe(0);
  });
});
