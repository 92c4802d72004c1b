import { describe, expect, it } from 'vitest';
import { formatFilter, matchesFilter, matchesGlob, parseFilter, toggleFilterValue } from './filter.ts';

const keys = ['health', 'sync', 'project', 'cluster'];

describe('parseFilter', () => {
  it('reads keys, negation, quotes and free text', () => {
    expect(parseFilter('health:degraded -cluster:"prod eu" sync:!Synced shop', keys)).toEqual({
      terms: [
        { key: 'health', value: 'degraded', negated: false },
        { key: 'cluster', value: 'prod eu', negated: true },
        { key: 'sync', value: 'Synced', negated: true },
        { key: undefined, value: 'shop', negated: false },
      ],
      errors: [],
    });
  });

  it('takes an unknown key for text, and suggests a known one that is near', () => {
    expect(parseFilter('nginx:1.2 https://git.example.com/shop', keys)).toMatchObject({
      terms: [{ value: 'nginx:1.2' }, { value: 'https://git.example.com/shop' }],
      errors: [],
    });
    expect(parseFilter('helth:degraded', keys).errors).toEqual(['There is no filter “helth”. Did you mean “health”?']);
  });

  it('is undone by formatFilter', () => {
    const text = 'health:degraded health:missing -cluster:"prod eu" shop';
    expect(formatFilter(parseFilter(text, keys).terms)).toBe(text);
  });
});

describe('toggleFilterValue', () => {
  it('adds a value and takes it away again', () => {
    const one = toggleFilterValue('shop', 'health', 'Degraded', keys);
    expect(one).toBe('shop health:Degraded');
    const two = toggleFilterValue(one, 'health', 'Missing', keys);
    expect(two).toBe('shop health:Degraded health:Missing');
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
    ['health:healthy health:degraded', true],
    ['health:healthy project:payments', false],
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
