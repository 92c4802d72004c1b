import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, json, ScriptedApiServer } from '../../tests/support/scripted-api-server.ts';
import { ClusterConnection } from './cluster-connection.ts';

let server: ScriptedApiServer;
const open: AsyncDisposable[] = [];
beforeEach(async () => {
  server = await new ScriptedApiServer((_request, response) => json(response, { ok: true })).listen();
});
afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function connect(connection = server.connect()): ClusterConnection {
  open.push(connection);
  return connection;
}

describe('ClusterConnection', () => {
  it('sends the token, and bodies and names untouched', async () => {
    await connect().json({
      method: 'PATCH',
      path: `/apis/rbac/clusterroles/${encodeURIComponent('system:My-Role')}`,
      query: { fieldManager: 'x', force: undefined },
      body: { spec: { futureField: 1 } },
      contentType: 'application/apply-patch+yaml',
    });
    expect(server.requests[0]).toMatchObject({
      url: '/apis/rbac/clusterroles/system%3AMy-Role?fieldManager=x',
      body: '{"spec":{"futureField":1}}',
    });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer secret-token',
      'content-type': 'application/apply-patch+yaml',
    });
  });

  it('throws what the Status says', async () => {
    server.answer((_request, response) =>
      json(
        response,
        {
          kind: 'Status',
          message: 'Deployment is invalid',
          reason: 'Invalid',
          details: { causes: [{ field: 'spec.replicas', reason: 'FieldValueInvalid' }] },
        },
        422,
      ),
    );
    await expect(connect().json({ method: 'POST', path: '/x', body: {} })).rejects.toMatchObject({
      status: 422,
      reason: 'Invalid',
      message: 'Deployment is invalid',
      causes: [{ field: 'spec.replicas' }],
    });
  });

  it('waits as long as a throttling server asks, and makes the other requests wait too', async () => {
    const times: number[] = [];
    server.answer((_request, response) => {
      times.push(Date.now());
      if (times.length === 1)
        json(response, { kind: 'Status', reason: 'TooManyRequests' }, 429, { 'retry-after': '1' });
      else json(response, { ok: true });
    });
    const connection = connect();
    const first = connection.json({ method: 'GET', path: '/a' });
    while (times.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([first, connection.json({ method: 'GET', path: '/b' })]);
    expect(Math.min(...times.slice(1)) - (times[0] ?? 0)).toBeGreaterThanOrEqual(950);
  });

  it('asks for permission when a write leaves, not when it is handed over: throttled or queued meanwhile, it stays', async () => {
    let isForbidden = false;
    const fence = () => {
      if (isForbidden) throw new Error('the lease moved');
    };
    const handed: (() => void)[] = [];
    server.answer((request, response) => {
      if (request.url === '/busy') handed.push(() => json(response, { ok: true }));
      else if (server.requests.length === 1)
        json(response, { kind: 'Status', reason: 'TooManyRequests' }, 429, { 'retry-after': '1' });
      else json(response, { ok: true });
    });
    const connection = connect(server.connect({ concurrency: 1 }));
    const throttled = connection.json({ method: 'POST', path: '/throttled', body: {}, fence });
    await eventually('the server told it to wait', () => server.requests.length === 1);
    isForbidden = true;
    await expect(throttled).rejects.toThrow('the lease moved');

    isForbidden = false;
    const busy = connection.json({ method: 'GET', path: '/busy' });
    await eventually('the only socket is busy', () => handed.length === 1);
    const queued = connection.json({ method: 'POST', path: '/queued', body: {}, fence });
    const free = connection.json({ method: 'GET', path: '/read' });
    isForbidden = true;
    handed[0]?.();
    await expect(queued).rejects.toThrow('the lease moved');
    await Promise.all([busy, free]);
    expect(server.requests.map(({ url }) => url)).toEqual(['/throttled', '/busy', '/read']);
  });

  it('names the server that cannot be reached', async () => {
    const url = server.url;
    const connection = connect();
    await server[Symbol.asyncDispose]();
    await expect(connection.json({ method: 'GET', path: '/version' })).rejects.toMatchObject({
      status: 0,
      reason: 'Unreachable',
      message: expect.stringContaining(url),
    });
    server = await new ScriptedApiServer(() => {}).listen();
  });

  it('runs a credential plugin once for many requests, tells it the API version, and once more after a 401', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-exec-'));
    const script = path.join(folder, 'plugin.sh');
    writeFileSync(
      script,
      `#!/bin/sh\necho run >> ${folder}/runs\nprintf %s "$KUBERNETES_EXEC_INFO" > ${folder}/info\nn=$(wc -l < ${folder}/runs)\nprintf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-%s"}}' $n\n`,
    );
    chmodSync(script, 0o755);
    try {
      const config = server.kubeConfig({
        name: 'user',
        exec: { apiVersion: 'client.authentication.k8s.io/v1', command: script },
      });
      const connection = connect(new ClusterConnection(config));
      await Promise.all(Array.from({ length: 20 }, () => connection.json({ method: 'GET', path: '/x' })));
      expect(readFileSync(path.join(folder, 'runs'), 'utf8')).toBe('run\n');
      expect(JSON.parse(readFileSync(path.join(folder, 'info'), 'utf8'))).toMatchObject({
        kind: 'ExecCredential',
        apiVersion: 'client.authentication.k8s.io/v1',
      });
      server.answer((request, response) =>
        request.headers.authorization === 'Bearer token-1'
          ? json(response, {}, 401)
          : json(response, { token: request.headers.authorization }),
      );
      expect(await connection.json({ method: 'GET', path: '/y' })).toEqual({ token: 'Bearer token-2' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says nothing of the values of a Secret that is refused', async () => {
    const message = 'Secret "db" is invalid: data[a]: Invalid value: "hunter2!": admission says hunter2!';
    server.answer((_request, response) =>
      json(
        response,
        { kind: 'Status', message, reason: 'Invalid', details: { causes: [{ field: 'data[a]', message }] } },
        422,
      ),
    );
    const request = {
      method: 'PATCH',
      path: '/api/v1/namespaces/shop/secrets/db',
      body: { stringData: { a: 'hunter2!' } },
    } as const;
    const expected = message.replaceAll('hunter2!', '++++++++');
    await expect(connect().json(request)).rejects.toMatchObject({
      message: expected,
      causes: [{ field: 'data[a]', message: expected }],
    });
    server.answer((_request, response) => response.writeHead(500).end(`webhook panicked: ${'x'.repeat(278)}hunter2!`));
    await expect(connect().json(request)).rejects.toThrow(/webhook panicked: x+[+]+$/);
    server.answer((_request, response) => response.writeHead(200).end('hunter2!'));
    const error = await connect()
      .json(request)
      .catch((refused: unknown) => refused);
    expect(inspect(error)).not.toContain('hunter2');
  });

  it('refuses plain HTTP unless the kubeconfig says that it does not matter', async () => {
    const config = server.kubeConfig();
    config.loadFromClusterAndUser({ name: 'plain', server: server.url, skipTLSVerify: false }, { name: 'user' });
    await expect(connect(new ClusterConnection(config)).json({ method: 'GET', path: '/x' })).rejects.toThrow(
      /HTTP protocol is not allowed/,
    );
  });
});
