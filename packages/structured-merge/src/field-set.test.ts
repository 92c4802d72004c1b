import { describe, expect, test } from 'vitest';
import { thing, thingType } from '../tests/fixture-types.ts';
import { compareValues } from './compare-values.ts';
import { equalSets, fieldPaths, fieldSetOf, intersectSets, subtractSets, unionSets } from './field-set.ts';
import { fieldSetFromFieldsV1, fieldSetToFieldsV1 } from './fields-v1.ts';
import { removeItems } from './remove-items.ts';
import { toFieldSet } from './to-field-set.ts';

const a = fieldSetOf(['f:spec', 'f:a'], ['f:spec', 'f:b']);
const b = fieldSetOf(['f:spec', 'f:b'], ['f:spec', 'f:c']);

describe('field sets', () => {
  test('unite, intersect and subtract', () => {
    expect(fieldPaths(unionSets(a, b))).toEqual(['.spec.a', '.spec.b', '.spec.c']);
    expect(fieldPaths(intersectSets(a, b))).toEqual(['.spec.b']);
    expect(fieldPaths(subtractSets(a, b))).toEqual(['.spec.a']);
  });

  test('read and write FieldsV1, with a dot where a parent is a member too', () => {
    const fields = {
      'f:spec': {
        '.': {},
        'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {} } },
        'f:finalizers': { 'v:"x"': {} },
      },
    };
    const set = fieldSetFromFieldsV1(fields);
    expect(fieldSetToFieldsV1(set)).toEqual(fields);
    expect(fieldPaths(set)).toEqual([
      '.spec',
      '.spec.containers[name="a"]',
      '.spec.containers[name="a"].image',
      '.spec.finalizers[="x"]',
    ]);
  });

  test('take a key for the same whatever the order it was written in', () => {
    const one = fieldSetFromFieldsV1({ 'f:ports': { 'k:{"protocol":"TCP","port":80}': {} } });
    const other = fieldSetFromFieldsV1({ 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': {} } });
    expect(equalSets(one, other)).toBe(true);
  });

  test('list members of a level before what lies below them, and ports by number', () => {
    const set = fieldSetOf(['f:a', 'f:x'], ['f:b'], ['f:p', 'k:{"port":8080}'], ['f:p', 'k:{"port":90}']);
    expect(fieldPaths(set)).toEqual(['.b', '.a.x', '.p[port=90]', '.p[port=8080]']);
  });
});

describe('toFieldSet', () => {
  const type = thingType();
  const fieldsOf = (spec: object) => fieldSetToFieldsV1(toFieldSet(type.field('spec'), spec));

  test('owns leaves, whole atomic values and items of keyed lists', () => {
    expect(
      fieldsOf({ replicas: 1, selector: { matchLabels: { a: '1' } }, containers: [{ name: 'a', args: ['x'] }] }),
    ).toEqual({
      'f:replicas': {},
      'f:selector': {},
      'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:args': {} } },
    });
  });

  test('owns empty maps and nulls as such', () => {
    expect(fieldsOf({ strategy: {}, replicas: null, values: { a: {} } })).toEqual({
      'f:strategy': {},
      'f:replicas': {},
      'f:values': { 'f:a': {} },
    });
  });
});

describe('compareValues and removeItems', () => {
  const type = thingType();

  test('tell added, modified and removed fields apart', () => {
    const before = thing({ replicas: 1, containers: [{ name: 'a', image: 'a:1' }, { name: 'b' }] });
    const after = thing({ size: 1, containers: [{ name: 'a', image: 'a:2' }, { name: 'c' }] });
    const { added, modified, removed } = compareValues(type, before, after);
    expect(fieldPaths(added)).toEqual(['.spec.size', '.spec.containers[name="c"]', '.spec.containers[name="c"].name']);
    expect(fieldPaths(modified)).toEqual(['.spec.containers[name="a"].image']);
    expect(fieldPaths(removed)).toEqual([
      '.spec.replicas',
      '.spec.containers[name="b"]',
      '.spec.containers[name="b"].name',
    ]);
  });

  test('an atomic list changes as a whole, a set by its members', () => {
    const before = thing({ containers: [{ name: 'a', args: ['x', 'y'] }] }, { finalizers: ['f', 'g'] });
    const after = thing({ containers: [{ name: 'a', args: ['y', 'x'] }] }, { finalizers: ['g', 'h'] });
    const { added, modified, removed } = compareValues(type, before, after);
    expect(fieldPaths(modified)).toEqual(['.spec.containers[name="a"].args']);
    expect(fieldPaths(added)).toEqual(['.metadata.finalizers[="h"]']);
    expect(fieldPaths(removed)).toEqual(['.metadata.finalizers[="f"]']);
  });

  test('what loses all content becomes null, stays empty or goes, as asked', () => {
    const value = thing({ strategy: { type: 'x' }, replicas: 1 });
    const set = fieldSetOf(['f:spec', 'f:strategy', 'f:type']);
    const specAfter = (emptied: 'null' | 'kept' | 'dropped') =>
      (removeItems(type, value, set, emptied) as { spec: unknown }).spec;
    expect(specAfter('null')).toEqual({ strategy: null, replicas: 1 });
    expect(specAfter('kept')).toEqual({ strategy: {}, replicas: 1 });
    expect(specAfter('dropped')).toEqual({ replicas: 1 });
  });
});
