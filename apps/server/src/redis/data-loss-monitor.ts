import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { redisKeys } from './redis-connection.ts';

const INTERVAL_MS = 1_000;

/**
 * Notices that Redis lost its data (FLUSHALL, a restart without persistence, a fail-over to an empty replica): a key set
 * by us is gone or was set by somebody after that. One GET a second. Whoever keeps rebuildable state there rebuilds it
 * in `onLoss`; it runs after Redis answers again.
 */
export class DataLossMonitor implements Disposable {
  readonly #redis: Redis;
  readonly #onLoss: () => void;
  #epoch: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Redis, onLoss: () => void) {
    this.#redis = redis;
    this.#onLoss = onLoss;
  }

  async start(): Promise<this> {
    this.#epoch = await this.#readOrSet();
    const tick = (): void => {
      this.#timer = setTimeout(() => {
        void this.check().finally(tick);
      }, INTERVAL_MS);
    };
    tick();
    return this;
  }

  /** Looks now; what the timer does. */
  async check(): Promise<void> {
    let epoch: string;
    try {
      epoch = await this.#readOrSet();
    } catch {
      return; // Redis is away: whether data survived shows when it is back.
    }
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#onLoss();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #readOrSet(): Promise<string> {
    const fresh = randomUUID();
    const held = await this.#redis.set(redisKeys.epoch, fresh, 'NX', 'GET');
    return held ?? fresh;
  }
}
