import { describe, expect, it } from 'vitest';
import { diffFields } from './diff-fields.ts';
import { pointerSegments, valueAt } from './json-pointer.ts';

const container = (name: string, image: string) => ({ name, image });

describe('diffFields', () => {
  it('finds nothing between equal values', () => {
    expect(diffFields({ before: { a: [1, { b: 2 }] }, after: { a: [1, { b: 2 }] } })).toEqual([]);
  });

  it('names the place by the identity of list items', () => {
    const before = { spec: { containers: [container('web', '1'), container('proxy', '1')] } };
    const after = { spec: { containers: [container('init', '1'), container('proxy', '1'), container('web', '2')] } };
    expect(diffFields({ before, after })).toMatchObject([
      {
        path: 'spec.containers[name=init]',
        pointer: '/spec/containers/0',
        change: 'added',
        after: container('init', '1'),
      },
      {
        path: 'spec.containers[name=web].image',
        pointer: '/spec/containers/2/image',
        change: 'changed',
        before: '1',
        after: '2',
      },
    ]);
  });

  it('points into the earlier state for what was removed', () => {
    const before = {
      env: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
    };
    const after = { env: [{ name: 'a', value: '1' }] };
    expect(diffFields({ before, after })).toMatchObject([
      { path: 'env[name=b]', pointer: '/env/1', change: 'removed', before: { name: 'b', value: '2' } },
    ]);
  });

  it('matches ports by number and protocol', () => {
    const before = [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ];
    const after = [
      { port: 53, protocol: 'TCP', name: 'dns' },
      { port: 53, protocol: 'UDP' },
    ];
    expect(diffFields({ before: { ports: before }, after: { ports: after } })).toMatchObject([
      { path: 'ports[port=53,protocol=TCP].name', pointer: '/ports/0/name', change: 'added', after: 'dns' },
    ]);
  });

  it('shows a list of plain values, and a mere new order, as one place', () => {
    expect(diffFields({ before: { args: ['a', 'b'] }, after: { args: ['b'] } })).toHaveLength(1);
    const [change] = diffFields({
      before: { x: [{ name: 'a' }, { name: 'b' }] },
      after: { x: [{ name: 'b' }, { name: 'a' }] },
    });
    expect(change).toMatchObject({ path: 'x', change: 'changed' });
  });

  it('quotes keys that are no plain names', () => {
    const [change] = diffFields({ before: { data: { 'a.b/c': '1' } }, after: { data: { 'a.b/c': '2' } } });
    expect(change).toMatchObject({ path: 'data["a.b/c"]', pointer: '/data/a.b~1c' });
  });

  it('treats lists and members named like inherited ones as any other', () => {
    const list = (image: string) => ({ constructor: [{ name: 'a', image }], toString: 'x' });
    expect(diffFields({ before: list('1'), after: list('2') })).toMatchObject([{ path: 'constructor[name=a].image' }]);
    expect(diffFields({ before: {}, after: { hasOwnProperty: 1 } })).toMatchObject([
      { path: 'hasOwnProperty', change: 'added' },
    ]);
  });

  it('stops at the wanted number of changes', () => {
    expect(diffFields({ before: {}, after: { a: 1, b: 2, c: 3 }, maxChanges: 2 })).toHaveLength(2);
  });

  it('gives pointers that lead to the values, whatever the objects', () => {
    let seed = 7;
    const random = (limit: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return (seed >> 8) % limit;
    };
    const value = (depth: number): unknown => {
      const kind = random(depth > 2 ? 2 : 4);
      if (kind === 0) return random(3);
      if (kind === 1) return `t${random(3)}`;
      if (kind === 2)
        return Array.from({ length: random(3) }, (_, index) => ({
          name: `i${(index + random(2)) * 3 + index}`,
          v: value(depth + 1),
        }));
      return Object.fromEntries(Array.from({ length: random(4) }, () => [`k${random(4)}`, value(depth + 1)]));
    };
    for (let round = 0; round < 500; round++) {
      const before = { root: value(0), list: value(0) };
      const after = { root: value(0), list: value(0) };
      const changes = diffFields({ before, after });
      expect(changes.length === 0).toBe(JSON.stringify(sorted(before)) === JSON.stringify(sorted(after)));
      for (const change of changes) {
        const side = change.change === 'removed' ? before : after;
        expect(valueAt(side, pointerSegments(change.pointer))).toEqual(
          change.change === 'removed' ? change.before : change.after,
        );
      }
    }
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
