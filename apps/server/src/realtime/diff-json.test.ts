import { applyPatch } from 'rfc6902';
import { expect, test } from 'vitest';
import { diffJson } from './diff-json.ts';

/** Repeatable numbers, so that a failure can be found again. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function randomJson(random: () => number, depth: number): unknown {
  const choice = random();
  if (depth === 0 || choice < 0.35) return [null, true, 1, 2, 'a', 'b', '', 'a/b~c'][Math.floor(random() * 8)];
  const size = Math.floor(random() * 4);
  if (choice < 0.6) return Array.from({ length: size }, () => randomJson(random, depth - 1));
  const keys = ['a', 'b', 'c/d', 'e~f', ''];
  return Object.fromEntries(
    Array.from({ length: size }, () => [keys[Math.floor(random() * keys.length)], randomJson(random, depth - 1)]),
  );
}

test('applying the patch gives the other value, for any two', () => {
  const random = randomNumbers(7);
  for (let round = 0; round < 3_000; round += 1) {
    const before = { root: randomJson(random, 4) };
    const after = { root: randomJson(random, 4) };
    const patched = structuredClone(before);
    const failures = applyPatch(patched, diffJson(before, after)).filter((failure) => failure !== null);
    expect([failures, patched]).toEqual([[], after]);
  }
});

test('equal values give no patch, and a change names only its place', () => {
  expect(diffJson({ a: [1, { b: 2 }], c: undefined }, { a: [1, { b: 2 }] })).toEqual([]);
  expect(
    diffJson({ status: { health: { status: 'Healthy' } } }, { status: { health: { status: 'Degraded' } } }),
  ).toEqual([{ op: 'replace', path: '/status/health/status', value: 'Degraded' }]);
  expect(diffJson({ 'ns/name': 1 }, {})).toEqual([{ op: 'remove', path: '/ns~1name' }]);
});

test('an item put into a list or taken out of it does not resend the others', () => {
  const items = Array.from({ length: 100 }, (_, index) => ({ name: `pod-${index}` }));
  const added = [...items.slice(0, 40), { name: 'new' }, ...items.slice(40)];
  expect(diffJson(items, added)).toEqual([{ op: 'add', path: '/40', value: { name: 'new' } }]);
  expect(diffJson(added, items)).toEqual([{ op: 'remove', path: '/40' }]);
});
