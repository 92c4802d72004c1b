import { describe, expect, it } from 'vitest';
import { formatPointer, pointerSegments, valueAt, withoutPath } from './json-pointer.ts';

describe('JSON pointers', () => {
  it('escape and unescape each other', () => {
    for (const segments of [['a'], ['a/b', 'c~d'], ['~1', '~0', ''], ['metadata', 'annotations', 'x.io/y']]) {
      expect(pointerSegments(formatPointer(segments))).toEqual(segments);
    }
    expect(pointerSegments('')).toEqual([]);
  });

  it('remove a member or an item, and copy only the way there', () => {
    const value = { a: { b: [1, { c: 2 }] }, d: {} };
    expect(withoutPath(value, ['a', 'b', '1', 'c'])).toEqual({ a: { b: [1, {}] }, d: {} });
    const result = withoutPath(value, ['a', 'b', '0']);
    expect(result).toEqual({ a: { b: [{ c: 2 }] }, d: {} });
    expect(result.d).toBe(value.d);
    expect(value.a.b).toHaveLength(2);
  });

  it('leave the value as it is where nothing is', () => {
    const value = { a: [1] };
    for (const path of [['b'], ['a', '1'], ['a', '-'], ['a', '0', 'x'], ['constructor'], []])
      expect(withoutPath(value, path)).toBe(value);
  });

  it('find values, own members only', () => {
    expect(valueAt({ a: [{ b: 1 }] }, ['a', 0, 'b'])).toBe(1);
    expect(valueAt({}, ['constructor'])).toBeUndefined();
  });
});
