import type { ApplicationKey } from '@lockstep/core';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { openRedis } from '../redis/redis-connection.ts';
import { closeInTime } from './close-in-time.ts';

/** The payload is the key alone: the worker reads the Application again, a job is only a hint that something changed. */
export type ApplicationJob = ApplicationKey;

export function applicationsQueueName(shard: number): string {
  return `applications-${shard}`;
}

/**
 * The queue of one shard. At most one job of an application runs and one waits: a hint that comes while it runs makes it
 * run once more.
 */
export class ApplicationsQueue implements AsyncDisposable {
  readonly name: string;
  readonly #connection: Redis;
  readonly #queue: Queue;

  constructor(shard: number, redisUrl: string) {
    this.name = applicationsQueueName(shard);
    this.#connection = openRedis(redisUrl);
    this.#queue = new Queue(this.name, {
      connection: this.#connection,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
      streams: { events: { maxLen: 100 } },
    });
    this.#queue.on('error', () => {});
  }

  /** Hints for these applications, in one round trip. Throws when Redis takes no jobs; the sweep catches up. */
  async add(keys: readonly ApplicationKey[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#queue.addBulk(
      keys.map(({ namespace, name }) => ({
        name: 'reconcile',
        data: { namespace, name } satisfies ApplicationJob,
        opts: { deduplication: { id: `${namespace}/${name}`, keepLastIfActive: true } },
      })),
    );
  }

  /** Jobs waiting, for the depth metric. */
  async depth(): Promise<number> {
    return this.#queue.getWaitingCount();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.disconnect();
    await closeInTime(this.#queue.close());
  }
}
