import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { ClusterConnection, type ConnectionOptions } from '../../src/kubernetes/cluster-connection.ts';

export type Handler = (request: IncomingMessage & { url: string }, response: ServerResponse, body: string) => void;

/** An HTTP server that answers as the test says: for faults that no real API server produces on demand. */
export class ScriptedApiServer implements AsyncDisposable {
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  readonly #server;
  #handler: Handler;

  constructor(handler: Handler) {
    this.#handler = handler;
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const url = request.url ?? '/';
        this.requests.push({ method: request.method ?? '', url, headers: request.headers, body });
        this.#handler(Object.assign(request, { url }), response, body);
      });
    });
  }

  answer(handler: Handler): void {
    this.#handler = handler;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  connect(options: ConnectionOptions = {}): ClusterConnection {
    return new ClusterConnection(this.kubeConfig(), { name: 'scripted', ...options });
  }

  kubeConfig(user: object = { name: 'user', token: 'secret-token' }): KubeConfig {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'scripted', server: this.url, skipTLSVerify: true },
      user as Parameters<KubeConfig['loadFromClusterAndUser']>[1],
    );
    return config;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Resolves when `predicate` holds, looking again at every turn of the event loop. */
export async function eventually(
  claim: string,
  predicate: () => boolean | Promise<boolean>,
  timeout = 10_000,
): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await predicate())) {
    if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${claim}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
