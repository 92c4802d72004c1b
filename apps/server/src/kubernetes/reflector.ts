import { setTimeout as delay } from 'node:timers/promises';
import { ClusterError, type KubernetesObject } from '@lockstep/core';
import type { ClusterConnection, Query } from './cluster-connection.ts';

/**
 * One change, in the order the API server made it. `item` is what `keep` made of the object. `own`: it came from the
 * answer to a write of ours (`absorb`), not from the watch.
 */
export type Change<T> =
  | { type: 'added'; key: string; item: T; own: boolean }
  | { type: 'modified'; key: string; item: T; previous: T; own: boolean }
  | { type: 'deleted'; key: string; item: T; own: boolean };

export interface ReflectorOptions<T> {
  connection: ClusterConnection;
  /** The collection, such as `/api/v1/pods`. */
  path: string;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** apiVersion and kind of the items, which list answers leave out. */
  apiVersion: string;
  kind: string;
  /** What to hold of each object; the reflector keeps nothing else. */
  keep(object: KubernetesObject, previous: T | undefined): T;
  onChange(change: Change<T>): void;
  /** The first complete list arrived, or a later one replaced everything. */
  onListed?(): void;
  /** The server answered a list or opened a watch. */
  onConnected?(): void;
  /** A request failed; the reflector goes on by itself. */
  onError?(error: unknown): void;
  /** A list was refused for good reason (403, 404, 405): nothing is watched until the next attempt, minutes later, or `again`. */
  onRefused?(error: ClusterError, again: () => void): void;
  pageSize?: number;
  /** Milliseconds. Tests shorten them. */
  minBackoff?: number;
  maxBackoff?: number;
  idleTimeout?: number;
}

const REFUSED_RETRY_MS = 5 * 60_000;
const STEADY_MS = 5_000;

/**
 * Keeps a local picture of one collection: a paginated list, then a watch from where it ended, for as long as it runs.
 * Bookmarks move the resume point; an expired one (410) lists again with an unset resourceVersion, so that a stale
 * server cannot take us back in time, and reports objects that vanished meanwhile as deleted. Any other failure resumes
 * after a jittered, growing pause; a silent connection is given up after `idleTimeout`.
 */
export class Reflector<T> implements Disposable {
  readonly #options: ReflectorOptions<T>;
  readonly #items = new Map<string, { item: T; resourceVersion: string }>();
  readonly #abort = new AbortController();
  #resourceVersion = '';
  #running: Promise<void> | undefined;
  /** Resolves when the first list is complete; rejects never (see onError). */
  readonly synced: Promise<void>;
  #markSynced: () => void = () => {};
  #isListed = false;
  /** Who waits for a list that has not begun yet. */
  #relists: { resolve: () => void; reject: (error: Error) => void }[] = [];
  /** Ends a watch or a pause, not a list. */
  #interruption = new AbortController();

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  start(): this {
    this.#running ??= this.#run();
    return this;
  }

  /** Stops the watch; resolves when nothing more will be reported. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    for (const { reject } of this.#relists.splice(0))
      reject(new Error(`${this.#options.kind} is not watched any more`));
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }

  /**
   * Lists once more and resolves when that is complete: afterwards everything written before the call is seen, which a
   * watch only promises for some later time.
   */
  async relist(): Promise<void> {
    const listed = new Promise<void>((resolve, reject) => this.#relists.push({ resolve, reject }));
    this.#interruption.abort();
    await listed;
  }

  /** Whether a list was ever complete: before, or when it is refused, what is not held may well be there. */
  get isListed(): boolean {
    return this.#isListed;
  }

  get size(): number {
    return this.#items.size;
  }

  get(key: string): T | undefined {
    return this.#items.get(key)?.item;
  }

  *values(): IterableIterator<T> {
    for (const { item } of this.#items.values()) yield item;
  }

  /**
   * Takes an object that a write of ours just returned, so that the next decision does not wait for the watch. Ignored
   * when the watch is already past it: the object may have changed again or be gone.
   */
  absorb(object: KubernetesObject): void {
    const held = this.#items.get(keyOf(object));
    const version = object.metadata.resourceVersion ?? '';
    if (!isNewer(version, this.#resourceVersion)) return;
    if (held !== undefined && !isNewer(version, held.resourceVersion)) return;
    this.#store(object, true);
  }

  async #run(): Promise<void> {
    const { minBackoff = 200, maxBackoff = 30_000 } = this.#options;
    let backoff = 0;
    while (!this.#abort.signal.aborted) {
      this.#interruption = new AbortController();
      try {
        if (this.#resourceVersion === '' || this.#relists.length > 0) await this.#list();
        const started = Date.now();
        await this.#watch();
        backoff = Date.now() - started > STEADY_MS ? 0 : Math.min(maxBackoff, Math.max(backoff * 2, minBackoff));
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        if (this.#interruption.signal.aborted) continue;
        if (isExpired(error)) {
          this.#resourceVersion = '';
          backoff = Math.min(maxBackoff, Math.max(backoff * 2, 10));
        } else if (isRefused(error)) {
          this.#resourceVersion = '';
          this.#options.onRefused?.(error, () => this.#interruption.abort());
          this.#markSynced();
          backoff = REFUSED_RETRY_MS;
        } else {
          const wanted = error instanceof ClusterError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
          backoff = Math.min(maxBackoff, Math.max(backoff * 2, minBackoff, wanted));
          this.#options.onError?.(error);
        }
      }
      if (backoff > 0)
        await delay(backoff * (0.5 + Math.random()), undefined, { signal: this.#untilInterrupted() }).catch(() => {});
    }
  }

  #untilInterrupted(): AbortSignal {
    return AbortSignal.any([this.#abort.signal, this.#interruption.signal]);
  }

  async #list(): Promise<void> {
    const { connection, path, pageSize = 500, apiVersion, kind } = this.#options;
    const waiting = this.#relists.length;
    const seen = new Set<string>();
    let continueToken: string | undefined;
    let resourceVersion = '';
    do {
      const page = await connection.json<{
        metadata: { resourceVersion: string; continue?: string };
        items: KubernetesObject[] | null;
      }>({
        method: 'GET',
        path,
        query: { ...this.#selectors(), limit: pageSize, continue: continueToken },
        signal: this.#abort.signal,
      });
      resourceVersion = page.metadata.resourceVersion;
      continueToken = page.metadata.continue || undefined;
      for (const object of page.items ?? []) {
        object.apiVersion ??= apiVersion;
        object.kind ??= kind;
        seen.add(keyOf(object));
        if (this.#items.get(keyOf(object))?.resourceVersion !== object.metadata.resourceVersion) this.#store(object);
      }
    } while (continueToken !== undefined);
    for (const key of [...this.#items.keys()]) if (!seen.has(key)) this.#remove(key);
    this.#resourceVersion = resourceVersion;
    this.#isListed = true;
    this.#options.onConnected?.();
    this.#options.onListed?.();
    this.#markSynced();
    for (const { resolve } of this.#relists.splice(0, waiting)) resolve();
  }

  async #watch(): Promise<void> {
    const { connection, path, idleTimeout = 180_000 } = this.#options;
    const timeoutSeconds = 300 + Math.floor(Math.random() * 300);
    const body = await connection.stream({
      method: 'GET',
      path,
      query: {
        ...this.#selectors(),
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: this.#resourceVersion,
        timeoutSeconds,
      },
      signal: this.#untilInterrupted(),
      timeout: idleTimeout,
    });
    this.#options.onConnected?.();
    body.setEncoding('utf8');
    let pending = '';
    for await (const chunk of body as AsyncIterable<string>) {
      pending += chunk;
      let start = 0;
      for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n', start)) {
        if (end > start) this.#receive(JSON.parse(pending.slice(start, end)) as WatchEvent);
        start = end + 1;
      }
      pending = start === 0 ? pending : pending.slice(start);
    }
  }

  #receive({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      const status = object as unknown as { code?: number; reason?: string; message?: string };
      throw new ClusterError(status.message ?? 'watch failed', {
        status: status.code ?? 0,
        reason: status.reason ?? '',
      });
    }
    const version = object.metadata.resourceVersion ?? '';
    this.#resourceVersion = version;
    if (type === 'BOOKMARK') return;
    const key = keyOf(object);
    const held = this.#items.get(key);
    if (type === 'DELETED') {
      if (held !== undefined) this.#remove(key);
    } else if (held === undefined || isNewer(version, held.resourceVersion)) this.#store(object);
  }

  #store(object: KubernetesObject, own = false): void {
    const key = keyOf(object);
    const previous = this.#items.get(key)?.item;
    const item = this.#options.keep(object, previous);
    this.#items.set(key, { item, resourceVersion: object.metadata.resourceVersion ?? '' });
    this.#options.onChange(
      previous === undefined ? { type: 'added', key, item, own } : { type: 'modified', key, item, previous, own },
    );
  }

  #remove(key: string): void {
    const held = this.#items.get(key);
    if (held === undefined) return;
    this.#items.delete(key);
    this.#options.onChange({ type: 'deleted', key, item: held.item, own: false });
  }

  #selectors(): Query {
    return { labelSelector: this.#options.labelSelector, fieldSelector: this.#options.fieldSelector };
  }
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubernetesObject;
}

/** `namespace/name`; an empty namespace for cluster-scoped objects. */
function keyOf(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}

/**
 * Kubernetes calls resource versions opaque, yet every server counts upwards, and since 1.35 comparing them is
 * documented. Where they are no numbers, the newcomer wins.
 */
function isNewer(candidate: string, held: string): boolean {
  if (candidate === held) return false;
  if (!/^\d+$/.test(candidate) || !/^\d+$/.test(held)) return true;
  return candidate.length === held.length ? candidate > held : candidate.length > held.length;
}

function isExpired(error: unknown): boolean {
  return (
    error instanceof ClusterError && (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone')
  );
}

function isRefused(error: unknown): error is ClusterError {
  return error instanceof ClusterError && (error.status === 403 || error.status === 404 || error.status === 405);
}
