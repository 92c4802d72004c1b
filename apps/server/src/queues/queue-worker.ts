import { type Job, Worker, type WorkerOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { openRedis } from '../redis/redis-connection.ts';
import { closeInTime } from './close-in-time.ts';

const NEVER = new AbortController().signal;

export interface QueueWorkerOptions
  extends Pick<WorkerOptions, 'concurrency' | 'lockDuration' | 'stalledInterval' | 'maxStalledCount'> {
  onError?: (error: Error) => void;
}

/**
 * A BullMQ worker with a connection of its own, which BullMQ leaves open when it is handed one. The signal of a job is
 * aborted when its lock is lost: another worker may have it by then.
 */
export class QueueWorker<Payload> implements AsyncDisposable {
  readonly #connection: Redis;
  readonly #worker: Worker;

  constructor(
    name: string,
    redisUrl: string,
    process: (job: Job<Payload>, signal: AbortSignal) => Promise<unknown>,
    options: QueueWorkerOptions,
  ) {
    const { onError, ...workerOptions } = options;
    this.#connection = openRedis(redisUrl, { blocking: true });
    // Waiting for a job ends by itself when one comes; a minute keeps an idle queue from asking.
    this.#worker = new Worker(name, (job, _token, signal) => process(job, signal ?? NEVER), {
      connection: this.#connection,
      drainDelay: 60,
      ...workerOptions,
    });
    this.#worker.on('lockRenewalFailed', (jobIds) => {
      for (const id of jobIds) this.#worker.cancelJob(id, 'its lock was lost');
    });
    this.#worker.on('error', (error) => onError?.(error));
  }

  async ready(): Promise<this> {
    await this.#worker.waitUntilReady();
    return this;
  }

  get isRunning(): boolean {
    return this.#worker.isRunning();
  }

  /** Jobs at once, from now on. */
  set concurrency(value: number) {
    this.#worker.concurrency = value;
  }

  /** Takes no further job. Those in progress go on. */
  async pause(): Promise<void> {
    await this.#worker.pause(true);
  }

  /** Does not wait for jobs in progress: whoever cares pauses first and waits for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await closeInTime(this.#worker.close(true));
    this.#connection.disconnect();
  }
}
