import type { ApplicationKey } from '@lockstep/core';
import type { Redis } from 'ioredis';
import { CleanupStack } from '../cleanup-stack.ts';
import { type ApplicationJob, applicationsQueueName } from '../queues/applications-queue.ts';
import { QueueWorker } from '../queues/queue-worker.ts';
import { ApplicationQueue } from './application-queue.ts';
import { ApplicationWorker, type WorkerParts } from './application-worker.ts';
import { Cancelled } from './cancelled.ts';
import { ClusterShare } from './cluster-share.ts';
import { answerRequests } from './requests.ts';

/** Jobs that take longer than this to notice that we stop are left to the next controller. */
const STOP_TIMEOUT_MS = 3_000;

export interface ShardOptions {
  shard: number;
  redisUrl: string;
  /** What all shards of this process share. */
  parts: Omit<WorkerParts, 'queue' | 'throwIfCancelled'>;
  isHeld: () => boolean;
  /** Applications of one cluster reconciled at once. */
  concurrency: number;
}

/** Clusters whose applications may all be stuck without holding up one more; see ClusterShare. */
const CLUSTERS_AT_ONCE = 4;

/** The work on one shard while its lease is ours: its queue, what takes jobs from it, and the answers to the API. */
export class Shard implements AsyncDisposable {
  readonly #share: ClusterShare;
  readonly #worker: ApplicationWorker;
  readonly #queue: ApplicationQueue;
  readonly #queueWorker: QueueWorker<ApplicationJob>;
  readonly #stack: CleanupStack;
  #isStopping = false;

  private constructor({ shard, redisUrl, parts, isHeld, concurrency }: ShardOptions, stack: CleanupStack) {
    this.#stack = stack;
    this.#queue = stack.use(new ApplicationQueue(shard, redisUrl, parts.logger));
    this.#share = new ClusterShare(concurrency);
    const throwIfCancelled = (): void => {
      if (this.#isStopping || !isHeld())
        throw new Cancelled(`shard ${shard} is not held by this process: nothing may be written`);
    };
    this.#worker = new ApplicationWorker({ ...parts, queue: this.#queue, throwIfCancelled }, this.#share);
    this.#queueWorker = new QueueWorker<ApplicationJob>(
      applicationsQueueName(shard),
      redisUrl,
      (job, signal) => this.#worker.process(job, signal),
      {
        concurrency: concurrency * CLUSTERS_AT_ONCE,
        lockDuration: 30_000,
        stalledInterval: 10_000,
        maxStalledCount: 5,
        onError: (error) => parts.logger.debug({ err: error }, 'application worker'),
      },
    );
    stack.defer(async () => {
      // Jobs in progress see that they are cancelled before their next write, so waiting for them is short.
      this.#isStopping = true;
      await Promise.all([this.#queueWorker.pause(), this.#worker.stop(STOP_TIMEOUT_MS)]);
      await this.#queueWorker[Symbol.asyncDispose]();
    });
  }

  static async serve(options: ShardOptions): Promise<Shard> {
    const { shard, redisUrl, parts } = options;
    // Nobody else works on this shard now: what a killed predecessor left active would only block its applications.
    await dropQueue(parts.redis, applicationsQueueName(shard));
    const stack = new CleanupStack();
    const served = new Shard(options, stack);
    try {
      await served.#queueWorker.ready();
      stack.use(await answerRequests(served.#worker.parts, { redisUrl, shard }));
      return served;
    } catch (error) {
      await served[Symbol.asyncDispose]();
      throw error;
    }
  }

  set concurrency(value: number) {
    this.#share.limit = value;
    this.#queueWorker.concurrency = value * CLUSTERS_AT_ONCE;
  }

  /** Look at it now, because of a change to that version of something. */
  add(key: ApplicationKey, version?: string): void {
    this.#worker.hint(key, version);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

async function dropQueue(redis: Redis, name: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `bull:${name}:*`, 'COUNT', 1_000);
    cursor = next;
    if (keys.length > 0) await redis.unlink(...keys);
  } while (cursor !== '0');
}
