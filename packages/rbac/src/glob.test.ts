import { describe, expect, test } from 'vitest';
import { compileGlob, PatternError } from './glob.ts';

describe('compileGlob', () => {
  test.each([
    ['*', 'anything/at/all', true],
    ['*/*', 'p/a', true],
    ['*/*', 'p', false],
    ['payments/*', 'payments/ns/api', true],
    ['payments/*', 'payments-old/api', false],
    ['*-prod/*', 'shop-prod/web', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a__b__c', true],
    ['a*b*c', 'a__c__b', false],
    ['*ab', 'aab', true],
    ['https://github.com/*', 'https://github.com/org/repo', true],
    ['action/apps/Deployment/*', 'action/apps/Deployment/restart', true],
    ['update/*', 'update/apps/Deployment/shop/web', true],
    ['update/*', 'update', false],
    ['p/?', 'p/a', true],
    ['p/?', 'p/ab', false],
    ['p/[abc]', 'p/b', true],
    ['p/[!abc]', 'p/b', false],
    ['p/[a-c]*', 'p/cart', true],
    ['{shop,payments}/*', 'payments/api', true],
    ['{shop,payments}/*', 'stock/api', false],
    ['{shop,pay*{s,d}}/x', 'payments/x', true],
    ['{,a}b', 'b', true],
    ['p/\\*', 'p/*', true],
    ['p/\\*', 'p/a', false],
    ['café?', 'cafés', true],
    ['exact', 'exact', true],
    ['exact', 'Exact', false],
  ])('%s on %s is %s', (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected);
  });

  test.each(['p/[abc', 'p/{a,b', 'p\\', '[z-a]', '[]'])('refuses %s', (pattern) => {
    expect(() => compileGlob(pattern)).toThrow(PatternError);
  });

  test('takes linear time on patterns that make backtracking explode', () => {
    const many = compileGlob('*a*a*a*a*a*a*a*a*c');
    const nested = compileGlob('{a*,a*,a*}{a*,a*,a*}{a*,a*}{a*,a*}[c]');
    const started = performance.now();
    expect(many('a'.repeat(20_000))).toBe(false);
    expect(nested('a'.repeat(5_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
