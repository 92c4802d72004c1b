import { hostname } from 'node:os';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectionTo } from '../../tests/support/controller-world.ts';
import { eventually } from '../../tests/support/scripted-api-server.ts';
import type { ClusterConnection } from '../kubernetes/cluster-connection.ts';
import { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { silentLogger } from '../logger.ts';
import { ShardLease } from './lease.ts';

let sandbox: Sandbox;
let connection: ClusterConnection;
let client: KubernetesClient;
const open: ShardLease[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'lease', controllers: false });
  connection = connectionTo(sandbox);
  client = new KubernetesClient(connection);
});
afterEach(async () => {
  for (const lease of open.splice(0)) await lease[Symbol.asyncDispose]();
  await client.delete(
    { group: 'coordination.k8s.io', kind: 'Lease', namespace: 'default', name: 'shard' },
    { propagation: 'Background' },
  );
});
afterAll(async () => {
  await connection?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

function lease(identity: string, onLost = () => {}): ShardLease {
  const created = new ShardLease({
    client,
    namespace: 'default',
    name: 'shard',
    identity,
    logger: silentLogger,
    duration: 3_000,
    renewEvery: 200,
    retryEvery: 50,
    onLost,
  });
  open.push(created);
  return created;
}

describe('ShardLease', () => {
  it('is held by one at a time and passes on when given up', async () => {
    const first = await lease('elsewhere_1_a').acquire();
    const second = lease('elsewhere_2_b');
    let isSecond = false;
    const waiting = second.acquire().then(() => {
      isSecond = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([first.isHeld, isSecond]).toEqual([true, false]);
    await first[Symbol.asyncDispose]();
    await waiting;
    expect([first.isHeld, second.isHeld]).toEqual([false, true]);
  });

  it('is taken over at once from a process of this machine that is gone', async () => {
    const crashed = await lease(`${hostname()}_999999_a`).acquire();
    const started = Date.now();
    await lease('elsewhere_2_b').acquire();
    expect(Date.now() - started).toBeLessThan(1_000);
    await eventually('the old one notices', () => !crashed.isHeld, 5_000);
  });

  it('stops being held before it expires when it cannot be renewed, and says so', async () => {
    let lost = false;
    const held = await lease('elsewhere_1_a', () => {
      lost = true;
    }).acquire();
    await client.patch(
      { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'default', name: 'shard' },
      {
        type: 'merge',
        body: {
          spec: {
            holderIdentity: 'elsewhere_3_c',
            renewTime: new Date(Date.now() + 60_000).toISOString().replace('Z', '000Z'),
          },
        },
      },
    );
    await eventually('it is not held', () => !held.isHeld, 5_000);
    await eventually('it was told', () => lost, 5_000);
  });
});
