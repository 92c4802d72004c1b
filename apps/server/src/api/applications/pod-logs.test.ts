import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DestinationClient } from '../api-context.ts';
import { podLogs } from './pod-logs.ts';

const rejections: unknown[] = [];
const note = (reason: unknown): number => rejections.push(reason);
beforeEach(() => {
  rejections.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(() => {
  process.off('unhandledRejection', note);
});

/** Streams that say one line and then break when they are aborted, as a watch of a real API server does. */
const client = {
  logs: (pod: { name: string }, { signal }: { signal: AbortSignal }) => {
    const stream = new Readable({ read: () => undefined });
    stream.push(`2026-01-01T00:00:00Z hello from ${pod.name}\n`);
    signal.addEventListener('abort', () =>
      stream.destroy(new DOMException('This operation was aborted', 'AbortError')),
    );
    return Promise.resolve(stream);
  },
} as unknown as DestinationClient;

test('a reader that leaves while it follows several Pods leaves no rejection behind', async () => {
  const pods = ['a', 'b', 'c'].map((name) => ({ version: 'v1', kind: 'Pod', namespace: 'n', name }));
  const entries = podLogs(client, pods, { follow: true, previous: false, matchCase: false });
  const first = await entries.next();
  expect(first.value).toMatchObject({ content: expect.stringContaining('hello from') as string });
  await entries.return(undefined);
  await new Promise((resolve) => setImmediate(resolve));
  expect(rejections).toEqual([]);
});
