import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { load } from 'js-yaml';
import { Agent, request } from 'undici';
import { jsonLines } from './json-lines.ts';

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Record<string, unknown> }[];
  users?: { name: string; user: Record<string, unknown> }[];
}

/** Enough of a Kubernetes client for the launcher: server-side apply and get, by token or client certificate. */
export interface KubeconfigClient {
  server: string;
  /** The bearer token and CA of the current context, for a cluster Secret. */
  credentials: { token?: string; caData?: string; certData?: string; keyData?: string };
  /** Any request; a text answer comes as `{ text }`. Throws ApiServerError when the answer is not 2xx. */
  request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<Record<string, unknown>>;
  /** Watch events of a list, its present objects first, until aborted or no longer read. */
  watch(path: string, signal: AbortSignal): Promise<AsyncIterable<{ type: string; object: unknown }>>;
  /** Server-side apply of one object at `path` (its URL without the server). */
  apply(path: string, object: Record<string, unknown>): Promise<void>;
  /** The object at `path`, or undefined when there is none. */
  get(path: string): Promise<Record<string, unknown> | undefined>;
  close(): Promise<void>;
}

/** An answer of the API server that is not 2xx. */
export class ApiServerError extends Error {
  readonly status: number;
  constructor(method: string, path: string, status: number, text: string) {
    super(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
    this.status = status;
  }
}

/** Opens the current context of a kubeconfig file. Throws when its user needs a plugin (exec, auth-provider). */
export async function openKubeconfig(file: string): Promise<KubeconfigClient> {
  const config = load(await readFile(file, 'utf8')) as Kubeconfig;
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user;
  if (cluster === undefined || user === undefined)
    throw new Error(`${file}: the current context names no cluster and user`);
  if ('exec' in user || 'auth-provider' in user) throw new Error(`${file}: the user needs a credential plugin`);
  const caData = await dataOf(cluster, 'certificate-authority');
  const certData = await dataOf(user, 'client-certificate');
  const keyData = await dataOf(user, 'client-key');
  const token = typeof user['token'] === 'string' ? user['token'] : undefined;
  const server = String(cluster['server']).replace(/\/$/, '');
  const agent = new Agent({
    connect: {
      ...(caData === undefined ? {} : { ca: decode(caData) }),
      ...(certData === undefined ? {} : { cert: decode(certData) }),
      ...(keyData === undefined ? {} : { key: decode(keyData) }),
      rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
    },
  });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const send: KubeconfigClient['request'] = async (method, path, body, contentType = 'application/json') => {
    const answer = await request(`${server}${path}`, {
      method,
      dispatcher: agent,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': contentType }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new ApiServerError(method, path, answer.statusCode, text);
    return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
  };
  return {
    server,
    credentials: {
      ...(token === undefined ? {} : { token }),
      ...(caData === undefined ? {} : { caData }),
      ...(certData === undefined ? {} : { certData }),
      ...(keyData === undefined ? {} : { keyData }),
    },
    request: send,
    async watch(path, signal) {
      const url = `${server}${path}?watch=true&allowWatchBookmarks=true`;
      const answer = await request(url, { dispatcher: agent, headers, signal, bodyTimeout: 0, headersTimeout: 0 });
      if (answer.statusCode >= 300)
        throw new ApiServerError('WATCH', path, answer.statusCode, await answer.body.text());
      return jsonLines(answer.body);
    },
    async apply(path, object) {
      await send('PATCH', `${path}?fieldManager=lockstep-launcher&force=true`, object, 'application/apply-patch+yaml');
    },
    async get(path) {
      try {
        return await send('GET', path);
      } catch (error) {
        if (error instanceof ApiServerError && error.status === 404) return undefined;
        throw error;
      }
    },
    close: () => agent.close(),
  };
}

/** Asks the cluster's `/readyz` until it is ready. Throws after `timeoutMs` with the last answer, or when aborted. */
export async function waitForApiServer(
  file: string,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let last: unknown = 'no answer';
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    try {
      const client = await openKubeconfig(file);
      try {
        await client.get('/version');
        return;
      } finally {
        await client.close();
      }
    } catch (error) {
      last = error;
    }
    await delay(50);
  }
  throw new Error(`the API server of ${file} was not ready after ${options.timeoutMs / 1000} s: ${String(last)}`);
}

async function dataOf(section: Record<string, unknown>, name: string): Promise<string | undefined> {
  const data = section[`${name}-data`];
  if (typeof data === 'string') return data;
  const file = section[name];
  return typeof file === 'string' ? (await readFile(file)).toString('base64') : undefined;
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
