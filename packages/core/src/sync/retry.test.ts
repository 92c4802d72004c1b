import { describe, expect, it } from 'vitest';
import type { OperationState } from '../application/operation.ts';
import { beginRetry, canRetry, retryDelay, retryDueAt, scheduleRetry } from './retry.ts';

const failed: OperationState = {
  operation: { sync: {}, retry: { limit: 2 } },
  phase: 'Failed',
  message: 'it broke',
  startedAt: '2026-01-01T11:59:00Z',
  finishedAt: '2026-01-01T12:00:00Z',
  syncResult: { revision: 'abc', resources: [{ group: '', version: 'v1', kind: 'A', namespace: '', name: 'a' }] },
};

it.each([
  [{}, 0, 5_000],
  [{}, 1, 10_000],
  [{}, 10, 180_000],
  [{ backoff: { duration: '1m', factor: 3, maxDuration: '0' } }, 2, 540_000],
  [{ backoff: { duration: '7' } }, 0, 7_000],
])('with %j retry %i waits %i ms', (retry, attempt, expected) => {
  expect(retryDelay(retry, attempt)).toBe(expected);
});

it.each([
  [0, undefined, false],
  [2, undefined, true],
  [2, 2, false],
  [-1, 100, true],
])('with limit %i after %s retries: %s', (limit, retryCount, expected) => {
  const state = { ...failed, operation: { retry: { limit } }, ...(retryCount === undefined ? {} : { retryCount }) };
  expect(canRetry(state)).toBe(expected);
});

describe('a scheduled retry', () => {
  const now = new Date('2026-01-01T12:00:00Z');
  const scheduled = scheduleRetry(failed, now);

  it('is running, and says when it goes on', () => {
    expect(scheduled).toMatchObject({
      phase: 'Running',
      retryCount: 1,
      message: 'it broke. Retrying attempt #1 at 12:00PM.',
    });
  });

  it('is due exactly when the message says', () => {
    expect(retryDueAt(scheduled, now)).toBe(Date.parse('2026-01-01T12:00:05Z'));
    expect(retryDueAt({ ...failed, phase: 'Running', retryCount: 2 }, now)).toBe(Date.parse('2026-01-01T12:00:10Z'));
  });

  it('begins without results, at the same revision', () => {
    expect(beginRetry(scheduled).syncResult).toEqual({ revision: 'abc' });
    expect(retryDueAt(beginRetry(scheduled), now)).toBeUndefined();
  });

  it('with refresh begins without the revision too', () => {
    const refreshing = { ...scheduled, operation: { retry: { limit: 2, refresh: true } } };
    expect(beginRetry(refreshing).syncResult).toEqual({});
  });
});
