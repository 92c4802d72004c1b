import type { ApplicationKey } from '@lockstep/core';
import type { Redis } from 'ioredis';
import { readStream, type StreamEvent } from '../redis/event-stream.ts';
import { redisKeys } from '../redis/redis-connection.ts';

/**
 * What the controllers tell through Redis, for everybody in this process. Only that something changed is told; whoever
 * cares reads it again.
 */
export class EventFeed implements AsyncDisposable {
  readonly #listeners = new Map<string, Set<(event: StreamEvent) => void>>();
  readonly #abort = new AbortController();
  readonly #reading: Promise<void>;

  /** `connection` blocks on Redis and is closed with the feed. */
  constructor(connection: Redis) {
    this.#reading = readStream(connection, redisKeys.events, this.#abort.signal, (fields) => this.#take(fields));
  }

  /** Calls back for one application's events of a type. Returns the way to stop. */
  on(
    type: StreamEvent['type'],
    { namespace, name }: ApplicationKey,
    listener: (event: StreamEvent) => void,
  ): () => void {
    const topic = `${type} ${namespace}/${name}`;
    const listeners = this.#listeners.get(topic) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(topic, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(topic);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#reading;
  }

  #take(fields: Record<string, string>): void {
    const { type = '', namespace = '', name = '' } = fields;
    for (const listener of this.#listeners.get(`${type} ${namespace}/${name}`) ?? []) {
      listener({ type: type as StreamEvent['type'], namespace, name });
    }
  }
}
