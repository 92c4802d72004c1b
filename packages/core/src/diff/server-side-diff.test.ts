import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { removeWebhookMutation } from './server-side-diff.ts';

const MANAGER = 'argocd-controller';

function deployment(
  spec: object,
  fieldsV1: Record<string, unknown>,
  extra: KubernetesObject['metadata'] = {},
): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec,
    metadata: {
      name: 'a',
      ...extra,
      managedFields: [{ manager: MANAGER, operation: 'Apply', apiVersion: 'apps/v1', fieldsV1 }],
    },
  };
}

const spec = (containers: object[], rest: object = {}) => ({ ...rest, template: { spec: { containers } } });
const owned = (containers: object, rest: object = {}) => ({
  'f:spec': { ...rest, 'f:template': { 'f:spec': { 'f:containers': containers } } },
});
const web = { 'k:{"name":"web"}': { '.': {}, 'f:name': {}, 'f:image': {} } };

function clean(target: KubernetesObject, live: KubernetesObject, dryRun: KubernetesObject): unknown {
  return removeWebhookMutation({ target, live, dryRun, fieldManager: MANAGER })['spec'];
}

describe('removeWebhookMutation', () => {
  const target = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: spec([{ name: 'web', image: '2' }]),
  };
  const live = deployment(spec([{ name: 'web', image: '1', pull: 'Always' }]), owned(web));

  it('keeps what we apply', () => {
    const dryRun = deployment(spec([{ name: 'web', image: '2', pull: 'Always' }]), owned(web));
    expect(clean(target, live, dryRun)).toEqual(dryRun['spec']);
  });

  it('takes out what a webhook adds, changes and removes', () => {
    const dryRun = deployment(
      spec(
        [
          { name: 'sidecar', image: '9' },
          { name: 'web', image: '2', pull: 'Never', env: [{ name: 'X' }] },
        ],
        { paused: true },
      ),
      owned(web),
    );
    expect(clean(target, live, dryRun)).toEqual(spec([{ name: 'web', image: '2', pull: 'Always' }]));
    const removed = deployment(spec([{ name: 'web', image: '2' }]), owned(web));
    expect(clean(target, live, removed)).toEqual(spec([{ name: 'web', image: '2', pull: 'Always' }]));
  });

  it('keeps the removal of what we owned before', () => {
    const before = deployment(
      spec(
        [
          { name: 'web', image: '2' },
          { name: 'old', image: '1' },
        ],
        { minReadySeconds: 5 },
      ),
      owned({ ...web, 'k:{"name":"old"}': { '.': {}, 'f:name': {}, 'f:image': {} } }, { 'f:minReadySeconds': {} }),
    );
    const dryRun = deployment(spec([{ name: 'web', image: '2' }]), owned(web));
    expect(clean(target, before, dryRun)).toEqual(dryRun['spec']);
  });

  it('does not take a map that Git leaves empty for our own', () => {
    const empty = { ...target, spec: { securityContext: {} } };
    const now = { 'f:spec': { 'f:securityContext': {} } };
    const dryRun = deployment({ securityContext: { runAsUser: 1 } }, now);
    expect(clean(empty, deployment({ securityContext: {} }, now), dryRun)).toEqual({ securityContext: {} });
  });

  it('keeps an atomic value that is ours as a whole', () => {
    const atomic = { ...target, spec: { selector: { a: '1', b: '2' } } };
    const now = { 'f:spec': { 'f:selector': {} } };
    const dryRun = deployment({ selector: { a: '1', b: '2' } }, now);
    expect(clean(atomic, deployment({ selector: { a: '1' } }, now), dryRun)).toEqual({ selector: { a: '1', b: '2' } });
  });

  it('handles sets of plain values', () => {
    const metadata = (finalizers: string[], mine: string[]) =>
      deployment(
        {},
        { 'f:metadata': { 'f:finalizers': Object.fromEntries(mine.map((one) => [`v:"${one}"`, {}])) } },
        { finalizers },
      );
    const result = removeWebhookMutation({
      target,
      fieldManager: MANAGER,
      live: metadata(['theirs', 'gone'], ['gone']),
      dryRun: metadata(['theirs', 'mine', 'hook'], ['mine']),
    });
    expect(result.metadata.finalizers).toEqual(['theirs', 'mine']);
  });

  it('keeps keys named like inherited members', () => {
    const map = (text: string, data: object) => ({ ...deployment({}, { 'f:data': JSON.parse(text) }), data });
    const data = JSON.parse('{"__proto__":"2","constructor":"2"}') as object;
    const fields = '{"f:__proto__":{},"f:constructor":{}}';
    const result = removeWebhookMutation({
      target: map(fields, data),
      live: map(fields, {}),
      dryRun: map(fields, data),
      fieldManager: MANAGER,
    });
    expect(Object.entries(result['data'] as object)).toEqual([
      ['__proto__', '2'],
      ['constructor', '2'],
    ]);
  });

  it('returns the answer as it is when nothing tells whose it is', () => {
    const dryRun: KubernetesObject = { apiVersion: 'v1', kind: 'A', metadata: {} };
    expect(removeWebhookMutation({ target, live, dryRun, fieldManager: MANAGER })).toBe(dryRun);
  });
});
