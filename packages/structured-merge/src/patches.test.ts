import { describe, expect, test } from 'vitest';
import { thing, thingType } from '../tests/fixture-types.ts';
import { jsonMergePatch } from './json-merge-patch.ts';
import { type JsonPatchOperation, jsonPatch } from './json-patch.ts';
import { PatchError } from './patch-error.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';
import { threeWayMerge } from './three-way-merge.ts';

const type = thingType();

function patchSpec(spec: object, patch: object): unknown {
  return strategicMergePatch(type, thing(spec), { spec: patch })['spec'];
}

describe('strategicMergePatch', () => {
  test('merges lists by their merge key and adds new items', () => {
    const spec = { containers: [{ name: 'a', image: 'a:1' }, { name: 'b' }] };
    expect(patchSpec(spec, { containers: [{ name: 'b', image: 'b:2' }, { name: 'c' }] })).toEqual({
      containers: [{ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:2' }, { name: 'c' }],
    });
  });

  test('deletes and replaces by $patch', () => {
    const spec = { containers: [{ name: 'a' }, { name: 'b' }], strategy: { type: 'x', rollingUpdate: {} } };
    expect(patchSpec(spec, { containers: [{ name: 'a', $patch: 'delete' }] })).toMatchObject({
      containers: [{ name: 'b' }],
    });
    expect(patchSpec(spec, { containers: [{ name: 'z' }, { $patch: 'replace' }] })).toMatchObject({
      containers: [{ name: 'z' }],
    });
    expect(patchSpec(spec, { strategy: { type: 'y', $patch: 'replace' } })).toMatchObject({ strategy: { type: 'y' } });
  });

  test('keeps only the keys that $retainKeys names', () => {
    const spec = { strategy: { type: 'RollingUpdate', rollingUpdate: { surge: '1' } } };
    expect(patchSpec(spec, { strategy: { $retainKeys: ['type'], type: 'Recreate' } })).toEqual({
      strategy: { type: 'Recreate' },
    });
  });

  test('orders by $setElementOrder and leaves items of the server in their place', () => {
    const spec = { containers: [{ name: 'a' }, { name: 'x' }, { name: 'b' }] };
    const order = { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] };
    expect(patchSpec(spec, order)).toEqual({ containers: [{ name: 'x' }, { name: 'b' }, { name: 'a' }] });
  });

  test('deletes from a list of scalars, and puts new ones first', () => {
    const object = thing({}, { finalizers: ['a', 'b'] });
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] } };
    expect(strategicMergePatch(type, object, patch)['metadata']).toMatchObject({ finalizers: ['c', 'b'] });
  });

  test.each([
    [{ containers: [{ image: 'x' }] }, /does not contain declared merge key: name/],
    [{ strategy: { $patch: 'nonsense' } }, /unknown patch type: nonsense/],
    [{ '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a' }] }, /doesn't match/],
  ])('refuses a patch that makes no sense (%#)', (patch, message) => {
    expect(() => patchSpec({ containers: [{ name: 'a' }], strategy: {} }, patch)).toThrow(message);
  });
});

describe('threeWayMerge', () => {
  test('removes what was applied before, keeps what others added', () => {
    const merged = threeWayMerge({
      last: thing({ replicas: 1, size: 1 }),
      target: thing({ size: 2, containers: [{ name: 'a' }] }),
      live: thing({ replicas: 1, size: 1, values: { set: 'by others' }, containers: [{ name: 'sidecar' }] }),
      type,
    });
    expect(merged['spec']).toEqual({
      size: 2,
      values: { set: 'by others' },
      containers: [{ name: 'a' }, { name: 'sidecar' }],
    });
  });

  test('without a schema replaces lists', () => {
    const merged = threeWayMerge({
      last: undefined,
      target: thing({ containers: [{ name: 'a' }] }),
      live: thing({ replicas: 1, containers: [{ name: 'sidecar' }] }),
    });
    expect(merged['spec']).toEqual({ replicas: 1, containers: [{ name: 'a' }] });
  });
});

describe('jsonMergePatch', () => {
  test('merges maps, deletes on null, replaces the rest', () => {
    expect(jsonMergePatch({ a: { b: 1, c: [1] }, d: 1 }, { a: { b: null, c: [2] }, e: { f: null, g: 1 } })).toEqual({
      a: { c: [2] },
      d: 1,
      e: { g: 1 },
    });
    expect(jsonMergePatch({ a: 1 }, 'x')).toBe('x');
  });
});

describe('jsonPatch', () => {
  const document = { a: { 'x/y': 1, '~': 2 }, list: [1, 2, 3] };
  test.each<[string, JsonPatchOperation[], unknown]>([
    [
      'add',
      [
        { op: 'add', path: '/list/1', value: 9 },
        { op: 'add', path: '/list/-', value: 8 },
      ],
      { ...document, list: [1, 9, 2, 3, 8] },
    ],
    ['remove', [{ op: 'remove', path: '/a/x~1y' }], { ...document, a: { '~': 2 } }],
    ['replace', [{ op: 'replace', path: '/a/~0', value: 3 }], { ...document, a: { 'x/y': 1, '~': 3 } }],
    ['move', [{ op: 'move', from: '/list/0', path: '/first' }], { ...document, list: [2, 3], first: 1 }],
    ['copy', [{ op: 'copy', from: '/a', path: '/b' }], { ...document, b: document.a }],
    [
      'test',
      [
        { op: 'test', path: '/list', value: [1, 2, 3] },
        { op: 'test', path: '/none', value: null },
      ],
      document,
    ],
  ])('%s', (_name, operations, expected) => {
    expect(jsonPatch(document, operations)).toEqual(expected);
  });

  test.each<[JsonPatchOperation]>([
    [{ op: 'remove', path: '/none' }],
    [{ op: 'replace', path: '/a/none', value: 1 }],
    [{ op: 'add', path: '/none/x', value: 1 }],
    [{ op: 'add', path: '/list/7', value: 1 }],
    [{ op: 'test', path: '/list/0', value: 2 }],
  ])('refuses $op of $path with 422', (operation) => {
    expect(() => jsonPatch(document, [operation])).toThrow(PatchError);
    try {
      jsonPatch(document, [operation]);
    } catch (error) {
      expect((error as PatchError).status).toBe(422);
    }
  });
});
