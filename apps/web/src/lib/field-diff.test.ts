import { describe, expect, it } from 'vitest';
import { diffFields } from './field-diff.ts';

const pod = (containers: unknown[]) => ({ spec: { containers } });

describe('diffFields', () => {
  it('names the changed leaf by the merge key of its list', () => {
    expect(diffFields(pod([{ name: 'api', image: 'a:1' }]), pod([{ name: 'api', image: 'a:2' }]))).toEqual([
      { path: 'spec.containers[name=api].image', change: 'changed', before: 'a:1', after: 'a:2' },
    ]);
  });

  it('sees an item inserted in front as one addition', () => {
    const changes = diffFields(
      pod([{ name: 'api', image: 'a:1' }]),
      pod([
        { name: 'proxy', image: 'p' },
        { name: 'api', image: 'a:1' },
      ]),
    );
    expect(changes.map((change) => [change.path, change.change])).toEqual([
      ['spec.containers[name=proxy].name', 'added'],
      ['spec.containers[name=proxy].image', 'added'],
    ]);
  });

  it('compares lists without a key by position', () => {
    expect(diffFields({ args: ['a', 'b'] }, { args: ['a', 'c', 'd'] })).toEqual([
      { path: 'args[1]', change: 'changed', before: 'b', after: 'c' },
      { path: 'args[2]', change: 'added', after: 'd' },
    ]);
  });

  it('quotes keys that hold dots or slashes', () => {
    expect(diffFields({ labels: {} }, { labels: { 'app.kubernetes.io/name': 'x' } })[0]?.path).toBe(
      'labels["app.kubernetes.io/name"]',
    );
  });

  it('tells a missing resource as additions, and equal documents as nothing', () => {
    expect(diffFields(undefined, { kind: 'Pod' })).toEqual([{ path: 'kind', change: 'added', after: 'Pod' }]);
    expect(diffFields(pod([{ a: 1 }]), pod([{ a: 1 }]))).toEqual([]);
  });
});
