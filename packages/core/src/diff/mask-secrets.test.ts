import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { hasSecrets, maskSecrets } from './mask-secrets.ts';

function secret(data: Record<string, unknown>, rest: object = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data, ...rest };
}

describe('maskSecrets', () => {
  it('gives equal values equal runs and different values longer ones', () => {
    const [target, live] = maskSecrets([
      secret({ a: btoa('one'), b: btoa('two') }),
      secret({ a: btoa('one'), b: btoa('three') }),
    ]);
    expect(target['data']).toEqual({ a: '+'.repeat(8), b: '+'.repeat(12) });
    expect(live['data']).toEqual({ a: '+'.repeat(8), b: '+'.repeat(16) });
  });

  it('masks a value that already looks like a mask', () => {
    const [target, live] = maskSecrets([secret({ a: '+'.repeat(8) }), secret({ a: btoa('real') })]);
    expect(target['data']).not.toEqual(live['data']);
  });

  it('treats stringData and data of the same value alike', () => {
    const [target, live] = maskSecrets([secret({}, { stringData: { a: 'pässword' } }), secret({ a: 'cMOkc3N3b3Jk' })]);
    expect(target['stringData']).toEqual(live['data']);
  });

  it('keeps different binary values apart', () => {
    const [a, b] = maskSecrets([secret({ k: '/w==' }), secret({ k: '/g==' })]);
    expect(a['data']).not.toEqual(b['data']);
  });

  it('masks data under a misspelled name, and Secrets listed inside one', () => {
    const listed = { kind: 'List', metadata: {}, items: [{ kind: 'Secret', data: { k: 'aHVudGVyMg==' } }] };
    const odd = secret({}, { stringdata: { a: 'hunter2' }, items: [{ stringData: { b: 'hunter2' } }] });
    odd.metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(listed) };
    const text = JSON.stringify(maskSecrets([odd]));
    expect(text).not.toMatch(/hunter2|aHVudGVyMg/);
    expect(maskSecrets([secret({}, { type: 'Opaque', immutable: true })])[0]).toMatchObject({
      type: 'Opaque',
      immutable: true,
    });
  });

  it('masks a sensitive annotation in what kubectl noted about any kind too', () => {
    const metadata = { name: 'c', annotations: { 'example.com/token': 'hunter2', plain: 'text' } };
    const noted = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'shown' } });
    const object: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': noted } },
    };
    const text = JSON.stringify(maskSecrets([object], { annotations: ['example.com/token'] }));
    expect(text).not.toContain('hunter2');
    expect(text).toMatch(/plain.*text.*shown/);
  });

  it('leaves no secret in the last-applied annotation, parsable or not', () => {
    const noted = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 's' },
      data: { a: 'aHVudGVyMg==' },
    });
    for (const text of [noted, noted.slice(0, -4), '"aHVudGVyMg=="', '{"metadata":null,"data":{"a":"aHVudGVyMg=="}}']) {
      const object = secret({ a: 'aHVudGVyMg==' });
      object.metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': text };
      expect(JSON.stringify(maskSecrets([object]))).not.toContain('aHVudGVyMg');
    }
  });

  it('masks malformed data altogether', () => {
    expect(JSON.stringify(maskSecrets([secret({ a: { nested: 'hunter2' }, b: ['hunter2'], c: null })]))).not.toContain(
      'hunter2',
    );
    expect(JSON.stringify(maskSecrets([{ ...secret({}), data: 'hunter2' }]))).not.toContain('hunter2');
  });

  it('masks configured annotations of any kind and nothing else', () => {
    const object: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', annotations: { token: 'hunter2', team: 'a' } },
      data: { x: '1' },
    };
    const [masked] = maskSecrets([object], { annotations: ['token'] });
    expect(masked).toEqual({ ...object, metadata: { name: 'c', annotations: { token: '++++++++', team: 'a' } } });
    expect(maskSecrets([object])[0]).toBe(object);
    expect(hasSecrets(object)).toBe(false);
    expect(hasSecrets(object, { annotations: ['token'] })).toBe(true);
  });

  it('does not change its input, and keeps absent states absent', () => {
    const object = secret({ a: 'b25l' });
    const copy = structuredClone(object);
    expect(maskSecrets([undefined, object])[0]).toBeUndefined();
    expect(object).toEqual(copy);
  });
});
