import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { immutableChanges } from './immutable-fields.ts';
import { restartsPods } from './restarts-pods.ts';

function object(apiVersion: string, kind: string, spec: object, rest: object = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name: 'x' }, spec, ...rest };
}

const template = (image: string, metadata: object = {}) => ({ metadata, spec: { containers: [{ name: 'a', image }] } });

describe('restartsPods', () => {
  it('is true when the pod template changes', () => {
    const before = object('apps/v1', 'Deployment', { replicas: 1, template: template('1') });
    expect(
      restartsPods({ before, after: object('apps/v1', 'Deployment', { replicas: 1, template: template('2') }) }),
    ).toBe(true);
    const annotated = object('apps/v1', 'Deployment', { template: template('1', { annotations: { a: 'b' } }) });
    expect(restartsPods({ before, after: annotated })).toBe(true);
  });

  it('is false for a scale, a null creation time, OnDelete and kinds without pods', () => {
    const before = object('apps/v1', 'Deployment', {
      replicas: 1,
      template: template('1', { creationTimestamp: null }),
    });
    expect(
      restartsPods({ before, after: object('apps/v1', 'Deployment', { replicas: 5, template: template('1') }) }),
    ).toBe(false);
    const onDelete = (image: string) =>
      object('apps/v1', 'DaemonSet', { updateStrategy: { type: 'OnDelete' }, template: template(image) });
    expect(restartsPods({ before: onDelete('1'), after: onDelete('2') })).toBe(false);
    expect(restartsPods({ before: object('v1', 'Service', { a: 1 }), after: object('v1', 'Service', { a: 2 }) })).toBe(
      false,
    );
  });
});

describe('immutableChanges', () => {
  const paths = (before: KubernetesObject, after: KubernetesObject) =>
    immutableChanges({ before, after }).map(({ path }) => path);

  it.each([
    [
      'apps/v1',
      'Deployment',
      { selector: { matchLabels: { a: '1' } } },
      { selector: { matchLabels: { a: '2' } } },
      ['spec.selector'],
    ],
    ['batch/v1', 'Job', { template: { a: 1 } }, { template: { a: 2 } }, ['spec.template']],
    [
      'v1',
      'PersistentVolumeClaim',
      { storageClassName: 'slow' },
      { storageClassName: 'fast' },
      ['spec.storageClassName'],
    ],
    ['v1', 'PersistentVolumeClaim', { resources: 1 }, { resources: 2 }, []],
    ['v1', 'PersistentVolumeClaim', {}, { storageClassName: 'fast' }, []],
    ['v1', 'Service', { clusterIP: '10.0.0.1' }, { clusterIP: '10.0.0.2' }, ['spec.clusterIP']],
    ['v1', 'Service', { clusterIP: '10.0.0.1' }, {}, []],
    [
      'apps/v1',
      'StatefulSet',
      { serviceName: 'a', replicas: 1 },
      { serviceName: 'b', replicas: 2 },
      ['spec.serviceName'],
    ],
    [
      'apps/v1',
      'StatefulSet',
      { volumeClaimTemplates: [{ spec: { a: 1 }, status: {} }] },
      { volumeClaimTemplates: [{ spec: { a: 1 } }] },
      [],
    ],
    [
      'apps/v1',
      'StatefulSet',
      { volumeClaimTemplates: [{ spec: { a: 1 } }] },
      { volumeClaimTemplates: [{ spec: { a: 2 } }] },
      ['spec.volumeClaimTemplates'],
    ],
  ])('%s %s', (apiVersion, kind, before, after, expected) => {
    expect(paths(object(apiVersion, kind, before), object(apiVersion, kind, after))).toEqual(expected);
  });

  it('knows roleRef and objects marked immutable', () => {
    const binding = (name: string): KubernetesObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: {},
      roleRef: { name },
    });
    expect(paths(binding('a'), binding('b'))).toEqual(['roleRef']);
    const map = (x: string, immutable: boolean): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {},
      data: { x },
      immutable,
    });
    expect(paths(map('1', true), map('2', true))).toEqual(['data']);
    expect(paths(map('1', true), map('1', false))).toEqual(['immutable']);
    expect(paths(map('1', false), map('2', true))).toEqual([]);
  });
});
