import { Agent, request } from 'undici';
import { jsonLines } from '../json-lines.ts';
import { until } from '../until.ts';

/** An answer of the API server that is not 2xx. */
export class KubeApiError extends Error {
  readonly code: number;

  constructor(method: string, path: string, code: number, text: string) {
    super(`${method} ${path}: ${code} ${text.slice(0, 1000)}`);
    this.name = 'KubeApiError';
    this.code = code;
  }
}

/** The Kubernetes API as a script uses it: JSON in and out, nothing interpreted. */
export class KubeApi {
  readonly url: string;
  readonly #token: string;
  readonly #agent: Agent;

  constructor(url: string, token: string, ca: string) {
    this.url = url;
    this.#token = token;
    this.#agent = new Agent({ connect: { ca }, connections: 32, bodyTimeout: 0, headersTimeout: 30_000 });
  }

  get<T>(path: string): Promise<T> {
    return this.#json<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#json<T>('POST', path, { body });
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.#json<T>('PUT', path, { body });
  }

  /** A JSON merge patch. */
  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#json<T>('PATCH', path, { body, contentType: 'application/merge-patch+json' });
  }

  /** Server-side apply as the given manager, with force. */
  apply<T>(path: string, body: unknown, manager: string): Promise<T> {
    return this.#json<T>('PATCH', `${path}?fieldManager=${encodeURIComponent(manager)}&force=true`, {
      body,
      contentType: 'application/apply-patch+yaml',
    });
  }

  delete<T>(path: string, options: unknown = {}): Promise<T> {
    return this.#json<T>('DELETE', path, { body: options });
  }

  async text(path: string): Promise<string> {
    return this.#send('GET', path, {});
  }

  /** Resolves with the object at a path once it is there. */
  until<T>(path: string, what: string): Promise<T> {
    return until(() => this.get<T>(path), { what }) as Promise<T>;
  }

  /** The lines of a watch, parsed. Ends when the server ends it; throws when the connection breaks or `signal` aborts. */
  async *watch<Event>(path: string, signal: AbortSignal): AsyncGenerator<Event> {
    const { statusCode, body } = await request(`${this.url}${path}`, {
      dispatcher: this.#agent,
      headers: this.#headers(),
      signal,
    });
    if (statusCode !== 200) throw new KubeApiError('GET', path, statusCode, await body.text());
    yield* jsonLines<Event>(body);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #json<T>(method: string, path: string, content: { body?: unknown; contentType?: string } = {}): Promise<T> {
    return JSON.parse(await this.#send(method, path, content)) as T;
  }

  async #send(
    method: string,
    path: string,
    { body, contentType = 'application/json' }: { body?: unknown; contentType?: string },
  ): Promise<string> {
    const answer = await request(`${this.url}${path}`, {
      method: method as 'GET',
      dispatcher: this.#agent,
      headers: { ...this.#headers(), ...(body === undefined ? {} : { 'content-type': contentType }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new KubeApiError(method, path, answer.statusCode, text);
    return text;
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` };
  }
}
