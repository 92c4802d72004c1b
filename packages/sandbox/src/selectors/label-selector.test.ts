import { describe, expect, it } from 'vitest';
import { formatLabelSelector, labelSelectorMatcher, parseLabelSelector } from './label-selector.ts';

describe('parseLabelSelector', () => {
  it.each([
    ['app=web', { app: 'web' }, true],
    ['app==web', { app: 'api' }, false],
    ['app!=web', {}, true],
    ['app', { app: '' }, true],
    ['!app', { app: 'web' }, false],
    ['tier in (front, back),app', { tier: 'back', app: 'x' }, true],
    ['tier notin (front)', {}, true],
    ['tier notin (front)', { tier: 'front' }, false],
    ['example.com/size>3', { 'example.com/size': '4' }, true],
    ['app=', { app: '' }, true],
  ] as const)('%s of %o is %s', (text, labels, expected) => {
    expect(parseLabelSelector(text)?.(labels)).toBe(expected);
  });

  it('selects everything when empty', () => {
    expect(parseLabelSelector('')).toBeUndefined();
  });

  it('refuses what does not parse', () => {
    expect(() => parseLabelSelector('a===b')).toThrow('unable to parse requirement');
  });
});

describe('labelSelectorMatcher', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front'] },
      { key: 'canary', operator: 'DoesNotExist' },
    ],
  };

  it('needs every label and expression', () => {
    const matches = labelSelectorMatcher(selector);
    expect(matches({ app: 'web', tier: 'front' })).toBe(true);
    expect(matches({ app: 'web', tier: 'front', canary: '1' })).toBe(false);
    expect(matches({ app: 'web' })).toBe(false);
  });

  it('matches everything when it is empty, nothing when its operator is unknown', () => {
    expect(labelSelectorMatcher({})({})).toBe(true);
    expect(labelSelectorMatcher({ matchExpressions: [{ key: 'a', operator: 'Near' }] })({ a: '1' })).toBe(false);
  });

  it('is written as a query parameter would be', () => {
    expect(formatLabelSelector(selector)).toBe('!canary,app=web,tier in (front)');
  });
});
