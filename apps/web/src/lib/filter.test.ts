import { describe, expect, it } from 'vitest';
import { formatFilter, matchesFilter, matchesGlob, parseFilter, toggleFilterValue } from './filter.ts';

const keys = ['health', 'sync', 'project', 'cluster'];

describe('parseFilter', () => {
  it('reads alternatives, negation, quotes and free text', () => {
    expect(parseFilter('health:degraded,missing -cluster:"prod eu" shop', keys)).toEqual({
      terms: [
        { key: 'health', values: ['degraded', 'missing'], negated: false },
        { key: 'cluster', values: ['prod eu'], negated: true },
        { key: undefined, values: ['shop'], negated: false },
      ],
      errors: [],
    });
  });

  it('names an unknown key and suggests the nearest', () => {
    expect(parseFilter('helth:degraded', keys).errors).toEqual(['There is no filter “helth”. Did you mean “health”?']);
  });

  it('is undone by formatFilter', () => {
    const text = 'health:degraded,missing -cluster:"prod eu" shop';
    expect(formatFilter(parseFilter(text, keys).terms)).toBe(text);
  });
});

describe('toggleFilterValue', () => {
  it('adds to the term of the key, takes away, and removes the empty term', () => {
    const one = toggleFilterValue('shop', 'health', 'Degraded', keys);
    expect(one).toBe('shop health:Degraded');
    const two = toggleFilterValue(one, 'health', 'Missing', keys);
    expect(two).toBe('shop health:Degraded,Missing');
    expect(toggleFilterValue(toggleFilterValue(two, 'health', 'degraded', keys), 'health', 'Missing', keys)).toBe(
      'shop',
    );
  });
});

describe('matchesFilter', () => {
  const read = (key: string | undefined) =>
    ({ health: ['Degraded'], project: ['payments'], cluster: ['prod-eu'] })[key ?? ''] ??
    (key === undefined ? ['tax-service'] : []);
  it.each([
    ['health:degraded project:pay*', true],
    ['health:healthy,degraded', true],
    ['-health:degraded', false],
    ['health:!healthy', true],
    ['TAX', true],
    ['-tax', false],
    ['cluster:prod', false],
    ['sync:Synced', false],
    ['', true],
  ])('%s → %s', (text, expected) => {
    expect(matchesFilter(parseFilter(text, keys), read)).toBe(expected);
  });
});

describe('matchesGlob', () => {
  it.each([
    ['https://git.example.com/team/shop', 'https://git.example.com/*', true],
    ['prod-eu-1', '*eu*', true],
    ['aa', 'a*a*a', false],
    ['prod-eu-1', 'prod-*-2', false],
  ])('%s against %s is %s', (value, pattern, expected) => {
    expect(matchesGlob(value, pattern)).toBe(expected);
  });
});
