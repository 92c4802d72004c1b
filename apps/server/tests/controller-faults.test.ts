import { startSandbox } from '@lockstep/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubernetesClient } from '../src/kubernetes/kubernetes-client.ts';
import { openRedis } from '../src/redis/redis-connection.ts';
import { ControllerWorld, configMap, connectionTo, isSynced } from './support/controller-world.ts';
import { eventually } from './support/scripted-api-server.ts';
import { TcpProxy } from './support/tcp-proxy.ts';

let world: ControllerWorld;
beforeAll(async () => {
  world = await ControllerWorld.create({ controllers: true });
  await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

const job = (name: string, seconds: number): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: ${name}\n  annotations:\n    argocd.argoproj.io/hook: PreSync\n    argocd.argoproj.io/hook-delete-policy: HookSucceeded\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n        - name: main\n          image: busybox\n          command: [sh, -c, "sleep ${seconds}"]\n`;

const deployment = (name: string, wave: number): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\n  annotations:\n    argocd.argoproj.io/sync-wave: "${wave}"\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec:\n      containers: [{name: main, image: nginx}]\n`;

describe('the controller', () => {
  it('runs hooks before the resources and one wave after the other is healthy', async () => {
    world.git.commit({
      'waves/hook.yaml': job('prepare', 0),
      'waves/one.yaml': deployment('one', 0),
      'waves/two.yaml': configMap('two', { v: '1' }).replace(
        '  name: two',
        '  name: two\n  annotations: {argocd.argoproj.io/sync-wave: "1"}',
      ),
    });
    await world.apply(world.application('waves'));
    const application = await world.until('waves', isSynced, 30_000);
    const results = application.status?.operationState?.syncResult?.resources ?? [];
    expect(results.map(({ name, hookPhase }) => `${name} ${hookPhase}`)).toEqual([
      'prepare Succeeded',
      'one Succeeded',
      'two Succeeded',
    ]);
    const created = async (kind: string, apiVersion: string, name: string): Promise<number> => {
      const object = await world.client.get({ apiVersion, kind, namespace: 'web', name });
      return Number(
        object?.metadata.managedFields?.[0] === undefined ? 0 : Date.parse(object.metadata.creationTimestamp ?? ''),
      );
    };
    expect(await created('ConfigMap', 'v1', 'two')).toBeGreaterThanOrEqual(
      await created('Deployment', 'apps/v1', 'one'),
    );
    expect(
      await world.client.get({ apiVersion: 'batch/v1', kind: 'Job', namespace: 'web', name: 'prepare' }),
    ).toBeUndefined();
  });

  it('deploys to another cluster from its Secret, and one that is unreachable slows nobody down', async () => {
    const other = await startSandbox({ name: 'other', controllers: false });
    const connection = connectionTo(other);
    try {
      const client = new KubernetesClient(connection);
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
      const secret = (name: string, server: string, config: object) => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: `cluster-${name}`,
          namespace: 'argocd',
          labels: { 'argocd.argoproj.io/secret-type': 'cluster' },
        },
        stringData: { name, server, config: JSON.stringify(config) },
      });
      const caData = Buffer.from(other.ca).toString('base64');
      await world.apply(
        secret('other', other.url, { bearerToken: other.token('admin'), tlsClientConfig: { caData } }),
        secret('gone', 'https://127.0.0.1:9', { bearerToken: 'x', tlsClientConfig: { caData } }),
      );
      world.git.commit({
        'remote/cm.yaml': configMap('remote', { v: '1' }),
        'lost/cm.yaml': configMap('lost', { v: '1' }),
      });
      await world.apply(
        world.application('lost', { destination: { name: 'gone', namespace: 'web' } }),
        world.application('remote', { destination: { name: 'other', namespace: 'web' } }),
      );
      await world.until('remote', isSynced, 20_000);
      expect(
        (
          (await client.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'remote' })) as
            | { data?: object }
            | undefined
        )?.data,
      ).toEqual({ v: '1' });
      expect(await world.configMap('remote')).toBeUndefined();
      const lost = await world.until('lost', ({ status }) => (status?.conditions?.length ?? 0) > 0, 20_000);
      expect(lost.status?.conditions?.[0]?.message).toMatch(/https:\/\/127\.0\.0\.1:9/);
      expect(lost.status?.sync?.status).toBe('Unknown');
    } finally {
      await connection[Symbol.asyncDispose]();
      await other.close();
    }
  });

  it('tries a cluster that does not answer once, however many applications are there, and works on meanwhile', async () => {
    await using hole = await new TcpProxy(undefined).listen();
    const names = Array.from({ length: 40 }, (_, index) => `lost-${index}`);
    world.git.commit({
      ...Object.fromEntries(names.map((name) => [`${name}/cm.yaml`, configMap(name, { v: '1' })])),
      'beside/cm.yaml': configMap('beside', { v: '1' }),
      'broken/cm.yaml': configMap('broken', { v: '1' }),
    });
    const cluster = (name: string, data: object) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
      stringData: data,
    });
    await world.apply(
      cluster('cluster-hole', {
        name: 'hole',
        server: `https://127.0.0.1:${hole.port}`,
        config: JSON.stringify({ bearerToken: 'x', tlsClientConfig: { insecure: true } }),
      }),
      cluster('cluster-broken', { name: 'broken', server: 'https://broken', config: '{' }),
      ...names.map((name) => world.application(name, { destination: { name: 'hole', namespace: 'web' } })),
      world.application('broken', { destination: { name: 'broken', namespace: 'web' } }),
      world.application('beside'),
    );
    await world.until('beside', isSynced);
    // The first attempt has not even failed: nobody waited for it.
    expect(names.filter((name) => world.applications.get('argocd', name)?.status?.sync !== undefined)).toEqual([]);
    expect(hole.connections).toBeLessThanOrEqual(2);
    const broken = await world.until('broken', ({ status }) => (status?.conditions?.length ?? 0) > 0);
    expect(broken.status?.conditions?.[0]?.message).toContain('in Secret cluster-broken is not JSON');
    for (const name of names) {
      await world.client.delete(
        { group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name },
        { propagation: 'Background' },
      );
    }
  });

  it('loses nothing when Redis loses everything', async () => {
    world.git.commit({ 'flush/cm.yaml': configMap('flush', { v: '1' }) });
    await world.apply(world.application('flush'));
    await world.until('flush', isSynced);
    const redis = openRedis(world.redis.url);
    await redis.flushall();
    const commit = world.git.commit({ 'flush/cm.yaml': configMap('flush', { v: '2' }) });
    await redis.flushall();
    await world.push(commit);
    await world.until('flush', ({ status }) => status?.sync?.revision === commit, 20_000);
    await eventually(
      'the tree is published again',
      async () => (await redis.exists('lockstep:tree:argocd/flush')) === 1,
    );
    redis.disconnect();
  });

  it('restarts without writing anything when nothing changed', async () => {
    await world.stopController();
    const settled = (): string[] =>
      [...world.applications.list()]
        .filter(({ metadata }) => metadata.name === 'waves' || metadata.name === 'flush')
        .map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
    const before = settled();
    world.git.commit({ 'elsewhere/cm.yaml': configMap('elsewhere', { v: '1' }) });
    await world.startController();
    const looked = (): Promise<number> => world.metric('argocd_app_reconcile_count');
    await eventually(
      'every application was looked at',
      async () => (await looked()) >= world.applications.size,
      20_000,
    );
    expect(settled()).toEqual(before);
  });

  it('finishes an operation whose controller was killed, without starting it again', async () => {
    await world.stopController();
    world.git.commit({ 'killed/hook.yaml': job('slow', 3), 'killed/cm.yaml': configMap('killed', { v: '1' }) });
    const first = await world.spawnController();
    try {
      await world.apply(world.application('killed'));
      const running = await world.until('killed', ({ status }) => status?.operationState?.phase === 'Running', 40_000);
      await eventually(
        'the hook exists',
        async () =>
          (await world.client.get({ apiVersion: 'batch/v1', kind: 'Job', namespace: 'web', name: 'slow' })) !==
          undefined,
        20_000,
      );
      first.kill('SIGKILL');
      await new Promise((resolve) => first.once('exit', resolve));
      await world.startController();
      const done = await world.until('killed', ({ status }) => status?.operationState?.phase === 'Succeeded', 40_000);
      expect(done.status?.operationState?.startedAt).toBe(running.status?.operationState?.startedAt);
      expect(await world.configMap('killed')).toEqual({ v: '1' });
    } finally {
      first.kill('SIGKILL');
    }
  }, 120_000);
});
