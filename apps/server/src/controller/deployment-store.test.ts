import type { Application, Deployment, KubernetesObject } from '@lockstep/core';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionTo } from '../../tests/support/controller-world.ts';
import type { ClusterConnection } from '../kubernetes/cluster-connection.ts';
import { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { silentLogger } from '../logger.ts';
import { DeploymentStore, secretName } from './deployment-store.ts';

let sandbox: Sandbox;
let connection: ClusterConnection;
let store: DeploymentStore;

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'deployments', controllers: false });
  connection = connectionTo(sandbox);
  store = new DeploymentStore(new KubernetesClient(connection), silentLogger);
});
afterAll(async () => {
  await connection?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

const object = (value: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a' },
  data: { value },
});
const deployment = (name: string, historyId: number, manifests = [object(String(historyId))]): Deployment => ({
  application: { namespace: 'default', name },
  uid: '',
  historyId,
  revisions: [`r${historyId}`],
  sources: [{ repoURL: 'https://example.org/a', path: 'a' }],
  deployedAt: '2026-01-01T00:00:00Z',
  initiatedBy: { automated: true },
  manifests,
});
const withLimit = (revisionHistoryLimit: number): Application =>
  ({ spec: { revisionHistoryLimit } }) as unknown as Application;

describe('DeploymentStore', () => {
  it('keeps what was deployed, for one request each, as far back as the history goes', async () => {
    const key = { namespace: 'default', name: 'web' };
    for (let id = 0; id < 5; id++) {
      const before = sandbox.stats().requests;
      await store.save(deployment('web', id), withLimit(3));
      // The very first request of a client reads what the cluster serves.
      if (id > 0) expect(sandbox.stats().requests - before).toBe(1);
    }
    expect((await store.loadAll(key)).map(({ historyId }) => historyId)).toEqual([2, 3, 4]);
    expect(await store.load(key, 3)).toMatchObject({ revisions: ['r3'], manifests: [{ data: { value: '3' } }] });
    expect(await store.load(key, 0)).toBeUndefined();
  });

  it('begins anew when the Secret was removed', async () => {
    await store.save(deployment('again', 7), undefined);
    expect(await store.load({ namespace: 'default', name: 'again' }, 7)).toBeDefined();
  });

  it('keeps nothing for a limit of zero, and nothing that is too large', async () => {
    await store.save(deployment('none', 0), withLimit(0));
    const noise = Array.from({ length: 2_000 }, () => object(Math.random().toString(36).repeat(60)));
    await store.save(
      deployment(
        'none',
        1,
        noise.map((entry) => ({
          ...entry,
          data: { value: Array.from({ length: 60 }, () => Math.random().toString(36)).join('') },
        })),
      ),
      undefined,
    );
    expect(await store.loadAll({ namespace: 'default', name: 'none' })).toEqual([]);
  });

  it('names Secrets of long names apart', () => {
    const [a, b] = [secretName(`${'x'.repeat(250)}a`), secretName(`${'x'.repeat(250)}b`)];
    expect(a).not.toBe(b);
    expect(a.length).toBeLessThanOrEqual(253);
  });
});
