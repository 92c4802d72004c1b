import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createBareRepository } from './git-repository.ts';

/** One ref that a push moved. `after` is all zeros when the ref was deleted. */
export interface PushedRef {
  repository: string;
  ref: string;
  before: string;
  after: string;
}

export interface GitServerOptions {
  /** Folder of the bare repositories, one `<name>.git` each. */
  root: string;
  /** 0 or absent: a free port. */
  port?: number;
  /** Called once per ref after git accepted a push. */
  onPush?(ref: PushedRef): void;
}

export interface GitServer {
  /** Base of the clone URLs, without a trailing slash: `<url>/<name>.git`. */
  url: string;
  /** Git protocol requests answered since the start, by service; a fetch is two of them. */
  requests(): number;
  close(): Promise<void>;
}

const repositoryPath = /^\/([A-Za-z0-9][A-Za-z0-9._-]{0,99})(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

/**
 * Smart HTTP for local repositories, on loopback and without authentication. Git itself speaks the protocol
 * (`git upload-pack` and `git receive-pack` with `--stateless-rpc`); pushing to a name that does not exist creates it.
 * Source of the framing: Git's documentation of the HTTP transfer protocol.
 */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  await mkdir(options.root, { recursive: true });
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(options, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`git server: ${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests: () => requests, close: () => closeServer(server) };
}

async function answer(options: GitServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://git');
  const match = repositoryPath.exec(url.pathname);
  if (match === null) return refuse(response, 404, `no such page: ${url.pathname}. Clone /<name>.git`);
  const [, name, action] = match as unknown as [string, string, string];
  const service = action === 'info/refs' ? url.searchParams.get('service') : action;
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
    return refuse(response, 403, 'only the smart HTTP protocol is served');
  }
  const folder = join(options.root, `${name.replace(/\.git$/, '')}.git`);
  if (!existsSync(folder)) {
    if (service === 'git-upload-pack')
      return refuse(response, 404, `repository ${name} does not exist. Push to create it`);
    await createBareRepository(folder);
  }
  response.setHeader('cache-control', 'no-cache');
  const body: Readable = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  if (action === 'info/refs') {
    response.setHeader('content-type', `application/x-${service}-advertisement`);
    response.write(`${pktLine(`# service=${service}\n`)}0000`);
    await runGitService({ service, folder, request, body, response, advertise: true });
    return;
  }
  response.setHeader('content-type', `application/x-${service}-result`);
  const commands: Buffer[] = [];
  if (service === 'git-receive-pack') {
    body.on('data', (chunk: Buffer) => {
      if (commands.length < 16) commands.push(chunk);
    });
  }
  const accepted = await runGitService({ service, folder, request, body, response, advertise: false });
  if (service === 'git-receive-pack' && accepted) {
    for (const ref of pushedRefs(Buffer.concat(commands))) {
      if (await wasMoved(folder, ref)) options.onPush?.({ repository: name.replace(/\.git$/, ''), ...ref });
    }
  }
}

function runGitService(call: {
  service: 'git-upload-pack' | 'git-receive-pack';
  folder: string;
  request: IncomingMessage;
  body: Readable;
  response: ServerResponse;
  advertise: boolean;
}): Promise<boolean> {
  const protocol = call.request.headers['git-protocol'];
  const args = [
    '-c',
    'http.receivepack=true',
    '-c',
    'uploadpack.allowFilter=true',
    '-c',
    'uploadpack.allowAnySHA1InWant=true',
    call.service.slice('git-'.length),
    '--stateless-rpc',
    ...(call.advertise ? ['--http-backend-info-refs'] : []),
    call.folder,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_NOSYSTEM: '1',
        ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}),
      },
    });
    child.once('error', reject);
    child.stdin.on('error', () => undefined);
    if (call.advertise) child.stdin.end();
    else call.body.pipe(child.stdin);
    child.stdout.pipe(call.response);
    call.response.once('close', () => child.kill());
    child.once('close', (code) => resolve(code === 0));
  });
}

/** The `old new ref` commands at the start of a receive-pack request. */
function pushedRefs(body: Buffer): { ref: string; before: string; after: string }[] {
  const refs: { ref: string; before: string; after: string }[] = [];
  let offset = 0;
  while (offset + 4 <= body.length) {
    const length = Number.parseInt(body.toString('latin1', offset, offset + 4), 16);
    if (!(length > 4)) break;
    const line = body.toString('utf8', offset + 4, offset + length);
    const match = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^\0\n]+)/.exec(line);
    if (match !== null) refs.push({ before: match[1] as string, after: match[2] as string, ref: match[3] as string });
    offset += length;
  }
  return refs;
}

/** Git refuses single refs with exit code 0; a ref that it moved is a loose ref with the new value. */
async function wasMoved(folder: string, { ref, after }: { ref: string; after: string }): Promise<boolean> {
  const current = await readFile(join(folder, ref), 'utf8').catch(() => undefined);
  return /^0+$/.test(after) ? current === undefined : current?.trim() === after;
}

const pktLine = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(`${message}\n`);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
