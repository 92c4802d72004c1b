import type { KubernetesObject } from '@lockstep/core';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CleanupStack } from '../src/cleanup-stack.ts';
import { KubernetesClient } from '../src/kubernetes/kubernetes-client.ts';
import { openRedis, redisKeys } from '../src/redis/redis-connection.ts';
import { ControllerWorld, configMap, connectionTo, isSynced } from './support/controller-world.ts';
import { eventually } from './support/scripted-api-server.ts';
import { TcpProxy } from './support/tcp-proxy.ts';

const TOKEN = 'both clusters know it';
const users = [{ name: 'admin', groups: ['system:masters'], token: TOKEN }];
const UID = 'lockstep.dev/cluster-uid';

const stack = new CleanupStack();
let world: ControllerWorld;
let blue: Sandbox;
let green: Sandbox;
let proxy: TcpProxy;
let server: string;
beforeAll(async () => {
  world = stack.use(await ControllerWorld.create());
  blue = await startSandbox({ name: 'blue', controllers: false, users });
  stack.defer(() => blue.close());
  green = await startSandbox({ name: 'green', controllers: false, users });
  stack.defer(() => green.close());
  proxy = stack.use(await new TcpProxy(portOf(blue)).listen());
  server = `https://127.0.0.1:${proxy.port}`;
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

const portOf = (sandbox: Sandbox): number => Number(new URL(sandbox.url).port);

function clientOf(sandbox: Sandbox): KubernetesClient {
  return new KubernetesClient(stack.use(connectionTo(sandbox)));
}

async function uidOf(sandbox: Sandbox): Promise<string> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'kube-system' };
  return (await clientOf(sandbox).get(ref))?.metadata.uid ?? '';
}

function writes(sandbox: Sandbox): Record<string, number> {
  const counts = Object.entries(sandbox.stats().byVerbAndResource);
  return Object.fromEntries(counts.filter(([name]) => /^(APPLY|PATCH|PUT|POST|CREATE|UPDATE|DELETE)/.test(name)));
}

const tracked = (name: string): KubernetesObject =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'web',
      annotations: { 'argocd.argoproj.io/tracking-id': `prod:/ConfigMap:web/${name}` },
    },
    data: { v: 'of green' },
  }) as KubernetesObject;

describe('a cluster', () => {
  it('is remembered, and another one that answers at its address is touched by nothing until a person accepts it', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } };
    const inGreen = clientOf(green);
    await clientOf(blue).create(namespace);
    await inGreen.create(namespace);
    for (const name of ['prod', 'left']) await inGreen.create(tracked(name));
    world.git.commit({
      'prod/cm.yaml': configMap('prod', { v: '1' }),
      'doomed/cm.yaml': configMap('doomed', { v: '1' }),
    });
    await world.apply(
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: 'cluster-prod',
          namespace: 'argocd',
          labels: { 'argocd.argoproj.io/secret-type': 'cluster' },
        },
        stringData: {
          name: 'prod',
          server,
          config: JSON.stringify({ bearerToken: TOKEN, tlsClientConfig: { insecure: true } }),
        },
      } as never,
      world.application('prod', { destination: { name: 'prod', namespace: 'web' } }),
      {
        ...world.application('doomed', { destination: { name: 'prod', namespace: 'web' } }),
        metadata: { name: 'doomed', namespace: 'argocd', finalizers: ['resources-finalizer.argocd.argoproj.io'] },
      },
    );
    await world.until('prod', isSynced);
    await world.until('doomed', isSynced);
    const secret = { apiVersion: 'v1', kind: 'Secret', namespace: 'argocd', name: 'cluster-prod' };
    const remembered = (await world.client.get(secret))?.metadata.annotations?.[UID];
    expect(remembered).toBe(await uidOf(blue));

    const [before, other] = [writes(green), await uidOf(green)];
    proxy.lead(portOf(green));
    await world.push(world.git.commit({ 'prod/cm.yaml': configMap('prod', { v: '2' }) }));
    const blocked = await world.until('prod', ({ status }) => status?.sync?.status === 'Unknown');
    const message = blocked.status?.conditions?.find(({ type }) => type === 'ComparisonError')?.message;
    expect(message).toContain(other);
    expect(message).toContain(remembered);
    expect(message).toContain(`kubectl -n argocd annotate --overwrite secret cluster-prod ${UID}=${other}`);
    await world.client.delete(
      { group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name: 'doomed' },
      { propagation: 'Background' },
    );
    const kept = await world.until('doomed', ({ status }) => status?.conditions?.[0]?.type === 'DeletionError');
    expect(kept.status?.conditions?.[0]?.message).toContain(other);
    expect(writes(green)).toEqual(before);
    const redis = openRedis(world.redis.url);
    const info = JSON.parse((await redis.get(redisKeys.cluster(server))) ?? '{}');
    redis.disconnect();
    expect(info).toMatchObject({ status: 'Failed', uid: other });
    expect(message).toContain(info.message);

    await world.client.patch(secret, { type: 'merge', body: { metadata: { annotations: { [UID]: other } } } });
    await world.until('prod', isSynced, 30_000);
    const inWeb = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'web' };
    expect(await inGreen.get({ ...inWeb, name: 'prod' })).toMatchObject({ data: { v: '2' } });
    expect(await inGreen.get({ ...inWeb, name: 'left' })).toBeUndefined();
    await eventually('the deleted application is gone', () => world.applications.get('argocd', 'doomed') === undefined);
  }, 60_000);

  it('is remembered for our own cluster too', async () => {
    world.git.commit({ 'own/cm.yaml': configMap('own', { v: '1' }) });
    await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } }, world.application('own'));
    await world.until('own', isSynced);
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'argocd', name: 'argocd-cm' };
    expect((await world.client.get(settings))?.metadata.annotations?.[UID]).toBe(await uidOf(world.sandbox));
  });
});
