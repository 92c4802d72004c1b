import type { ApplicationKey } from '@lockstep/core';
import type { Logger } from '../logger.ts';
import { ApplicationsQueue } from '../queues/applications-queue.ts';
import { textOfKey } from './control-plane.ts';

/** Redis may be away for a moment; hints wait here meanwhile. */
const RETRY_MS = 500;

/**
 * Hints to look at applications. Those of one turn of the event loop leave in one round trip; those for later wait in this
 * process, because every start looks at every application anyway.
 */
export class ApplicationQueue implements AsyncDisposable {
  readonly #queue: ApplicationsQueue;
  readonly #logger: Logger;
  readonly #pending = new Map<string, ApplicationKey>();
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  #isFlushScheduled = false;
  #closed = false;

  constructor(shard: number, redisUrl: string, logger: Logger) {
    this.#queue = new ApplicationsQueue(shard, redisUrl);
    this.#logger = logger;
  }

  get name(): string {
    return this.#queue.name;
  }

  /** Look at it now. */
  add(key: ApplicationKey): void {
    if (this.#closed) return;
    this.#pending.set(textOfKey(key), key);
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => void this.#flush());
  }

  /** Look at it again after `milliseconds`. A later call replaces an earlier one: it knows more. */
  addLater(key: ApplicationKey, milliseconds: number): void {
    if (this.#closed) return;
    const text = textOfKey(key);
    clearTimeout(this.#timers.get(text)?.timer);
    // Beyond what a timer holds, a day is as good as for ever.
    const pause = Math.min(milliseconds, 24 * 3_600_000);
    const timer = setTimeout(() => {
      this.#timers.delete(text);
      this.add(key);
    }, pause);
    timer.unref();
    this.#timers.set(text, { timer, at: Date.now() + pause });
  }

  forget(key: ApplicationKey): void {
    const text = textOfKey(key);
    clearTimeout(this.#timers.get(text)?.timer);
    this.#timers.delete(text);
  }

  async depth(): Promise<number> {
    return this.#queue.depth();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await this.#queue[Symbol.asyncDispose]();
  }

  async #flush(): Promise<void> {
    this.#isFlushScheduled = false;
    const keys = [...this.#pending.values()];
    this.#pending.clear();
    try {
      await this.#queue.add(keys);
    } catch (error) {
      if (this.#closed) return;
      this.#logger.warn({ err: error, applications: keys.length }, 'the queue takes no jobs now');
      setTimeout(() => {
        for (const key of keys) this.add(key);
      }, RETRY_MS).unref();
    }
  }
}
