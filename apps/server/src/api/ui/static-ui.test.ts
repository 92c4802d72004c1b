import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serveDashboard } from './static-ui.ts';

let folder: string;
let app: FastifyInstance;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-ui-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<html><head><base href="/" /></head>page</html>');
  await writeFile(join(folder, 'assets', 'main-abc.js'), 'script');
  await writeFile(join(folder, 'favicon.svg'), '<svg/>');
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

async function serve(rootPath: string, staticFolder: string | undefined = folder): Promise<void> {
  app = Fastify();
  await serveDashboard(app, { staticFolder, rootPath });
}

const open = (url: string, accept = 'text/html') => app.inject({ method: 'GET', url, headers: { accept } });

test('every page of the dashboard is the same file, with the path it is served below', async () => {
  await serve('/argo');
  for (const path of ['/argo/', '/argo/applications/argocd/web', '/argo/login?error=x']) {
    const answer = await open(path);
    expect([path, answer.statusCode, answer.body]).toEqual([
      path,
      200,
      '<html><head><base href="/argo/"></head>page</html>',
    ]);
    expect(answer.headers['cache-control']).toBe('no-cache');
  }
  expect((await open('/argo/', '*/*')).statusCode).toBe(200);
});

test('built files are kept by browsers for good, what is not there is a JSON 404', async () => {
  await serve('');
  const script = await open('/assets/main-abc.js', '*/*');
  expect([script.body, script.headers['cache-control']]).toEqual(['script', 'public, max-age=31536000, immutable']);
  expect((await open('/favicon.svg', 'image/*')).body).toBe('<svg/>');
  for (const [path, accept] of [
    ['/assets/none.js', '*/*'],
    ['/api/v1/none', 'text/html'],
    ['/none', 'application/json'],
  ] as const) {
    const answer = await open(path, accept);
    expect([path, answer.statusCode, answer.json()]).toEqual([
      path,
      404,
      { error: 'Not Found', code: 5, message: 'Not Found' },
    ]);
  }
});

test('nothing outside of the folder is served', async () => {
  await serve('');
  for (const path of [
    '/../package.json',
    '/%2e%2e/package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
    '//etc/passwd',
  ]) {
    const answer = await open(path, '*/*');
    expect([path, answer.statusCode >= 400, answer.body.includes('root:')]).toEqual([path, true, false]);
  }
});

test('without a built dashboard the API still answers', async () => {
  await serve('', join(tmpdir(), 'no-such-folder'));
  expect((await open('/')).statusCode).toBe(404);
});
