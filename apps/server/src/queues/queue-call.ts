import { randomUUID } from 'node:crypto';
import { ClusterError, GitOpsError, RenderError, TerminalError, WaitingError } from '@lockstep/core';
import { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { openRedis } from '../redis/redis-connection.ts';
import { closeInTime } from './close-in-time.ts';
import { QueueWorker } from './queue-worker.ts';

/** An error as it crosses a queue; `errorFromWire` makes the same family of it again. */
export interface WireError {
  family: 'terminal' | 'waiting' | 'render' | 'cluster' | 'other';
  code: string;
  message: string;
  fix?: string;
  file?: string;
  line?: number;
  retryAfter?: number;
  /** HTTP status of a cluster's answer; 0 when there was none. */
  status?: number;
}

export type WireResult<R> = { ok: true; value: R } | { ok: false; error: WireError };

interface PendingCall<Payload, Result> {
  resolve: (result: WireResult<Result>) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
  payload: Payload;
  priority: number | undefined;
}

/**
 * Calls over a queue: one job per call, the answer comes back with its completion. A call that gets no answer
 * fails when `timeout` is over.
 */
export class QueueCaller<Payload, Result> implements AsyncDisposable {
  readonly name: string;
  readonly #connections: Redis[];
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  readonly #pending = new Map<string, PendingCall<Payload, Result>>();

  constructor(name: string, redisUrl: string) {
    this.name = name;
    const [commands, blocking] = [openRedis(redisUrl), openRedis(redisUrl, { blocking: true })];
    this.#connections = [commands, blocking];
    this.#queue = new Queue(name, {
      connection: commands,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
      streams: { events: { maxLen: 1_000 } },
    });
    this.#events = new QueueEvents(name, { connection: blocking });
    this.#queue.on('error', () => {});
    this.#events.on('error', () => {});
    this.#events.on('completed', ({ jobId, returnvalue }) => {
      const value: unknown = returnvalue;
      this.#settle(jobId, (typeof value === 'string' ? JSON.parse(value) : value) as WireResult<Result>);
    });
    this.#events.on('failed', ({ jobId, failedReason }) => {
      this.#settle(jobId, { ok: false, error: { family: 'other', code: 'JobFailed', message: failedReason } });
    });
  }

  /** Resolves when answers can be heard; calls made before wait for it. */
  async ready(): Promise<this> {
    await this.#events.waitUntilReady();
    return this;
  }

  /** Sends one call and waits for its answer. Throws what the worker threw, as the same family of error. */
  async call(payload: Payload, options: { timeout: number; priority?: number }): Promise<Result> {
    const id = randomUUID();
    const result = await new Promise<WireResult<Result>>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(
          new WaitingError('NoAnswer', `no ${this.name} worker answered within ${options.timeout / 1000} s`, {
            retryAfter: 5_000,
            fix: 'Check that the process of that role runs and that Redis is reachable',
          }),
        );
      }, options.timeout);
      this.#pending.set(id, { resolve, reject, timer, payload, priority: options.priority });
      // An answer must not come before somebody listens.
      this.ready().then(
        () => {
          if (this.#pending.has(id)) this.#send(id, payload, options.priority);
        },
        (error: Error) => {
          if (this.#forget(id)) reject(error);
        },
      );
    });
    if (result.ok) return result.value;
    throw errorFromWire(result.error);
  }

  /** Redis lost its data, and with it the calls in flight: they are sent once more. One that survived is not doubled. */
  resend(): void {
    for (const [id, { payload, priority }] of this.#pending) this.#send(id, payload, priority);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [id, { reject }] of [...this.#pending]) {
      this.#forget(id);
      reject(new WaitingError('QueueClosed', `the queue ${this.name} was closed`, { retryAfter: 1_000 }));
    }
    // BullMQ leaves connections open that it was handed.
    for (const connection of this.#connections) connection.disconnect();
    await closeInTime(this.#queue.close(), this.#events.close());
  }

  #send(id: string, payload: Payload, priority: number | undefined): void {
    this.#queue
      .add(this.name, payload, { jobId: id, ...(priority === undefined ? {} : { priority }) })
      .catch((error: Error) => {
        const pending = this.#pending.get(id);
        if (pending === undefined) return;
        this.#forget(id);
        pending.reject(
          new WaitingError('QueueUnavailable', `the queue ${this.name} takes no jobs: ${error.message}`, {
            retryAfter: 1_000,
            cause: error,
          }),
        );
      });
  }

  #settle(id: string, result: WireResult<Result>): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#forget(id);
    pending.resolve(result);
  }

  #forget(id: string): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined) return false;
    clearTimeout(pending.timer);
    return this.#pending.delete(id);
  }
}

/** Answers the calls of a queue. Errors travel as data, so that a failed call is an answer and not a failed job. */
export function answerCalls<Payload, Result>(
  name: string,
  redisUrl: string,
  answer: (payload: Payload) => Promise<Result>,
  options: { concurrency: number; onError?: (error: Error) => void },
): QueueWorker<Payload> {
  return new QueueWorker<Payload>(
    name,
    redisUrl,
    async (job): Promise<WireResult<Result>> => {
      try {
        return { ok: true, value: await answer(job.data) };
      } catch (error) {
        return { ok: false, error: errorToWire(error) };
      }
    },
    { lockDuration: 20_000, stalledInterval: 5_000, maxStalledCount: 2, ...options },
  );
}

export function errorToWire(error: unknown): WireError {
  if (error instanceof GitOpsError) {
    const family =
      error instanceof RenderError
        ? 'render'
        : error instanceof TerminalError
          ? 'terminal'
          : error instanceof WaitingError
            ? 'waiting'
            : error instanceof ClusterError
              ? 'cluster'
              : 'other';
    return {
      family,
      code: error.code,
      message: error.message,
      ...(error.fix === undefined ? {} : { fix: error.fix }),
      ...(error instanceof RenderError && error.file !== undefined ? { file: error.file } : {}),
      ...(error instanceof RenderError && error.line !== undefined ? { line: error.line } : {}),
      ...(error instanceof WaitingError ? { retryAfter: error.retryAfter } : {}),
      ...(error instanceof ClusterError ? { code: error.reason, status: error.status } : {}),
    };
  }
  return { family: 'other', code: 'Unexpected', message: error instanceof Error ? error.message : String(error) };
}

export function errorFromWire(wire: WireError): Error {
  // The constructors compose message, place and fix; the composed text came over the wire, so take those parts off again.
  const fix = wire.fix === undefined ? {} : { fix: wire.fix };
  const withoutFix =
    wire.fix !== undefined && wire.message.endsWith(`. ${wire.fix}`)
      ? wire.message.slice(0, -(wire.fix.length + 2))
      : wire.message;
  switch (wire.family) {
    case 'terminal':
      return new TerminalError(wire.code, withoutFix, fix);
    case 'waiting':
      return new WaitingError(wire.code, withoutFix, { ...fix, retryAfter: wire.retryAfter ?? 5_000 });
    case 'render': {
      const place = wire.file === undefined ? '' : `${wire.file}${wire.line === undefined ? '' : `:${wire.line}`}: `;
      return new RenderError(wire.code, withoutFix.startsWith(place) ? withoutFix.slice(place.length) : withoutFix, {
        ...fix,
        ...(wire.file === undefined ? {} : { file: wire.file }),
        ...(wire.line === undefined ? {} : { line: wire.line }),
      });
    }
    case 'cluster':
      return new ClusterError(wire.message, { status: wire.status ?? 0, reason: wire.code });
    case 'other':
      return new GitOpsError(wire.code, withoutFix, fix);
  }
}
