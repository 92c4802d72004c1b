import { type RedisServer, startRedis } from '@lockstep/embedded';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../tests/support/scripted-api-server.ts';
import { openRedis } from '../redis/redis-connection.ts';
import { QueueWorker } from './queue-worker.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await redis?.close();
});

it('tells a job that it lost its lock', async () => {
  const connection = openRedis(redis.url);
  const queue = new Queue('locks', { connection });
  const signals: AbortSignal[] = [];
  let release = (): void => {};
  const blocked = new Promise<void>((resolve) => {
    release = resolve;
  });
  const worker = await new QueueWorker(
    'locks',
    redis.url,
    async (_job, signal) => {
      signals.push(signal);
      await blocked;
    },
    { concurrency: 1, lockDuration: 400 },
  ).ready();
  try {
    await queue.add('job', {});
    await eventually('the job runs', () => signals.length === 1);
    expect(signals[0]?.aborted).toBe(false);
    await connection.set(`bull:locks:1:lock`, 'somebody else');
    await eventually('it hears of it', () => signals[0]?.aborted === true);
  } finally {
    release();
    await worker[Symbol.asyncDispose]();
    await queue.close();
    connection.disconnect();
  }
});
