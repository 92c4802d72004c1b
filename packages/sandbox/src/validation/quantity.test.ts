import { describe, expect, it } from 'vitest';
import { canonicalQuantity, isQuantityText, quantityValue, storedQuantity } from './quantity.ts';

describe('quantities', () => {
  it.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['1000Mi', '1000Mi'],
    ['100M', '100M'],
    ['1000k', '1M'],
    ['0', '0'],
    ['1e3', '1e3'],
    ['12E', '12E'],
    ['-500m', '-500m'],
    ['0.0000000001', '1n'],
    [2, '2'],
    [0.1, '100m'],
  ])('writes %s as %s', (given, canonical) => {
    expect(canonicalQuantity(given)).toBe(canonical);
  });

  it.each(['', 'abc', '1Zi', '1 Gi', '.', '--1', '1mm'])('knows that "%s" is none', (text) => {
    expect(isQuantityText(text)).toBe(false);
    expect(canonicalQuantity(text)).toBeUndefined();
  });

  it.each([
    ['1000m', '1'],
    ['0.500', '500m'],
    ['1.155', '1.155'],
    ['1.1550', '1155m'],
    ['+5', '+5'],
    ['007', '007'],
    ['1.000', '1'],
    ['1025Ki', '1025Ki'],
    ['+1Gi', '+1Gi'],
    ['1024Ki', '1Mi'],
  ])('stores %s as %s', (given, stored) => {
    expect(storedQuantity(given)).toBe(stored);
  });

  it('compares across units', () => {
    expect(quantityValue('1Gi')).toBe(1_073_741_824);
    expect(quantityValue('250m')).toBe(0.25);
  });
});
