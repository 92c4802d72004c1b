import { Agent, type RequestOptions, request } from 'node:https';
import type { Sandbox } from '../src/index.ts';
import type { JsonObject } from '../src/json.ts';

export interface ApiReply {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  body: JsonObject;
  text: string;
}

interface WatchEvent {
  type: string;
  object: JsonObject & { metadata: JsonObject & { name: string; resourceVersion: string } };
}

export interface OpenWatch {
  /** The next event; rejects when the server ended the watch before. */
  next(): Promise<WatchEvent>;
  /** Resolves when the server ends the watch. */
  ended: Promise<void>;
  close(): void;
}

export interface CallOptions {
  body?: unknown;
  type?: string;
  accept?: string;
  headers?: Record<string, string>;
}

/** Plain HTTPS requests to a sandbox as one of its users. */
export class ApiClient {
  private readonly agent: Agent;
  private readonly url: URL;
  private readonly token: string | undefined;

  constructor(sandbox: Sandbox, token: string | undefined = sandbox.token('admin')) {
    this.agent = new Agent({ keepAlive: true, ca: sandbox.ca });
    this.url = new URL(sandbox.url);
    this.token = token;
  }

  get = (path: string, options: CallOptions = {}): Promise<ApiReply> => this.call('GET', path, options);
  delete = (path: string, body?: unknown): Promise<ApiReply> =>
    this.call('DELETE', path, body === undefined ? {} : { body });
  post = (path: string, body: unknown, options: CallOptions = {}): Promise<ApiReply> =>
    this.call('POST', path, { ...options, body });
  put = (path: string, body: unknown): Promise<ApiReply> => this.call('PUT', path, { body });
  merge = (path: string, body: unknown): Promise<ApiReply> =>
    this.call('PATCH', path, { body, type: 'application/merge-patch+json' });
  strategic = (path: string, body: unknown): Promise<ApiReply> =>
    this.call('PATCH', path, { body, type: 'application/strategic-merge-patch+json' });
  jsonPatch = (path: string, body: unknown): Promise<ApiReply> =>
    this.call('PATCH', path, { body, type: 'application/json-patch+json' });

  apply(path: string, body: unknown, manager = 'test', query = ''): Promise<ApiReply> {
    return this.call('PATCH', `${path}?fieldManager=${manager}${query}`, {
      body,
      type: 'application/apply-patch+yaml',
    });
  }

  call(
    method: string,
    path: string,
    { body, type = 'application/json', accept, headers }: CallOptions = {},
  ): Promise<ApiReply> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        this.options(method, path, {
          ...(accept === undefined ? {} : { accept }),
          ...(text === undefined ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }),
          ...headers,
        }),
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const answer = Buffer.concat(chunks).toString('utf8');
            const isJson = response.headers['content-type']?.startsWith('application/json') === true;
            resolve({
              code: response.statusCode ?? 0,
              headers: response.headers,
              text: answer,
              body: isJson ? (JSON.parse(answer) as JsonObject) : {},
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  /** Opens a watch; `path` carries its query. Resolves when the server has begun to answer. */
  watch(path: string, accept?: string): Promise<OpenWatch> {
    return new Promise((resolve, reject) => {
      const outgoing = request(this.options('GET', path, accept === undefined ? {} : { accept }), (response) => {
        const events: WatchEvent[] = [];
        let waiting: { resolve: (event: WatchEvent) => void; reject: (error: Error) => void } | undefined;
        let isOver = false;
        let unfinished = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          const lines = `${unfinished}${text}`.split('\n');
          unfinished = lines.pop() ?? '';
          for (const line of lines) {
            const event = JSON.parse(line) as WatchEvent;
            if (waiting === undefined) events.push(event);
            else waiting.resolve(event);
            waiting = undefined;
          }
        });
        // Closing a watch from this side aborts its response.
        response.on('error', () => {});
        const ended = new Promise<void>((over) => {
          response.on('close', () => {
            isOver = true;
            waiting?.reject(new Error('the watch ended'));
            over();
          });
        });
        resolve({
          ended,
          close: () => outgoing.destroy(),
          next: () => {
            const event = events.shift();
            if (event !== undefined) return Promise.resolve(event);
            if (isOver) return Promise.reject(new Error('the watch ended'));
            return new Promise((found, failed) => {
              waiting = { resolve: found, reject: failed };
            });
          },
        });
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private options(method: string, path: string, headers: Record<string, string>): RequestOptions {
    return {
      agent: this.agent,
      host: this.url.hostname,
      port: this.url.port,
      method,
      path,
      headers: {
        'user-agent': 'test/1',
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
    };
  }
}

/** A ConfigMap for tests that need just any object. */
export function configMap(name: string, data: Record<string, string> = {}, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function deployment(name: string, image = 'nginx:1'): JsonObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
    },
  };
}
