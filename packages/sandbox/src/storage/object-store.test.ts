import { describe, expect, it } from 'vitest';
import type { StoredObject } from './internal-client.ts';
import { ObjectStore } from './object-store.ts';

function configMap(name: string, namespace = 'default', owner?: string): StoredObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      uid: `${namespace}/${name}`,
      resourceVersion: '',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(owner === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: owner }] }),
    },
  };
}

describe('ObjectStore', () => {
  it('gives each commit the next version', () => {
    const store = new ObjectStore();
    const first = store.put('/configmaps', configMap('a'));
    const second = store.put('/configmaps', configMap('a'));
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1);
    expect(store.revision).toBe(Number(second.metadata.resourceVersion));
  });

  it('lists in the order of namespace and name, also one namespace whose name begins another', () => {
    const store = new ObjectStore();
    for (const [namespace, name] of [
      ['b', 'x'],
      ['a-b', 'y'],
      ['a', 'z'],
      ['a', 'b'],
    ] as const)
      store.put('/configmaps', configMap(name, namespace));
    expect(store.list('/configmaps', 'a').map((object) => object.metadata.name)).toEqual(['b', 'z']);
    expect(store.list('/configmaps')).toHaveLength(4);
  });

  it('finds dependents by the uid of their owner, as long as they name it', () => {
    const store = new ObjectStore();
    store.put('/configmaps', configMap('child', 'default', 'owner'));
    expect(store.ownedBy('owner').map(({ object }) => object.metadata.name)).toEqual(['child']);
    store.put('/configmaps', configMap('child'));
    expect(store.ownedBy('owner')).toEqual([]);
  });

  it('tells listeners of commits in order, even of those that listeners make', () => {
    const store = new ObjectStore();
    const seen: string[] = [];
    store.subscribe(({ object }) => {
      if (object.metadata.name === 'first') store.put('/configmaps', configMap('second'));
    });
    store.subscribe(({ object }) => seen.push(object.metadata.name));
    store.put('/configmaps', configMap('first'));
    expect(seen).toEqual(['first', 'second']);
  });

  it('goes on when a listener throws', () => {
    const errors: unknown[] = [];
    const store = new ObjectStore({ onListenerError: (error) => errors.push(error) });
    const seen: string[] = [];
    store.subscribe(() => {
      throw new Error('broken');
    });
    store.subscribe(({ object }) => seen.push(object.metadata.name));
    store.put('/configmaps', configMap('a'));
    expect(seen).toEqual(['a']);
    expect(errors).toHaveLength(1);
  });

  it('stores equal field sets once', () => {
    const store = new ObjectStore();
    const managed = (name: string): StoredObject => {
      const object = configMap(name);
      return {
        ...object,
        metadata: { ...object.metadata, managedFields: [{ manager: 'm', fieldsV1: { 'f:data': { 'f:a': {} } } }] },
      };
    };
    const setOf = (object: StoredObject): unknown =>
      (object.metadata['managedFields'] as { fieldsV1: unknown }[])[0]?.fieldsV1;
    expect(setOf(store.put('/configmaps', managed('a')))).toBe(setOf(store.put('/configmaps', managed('b'))));
  });
});
