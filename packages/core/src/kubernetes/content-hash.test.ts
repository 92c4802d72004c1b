import { describe, expect, it } from 'vitest';
import { contentHash } from './content-hash.ts';

describe('contentHash', () => {
  it('does not depend on the order of keys', () => {
    expect(contentHash({ a: 1, b: { c: [1, 2], d: 'x' } })).toBe(contentHash({ b: { d: 'x', c: [1, 2] }, a: 1 }));
  });

  it('depends on every value, type and boundary', () => {
    const values: unknown[] = [
      null,
      true,
      false,
      0,
      1,
      -1,
      1.5,
      2 ** 40,
      '',
      '0',
      '1',
      'ab',
      'ba',
      [],
      {},
      [[]],
      [{}],
      [null],
      ['a', 'b'],
      ['ab'],
      { a: 'b' },
      { ab: '' },
      { a: { b: 'c' } },
      { a: { b: {} }, c: 'd' },
      { a: { b: {}, c: 'd' } },
      [1, [2]],
      [[1], 2],
    ];
    expect(new Set(values.map(contentHash)).size).toBe(values.length);
  });

  it('has no collision among many small, similar values', () => {
    const hashes = new Set<string>();
    for (let index = 0; index < 20_000; index++)
      hashes.add(contentHash({ name: `web-${index}`, replicas: index % 7, at: index }));
    expect(hashes.size).toBe(20_000);
  });

  it('treats undefined members as absent', () => {
    expect(contentHash({ a: 1, b: undefined })).toBe(contentHash({ a: 1 }));
  });
});
