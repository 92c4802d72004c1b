import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { DEFAULT_DIFF_SETTINGS, type DiffSettings } from './diff-settings.ts';
import { normalizeObject, normalizeTarget } from './normalize.ts';
import { canonicalQuantity } from './quantity.ts';

function normalize(object: Partial<KubernetesObject>, settings: Partial<DiffSettings> = {}): KubernetesObject {
  return normalizeObject(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, ...object },
    { ...DEFAULT_DIFF_SETTINGS, ...settings },
  );
}

describe('normalizeObject', () => {
  it('drops what the server keeps and the last-applied annotation', () => {
    const { metadata } = normalize({
      metadata: {
        name: 'a',
        uid: 'u',
        resourceVersion: '1',
        generation: 2,
        creationTimestamp: 'now',
        managedFields: [],
        labels: {},
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
      },
    });
    expect(metadata).toEqual({ name: 'a', uid: 'u' });
  });

  it('ignores status everywhere, of definitions only, or nowhere', () => {
    const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', status: { a: 1 } };
    const pod = { kind: 'Pod', status: { a: 1 } };
    const kept = (
      object: Partial<KubernetesObject>,
      ignoreResourceStatusField: DiffSettings['ignoreResourceStatusField'],
    ) => 'status' in normalize(object, { ignoreResourceStatusField });
    expect([kept(crd, 'all'), kept(pod, 'all')]).toEqual([false, false]);
    expect([kept(crd, 'crd'), kept(pod, 'crd')]).toEqual([false, true]);
    expect([kept(crd, 'none'), kept(pod, 'none')]).toEqual([true, true]);
  });

  it('turns stringData into data and null into empty', () => {
    const secret = { kind: 'Secret', data: { a: 'YQ==', n: null }, stringData: { b: 'ü', a: 'x' } };
    expect(normalize(secret)).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {},
      data: { a: 'eA==', n: '', b: 'w7w=' },
    });
    expect(normalizeTarget({ apiVersion: 'v1', metadata: {}, ...secret })).not.toHaveProperty('stringData');
  });

  it('leaves malformed Secrets alone', () => {
    const secret = { kind: 'Secret', data: 'hunter2', stringData: { a: 'b' } };
    expect(normalize(secret)['data']).toBe('hunter2');
  });

  it('equates empty and absent rules, and leaves out aggregated ones when asked', () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: {} };
    expect(normalize({ ...role, rules: [] })).toEqual(normalize(role));
    const aggregated = { ...role, aggregationRule: {}, rules: [{ verbs: ['get'] }] };
    expect(normalize(aggregated)['rules']).toHaveLength(1);
    expect(normalize(aggregated, { ignoreAggregatedRoles: true })['rules']).toBeNull();
  });

  it('puts the subsets of Endpoints in order', () => {
    const subset = (ip: string, port: object) => ({ addresses: [{ ip: '9' }, { ip }], ports: [port] });
    const a = normalize({ kind: 'Endpoints', subsets: [subset('1', { port: 80 }), subset('2', { port: 81 })] });
    const b = normalize({
      kind: 'Endpoints',
      subsets: [subset('2', { port: 81 }), subset('1', { port: 80, protocol: 'TCP' })],
    });
    expect(a).toEqual(b);
  });

  it('writes quantities in one form in pods, claims, and fields of a known type', () => {
    const spec = (cpu: unknown) => ({
      template: { spec: { containers: [{ name: 'a', resources: { limits: { cpu } } }] } },
    });
    expect(normalize({ apiVersion: 'apps/v1', kind: 'Deployment', spec: spec('1000m') })).toEqual(
      normalize({ apiVersion: 'apps/v1', kind: 'Deployment', spec: spec(1) }),
    );
    const rollout = (cpu: string) =>
      normalize({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', spec: spec(cpu) });
    expect(rollout('0.5')).toEqual(rollout('500m'));
    const knownTypeFields = [{ group: 'example.com', kind: 'Disk', field: 'spec.size', type: 'core/Quantity' }];
    const disk = (size: string) =>
      normalize({ apiVersion: 'example.com/v1', kind: 'Disk', spec: { size } }, { knownTypeFields });
    expect(disk('1024Mi')).toEqual(disk('1Gi'));
    const timers = [{ group: 'example.com', kind: 'Timer', field: 'spec.waits', type: 'meta/v1/Duration' }];
    const timer = (...waits: string[]) =>
      normalize({ apiVersion: 'example.com/v1', kind: 'Timer', spec: { waits } }, { knownTypeFields: timers });
    expect(timer('90s', '60m')).toEqual(timer('1m30s', '1h0m0s'));
    expect(timer('90s')).not.toEqual(timer('91s'));
    expect(timer('1.5ms')['spec']).toEqual({ waits: ['1.5ms'] });
  });

  it('does not change its input', () => {
    const object: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { uid: 'u', generation: 1 },
      stringData: { a: 'b' },
      status: {},
    };
    const copy = structuredClone(object);
    normalizeObject(object, DEFAULT_DIFF_SETTINGS);
    expect(object).toEqual(copy);
  });
});

describe('canonicalQuantity', () => {
  it.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['1000', '1k'],
    ['1500', '1500'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Gi', '512Mi'],
    ['1024', '1024'],
    ['0', '0'],
    ['0.0', '0'],
    ['1e3', '1e3'],
    ['1E', '1E'],
    ['0.1m', '100u'],
    ['100M', '100M'],
    ['1000M', '1G'],
    ['-1000m', '-1'],
    ['+5', '5'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0.1Ki', '102400m'],
    ['abc', 'abc'],
    ['', ''],
    ['1x', '1x'],
  ])('%s → %s', (input, expected) => {
    expect(canonicalQuantity(input)).toBe(expected);
  });

  it('is idempotent', () => {
    for (const suffix of ['n', 'u', 'm', '', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E']) {
      for (const amount of ['1', '1.5', '1000', '1024', '0.25', '123456', '9.999']) {
        const once = canonicalQuantity(amount + suffix);
        expect(canonicalQuantity(once)).toBe(once);
      }
    }
  });
});
