import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkQueue } from './work-queue.ts';

let processed: string[];
let failing: Map<string, number>;
let queue: WorkQueue;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'Date'] });
  processed = [];
  failing = new Map();
  queue = new WorkQueue({
    now: Date.now,
    onError: () => undefined,
    process(item) {
      processed.push(item);
      const left = failing.get(item) ?? 0;
      failing.set(item, left - 1);
      if (left > 0) throw new Error('not yet');
    },
  });
});
afterEach(() => {
  queue.close();
  vi.useRealTimers();
});

describe('WorkQueue', () => {
  it('processes an item added many times once, in order of arrival', async () => {
    for (const item of ['b', 'a', 'b', 'a']) queue.add(item);
    await vi.runAllTimersAsync();
    expect(processed).toEqual(['b', 'a']);
  });

  it('retries what throws, later each time, until it succeeds', async () => {
    failing.set('a', 3);
    queue.add('a');
    await vi.advanceTimersByTimeAsync(1);
    expect(processed).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10);
    expect(processed).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(10);
    expect(processed).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(processed).toHaveLength(4);
  });

  it('takes the earliest of the waits asked for', async () => {
    queue.addAfter('a', 1000, 'settling');
    queue.addAfter('a', 100, 'settling');
    queue.addAfter('a', 5000, 'settling');
    await vi.advanceTimersByTimeAsync(100);
    await vi.runAllTimersAsync();
    expect(processed).toEqual(['a']);
  });

  it('is idle while only background waits are left, not before settling ones are done', async () => {
    queue.addAfter('cron', 60_000, 'background');
    queue.addAfter('pod', 100, 'settling');
    let isIdle = false;
    const idle = queue.idle().then(() => {
      isIdle = true;
    });
    await vi.advanceTimersByTimeAsync(50);
    expect(isIdle).toBe(false);
    await vi.advanceTimersByTimeAsync(60);
    await idle;
    expect(processed).toEqual(['pod']);
  });

  it('holds a wait of more days than a timer can', async () => {
    queue.addAfter('yearly', 40 * 86_400_000, 'background');
    await vi.advanceTimersByTimeAsync(39 * 86_400_000);
    expect(processed).toEqual([]);
    await vi.advanceTimersByTimeAsync(86_400_000 + 10);
    expect(processed).toEqual(['yearly']);
  });

  it('closed, processes nothing more and lets nobody wait', async () => {
    queue.add('a');
    queue.addAfter('b', 10, 'settling');
    queue.close();
    await queue.idle();
    await vi.runAllTimersAsync();
    expect(processed).toEqual([]);
  });
});
