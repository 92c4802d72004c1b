import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from './object.ts';
import { appInstanceName, DEFAULT_TRACKING, parseTrackingId, setTracking, trackedBy } from './tracking.ts';

const owner = { instanceName: 'shop', destinationNamespace: 'store' };

function object(apiVersion: string, kind: string, metadata: KubernetesObject['metadata']): KubernetesObject {
  return { apiVersion, kind, metadata };
}

describe('tracking', () => {
  it('writes the id that Argo CD writes', () => {
    const tracked = setTracking(
      object('apps/v1', 'Deployment', { name: 'web', namespace: 'store' }),
      owner,
      DEFAULT_TRACKING,
    );
    expect(tracked.metadata.annotations).toEqual({
      'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:store/web',
    });
    expect(trackedBy(tracked, DEFAULT_TRACKING)).toBe('shop');
  });

  it('puts the destination namespace into the id of cluster-scoped objects', () => {
    const role = setTracking(
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', { name: 'system:reader' }),
      owner,
      DEFAULT_TRACKING,
    );
    expect(role.metadata.annotations?.['argocd.argoproj.io/tracking-id']).toBe(
      'shop:rbac.authorization.k8s.io/ClusterRole:store/system:reader',
    );
    expect(trackedBy(role, DEFAULT_TRACKING)).toBe('shop');
  });

  it('does not believe an id that was copied from another object', () => {
    const tracked = setTracking(
      object('apps/v1', 'Deployment', { name: 'web', namespace: 'store' }),
      owner,
      DEFAULT_TRACKING,
    );
    const copy = object('apps/v1', 'ReplicaSet', {
      name: 'web-1',
      namespace: 'store',
      annotations: tracked.metadata.annotations ?? {},
    });
    expect(trackedBy(copy, DEFAULT_TRACKING)).toBeUndefined();
  });

  it('does not believe the id of another installation', () => {
    const settings = { ...DEFAULT_TRACKING, installationId: 'blue' };
    const tracked = setTracking(object('v1', 'Secret', { name: 'a', namespace: 'store' }), owner, settings);
    expect(trackedBy(tracked, settings)).toBe('shop');
    expect(trackedBy(tracked, { ...settings, installationId: 'green' })).toBeUndefined();
    expect(trackedBy(tracked, DEFAULT_TRACKING)).toBeUndefined();
  });

  it('leaves CustomResourceDefinitions untouched', () => {
    const crd = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { name: 'foos.example.com' });
    expect(setTracking(crd, owner, { method: 'annotation+label', labelKey: 'l' })).toBe(crd);
  });

  it('cuts the label to what a label may hold, in annotation+label mode only', () => {
    const long = { instanceName: `${'a'.repeat(61)}--b`, destinationNamespace: 'store' };
    const target = object('v1', 'Service', { name: 'a' });
    const both = setTracking(target, long, { method: 'annotation+label', labelKey: 'app' });
    expect(both.metadata.labels).toEqual({ app: 'a'.repeat(61) });
    const label = setTracking(target, long, { method: 'label', labelKey: 'app' });
    expect(label.metadata.labels).toEqual({ app: long.instanceName });
    expect(label.metadata.annotations).toBeUndefined();
  });

  it('qualifies the instance name outside the control plane namespace', () => {
    expect(appInstanceName({ name: 'shop', namespace: 'argocd' }, 'argocd')).toBe('shop');
    expect(appInstanceName({ name: 'shop', namespace: 'team' }, 'argocd')).toBe('team_shop');
  });

  it.each(['', 'shop', 'shop:Deployment:a/b', ':apps/Deployment:a/b', 'shop:apps/Deployment:web'])(
    'reads nothing from the malformed id %j',
    (id) => {
      expect(parseTrackingId(id)).toBeUndefined();
    },
  );
});
