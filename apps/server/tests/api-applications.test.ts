import { ANNOTATION_HOLD, type ApplicationStatus, FINALIZER_POST_DELETE, FINALIZER_RESOURCES } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hashPassword } from '../src/auth/passwords.ts';
import { ApiWorld } from './support/api-world.ts';

let world: ApiWorld;
let admin: string;
let developer: string;
let stranger: string;

beforeAll(async () => {
  world = await ApiWorld.start({
    configMap: { 'accounts.dev': 'login', 'accounts.stranger': 'login' },
    rbac: {
      'policy.csv': [
        'p, role:dev, applications, get, default/shop-*, allow',
        'p, role:dev, applications, sync, default/shop-web, allow',
        'g, dev, role:dev',
      ].join('\n'),
    },
  });
  const password = Buffer.from(await hashPassword('a good password')).toString('base64');
  await world.configure('Secret', 'argocd-secret', {
    'accounts.dev.password': password,
    'accounts.stranger.password': password,
  });
  admin = await world.token();
  developer = await world.token('dev', 'a good password');
  stranger = await world.token('stranger', 'a good password');
  for (const name of ['shop-web', 'shop-api', 'payments']) await world.application(name);
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('permissions', () => {
  test('without a session everything but what is public is 401', async () => {
    for (const path of [
      '/api/v1/applications',
      '/api/v1/applications/shop-web',
      '/api/v1/projects',
      '/api/v1/clusters',
      '/api/v1/account',
    ]) {
      const answer = await world.call(undefined, 'GET', path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.json).toMatchObject({
        code: 16,
        error: 'no session information',
        message: 'no session information',
      });
    }
    expect((await world.call(undefined, 'GET', '/healthz')).status).toBe(200);
    expect((await world.call(undefined, 'GET', '/readyz')).status).toBe(200);
    expect((await world.call(undefined, 'GET', '/api/version')).json).toEqual({ Version: 'v0.0.0-test' });
    expect((await world.call('not a token', 'GET', '/api/v1/applications')).status).toBe(401);
  });

  test('a list holds what the caller may see', async () => {
    const names = async (token: string): Promise<string[]> =>
      (await world.call(token, 'GET', '/api/v1/applications')).json.items.map(
        (item: { metadata: { name: string } }) => item.metadata.name,
      );
    expect(await names(admin)).toEqual(['payments', 'shop-api', 'shop-web']);
    expect(await names(developer)).toEqual(['shop-api', 'shop-web']);
    expect(await names(stranger)).toEqual([]);
  });

  test('a missing application and a forbidden one cannot be told apart, at any endpoint', async () => {
    const paths = [
      '',
      '/resource-tree',
      '/managed-resources',
      '/events',
      '/logs',
      '/syncwindows',
      '/links',
      '/resource?resourceName=x&kind=Pod',
      '/manifests',
      '/history/1/diff',
    ];
    for (const path of paths) {
      const forbidden = await world.call(developer, 'GET', `/api/v1/applications/payments${path}`);
      const missing = await world.call(developer, 'GET', `/api/v1/applications/no-such${path}`);
      expect([path, forbidden.status, forbidden.text]).toEqual([path, 403, missing.text]);
      expect(missing.status).toBe(403);
    }
    for (const [method, path, body] of [
      ['POST', '/sync', {}],
      ['POST', '/rollback', { id: 1 }],
      ['POST', '/plans', {}],
      ['DELETE', '', undefined],
      ['DELETE', '/operation', undefined],
      ['DELETE', '/hold', undefined],
      ['PATCH', '', { patch: '{}', patchType: 'merge' }],
    ] as const) {
      const forbidden = await world.call(developer, method, `/api/v1/applications/payments${path}`, body);
      const missing = await world.call(developer, method, `/api/v1/applications/no-such${path}`, body);
      expect([method, path, forbidden.status, forbidden.text]).toEqual([method, path, 403, missing.text]);
    }
  });

  test('who names the project learns whether the application exists in it', async () => {
    const missing = await world.call(developer, 'GET', '/api/v1/applications/shop-none?project=default');
    expect([missing.status, missing.json.code]).toEqual([404, 5]);
    const forbidden = await world.call(developer, 'GET', '/api/v1/applications/payments?project=default');
    expect(forbidden.status).toBe(403);
  });

  test('who may see an application is told which right is missing', async () => {
    const answer = await world.call(developer, 'POST', '/api/v1/applications/shop-api/sync', {});
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ code: 7 });
    expect(answer.json.message).toMatch(
      /^permission denied: applications, sync, default\/shop-api, sub: dev, iat: \d{4}-/,
    );
  });

  test('an answer says what the caller may do', async () => {
    const { json } = await world.call(developer, 'GET', '/api/v1/applications/shop-web');
    expect(json.can).toEqual({
      update: false,
      delete: false,
      sync: true,
      override: false,
      rollback: true,
      logs: false,
      exec: false,
    });
    const list = await world.call(admin, 'GET', '/api/v1/applications?can=true&name=payments');
    expect(list.json.items[0].can).toMatchObject({ delete: true, exec: true });
  });

  test('an application outside of served namespaces is not there', async () => {
    await world.kubernetes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
    await world.application('stray', { metadata: { namespace: 'team' } });
    const answer = await world.call(admin, 'GET', '/api/v1/applications/stray?appNamespace=team');
    expect(answer.status).toBe(403);
    const list = await world.call(admin, 'GET', '/api/v1/applications');
    expect(list.text).not.toContain('stray');
  });
});

describe('requests', () => {
  test('what changes something must be sent as JSON', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
      'application/jsonx',
    ]) {
      const answer = await world.app.inject({
        method: 'POST',
        url: '/api/v1/applications/shop-web/sync',
        headers: { authorization: `Bearer ${admin}`, ...(type === '' ? {} : { 'content-type': type }) },
        payload: '{}',
      });
      expect([type, answer.statusCode, answer.json().message]).toEqual([type, 415, 'Invalid content type']);
    }
  });

  test('a cookie counts only for requests of our own pages', async () => {
    const send = (headers: Record<string, string>) =>
      world.app.inject({
        method: 'DELETE',
        url: '/api/v1/applications/shop-web/hold',
        headers: {
          cookie: `argocd.token=${admin}`,
          'content-type': 'application/json',
          host: 'lockstep.example.com',
          ...headers,
        },
      });
    expect((await send({})).statusCode).toBe(200);
    expect((await send({ origin: 'http://lockstep.example.com', 'sec-fetch-site': 'same-origin' })).statusCode).toBe(
      200,
    );
    expect((await send({ origin: 'https://evil.example.com' })).statusCode).toBe(403);
    expect((await send({ 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
    expect((await send({ 'sec-fetch-site': 'same-site' })).statusCode).toBe(403);
    expect((await send({ origin: 'null' })).statusCode).toBe(403);
  });

  test('every answer carries the security headers', async () => {
    for (const path of ['/healthz', '/api/v1/applications', '/api/nothing', '/nothing']) {
      const { headers } = await world.call(undefined, 'GET', path);
      expect([path, headers['content-security-policy']]).toEqual([
        path,
        expect.stringContaining("frame-ancestors 'none'"),
      ]);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('bad input is refused in the shape clients know', async () => {
    const answer = await world.call(admin, 'GET', '/api/v1/applications?limit=0');
    expect([answer.status, answer.json.code]).toEqual([400, 3]);
    const broken = await world.app.inject({
      method: 'POST',
      url: '/api/v1/applications',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      payload: '{"metadata":',
    });
    expect([broken.statusCode, broken.json().code]).toEqual([400, 3]);
    const polluting = await world.app.inject({
      method: 'POST',
      url: '/api/v1/applications',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      payload: '{"__proto__":{"admin":true},"metadata":{"name":"a"},"spec":{}}',
    });
    expect(polluting.statusCode).toBe(400);
  });
});

describe('list', () => {
  const status = (health: string, sync: string): ApplicationStatus =>
    ({ health: { status: health }, sync: { status: sync, revision: 'abc' } }) as ApplicationStatus;

  beforeAll(async () => {
    for (let index = 0; index < 5; index += 1) {
      await world.application(`fleet-${index}`, {
        metadata: { name: `fleet-${index}`, namespace: world.namespace, labels: { team: index < 2 ? 'web' : 'data' } },
        status: status(index === 3 ? 'Degraded' : 'Healthy', index % 2 === 0 ? 'Synced' : 'OutOfSync'),
      });
    }
  });

  const find = async (query: string) =>
    (await world.call(admin, 'GET', `/api/v1/applications?view=rows&${query}`)).json;
  const names = (answer: { items: { name: string }[] }): string[] => answer.items.map((item) => item.name);

  test('filters by words, fields, negation and labels', async () => {
    expect(names(await find('q=fleet%20health:degraded'))).toEqual(['fleet-3']);
    expect(names(await find('q=fleet%20-health:degraded%20sync:outofsync'))).toEqual(['fleet-1']);
    expect(names(await find('q=name:fleet*%20health:!Healthy'))).toEqual(['fleet-3']);
    expect(names(await find('q=label:team=web'))).toEqual(['fleet-0', 'fleet-1']);
    expect(names(await find('selector=team%20in%20(data)'))).toEqual(['fleet-2', 'fleet-3', 'fleet-4']);
    expect(names(await find('health=Degraded&health=Healthy&sync=OutOfSync'))).toEqual(['fleet-1', 'fleet-3']);
    expect((await world.call(admin, 'GET', '/api/v1/applications?selector=team%3D%3D%3D')).status).toBe(400);
  });

  test('pages by a cursor that survives changes, and counts facets', async () => {
    const first = await find('q=fleet&limit=2&sort=health');
    expect(names(first)).toEqual(['fleet-3', 'fleet-0']);
    expect(first.total).toBe(5);
    expect(first.facets.health).toEqual({ Degraded: 1, Healthy: 4 });
    expect(first.facets.labels).toEqual({ 'team=web': 2, 'team=data': 3 });
    await world.kubernetes.delete(
      { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', namespace: world.namespace, name: 'fleet-0' },
      { propagation: 'Background' },
    );
    await world.context.collections.applications.until(
      { namespace: world.namespace, name: 'fleet-0' },
      (seen) => seen === undefined,
      5_000,
    );
    const second = await find(`q=fleet&limit=2&sort=health&cursor=${first.cursor}`);
    expect(names(second)).toEqual(['fleet-1', 'fleet-2']);
    const last = await find(`q=fleet&limit=2&sort=health&cursor=${second.cursor}`);
    expect([names(last), last.cursor]).toEqual([['fleet-4'], '']);
  });

  test('a facet ignores its own filter', async () => {
    const answer = await find('q=fleet&health=Degraded&limit=10');
    expect(names(answer)).toEqual(['fleet-3']);
    expect(answer.facets.health).toEqual({ Degraded: 1, Healthy: 3 });
    expect(answer.facets.sync).toEqual({ OutOfSync: 1 });
  });

  test('fields keeps only what was asked for', async () => {
    const { json } = await world.call(
      admin,
      'GET',
      '/api/v1/applications?name=payments&fields=items.metadata.name,items.spec.project',
    );
    expect(json.items).toEqual([{ metadata: { name: 'payments' }, spec: { project: 'default' } }]);
  });
});

describe('writing', () => {
  const application = (name: string, path = 'web') => ({
    metadata: { name },
    spec: {
      project: 'default',
      source: { repoURL: 'https://git.example.com/apps.git', path, targetRevision: 'main' },
      destination: { name: 'in-cluster', namespace: 'shop' },
    },
  });

  test('creates, answers an equal one, and replaces only with upsert', async () => {
    const created = await world.call(admin, 'POST', '/api/v1/applications', {
      ...application('made'),
      status: { sync: { status: 'Synced' } },
      operation: { sync: { manifests: ['{}'] } },
    });
    expect(created.status).toBe(200);
    expect([created.json.status, created.json.operation, created.json.metadata.namespace]).toEqual([
      undefined,
      undefined,
      'argocd',
    ]);
    expect((await world.call(admin, 'POST', '/api/v1/applications', application('made'))).status).toBe(200);
    const different = await world.call(admin, 'POST', '/api/v1/applications', application('made', 'api'));
    expect([different.status, different.json.message]).toEqual([
      400,
      'existing application spec is different, use upsert flag to force update',
    ]);
    const replaced = await world.call(admin, 'POST', '/api/v1/applications?upsert=true', application('made', 'api'));
    expect([replaced.status, replaced.json.spec.source.path]).toEqual([200, 'api']);
  });

  test('refuses a specification the project or the clusters do not permit, with the reason', async () => {
    const missing = await world.call(admin, 'POST', '/api/v1/applications', {
      ...application('odd'),
      spec: { ...application('odd').spec, project: 'nope' },
    });
    expect([missing.status, missing.json.message]).toEqual([
      400,
      expect.stringContaining('project nope which does not exist'),
    ]);
    const cluster = await world.call(admin, 'POST', '/api/v1/applications', {
      ...application('odd'),
      spec: { ...application('odd').spec, destination: { name: 'mars', namespace: 'shop' } },
    });
    expect([cluster.status, cluster.json.message]).toEqual([400, expect.stringContaining('mars')]);
  });

  test('somebody who may not create cannot, and learns nothing by trying', async () => {
    const answer = await world.call(developer, 'POST', '/api/v1/applications', application('payments'));
    expect([answer.status, answer.json.message]).toEqual([
      403,
      expect.stringContaining('permission denied: applications, create, default/payments'),
    ]);
  });

  test('a patch changes the specification and nothing else', async () => {
    const merged = await world.call(admin, 'PATCH', '/api/v1/applications/made', {
      patch: JSON.stringify({
        spec: { source: { path: 'merged' } },
        status: { sync: { status: 'Synced' } },
        operation: { sync: {} },
      }),
      patchType: 'merge',
    });
    expect([merged.status, merged.json.spec.source.path, merged.json.operation, merged.json.status]).toEqual([
      200,
      'merged',
      undefined,
      undefined,
    ]);
    const replaced = await world.call(admin, 'PATCH', '/api/v1/applications/made', {
      patch: JSON.stringify([{ op: 'replace', path: '/spec/source/path', value: 'replaced' }]),
      patchType: 'json',
    });
    expect(replaced.json.spec.source.path).toBe('replaced');
    const broken = await world.call(admin, 'PATCH', '/api/v1/applications/made', {
      patch: JSON.stringify([{ op: 'remove', path: '/spec/nothing' }]),
      patchType: 'json',
    });
    expect([broken.status, broken.json.code]).toEqual([400, 3]);
  });

  test('a body that names another application than the path is refused', async () => {
    const answer = await world.call(admin, 'PUT', '/api/v1/applications/made', application('payments'));
    expect(answer.status).toBe(400);
  });

  test('deletes with the finalizer that was asked for', async () => {
    const finalizers = async (name: string): Promise<string[] | undefined> =>
      (
        await world.kubernetes.get({
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Application',
          namespace: world.namespace,
          name,
        })
      )?.metadata.finalizers;
    await world.application('gone-with-all');
    expect((await world.call(admin, 'DELETE', '/api/v1/applications/gone-with-all')).status).toBe(200);
    expect(await finalizers('gone-with-all')).toEqual([FINALIZER_RESOURCES]);
    await world.application('gone-alone', {
      metadata: { name: 'gone-alone', namespace: world.namespace, finalizers: [FINALIZER_RESOURCES] },
    });
    expect((await world.call(admin, 'DELETE', '/api/v1/applications/gone-alone?cascade=false')).status).toBe(200);
    expect(await finalizers('gone-alone')).toBeUndefined();
    const both = await world.call(
      admin,
      'DELETE',
      '/api/v1/applications/made?cascade=false&propagationPolicy=foreground',
    );
    expect(both.status).toBe(400);

    // Its cluster is gone, say: the way out is asked for, and never taken by itself.
    await world.application('stuck', {
      metadata: { name: 'stuck', namespace: world.namespace, finalizers: [FINALIZER_RESOURCES, FINALIZER_POST_DELETE] },
    });
    await world.call(admin, 'DELETE', '/api/v1/applications/stuck');
    expect(await finalizers('stuck')).toHaveLength(2);
    await vi.waitFor(async () => {
      const { json } = await world.call(admin, 'GET', '/api/v1/applications/stuck');
      expect(json.metadata.deletionTimestamp).toBeDefined();
    });
    expect((await world.call(admin, 'DELETE', '/api/v1/applications/stuck?cascade=false')).status).toBe(200);
    expect(await finalizers('stuck')).toBeUndefined();
  });
});

describe('sync and rollback', () => {
  const deployed = {
    sync: { status: 'Synced', revision: 'bbb' },
    health: { status: 'Healthy' },
    history: [
      {
        id: 1,
        revision: 'aaa',
        deployedAt: '2026-01-01T00:00:00Z',
        source: { repoURL: 'https://git.example.com/apps.git', path: 'x', targetRevision: 'main' },
      },
      {
        id: 2,
        revision: 'bbb',
        deployedAt: '2026-01-02T00:00:00Z',
        source: { repoURL: 'https://git.example.com/apps.git', path: 'x', targetRevision: 'main' },
      },
    ],
  } as ApplicationStatus;
  const automated = {
    project: 'default',
    source: { repoURL: 'https://git.example.com/apps.git', path: 'x', targetRevision: 'main' },
    destination: { name: 'in-cluster', namespace: 'shop' },
    syncPolicy: { automated: {}, syncOptions: ['CreateNamespace=true'] },
  };

  test('writes the operation, once', async () => {
    await world.application('synced', { status: deployed });
    const first = await world.call(admin, 'POST', '/api/v1/applications/synced/sync', {
      prune: true,
      syncOptions: { items: ['Validate=false'] },
      infos: [{ name: 'why', value: 'test' }],
    });
    expect(first.json.operation).toEqual({
      sync: { prune: true, syncOptions: ['Validate=false'] },
      initiatedBy: { username: 'admin' },
      info: [{ name: 'why', value: 'test' }],
    });
    const second = await world.call(admin, 'POST', '/api/v1/applications/synced/sync', {});
    expect([second.status, second.json.code, second.json.message]).toEqual([
      400,
      9,
      'another operation is already in progress',
    ]);
  });

  test('of many at once exactly one starts', async () => {
    await world.application('raced', { status: deployed });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => world.call(admin, 'POST', '/api/v1/applications/raced/sync', {})),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  });

  test('another revision is refused while auto-sync is on', async () => {
    await world.application('auto', { spec: automated, status: deployed });
    const answer = await world.call(admin, 'POST', '/api/v1/applications/auto/sync', { revision: 'other' });
    expect([answer.status, answer.json.message]).toEqual([
      400,
      'Cannot sync to other: auto-sync currently set to main',
    ]);
  });

  test('a rollback holds an application with auto-sync, and resuming lets go', async () => {
    const before = (
      await world.kubernetes.get({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        namespace: world.namespace,
        name: 'auto',
      })
    )?.['spec'];
    const answer = await world.call(admin, 'POST', '/api/v1/applications/auto/rollback', {
      id: 1,
      reason: 'tax bug',
      resume: 'next-commit',
    });
    expect(answer.status).toBe(200);
    expect(answer.json.operation.sync).toMatchObject({
      revision: 'aaa',
      syncStrategy: { apply: {} },
      syncOptions: ['CreateNamespace=true'],
      prune: false,
    });
    expect(JSON.parse(answer.json.metadata.annotations[ANNOTATION_HOLD])).toMatchObject({
      historyId: 1,
      revision: 'aaa',
      by: 'admin',
      reason: 'tax bug',
      resume: 'next-commit',
    });
    expect(answer.json.spec).toEqual(before);
    expect((await world.call(admin, 'GET', '/api/v1/applications?view=rows&name=auto')).json.items[0].autoSync).toBe(
      'held',
    );
    const resumed = await world.call(admin, 'DELETE', '/api/v1/applications/auto/hold');
    expect(resumed.json.metadata.annotations?.[ANNOTATION_HOLD]).toBeUndefined();
  });

  test('a rollback to an unknown deployment names those there are', async () => {
    await world.application('manual', { status: deployed });
    const answer = await world.call(admin, 'POST', '/api/v1/applications/manual/rollback', { id: 9 });
    expect([answer.status, answer.json.fix]).toEqual([400, 'Deployments in its history: 1, 2']);
    const past = await world.call(admin, 'POST', '/api/v1/applications/manual/rollback', {
      id: 1,
      resume: '2020-01-01T00:00:00Z',
    });
    expect(past.status).toBe(400);
    const without = await world.call(admin, 'POST', '/api/v1/applications/manual/rollback', { id: 1 });
    expect([without.status, without.json.metadata.annotations?.[ANNOTATION_HOLD]]).toEqual([200, undefined]);
  });

  test('terminates what runs and withdraws what waits', async () => {
    const waiting = await world.call(admin, 'DELETE', '/api/v1/applications/manual/operation');
    expect(waiting.status).toBe(200);
    expect((await world.call(admin, 'GET', '/api/v1/applications/manual')).json.operation).toBeUndefined();
    const idle = await world.call(admin, 'DELETE', '/api/v1/applications/manual/operation');
    expect(idle.status).toBe(400);
    await world.patch('manual', {
      status: { operationState: { phase: 'Running', startedAt: '2026-01-01T00:00:00Z', operation: {} } },
    });
    await world.call(admin, 'DELETE', '/api/v1/applications/manual/operation');
    expect((await world.call(admin, 'GET', '/api/v1/applications/manual')).json.status.operationState.phase).toBe(
      'Terminating',
    );
  });

  test('a deny window keeps everybody from syncing by hand', async () => {
    await world.kubernetes.create({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'frozen', namespace: world.namespace },
      spec: {
        sourceRepos: ['*'],
        destinations: [{ server: '*', namespace: '*' }],
        syncWindows: [{ kind: 'deny', schedule: '* * * * *', duration: '1h', applications: ['*'] }],
      },
    });
    await world.context.collections.projects.until(
      { namespace: world.namespace, name: 'frozen' },
      (seen) => seen !== undefined,
      5_000,
    );
    await world.application('frozen', { spec: { ...automated, project: 'frozen' } });
    const answer = await world.call(admin, 'POST', '/api/v1/applications/frozen/sync', {});
    expect([answer.status, answer.json.message, answer.json.reason]).toEqual([
      403,
      'cannot sync: blocked by sync window',
      'SYNC_WINDOW',
    ]);
    const windows = await world.call(admin, 'GET', '/api/v1/applications/frozen/syncwindows');
    expect(windows.json).toMatchObject({
      canSync: false,
      activeWindows: [{ kind: 'deny' }],
      assignedWindows: [{ kind: 'deny' }],
    });
  });

  test('refresh waits until the controller has compared', async () => {
    const controller = world.answerRefreshes();
    const answer = await world.call(admin, 'GET', '/api/v1/applications/manual?refresh=hard');
    controller.stop();
    expect([answer.status, controller.count()]).toEqual([200, 1]);
    expect(answer.json.metadata.annotations?.['argocd.argoproj.io/refresh']).toBeUndefined();
  });
});
