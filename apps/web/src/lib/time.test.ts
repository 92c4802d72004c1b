import { describe, expect, it } from 'vitest';
import { formatAgo, formatDuration } from './time.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

describe('formatAgo', () => {
  it.each([
    ['2026-03-01T11:59:58Z', 'just now'],
    ['2026-03-01T11:59:20Z', '40 s ago'],
    ['2026-03-01T11:01:00Z', '59 min ago'],
    ['2026-02-27T12:00:00Z', '2 d ago'],
    ['2026-03-01T15:00:00Z', 'in 3 h'],
    ['2024-01-01T00:00:00Z', '2 y ago'],
  ])('says %s as %s', (then, text) => {
    expect(formatAgo(then, now)).toBe(text);
  });

  it('says nothing about a date that cannot be read', () => {
    expect(formatAgo('soon', now)).toBe('');
  });
});

describe('formatDuration', () => {
  it('keeps the two largest units', () => {
    expect(formatDuration(0, 14_000)).toBe('14 s');
    expect(formatDuration(0, 125_000)).toBe('2 min 05 s');
    expect(formatDuration(0, 4_320_000)).toBe('1 h 12 min');
  });

  it('never goes below zero when clocks differ', () => {
    expect(formatDuration(5_000, 0)).toBe('0 s');
  });
});
