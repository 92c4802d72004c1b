import type { Redis } from 'ioredis';
import { redisKeys } from './redis-connection.ts';

/** What changed, for the API to pass on. The payload is small: keys and a summary, never manifests. */
export interface StreamEvent {
  type: 'tree' | 'managed' | 'operation' | 'drift' | 'cluster' | 'repository' | 'event';
  namespace: string;
  name: string;
  payload?: unknown;
}

const MAX_LENGTH = 10_000;

/** Appends to the stream `lockstep:events`: fields type, namespace, name and payload (JSON). Failing is not an error: readers refetch. */
export function appendEvent(redis: Redis, event: StreamEvent): void {
  redis
    .xadd(
      redisKeys.events,
      'MAXLEN',
      '~',
      MAX_LENGTH,
      '*',
      'type',
      event.type,
      'namespace',
      event.namespace,
      'name',
      event.name,
      'payload',
      JSON.stringify(event.payload ?? null),
    )
    .catch(() => {});
}

/** A webhook as the API hands it on: which repository moved, and what to. The controller matches it to sources. */
export interface RepositoryPush {
  /** The repository's web or clone URL as the provider names it. */
  urls: string[];
  /** Full ref name such as `refs/heads/main`; absent when the provider does not say. */
  ref?: string;
  before?: string;
  after?: string;
  defaultBranch?: string;
}

/** Called by the API for each accepted push webhook; the controller reads them in order. */
export async function announcePush(redis: Redis, push: RepositoryPush): Promise<void> {
  await redis.xadd(redisKeys.webhooks, 'MAXLEN', '~', 1_000, '*', 'push', JSON.stringify(push));
}

/**
 * Reads a stream from now on, for as long as the signal allows. `connection` must be its own (it blocks). Survives lost
 * connections and a stream that was deleted.
 */
export async function readStream(
  connection: Redis,
  stream: string,
  signal: AbortSignal,
  onEntry: (fields: Record<string, string>, id: string) => void,
): Promise<void> {
  let last = '$';
  signal.addEventListener('abort', () => connection.disconnect(), { once: true });
  while (!signal.aborted) {
    let answer: [string, [string, string[]][]][] | null;
    try {
      // The first read fixes "now": between two reads with `$` entries would be missed.
      if (last === '$') last = (await latestId(connection, stream)) ?? '0-0';
      answer = (await connection.xread('COUNT', 200, 'BLOCK', 5_000, 'STREAMS', stream, last)) as typeof answer;
    } catch {
      if (signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    for (const [id, values] of answer?.[0]?.[1] ?? []) {
      last = id;
      const fields: Record<string, string> = {};
      for (let index = 0; index + 1 < values.length; index += 2)
        fields[values[index] as string] = values[index + 1] as string;
      onEntry(fields, id);
    }
  }
}

async function latestId(connection: Redis, stream: string): Promise<string | undefined> {
  const entries = await connection.xrevrange(stream, '+', '-', 'COUNT', 1);
  return entries[0]?.[0];
}
