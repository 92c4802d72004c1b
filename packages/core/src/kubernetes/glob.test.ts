import { expect, it } from 'vitest';
import { matchesGlob } from './glob.ts';

it.each([
  ['*', '', true],
  ['*', 'apps', true],
  ['apps', 'apps', true],
  ['app', 'apps', false],
  ['*.example.com', 'a.example.com', true],
  ['*.example.com', 'example.com', false],
  ['a*c*e', 'abcde', true],
  ['a*c*e', 'abcd', false],
  ['?', 'a', true],
  ['?', '', false],
  ['[ab]x', 'bx', true],
  ['[!ab]x', 'bx', false],
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'dx', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['[a', '[a', true],
  ['[a', 'a', false],
  ['', '', true],
  ['', 'a', false],
])('%s against %s is %s', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected);
});

it('stays fast on a pattern made to be slow', () => {
  const start = performance.now();
  expect(matchesGlob('*a*a*a*a*a*a*a*a*a*c', 'a'.repeat(5_000))).toBe(false);
  expect(performance.now() - start).toBeLessThan(1_000);
});
