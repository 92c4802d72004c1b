import { describe, expect, test } from 'vitest';
import { canonicalQuantity } from './canonical-quantity.ts';

describe('canonicalQuantity', () => {
  test.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1500m', '1500m'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['1000', '1k'],
    ['1500', '1500'],
    ['100000', '100k'],
    ['1e3', '1e3'],
    ['5000e-3', '5'],
    ['0', '0'],
    ['-2500m', '-2500m'],
    ['.5', '500m'],
    ['1.155', '1.155'],
    ['0.500', '500m'],
    ['1.000', '1'],
    ['+5', '+5'],
  ])('writes %s as %s', (text, expected) => {
    expect(canonicalQuantity(text)).toBe(expected);
  });

  test.each(['', 'a', '1x', '1 Gi', '--1'])('refuses "%s"', (text) => {
    expect(canonicalQuantity(text)).toBeUndefined();
  });
});
