import { serverPath } from './base-path.ts';

/** What the server answered instead of the wanted thing, in words a person can act on. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number | undefined;
  readonly reason: string | undefined;
  readonly fix: string | undefined;
  readonly requestId: string | undefined;

  constructor(
    status: number,
    body: { message?: string; error?: string; code?: number; reason?: string; fix?: string; requestId?: string },
  ) {
    super(body.message || body.error || `The server answered ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = body.code;
    this.reason = body.reason;
    this.fix = body.fix;
    this.requestId = body.requestId;
  }

  get denied(): boolean {
    return this.status === 403;
  }

  get notFound(): boolean {
    return this.status === 404;
  }
}

/** An error in words: what happened and, when the server knows, what to do about it. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof ApiError) || !error.fix) return error.message;
  return `${error.message.replace(/[.\s]+$/, '')}. ${error.fix}`;
}

/** The server could not be reached at all: no answer, not a bad one. */
export class ConnectionError extends Error {
  constructor(cause: unknown) {
    super('The server did not answer', { cause });
    this.name = 'ConnectionError';
  }
}

export type QueryParams = Record<string, string | number | boolean | string[] | undefined>;

let onUnauthorized: () => void = () => undefined;

/** Called whenever the server says 401, so that one place can ask the person to sign in again. */
export function setUnauthorizedHandler(handler: () => void): void {
  onUnauthorized = handler;
}

/** `a=1&b=x&b=y`; undefined values are left out. */
export function queryString(params: QueryParams): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const item of value) search.append(name, item);
    else search.append(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

interface RequestOptions {
  query?: QueryParams;
  body?: unknown;
  signal?: AbortSignal;
  /** The sign-in request itself answers 401 for a wrong password; that is not an expired session. */
  anonymous?: boolean;
}

/** Sends a request to the server that serves this page.
 * @throws ApiError for an answer other than 2xx, ConnectionError when there was none. */
export async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const { query = {}, body, signal, anonymous = false } = options;
  const init: RequestInit = { method, credentials: 'same-origin', headers: { accept: 'application/json' } };
  if (signal) init.signal = signal;
  if (method !== 'GET') {
    init.headers = { accept: 'application/json', 'content-type': 'application/json' };
    init.body = JSON.stringify(body ?? {});
  }
  let response: Response;
  try {
    response = await fetch(serverPath(path) + queryString(query), init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ConnectionError(error);
  }
  if (response.ok) return response;
  if (response.status === 401 && !anonymous) onUnauthorized();
  const text = await response.text();
  throw new ApiError(response.status, parseErrorBody(text, response));
}

function parseErrorBody(text: string, response: Response): ConstructorParameters<typeof ApiError>[1] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed !== null && typeof parsed === 'object') return parsed;
  } catch {
    // A proxy in between answered with its own page; its status line is all we can show.
  }
  return { message: `${response.status} ${response.statusText}`.trim() };
}

async function json<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
  const response = await send(method, path, options);
  const text = await response.text();
  return (text === '' ? {} : JSON.parse(text)) as T;
}

export const api = {
  get: <T>(path: string, query?: QueryParams, signal?: AbortSignal): Promise<T> =>
    json<T>('GET', path, { ...(query && { query }), ...(signal && { signal }) }),
  post: <T>(path: string, body?: unknown, query?: QueryParams): Promise<T> =>
    json<T>('POST', path, { body, ...(query && { query }) }),
  put: <T>(path: string, body?: unknown, query?: QueryParams): Promise<T> =>
    json<T>('PUT', path, { body, ...(query && { query }) }),
  patch: <T>(path: string, body?: unknown, query?: QueryParams): Promise<T> =>
    json<T>('PATCH', path, { body, ...(query && { query }) }),
  delete: <T>(path: string, query?: QueryParams): Promise<T> => json<T>('DELETE', path, { ...(query && { query }) }),
};
