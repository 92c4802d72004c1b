import { describe, expect, it } from 'vitest';
import type { HealthStatus } from '../health/health.ts';
import { isWorse, worstHealth } from '../health/worst-health.ts';
import type { ResourceComparison } from './comparison.ts';
import { rollUpHealth } from './roll-up-health.ts';

function resource(
  kind: string,
  name: string,
  status: HealthStatus | undefined,
  rest: Partial<ResourceComparison> = {},
): ResourceComparison {
  const group = kind === 'Application' ? 'argoproj.io' : '';
  const object = {
    apiVersion: group === '' ? 'v1' : `${group}/v1alpha1`,
    kind,
    metadata: { name, namespace: 'store' },
  };
  return {
    key: { group, kind, namespace: 'store', name },
    version: 'v1',
    target: object,
    live: object,
    isHook: false,
    requiresPruning: false,
    requiresDeletionConfirmation: false,
    syncWave: 0,
    ...(status === undefined ? {} : { health: { status } }),
    ...rest,
  };
}

describe('rollUpHealth', () => {
  it('is the worst of its resources and names up to three culprits', () => {
    const resources = ['a', 'b', 'c', 'd', 'e'].map((name) => resource('Pod', name, 'Degraded'));
    expect(rollUpHealth({ resources: [resource('Pod', 'ok', 'Healthy'), ...resources] })).toEqual({
      status: 'Degraded',
      message: 'Caused by Pod:store/a, Pod:store/b, Pod:store/c, … and 2 more',
    });
  });

  it('does not count hooks, kinds without a check, what is excluded, children of unknown health, or itself', () => {
    const excluded = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { annotations: { 'argocd.argoproj.io/ignore-healthcheck': 'true' } },
    };
    const resources = [
      resource('Pod', 'a', 'Healthy'),
      resource('Pod', 'hook', 'Degraded', { isHook: true }),
      resource('ConfigMap', 'c', undefined),
      resource('Pod', 'x', 'Degraded', { live: excluded }),
      resource('Application', 'child', 'Unknown'),
      resource('Application', 'self', 'Degraded'),
    ];
    const selfKey = { group: 'argoproj.io', kind: 'Application', namespace: 'store', name: 'self' };
    expect(rollUpHealth({ resources, selfKey })).toEqual({ status: 'Healthy' });
    expect(rollUpHealth({ resources }).status).toBe('Degraded');
  });

  it('is Missing only when nothing at all is live', () => {
    const { live: _, ...gone } = resource('Pod', 'b', 'Missing');
    expect(rollUpHealth({ resources: [resource('Pod', 'a', 'Healthy'), gone] }).status).toBe('Healthy');
    expect(rollUpHealth({ resources: [gone] }).status).toBe('Missing');
    expect(rollUpHealth({ resources: [resource('ConfigMap', 'a', undefined), gone] }).status).toBe('Healthy');
    expect(rollUpHealth({ resources: [] }).status).toBe('Healthy');
  });
});

describe('worstHealth', () => {
  const all: HealthStatus[] = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'];

  it('is an upper bound whatever the order, and Healthy of nothing', () => {
    expect(worstHealth([])).toBe('Healthy');
    for (const a of all) {
      for (const b of all) {
        expect(worstHealth([a, b])).toBe(worstHealth([b, a]));
        expect(isWorse(a, worstHealth([a, b]))).toBe(false);
      }
    }
  });
});
