import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import type { KubeConfig } from '@kubernetes/client-node';
import { ClusterError } from '@lockstep/core';
import { Agent, type Dispatcher, Pool, ProxyAgent, request as undiciRequest } from 'undici';
import { ClusterCredentials, type TlsOptions } from './cluster-credentials.ts';
import { secretMaskFor } from './refused-secret.ts';

export type Query = Record<string, string | number | boolean | undefined>;

export interface ClusterRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with its segments already encoded, without query. */
  path: string;
  query?: Query | undefined;
  headers?: Record<string, string> | undefined;
  /** Sent as JSON unless it is a string or bytes. */
  body?: unknown;
  contentType?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds without a byte before the request counts as lost. Default 60 s. */
  timeout?: number | undefined;
  /**
   * Called for every attempt when a socket is ready and before its first byte leaves, however long the request waited
   * for that. What it throws is thrown, and nothing is sent.
   */
  fence?: (() => void) | undefined;
  /** Over a connection of its own, so that whoever the address leads to now answers. */
  isFresh?: boolean | undefined;
}

/** Told about every request that left; `path` lets the observer name the resource. */
export type RequestObserver = (fact: {
  method: string;
  path: string;
  query: Query | undefined;
  status: number;
  milliseconds: number;
}) => void;

export interface ConnectionOptions {
  /** How people and Application destinations call the cluster, for messages. */
  name?: string;
  onRequest?: RequestObserver;
  /** Requests in flight at once, besides watches. */
  concurrency?: number;
}

/** Attempts for one request that the server throttles (429, or 503 with Retry-After) before the caller gets the error. */
const THROTTLE_ATTEMPTS = 6;
const MAX_THROTTLE_WAIT_MS = 30_000;

/**
 * One API server: the only place that opens sockets to it. Requests share one pool and watches another, so that open
 * watches never starve requests. A throttled request waits as told, and holds the others of the cluster back with it.
 * Errors are `ClusterError` with the server's Status, or status 0 when the server could not be reached.
 */
export class ClusterConnection implements AsyncDisposable {
  readonly name: string;
  readonly server: string;
  readonly config: KubeConfig;
  readonly #credentials: ClusterCredentials;
  readonly #onRequest: RequestObserver | undefined;
  readonly #concurrency: number;
  readonly #origin: string;
  readonly #basePath: string;
  #dispatchers: { requests: Dispatcher; watches: Dispatcher; identity: string; tls: TlsOptions } | undefined;
  /** By the clock that no one sets. */
  #blockedUntil = 0;
  readonly #watchListeners = new Set<() => void>();
  #sockets = 0;
  #closed = false;

  constructor(config: KubeConfig, options: ConnectionOptions = {}) {
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig has no current cluster');
    this.config = config;
    this.server = cluster.server;
    this.name = options.name ?? cluster.name;
    const url = new URL(cluster.server);
    this.#origin = url.origin;
    this.#basePath = url.pathname.replace(/\/$/, '');
    this.#credentials = new ClusterCredentials(config);
    this.#onRequest = options.onRequest;
    this.#concurrency = options.concurrency ?? 48;
  }

  /** One request, parsed as JSON. */
  async json<T = unknown>(request: ClusterRequest): Promise<T> {
    const text = await this.text(request);
    try {
      return JSON.parse(text) as T;
    } catch {
      // The parser's own error would quote the answer, which may be a Secret.
      throw new ClusterError(`${this.name}: ${request.method} ${request.path}: the answer is not JSON`, {
        status: 0,
        reason: 'InvalidAnswer',
      });
    }
  }

  /** One request whose answer is text (OpenAPI, logs without follow, version pages). */
  async text(request: ClusterRequest): Promise<string> {
    const { body } = await this.send(request);
    try {
      return await body.text();
    } catch (cause) {
      throw this.#unreachable(request, cause);
    }
  }

  /** An endless answer: watches and followed logs. Uses the pool that does not starve requests. */
  async stream(request: ClusterRequest): Promise<Readable> {
    const { body } = await this.send(request, true);
    return body;
  }

  /** The successful response, body unread. Throttling is waited out here, a 401 is tried once more with new credentials. */
  async send(request: ClusterRequest, isStream = false): Promise<Dispatcher.ResponseData> {
    let isReauthenticated = false;
    for (let attempt = 1; ; attempt++) {
      await this.#waitUntilUnblocked(request.signal);
      const response = await this.#sendOnce(request, isStream);
      if (response.statusCode < 300) return response;
      const error = await errorOf(this.name, request, response);
      if (error.status === 401 && !isReauthenticated) {
        isReauthenticated = true;
        this.#credentials.invalidate();
        continue;
      }
      if (isThrottled(error) && attempt < THROTTLE_ATTEMPTS) {
        const wait = Math.min(
          MAX_THROTTLE_WAIT_MS,
          Math.max((error.retryAfterSeconds ?? 0) * 1000, 100 * 2 ** attempt),
        );
        this.#blockedUntil = Math.max(this.#blockedUntil, performance.now() + wait * (1 + Math.random() * 0.2));
        continue;
      }
      throw error;
    }
  }

  /** Sockets opened so far for requests (watches and fresh ones aside): each may lead to another server than the one before. */
  get sockets(): number {
    return this.#sockets;
  }

  /** Called when a watch needed a new socket. Returns the way to stop. */
  onWatchSocket(listener: () => void): () => void {
    this.#watchListeners.add(listener);
    return () => this.#watchListeners.delete(listener);
  }

  /** Headers and TLS for protocols that need their own socket (exec and port-forward). */
  async credentials(): Promise<{ headers: Record<string, string>; tls: TlsOptions }> {
    return this.#credentials.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const dispatchers = this.#dispatchers;
    this.#dispatchers = undefined;
    await Promise.all([dispatchers?.requests.destroy(), dispatchers?.watches.destroy()]);
  }

  async #sendOnce(request: ClusterRequest, isStream: boolean): Promise<Dispatcher.ResponseData> {
    if (this.#closed) throw this.#unreachable(request, new Error('the connection is closed'));
    const started = performance.now();
    let status = 0;
    let refusal: { error: unknown } | undefined;
    try {
      const { headers, tls } = await this.#credentials.resolve();
      const { requests, watches } = this.#dispatchersFor(tls);
      const isRaw = typeof request.body === 'string' || request.body instanceof Uint8Array;
      const dispatcher = request.isFresh === true ? this.#open(tls, 1, () => {}) : isStream ? watches : requests;
      const response = await undiciRequest(
        `${this.#origin}${this.#basePath}${request.path}${queryString(request.query)}`,
        {
          dispatcher:
            request.fence === undefined
              ? dispatcher
              : fenced(dispatcher, request.fence, (error) => {
                  refusal = { error };
                }),
          method: request.method,
          headers: {
            accept: 'application/json',
            'user-agent': 'lockstep',
            ...headers,
            ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
            ...request.headers,
          },
          body:
            request.body === undefined
              ? null
              : isRaw
                ? (request.body as string | Uint8Array)
                : JSON.stringify(request.body),
          signal: request.signal ?? null,
          headersTimeout: isStream ? 30_000 : (request.timeout ?? 60_000),
          bodyTimeout: request.timeout ?? 60_000,
        },
      );
      status = response.statusCode;
      // Ends with the answer.
      if (request.isFresh === true) void dispatcher.close();
      return response;
    } catch (cause) {
      if (refusal !== undefined) throw refusal.error;
      if (request.signal?.aborted === true) throw request.signal.reason;
      throw this.#unreachable(request, cause);
    } finally {
      if (refusal === undefined) {
        this.#onRequest?.({
          method: request.method,
          path: request.path,
          query: request.query,
          status,
          milliseconds: performance.now() - started,
        });
      }
    }
  }

  #unreachable(request: ClusterRequest, cause: unknown): ClusterError {
    const detail = cause instanceof Error ? cause.message || cause.name : String(cause);
    return new ClusterError(
      `${this.name}: ${request.method} ${request.path}: ${this.server} cannot be reached: ${detail}`,
      { status: 0, reason: 'Unreachable', cause },
    );
  }

  /** Built once; again only when a plugin handed out another client certificate. */
  #dispatchersFor(tls: TlsOptions): { requests: Dispatcher; watches: Dispatcher } {
    const previous = this.#dispatchers;
    if (previous?.tls === tls) return previous;
    const identity = `${tls.cert?.toString() ?? ''}|${tls.ca?.toString().length ?? 0}`;
    if (previous?.identity === identity) return previous;
    this.#dispatchers = {
      requests: this.#open(tls, this.#concurrency, () => {
        this.#sockets += 1;
      }),
      watches: this.#open(tls, null, () => {
        for (const listener of this.#watchListeners) listener();
      }),
      identity,
      tls,
    };
    void previous?.requests.close();
    return this.#dispatchers;
  }

  #open(tls: TlsOptions, connections: number | null, onSocket: () => void): Dispatcher {
    const proxy = this.config.getCurrentCluster()?.proxyUrl;
    const { ca, cert, key, ...rest } = tls;
    // Parsed once for all sockets: a cluster of sixty kinds has as many watches.
    const secureContext = createSecureContext({ ca, cert, key });
    const requestTls = { ...rest, secureContext };
    const connect = { ...requestTls, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: 30_000 };
    const factory = (origin: string | URL, options: object): Dispatcher =>
      new Pool(origin, options).on('connect', onSocket);
    const common = { connections, pipelining: 1, keepAliveTimeout: 60_000, factory };
    return proxy === undefined
      ? new Agent({ ...common, connect })
      : new ProxyAgent({ ...common, uri: proxy, requestTls, connect: { timeout: 10_000 } });
  }

  async #waitUntilUnblocked(signal: AbortSignal | undefined): Promise<void> {
    while (this.#blockedUntil > performance.now()) {
      await delay(this.#blockedUntil - performance.now(), undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** undici starts a request when it has a connected socket for it, in the same turn in which it writes the first byte. */
function fenced(dispatcher: Dispatcher, fence: () => void, onRefused: (error: unknown) => void): Dispatcher {
  return dispatcher.compose(
    (dispatch) => (options, handler) =>
      dispatch(options, {
        onRequestStart(controller, context) {
          try {
            fence();
          } catch (error) {
            onRefused(error);
            throw error;
          }
          handler.onRequestStart?.(controller, context);
        },
        onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
        onResponseStart: (...args) => handler.onResponseStart?.(...args),
        onResponseData: (...args) => handler.onResponseData?.(...args),
        onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
        onResponseError: (...args) => handler.onResponseError?.(...args),
      }),
  );
}

/** 429 was not processed and may be repeated whatever the method; 503 only when the server says when. */
function isThrottled(error: ClusterError): boolean {
  return error.status === 429 || (error.status === 503 && error.retryAfterSeconds !== undefined);
}

async function errorOf(
  name: string,
  request: ClusterRequest,
  response: Dispatcher.ResponseData,
): Promise<ClusterError> {
  const text = await response.body.text();
  const retryAfter = Number(response.headers['retry-after']);
  const status = statusOf(text);
  const masked = secretMaskFor(request.path, request.body) ?? ((said: string) => said);
  return new ClusterError(
    status?.message === undefined
      ? `${name}: ${request.method} ${request.path}: HTTP ${response.statusCode} ${masked(text).slice(0, 300)}`
      : masked(status.message),
    {
      status: response.statusCode,
      reason: status?.reason ?? '',
      causes: (status?.details?.causes ?? []).map((cause) =>
        cause.message === undefined ? cause : { ...cause, message: masked(cause.message) },
      ),
      ...(Number.isFinite(retryAfter) && retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}),
    },
  );
}

interface KubernetesStatus {
  kind: 'Status';
  message?: string;
  reason?: string;
  details?: { causes?: { reason?: string; message?: string; field?: string }[] };
}

function statusOf(text: string): KubernetesStatus | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(text) as KubernetesStatus;
    return parsed.kind === 'Status' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function queryString(query: Query | undefined): string {
  if (query === undefined) return '';
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
