import { describe, expect, it } from 'vitest';
import type { ApplicationSpec } from '../application/application.ts';
import type { ManagedNamespaceMetadata } from '../application/operation.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { conditionsOf, configMap, HEALING, requestSync, setUp, synced } from './fake-scene.ts';

function managed(
  managedNamespaceMetadata: ManagedNamespaceMetadata,
  automated: NonNullable<ApplicationSpec['syncPolicy']>['automated'] = {},
): Partial<ApplicationSpec> {
  return { syncPolicy: { automated, syncOptions: ['CreateNamespace=true'], managedNamespaceMetadata } };
}

function namespace(metadata: Partial<KubernetesObject['metadata']> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', ...metadata } };
}

const OURS = { 'argocd.argoproj.io/sync-options': 'ServerSideApply=true' };

describe('managedNamespaceMetadata', () => {
  it('is on the new namespace, without tracking, and in the result of the operation', async () => {
    const wanted = { labels: { team: 'blue' }, annotations: { note: 'x' } };
    const { cluster, status } = await synced(managed(wanted));
    expect(cluster.get('Namespace', 'shop')?.metadata).toMatchObject({
      labels: { team: 'blue' },
      annotations: { note: 'x', ...OURS },
    });
    expect(cluster.get('Namespace', 'shop')?.metadata.annotations).not.toHaveProperty([
      'argocd.argoproj.io/tracking-id',
    ]);
    expect(status().operationState?.syncResult).toMatchObject({
      managedNamespaceMetadata: wanted,
      resources: [{ kind: 'Namespace', name: 'shop', syncPhase: 'PreSync', status: 'Synced' }, { kind: 'ConfigMap' }],
    });
    expect(status().resources?.map(({ kind }) => kind)).toEqual(['ConfigMap']);
    expect(status().sync?.status).toBe('Synced');
  });

  it('is OutOfSync when it changes, and a sync removes what it no longer has', async () => {
    const { world, key, run, cluster, status } = await synced(
      managed({ labels: { team: 'blue', tier: 'gold' }, annotations: { note: 'x' } }),
    );
    cluster.update('Namespace', 'shop', { metadata: { labels: { theirs: 'yes' } } });
    world.edit(key, {
      spec: { syncPolicy: { managedNamespaceMetadata: { labels: { tier: null }, annotations: null } } },
    });
    await run();
    expect(status().sync?.status).toBe('OutOfSync');
    requestSync(world, key);
    await run();
    expect(cluster.get('Namespace', 'shop')?.metadata).toMatchObject({ labels: { team: 'blue', theirs: 'yes' } });
    expect(cluster.get('Namespace', 'shop')?.metadata.labels).not.toHaveProperty('tier');
    expect(cluster.get('Namespace', 'shop')?.metadata.annotations).toEqual(OURS);
    expect(status().sync?.status).toBe('Synced');
    world.requests.length = 0;
    requestSync(world, key);
    await run();
    expect(world.requests.filter((request) => request.startsWith('APPLY'))).toEqual([]);
  });

  it('joins what a namespace that is there already has', async () => {
    const { world, key, run, cluster, status } = setUp(managed({ labels: { team: 'blue' } }, { enabled: false }));
    cluster.store(namespace({ labels: { 'kubernetes.io/metadata.name': 'shop' } }));
    await run();
    expect(status().sync?.status).toBe('OutOfSync');
    requestSync(world, key);
    await run();
    expect(cluster.get('Namespace', 'shop')?.metadata.labels).toEqual({
      'kubernetes.io/metadata.name': 'shop',
      team: 'blue',
    });
  });

  it('makes no difference to what Argo CD has written', async () => {
    const { cluster, run, status, world } = await synced(managed({ labels: { team: 'blue' } }));
    expect(cluster.get('Namespace', 'shop')?.metadata.annotations).toEqual(OURS);
    await run();
    expect(status().sync?.status).toBe('Synced');
    expect(world.requests.filter((request) => request.includes('Namespace/'))).toEqual([]);
  });

  it('drift of it alone is healed alone, without hooks', async () => {
    const { run, cluster, status, world } = await synced(managed({ labels: { team: 'blue' } }, { selfHeal: true }));
    cluster.update('Namespace', 'shop', { metadata: { labels: { team: 'red' } } });
    await run();
    expect(cluster.get('Namespace', 'shop')?.metadata.labels).toEqual({ team: 'blue' });
    expect(status().operationState?.operation.sync).toMatchObject({
      autoHealAttemptsCount: 1,
      resources: [{ kind: 'Namespace', name: 'shop' }],
    });
    expect(world.requests.filter((request) => request.startsWith('APPLY'))).toEqual(['APPLY Namespace/shop']);
  });

  it('keeps a namespace that leaves Git from being pruned', async () => {
    const git = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
    const { world, key, run, cluster, status } = await synced(
      { ...HEALING, ...managed({ labels: { team: 'blue' } }, { prune: true }) },
      { 'deploy/namespace.yaml': git, 'deploy/web.yaml': configMap('web') },
    );
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web') });
    requestSync(world, key, { prune: true });
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/web', 'Namespace/shop']);
    expect(cluster.get('Namespace', 'shop')?.metadata).toMatchObject({ labels: { team: 'blue' } });
    expect(status().sync?.status).toBe('Synced');
  });

  it('leaves the namespace of another application alone, and says so', async () => {
    const { run, cluster, app, status } = setUp(managed({ labels: { team: 'blue' } }));
    const id = 'platform:/Namespace:shop/shop';
    cluster.store(namespace({ annotations: { 'argocd.argoproj.io/tracking-id': id } }));
    await run();
    expect(cluster.get('Namespace', 'shop')?.metadata.labels).toBeUndefined();
    expect(conditionsOf(app())).toEqual([
      'SharedResourceWarning: Namespace/shop is part of applications web and platform. Its managedNamespaceMetadata is not applied; add it to the manifest of the namespace',
    ]);
    expect(status().sync?.status).toBe('Synced');
  });

  it('does nothing to a namespace that is there without it', async () => {
    const { run, cluster, world } = setUp({
      syncPolicy: { automated: {}, syncOptions: ['CreateNamespace=true'] },
    });
    cluster.store(namespace({ labels: { team: 'red' } }));
    await run();
    expect(world.requests.filter((request) => request.includes('Namespace/'))).toEqual([]);
  });
});
