import { describe, expect, it } from 'vitest';
import { age, humanDuration } from './age.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('humanDuration', () => {
  it.each([
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [3 * minute + 20 * second, '3m20s'],
    [10 * minute + 5 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [5 * hour + 7 * minute, '5h7m'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [3 * day + 4 * hour, '3d4h'],
    [100 * day, '100d'],
    [3 * 365 * day + 2 * day, '3y2d'],
  ])('shows %d ms as %s', (milliseconds, expected) => {
    expect(humanDuration(milliseconds)).toBe(expected);
  });
});

describe('age', () => {
  it('is unknown without a time', () => {
    expect(age(undefined)).toBe('<unknown>');
    expect(age('')).toBe('<unknown>');
    expect(age('soon')).toBe('<invalid>');
    expect(age('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:30Z'))).toBe('30s');
  });
});
