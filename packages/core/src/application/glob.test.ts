import { describe, expect, it } from 'vitest';
import { globMatch, globOrRegexMatch } from './glob.ts';

describe('globMatch follows gobwas', () => {
  it.each([
    ['*', 'anything/at/all', '', true],
    ['*', 'a/b', '/', false],
    ['**', 'a/b', '/', true],
    ['https://git.example.com/*', 'https://git.example.com/team', '/', true],
    ['https://git.example.com/*', 'https://git.example.com/team/app', '/', false],
    ['https://git.example.com/**', 'https://git.example.com/team/app', '/', true],
    ['a?c', 'abc', '', true],
    ['a?c', 'a/c', '/', false],
    ['[a-c]x', 'bx', '', true],
    ['[!a-c]x', 'bx', '', false],
    ['{dev,stag*}-eu', 'staging-eu', '', true],
    ['{dev,stag*}-eu', 'prod-eu', '', false],
    ['{a,{b,c}}d', 'cd', '', true],
    ['\\*', '*', '', true],
    ['\\*', 'x', '', false],
    ['', '', '', true],
    ['', 'x', '', false],
  ])('%s on %s (separators "%s") is %s', (pattern, text, separators, expected) => {
    expect(globMatch(pattern, text, { separators })).toBe(expected);
  });

  it('stays linear on a pattern made to backtrack', () => {
    const started = performance.now();
    expect(globMatch('*a*a*a*a*a*a*a*a*a*c', 'a'.repeat(2_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

it('reads an entry between slashes as a regular expression, and a broken one matches nothing', () => {
  expect(globOrRegexMatch('/^team-(a|b)$/', 'team-b')).toBe(true);
  expect(globOrRegexMatch('/^team-(a|b$/', 'team-b')).toBe(false);
  expect(globOrRegexMatch('team-*', 'team-b')).toBe(true);
});
