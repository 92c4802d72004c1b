import { describe, expect, it } from 'vitest';
import { levelOf, logMatcher, stripAnsi } from './log-line.ts';
import { parseLogLines } from './log-stream.ts';

describe('parseLogLines', () => {
  it('gives whole lines and keeps the unfinished one', () => {
    const { entries, remainder } = parseLogLines(
      '{"result":{"content":"a"}}\n{"result":{"content":"b"}}\n{"resu',
      false,
    );
    expect(entries.map((entry) => entry.content)).toEqual(['a', 'b']);
    expect(remainder).toBe('{"resu');
  });

  it('leaves out the end mark and throws what the server reports', () => {
    expect(parseLogLines('{"result":{"content":"","last":true}}\n', true).entries).toEqual([]);
    expect(() => parseLogLines('{"error":{"message":"container is waiting"}}\n', false)).toThrow(
      'container is waiting',
    );
  });
});

describe('levelOf', () => {
  it.each([
    ['level=error msg="x"', 'error'],
    ['{"severity":"WARNING","m":1}', 'warn'],
    ['2026-01-01 [INFO] started', 'info'],
    ['\u001b[33mWARN\u001b[0m slow', 'warn'],
    ['no errors were found', undefined],
  ])('reads %s as %s', (text, level) => {
    expect(levelOf(text)).toBe(level);
  });
});

describe('logMatcher', () => {
  it.each([
    ['timeout -health', 'upstream timeout', true],
    ['timeout -health', 'health timeout', false],
    ['/time(d)? ?out/', 'it Timed out', true],
    ['level:error', 'level=error x', true],
    ['level:error', 'level=info error', false],
    ['/(/', 'a /(/ b', true],
    ['', 'anything', true],
  ])('%s against %s is %s', (query, text, expected) => {
    expect(logMatcher(query)(text)).toBe(expected);
  });
});

it('stripAnsi leaves the text', () => {
  expect(stripAnsi('\u001b[31mred\u001b[0m')).toBe('red');
});
