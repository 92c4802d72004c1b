import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { DEFAULT_TRACKING, setTracking } from '../kubernetes/tracking.ts';
import { type DeletionInput, deletionStep } from './deletion.ts';

function object(
  kind: string,
  name: string,
  metadata: Partial<KubernetesObject['metadata']> = {},
  owner = 'web',
): KubernetesObject {
  const apiVersion =
    kind === 'CustomResourceDefinition'
      ? 'apiextensions.k8s.io/v1'
      : kind === 'Application'
        ? 'argoproj.io/v1alpha1'
        : 'v1';
  const plain: KubernetesObject = { apiVersion, kind, metadata: { name, namespace: 'shop', ...metadata } };
  return setTracking(plain, { instanceName: owner, destinationNamespace: 'shop' }, DEFAULT_TRACKING);
}

function option(value: string) {
  return { annotations: { 'argocd.argoproj.io/sync-options': value } };
}

function step(objects: KubernetesObject[], change: Partial<DeletionInput> = {}) {
  const { remove, ...rest } = deletionStep({
    objects,
    selfKey: { group: 'argoproj.io', kind: 'Application', namespace: 'shop', name: 'self' },
    instanceName: 'web',
    tracking: DEFAULT_TRACKING,
    options: {},
    isPermitted: () => true,
    approvedAt: undefined,
    requestedAt: '2026-01-01T12:00:00Z',
    now: new Date('2026-01-01T12:05:00Z'),
    ...change,
  });
  return { ...rest, remove: remove.map(({ metadata }) => metadata.name) };
}

describe('deletionStep', () => {
  it('takes the highest wave that still has objects', () => {
    const wave = (number: number) => ({ annotations: { 'argocd.argoproj.io/sync-wave': String(number) } });
    expect(
      step([object('ConfigMap', 'a', wave(-1)), object('ConfigMap', 'b', wave(2)), object('ConfigMap', 'c', wave(2))]),
    ).toMatchObject({
      remove: ['b', 'c'],
      waitingFor: 'waiting for deletion of /ConfigMap/b and 2 more resources',
    });
  });

  it.each([
    ['a definition', object('CustomResourceDefinition', 'crd')],
    ['the Application itself', object('Application', 'self')],
    ['Delete=false', object('ConfigMap', 'a', option('Delete=false'))],
    ["Helm's keep", object('ConfigMap', 'a', { annotations: { 'helm.sh/resource-policy': 'keep' } })],
    [
      "somebody's child",
      object('ConfigMap', 'a', { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u' }] }),
    ],
    ['what belongs to another application', object('ConfigMap', 'a', {}, 'other')],
  ])('leaves behind %s', (_title, one) => {
    expect(step([one])).toEqual({ remove: [], waitingFor: undefined, blocked: [] });
  });

  it('leaves behind what the project does not permit', () => {
    expect(step([object('ConfigMap', 'a')], { isPermitted: () => false }).remove).toEqual([]);
  });

  it('lets the resource overrule Delete=false of the application', () => {
    const objects = [object('ConfigMap', 'kept'), object('ConfigMap', 'gone', option('Delete=true'))];
    expect(step(objects, { options: { delete: 'false' } }).remove).toEqual(['gone']);
  });

  it('deletes nothing at all before a confirmation that was asked for', () => {
    const objects = [object('ConfigMap', 'a', option('Delete=confirm')), object('ConfigMap', 'b')];
    expect(step(objects)).toMatchObject({
      remove: [],
      waitingFor: 'waiting for deletion confirmation of /ConfigMap/a',
    });
    expect(step(objects, { approvedAt: '2026-01-01T11:59:00Z' }).remove).toEqual([]);
    expect(step(objects, { approvedAt: '2026-01-01T12:00:00Z' }).remove).toEqual(['a', 'b']);
  });

  it.each([
    [['example.com/guard'], /because of the finalizers example\.com\/guard\. Start the controller/],
    [['foregroundDeletion'], /because objects it owns are still there/],
    [[], /though nothing seems to hold it/],
  ])('names what holds an object back: %j', (finalizers, expected) => {
    const held = object('ConfigMap', 'a', { finalizers, deletionTimestamp: '2026-01-01T12:00:00Z' });
    expect(step([held])).toMatchObject({ remove: [], blocked: [expect.stringMatching(expected)] });
    expect(step([held], { now: new Date('2026-01-01T12:00:30Z') }).blocked).toEqual([]);
  });
});
