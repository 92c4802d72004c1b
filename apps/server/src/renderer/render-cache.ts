import { RenderError } from '@lockstep/core';
import type { Redis } from 'ioredis';
import { errorFromWire, errorToWire, type WireError } from '../queues/queue-call.ts';
import type { StoredRender } from '../queues/render-queue.ts';
import { packText, unpackText } from '../redis/pack-text.ts';
import { redisKeys } from '../redis/redis-connection.ts';
import { seal, unseal } from '../redis/sealed-value.ts';

/** As Argo CD keeps manifests. Read values live on, because the key is the content. */
const LIFETIME_SECONDS = 24 * 3600;
/** Long enough that a hundred applications of a broken base do not each run the tool, short enough for a repaired network. */
const FAILURE_LIFETIME_SECONDS = 30;
const RECORD_LIFETIME_SECONDS = 7 * 24 * 3600;

/** Rendered manifests in Redis: compressed, sealed under their content key. What does not open is a miss. */
export class RenderCache {
  readonly #redis: Redis;
  readonly #key: Buffer;

  constructor(redis: Redis, key: Buffer) {
    this.#redis = redis;
    this.#key = key;
  }

  /** Whether the key is there, and keeps it for another day. */
  async has(contentKey: string): Promise<boolean> {
    return (await this.#redis.expire(redisKeys.render(contentKey), LIFETIME_SECONDS)) === 1;
  }

  async get(contentKey: string): Promise<StoredRender | undefined> {
    const name = redisKeys.render(contentKey);
    const sealed = await this.#redis.getBuffer(name);
    const packed = sealed === null ? undefined : unseal(this.#key, name, sealed);
    if (packed === undefined) return undefined;
    return JSON.parse(await unpackText(packed)) as StoredRender;
  }

  async put(contentKey: string, render: StoredRender): Promise<void> {
    const text = serialize(render);
    const name = redisKeys.render(contentKey);
    await this.#redis.set(name, seal(this.#key, name, await packText(text)), 'EX', LIFETIME_SECONDS);
  }

  /** What was read for the last render of an application; undefined when it is not known, or not from us. */
  async getRecord<T>(application: string): Promise<T | undefined> {
    const name = redisKeys.renderRecord(application);
    const sealed = await this.#redis.getBuffer(name);
    const text = sealed === null ? undefined : unseal(this.#key, name, sealed);
    return text === undefined ? undefined : (JSON.parse(text.toString('utf8')) as T);
  }

  /** Failing to keep a record costs one render at the next start. */
  putRecord(application: string, record: unknown): void {
    const name = redisKeys.renderRecord(application);
    this.#redis
      .set(name, seal(this.#key, name, Buffer.from(JSON.stringify(record))), 'EX', RECORD_LIFETIME_SECONDS)
      .catch(() => {});
  }

  /** The error of a render that failed a moment ago. */
  async failure(contentKey: string): Promise<Error | undefined> {
    const name = redisKeys.renderFailure(contentKey);
    const sealed = await this.#redis.getBuffer(name);
    const text = sealed === null ? undefined : unseal(this.#key, name, sealed);
    return text === undefined ? undefined : errorFromWire(JSON.parse(text.toString('utf8')) as WireError);
  }

  async putFailure(contentKey: string, error: unknown): Promise<void> {
    const name = redisKeys.renderFailure(contentKey);
    await this.#redis.set(
      name,
      seal(this.#key, name, Buffer.from(JSON.stringify(errorToWire(error)))),
      'EX',
      FAILURE_LIFETIME_SECONDS,
    );
  }
}

/** JSON has no integers beyond 2^53; sending a rounded one to the cluster would be a silent change. */
function serialize(render: StoredRender): string {
  return JSON.stringify(render, (key, value: unknown) => {
    if (typeof value === 'bigint') {
      throw new RenderError('NumberTooLarge', `the number ${value} at "${key}" cannot be represented exactly`, {
        fix: 'Quote it, if the field takes text',
      });
    }
    return value;
  });
}
