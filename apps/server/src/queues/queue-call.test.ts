import { ClusterError, RenderError, TerminalError, WaitingError } from '@lockstep/core';
import { type RedisServer, startRedis } from '@lockstep/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../tests/support/scripted-api-server.ts';
import { TcpProxy } from '../../tests/support/tcp-proxy.ts';
import { openRedis } from '../redis/redis-connection.ts';
import { answerCalls, errorFromWire, errorToWire, QueueCaller } from './queue-call.ts';
import type { QueueWorker } from './queue-worker.ts';

let redis: RedisServer;
let caller: QueueCaller<{ text: string }, string>;
let worker: QueueWorker<{ text: string }>;
const release: (() => void)[] = [];

beforeAll(async () => {
  redis = await startRedis();
  caller = await new QueueCaller<{ text: string }, string>('echo', redis.url).ready();
  worker = answerCalls<{ text: string }, string>(
    'echo',
    redis.url,
    async ({ text }) => {
      if (text === 'terminal') throw new TerminalError('Code', 'it is wrong', { fix: 'Correct it' });
      if (text === 'hang') await new Promise<void>((resolve) => release.push(resolve));
      return text.toUpperCase();
    },
    { concurrency: 10 },
  );
  await worker.ready();
});
afterAll(async () => {
  for (const resolve of release) resolve();
  await worker?.[Symbol.asyncDispose]();
  await caller?.[Symbol.asyncDispose]();
  await redis?.close();
});

describe('calls over a queue', () => {
  it('give each caller its own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => caller.call({ text: `t${index}` }, { timeout: 5_000 })),
    );
    expect(answers).toEqual(Array.from({ length: 50 }, (_, index) => `T${index}`));
  });

  it('throw what the worker threw, with code and fix', async () => {
    await expect(caller.call({ text: 'terminal' }, { timeout: 5_000 })).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'Code',
      fix: 'Correct it',
      message: 'it is wrong. Correct it',
    });
  });

  it('end when nobody answers', async () => {
    await expect(caller.call({ text: 'hang' }, { timeout: 100 })).rejects.toBeInstanceOf(WaitingError);
  });

  it('are answered although Redis lost them', async () => {
    const answer = caller.call({ text: 'hang' }, { timeout: 10_000 });
    while (release.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const connection = openRedis(redis.url);
    await connection.flushall();
    connection.disconnect();
    caller.resend();
    while (release.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const resolve of release.splice(0)) resolve();
    expect(await answer).toBe('HANG');
  });
});

it.each([
  ['answers nothing', undefined],
  ['refuses connections', 1],
])('a queue is closed at once although Redis %s, and calls that wait for it end', async (_what, target) => {
  await using proxy = await new TcpProxy(target).listen();
  const waiting = new QueueCaller<object, string>('nobody', `redis://127.0.0.1:${proxy.port}`);
  const call = waiting.call({}, { timeout: 60_000 });
  await eventually('it tried to connect', () => proxy.connections > 0);
  const started = Date.now();
  await Promise.all([waiting[Symbol.asyncDispose](), expect(call).rejects.toBeInstanceOf(WaitingError)]);
  expect(Date.now() - started).toBeLessThan(2_000);
});

it('errors cross the wire without losing place or fix, and without doubling them', () => {
  for (const error of [
    new RenderError('Code', 'is broken', { file: 'a/b.yaml', line: 3, fix: 'Mend it' }),
    new RenderError('Code', 'is broken'),
    new TerminalError('Code', 'wrong'),
    new WaitingError('Code', 'later', { retryAfter: 7, fix: 'Wait' }),
    new ClusterError('https://127.0.0.1:9 cannot be reached', { status: 0, reason: 'Unreachable' }),
    new ClusterError('no', { status: 403, reason: 'Forbidden' }),
  ]) {
    const copy = errorFromWire(JSON.parse(JSON.stringify(errorToWire(error))));
    expect(copy.constructor).toBe(error.constructor);
    expect(copy.message).toBe(error.message);
    expect({ ...copy }).toEqual({ ...error });
  }
});
