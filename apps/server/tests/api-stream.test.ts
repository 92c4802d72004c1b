import type { AddressInfo } from 'node:net';
import type { ApplicationStatus } from '@lockstep/core';
import { until } from '@lockstep/testkit';
import { applyPatch, type Operation } from 'rfc6902';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { hashPassword } from '../src/auth/passwords.ts';
import { ApiWorld } from './support/api-world.ts';

let world: ApiWorld;
let origin: string;
let admin: string;
let developer: string;
const clients: Client[] = [];

beforeAll(async () => {
  world = await ApiWorld.start({
    configMap: { 'accounts.dev': 'login' },
    rbac: { 'policy.csv': 'p, role:dev, applications, get, shop/*, allow\ng, dev, role:dev' },
  });
  await world.configure('Secret', 'argocd-secret', {
    'accounts.dev.password': Buffer.from(await hashPassword('a good password')).toString('base64'),
  });
  await world.app.listen({ host: '127.0.0.1', port: 0 });
  origin = `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}`;
  admin = await world.token();
  developer = await world.token('dev', 'a good password');
  for (const name of ['web', 'api']) await world.application(name, { spec: specOf('shop', name) });
  await world.application('ledger', { spec: specOf('payments', 'ledger') });
});

afterAll(async () => {
  for (const client of clients) client.socket.terminate();
  await world[Symbol.asyncDispose]();
});

function specOf(project: string, path: string) {
  return {
    project,
    source: { repoURL: 'https://git.example.com/apps.git', path, targetRevision: 'main' },
    destination: { name: 'in-cluster', namespace: 'shop' },
  };
}

interface Message {
  op: string;
  id?: number;
  rev?: string;
  mode?: string;
  data?: unknown;
  patch?: Operation[];
  reason?: string;
  code?: number;
}

/** A browser tab: keeps the data of each subscription by applying what the server sends. */
class Client {
  readonly socket: WebSocket;
  readonly messages: Message[] = [];
  readonly data = new Map<number, unknown>();
  readonly rev = new Map<number, string>();
  closed: { code: number } | undefined;

  constructor(token: string | undefined, headers: Record<string, string> = {}) {
    clients.push(this);
    this.socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/stream`, {
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    });
    this.socket.on('error', () => {});
    this.socket.on('unexpected-response', (_request, response) => {
      this.closed = { code: response.statusCode ?? 0 };
      response.resume();
    });
    this.socket.on('close', (code) => {
      this.closed ??= { code };
    });
    this.socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as Message;
      this.messages.push(message);
      const { id, rev } = message;
      if (id === undefined) return;
      if (rev !== undefined) this.rev.set(id, rev);
      if (message.op === 'snapshot') this.data.set(id, message.data);
      if (message.op === 'patch') {
        const failures = applyPatch(this.data.get(id), message.patch ?? []).filter((failure) => failure !== null);
        if (failures.length > 0) throw new Error(`a patch does not fit: ${String(text)}`);
      }
    });
  }

  async open(): Promise<this> {
    await until(() => this.socket.readyState === WebSocket.OPEN || this.closed !== undefined, {
      timeoutMs: 5_000,
      what: 'the socket to open',
    });
    return this;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  async sees(claim: (client: this) => boolean, what: string): Promise<void> {
    await until(() => claim(this), { timeoutMs: 5_000, what });
  }

  items(id: number): Record<string, { health: { status: string }; project: string }> {
    return (
      (this.data.get(id) as { items: Record<string, { health: { status: string }; project: string }> } | undefined)
        ?.items ?? {}
    );
  }

  ops(id: number): string[] {
    return this.messages.filter((message) => message.id === id).map((message) => message.op);
  }
}

const health = (status: string) => ({
  status: { health: { status }, sync: { status: 'Synced' } } as ApplicationStatus,
});

describe('the list', () => {
  test('begins with what the caller may see and follows every change', async () => {
    const [boss, dev] = [await new Client(admin).open(), await new Client(developer).open()];
    for (const client of [boss, dev]) client.send({ op: 'sub', id: 1, topic: 'applications' });
    await boss.sees((client) => Object.keys(client.items(1)).length === 3, 'three rows');
    await dev.sees((client) => Object.keys(client.items(1)).length === 2, 'two rows');
    expect(Object.keys(dev.items(1)).sort()).toEqual(['argocd/api', 'argocd/web']);

    await world.patch('web', health('Degraded'));
    await world.patch('ledger', health('Degraded'));
    await boss.sees((client) => client.items(1)['argocd/ledger']?.health.status === 'Degraded', 'the ledger degraded');
    await dev.sees((client) => client.items(1)['argocd/web']?.health.status === 'Degraded', 'the web degraded');
    expect(JSON.stringify(dev.messages)).not.toContain('ledger');

    // Moving to another project moves it in and out of sight.
    await world.patch('ledger', { spec: { project: 'shop' } });
    await dev.sees((client) => client.items(1)['argocd/ledger']?.project === 'shop', 'the ledger to appear');
    await world.patch('ledger', { spec: { project: 'payments' } });
    await dev.sees((client) => client.items(1)['argocd/ledger'] === undefined, 'the ledger to vanish');

    await world.application('extra', { spec: specOf('shop', 'extra') });
    await dev.sees((client) => client.items(1)['argocd/extra'] !== undefined, 'a new row');
    await world.kubernetes.delete(
      { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', namespace: 'argocd', name: 'extra' },
      { propagation: 'Background' },
    );
    await dev.sees((client) => client.items(1)['argocd/extra'] === undefined, 'the row to go');
    expect(Object.keys(boss.items(1)).sort()).toEqual(['argocd/api', 'argocd/ledger', 'argocd/web']);
  });

  test('resumes where a lost connection ended, and starts over when it cannot', async () => {
    const first = await new Client(admin).open();
    first.send({ op: 'sub', id: 1, topic: 'applications' });
    await first.sees((client) => client.data.has(1), 'a snapshot');
    first.socket.terminate();
    await world.patch('web', health('Progressing'));

    const second = await new Client(admin).open();
    second.data.set(1, first.data.get(1));
    second.send({ op: 'sub', id: 1, topic: 'applications', from: first.rev.get(1) });
    await second.sees((client) => client.items(1)['argocd/web']?.health.status === 'Progressing', 'what was missed');
    expect(second.messages.find((message) => message.op === 'ok')?.mode).toBe('resume');
    expect(second.ops(1)).not.toContain('snapshot');

    second.send({ op: 'sub', id: 2, topic: 'applications', from: 'another-replica.5' });
    await second.sees((client) => client.data.has(2), 'a snapshot');
    expect(second.messages.find((message) => message.op === 'ok' && message.id === 2)?.mode).toBe('snapshot');
  });

  test('a withdrawn permission ends the subscription before anything else is told', async () => {
    const dev = await new Client(developer).open();
    dev.send({ op: 'sub', id: 1, topic: 'applications' });
    dev.send({ op: 'sub', id: 2, topic: 'application', key: 'argocd/web' });
    await dev.sees((client) => client.data.has(1) && client.data.has(2), 'both snapshots');
    await world.configure('ConfigMap', 'argocd-rbac-cm', {
      'policy.csv': 'p, role:dev, applications, get, nothing/*, allow\ng, dev, role:dev',
    });
    await world.patch('web', health('Missing'));
    await dev.sees((client) => client.ops(1).includes('reset') && client.ops(2).includes('error'), 'the end of both');
    expect(dev.messages.find((message) => message.op === 'error')).toMatchObject({ id: 2, code: 403 });
    expect(JSON.stringify(dev.messages)).not.toContain('Missing');
    dev.send({ op: 'sub', id: 3, topic: 'applications' });
    await dev.sees((client) => client.data.has(3), 'the new snapshot');
    expect(dev.items(3)).toEqual({});
    await world.configure('ConfigMap', 'argocd-rbac-cm', {
      'policy.csv': 'p, role:dev, applications, get, shop/*, allow\ng, dev, role:dev',
    });
  });
});

describe('one application', () => {
  test('is told with what the caller may do, changes as patches, and its end', async () => {
    await world.application('short-lived', { spec: specOf('shop', 'x') });
    const client = await new Client(developer).open();
    client.send({ op: 'sub', id: 5, topic: 'application', key: 'argocd/short-lived' });
    await client.sees(() => client.data.has(5), 'a snapshot');
    expect(client.data.get(5)).toMatchObject({
      metadata: { name: 'short-lived' },
      can: { sync: false, delete: false },
    });
    await world.configure('ConfigMap', 'argocd-rbac-cm', {
      'policy.csv':
        'p, role:dev, applications, get, shop/*, allow\np, role:dev, applications, sync, shop/*, allow\ng, dev, role:dev',
    });
    await client.sees(() => (client.data.get(5) as { can: { sync: boolean } }).can.sync, 'the new permission');
    await world.patch('short-lived', health('Healthy'));
    await client.sees(
      () => (client.data.get(5) as { status?: { health?: { status: string } } }).status?.health?.status === 'Healthy',
      'health',
    );
    expect(client.ops(5).filter((op) => op === 'snapshot')).toHaveLength(1);
    await world.kubernetes.delete(
      { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', namespace: 'argocd', name: 'short-lived' },
      { propagation: 'Background' },
    );
    await client.sees(() => client.ops(5).includes('error'), 'the end');
    expect(client.messages.find((message) => message.op === 'error')).toMatchObject({ id: 5, code: 404 });
  });

  test('a forbidden one and a missing one are refused alike', async () => {
    const client = await new Client(developer).open();
    client.send({ op: 'sub', id: 1, topic: 'application', key: 'argocd/ledger' });
    client.send({ op: 'sub', id: 2, topic: 'application', key: 'argocd/nothing' });
    client.send({ op: 'sub', id: 3, topic: 'resource-tree', key: 'argocd' });
    await client.sees(() => client.messages.length >= 3, 'three refusals');
    const [forbidden, missing, bad] = [1, 2, 3].map((id) => client.messages.find((message) => message.id === id));
    expect({ ...forbidden, id: 0 }).toEqual({ ...missing, id: 0 });
    expect([forbidden?.code, bad?.code]).toEqual([403, 400]);
  });

  test('its tree and its resources follow what the controller publishes', async () => {
    const node = (name: string, status: string) => ({
      version: 'v1',
      kind: 'Pod',
      namespace: 'shop',
      name,
      health: { status },
    });
    await world.publish('web', {
      tree: { nodes: [node('a', 'Healthy')] },
      managed: [
        {
          kind: 'ConfigMap',
          namespace: 'shop',
          name: 'settings',
          liveState: '{"data":{"key":"hidden"}}',
          targetState: 'null',
          modified: true,
        },
      ],
    });
    const client = await new Client(admin).open();
    client.send({ op: 'sub', id: 1, topic: 'resource-tree', key: 'argocd/web' });
    client.send({ op: 'sub', id: 2, topic: 'managed-resources', key: 'argocd/web' });
    await client.sees(() => client.data.has(1) && client.data.has(2), 'both snapshots');
    expect(client.data.get(2)).toEqual({
      items: [
        {
          group: '',
          kind: 'ConfigMap',
          namespace: 'shop',
          name: 'settings',
          modified: true,
          hook: false,
          hasTarget: false,
          hasLive: true,
          resourceVersion: '',
        },
      ],
    });
    await world.publish('web', { tree: { nodes: [node('a', 'Degraded'), node('b', 'Healthy')] } });
    await client.sees(() => (client.data.get(1) as { nodes: unknown[] }).nodes.length === 2, 'the second node');
    expect(client.data.get(1)).toMatchObject({ nodes: [{ name: 'a', health: { status: 'Degraded' } }, { name: 'b' }] });
    expect(JSON.stringify(client.messages)).not.toContain('hidden');
  });
});

describe('the connection', () => {
  test('is refused without a session and for pages of another site', async () => {
    const refused = async (client: Client): Promise<number | undefined> => {
      await client.sees(() => client.closed !== undefined, 'the refusal');
      return client.closed?.code;
    };
    expect(await refused(new Client(undefined))).toBe(401);
    expect(await refused(new Client('nonsense'))).toBe(401);
    expect(
      await refused(new Client(undefined, { cookie: `argocd.token=${admin}`, origin: 'https://evil.example.com' })),
    ).toBe(403);
    const own = await new Client(undefined, { cookie: `argocd.token=${admin}`, origin }).open();
    expect(own.closed).toBeUndefined();
  });

  test('closes at once when its session ends', async () => {
    const token = await world.token('dev', 'a good password');
    const client = await new Client(token).open();
    client.send({ op: 'sub', id: 1, topic: 'applications' });
    await client.sees(() => client.data.has(1), 'a snapshot');
    await world.call(token, 'DELETE', '/api/v1/session');
    await client.sees(() => client.closed !== undefined, 'the close');
    expect(client.closed?.code).toBe(4401);
  });

  test('closes on what is not a message of the protocol, and on a message that is too long', async () => {
    const close = async (text: string): Promise<number | undefined> => {
      const client = await new Client(admin).open();
      client.socket.send(text);
      await client.sees(() => client.closed !== undefined, 'the close');
      return client.closed?.code;
    };
    expect(await close('{')).toBe(1008);
    expect(await close('{"op":"sub","id":1,"topic":"secrets"}')).toBe(1008);
    expect(await close('{"op":"sub","id":1,"topic":"applications","__proto__":{}}')).toBe(1008);
    expect(await close(JSON.stringify({ op: 'sub', id: 1, topic: 'applications', key: 'x'.repeat(70_000) }))).toBe(
      1009,
    );
  });

  test('serves a thousand changes to many readers without resending rows', async () => {
    const readers = await Promise.all(Array.from({ length: 20 }, () => new Client(admin).open()));
    for (const reader of readers) reader.send({ op: 'sub', id: 1, topic: 'applications' });
    for (const reader of readers) await reader.sees((client) => client.data.has(1), 'a snapshot');
    for (let round = 0; round < 30; round += 1)
      await world.patch('api', health(round % 2 === 0 ? 'Degraded' : 'Healthy'));
    for (const reader of readers) {
      await reader.sees(
        (client) => client.items(1)['argocd/api']?.health.status === 'Healthy' && client.ops(1).includes('patch'),
        'the last state',
      );
      const patches = reader.messages.filter((message) => message.op === 'patch');
      expect(Math.max(...patches.map((message) => JSON.stringify(message).length))).toBeLessThan(600);
    }
  });
});

describe("Argo CD's streams", () => {
  test('lines of JSON begin with all applications and go on with changes', async () => {
    const abort = new AbortController();
    const answer = await fetch(`${origin}/api/v1/stream/applications?projects=shop`, {
      headers: { authorization: `Bearer ${admin}` },
      signal: abort.signal,
    });
    expect(answer.headers.get('content-type')).toBe('application/json');
    const lines: { result: { type: string; application: { metadata: { name: string } } } }[] = [];
    const reading = (async () => {
      let rest = '';
      for await (const chunk of answer.body ?? []) {
        rest += Buffer.from(chunk).toString('utf8');
        const parts = rest.split('\n');
        rest = parts.pop() ?? '';
        for (const part of parts) lines.push(JSON.parse(part));
      }
    })().catch(() => {});
    await until(() => lines.length === 2, { timeoutMs: 5_000, what: 'both applications' });
    expect(lines.map(({ result }) => [result.type, result.application.metadata.name]).sort()).toEqual([
      ['ADDED', 'api'],
      ['ADDED', 'web'],
    ]);
    await world.patch('web', health('Suspended'));
    await until(() => lines.length === 3, { timeoutMs: 5_000, what: 'the change' });
    expect(lines[2]?.result.type).toBe('MODIFIED');
    abort.abort();
    await reading;
  });

  test('server-sent events carry the tree', async () => {
    await world.publish('web', {
      tree: {
        nodes: [
          { version: 'v1', kind: 'Pod', name: 'a' },
          { version: 'v1', kind: 'Pod', name: 'b' },
        ],
      },
    });
    const abort = new AbortController();
    const answer = await fetch(`${origin}/api/v1/stream/applications/web/resource-tree`, {
      headers: { authorization: `Bearer ${admin}`, accept: 'text/event-stream' },
      signal: abort.signal,
    });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const reader = answer.body?.getReader();
    const chunk = Buffer.from((await reader?.read())?.value ?? []).toString('utf8');
    expect(JSON.parse(chunk.replace(/^data: /, '')).result.nodes).toHaveLength(2);
    abort.abort();
  });
});
