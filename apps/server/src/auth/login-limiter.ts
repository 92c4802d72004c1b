import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

export interface LoginLimits {
  /** Failures allowed per user within the window. */
  perUser: number;
  /** Attempts allowed per client address within the window. */
  perAddress: number;
  windowSeconds: number;
}

const defaultLoginLimits: LoginLimits = { perUser: 5, perAddress: 30, windowSeconds: 300 };

/** Counts an attempt unless the limit is reached; the window begins with the first. Answers 1 when it may go on. */
const RESERVE = `
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count >= tonumber(ARGV[1]) then return 0 end
if redis.call('INCR', KEYS[1]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return 1`;

/**
 * Limits password guesses. An attempt is counted before its password is looked at, in one step, so that a thousand
 * parallel guesses cannot all slip past the counter; a right password clears the user's count. Unknown users count like
 * known ones. Counts are in Redis for all replicas and restarts, and here as well, so that emptying Redis gives nobody
 * a new set of guesses at this replica; without Redis nobody can guess elsewhere.
 */
export class LoginLimiter {
  readonly #redis: Redis;
  readonly #limits: LoginLimits;
  /** Bounded by forgetting users least at risk first: a flood of made-up names must not push out a real one. */
  readonly #local = new Map<string, { count: number; until: number }>();

  constructor(redis: Redis, limits: LoginLimits = defaultLoginLimits) {
    this.#redis = redis;
    this.#limits = limits;
  }

  /** Whether this attempt may be verified. When it may, it counts as a failure until `succeeded` is called. */
  async reserve(username: string, address: string): Promise<boolean> {
    const { perUser, perAddress } = this.#limits;
    const user = keyOf('user', username);
    const client = keyOf('address', address);
    if (!this.#reserveHere(client, perAddress) || !this.#reserveHere(user, perUser)) return false;
    return (await this.#reserveInRedis(client, perAddress)) && (await this.#reserveInRedis(user, perUser));
  }

  /** The password was right: earlier failures of this user are forgotten. */
  async succeeded(username: string): Promise<void> {
    const user = keyOf('user', username);
    this.#local.delete(user);
    await this.#redis.del(user);
  }

  async #reserveInRedis(key: string, limit: number): Promise<boolean> {
    return (await this.#redis.eval(RESERVE, 1, key, limit, this.#limits.windowSeconds)) === 1;
  }

  #reserveHere(key: string, limit: number): boolean {
    const now = Date.now();
    const entry = this.#local.get(key);
    if (entry === undefined || entry.until <= now) {
      this.#makeRoom(now);
      this.#local.set(key, { count: 1, until: now + this.#limits.windowSeconds * 1000 });
      return true;
    }
    if (entry.count >= limit) return false;
    entry.count += 1;
    return true;
  }

  #makeRoom(now: number): void {
    if (this.#local.size < 10_000) return;
    for (const [key, entry] of this.#local) if (entry.until <= now || entry.count <= 1) this.#local.delete(key);
  }
}

/** Hashed, so that names typed into the wrong field (passwords) are not readable in Redis. */
function keyOf(type: 'user' | 'address', value: string): string {
  return `lockstep:login:${type}:${createHash('sha256').update(value).digest('base64url')}`;
}
