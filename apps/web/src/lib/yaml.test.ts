import { describe, expect, it } from 'vitest';
import { fromYaml, toYaml, withoutBookkeeping } from './yaml.ts';

describe('toYaml', () => {
  it('starts with apiVersion, kind and metadata whatever the order of the object', () => {
    expect(
      toYaml({ spec: { b: 1, a: 'yes' }, metadata: { namespace: 'shop', name: 'x' }, kind: 'Pod', apiVersion: 'v1' }),
    ).toBe("apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  namespace: shop\nspec:\n  a: 'yes'\n  b: 1\n");
  });

  it('comes back as it was', () => {
    const value = { data: { 'a.txt': 'one\ntwo\n', n: '012', empty: '' } };
    expect(fromYaml(toYaml(value))).toEqual(value);
  });
});

describe('withoutBookkeeping', () => {
  it('drops managed fields and the last-applied copy, and nothing else', () => {
    const live = {
      metadata: {
        name: 'x',
        managedFields: [{ manager: 'kubectl' }],
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', team: 'core' },
      },
    };
    expect(withoutBookkeeping(live)).toEqual({ metadata: { name: 'x', annotations: { team: 'core' } } });
    expect(live.metadata.managedFields).toHaveLength(1);
  });
});
