import { hostname } from 'node:os';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectionTo } from '../../tests/support/controller-world.ts';
import { eventually } from '../../tests/support/scripted-api-server.ts';
import { processIdentity } from '../config/process-identity.ts';
import type { ClusterConnection } from '../kubernetes/cluster-connection.ts';
import { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { silentLogger } from '../logger.ts';
import { ShardLeases } from './shard-leases.ts';

const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'default' };

let sandbox: Sandbox;
let connection: ClusterConnection;
let client: KubernetesClient;
const open: Controller[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'lease', controllers: false });
  connection = connectionTo(sandbox);
  client = new KubernetesClient(connection);
});
afterEach(async () => {
  for (const { leases } of open.splice(0)) await leases[Symbol.asyncDispose]();
  for (const { metadata } of await client.list(LEASE, { namespace: 'default' })) {
    await client.delete(
      { group: 'coordination.k8s.io', kind: 'Lease', namespace: 'default', name: metadata.name ?? '' },
      { propagation: 'Background' },
    );
  }
});
afterAll(async () => {
  await connection?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

interface Controller {
  leases: ShardLeases;
  /** Shards whose work goes on, which is longer than they are held. */
  serving: Set<number>;
}

/** Every shard that anybody serves, to see that nobody serves one that another still does. */
const served = new Map<number, string>();
const clashes: string[] = [];

function controller(
  identity: string,
  options: { shards?: number; duration?: number; client?: KubernetesClient } = {},
): Controller {
  const serving = new Set<number>();
  const leases = new ShardLeases({
    client,
    namespace: 'default',
    identity,
    logger: silentLogger,
    shards: 1,
    duration: 3_000,
    renewEvery: 200,
    lookEvery: 50,
    serve: async (shard) => {
      if (served.has(shard)) clashes.push(`${identity} took ${shard} from ${served.get(shard)}`);
      served.set(shard, identity);
      serving.add(shard);
      return {
        [Symbol.asyncDispose]: async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (served.get(shard) === identity) served.delete(shard);
          serving.delete(shard);
        },
      };
    },
    ...options,
  });
  const created = { leases, serving };
  open.push(created);
  return created;
}

const heldBy = (...controllers: Controller[]): number[][] => controllers.map(({ leases }) => leases.held());

async function stale(holderIdentity: string, renewTime: Date): Promise<void> {
  await client.create({
    ...LEASE,
    metadata: { name: 'lockstep-controller-0', namespace: 'default' },
    spec: { holderIdentity, leaseDurationSeconds: 1, renewTime: renewTime.toISOString().replace('Z', '000Z') },
  } as never);
}

describe('ShardLeases', () => {
  it('gives everything to one alone, a share to each who joins, and what one leaves to those who stay', async () => {
    const first = controller('host_1_a', { shards: 4 });
    await first.leases.start();
    expect(first.leases.held()).toEqual([0, 1, 2, 3]);
    const second = controller('host_2_b', { shards: 4 });
    await second.leases.start();
    expect(second.leases.held()).toEqual([]);
    await eventually('each has two', () => heldBy(first, second).every((shards) => shards.length === 2));
    const third = controller('host_3_c', { shards: 4 });
    await third.leases.start();
    await eventually('the third has its share', () =>
      heldBy(first, second, third).every((shards) => shards.length >= 1),
    );
    const before = JSON.stringify(heldBy(first, second, third));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(JSON.stringify(heldBy(first, second, third))).toBe(before);
    await first.leases[Symbol.asyncDispose]();
    await eventually('nothing is left alone', () => heldBy(second, third).flat().length === 4);
    expect([...second.serving, ...third.serving].sort()).toEqual([0, 1, 2, 3]);
    expect(clashes).toEqual([]);
  });

  it('waits for a holder whose clock is wrong until it was silent for its whole duration by our own', async () => {
    for (const skew of [-600_000, 600_000]) {
      await stale('elsewhere_1_a', new Date(Date.now() + skew));
      const started = Date.now();
      const next = controller('host_2_b');
      await next.leases.start();
      expect(next.leases.held()).toEqual([]);
      await eventually('it is taken over', () => next.leases.isHeld(0));
      expect(Date.now() - started).toBeGreaterThanOrEqual(1_000);
      expect(Date.now() - started).toBeLessThan(3_000);
      await next.leases[Symbol.asyncDispose]();
      await client.delete(
        { group: 'coordination.k8s.io', kind: 'Lease', namespace: 'default', name: 'lockstep-controller-0' },
        { propagation: 'Background' },
      );
    }
  });

  it.runIf(process.platform === 'linux')('takes over at once from a process of this machine that is gone', async () => {
    const [host, , random, place, start] = processIdentity().split('_');
    await stale(`${host}_4194999_${random}_${place}_${start}`, new Date(Date.now() + 600_000));
    const next = controller('host_2_b');
    await next.leases.start();
    expect(next.leases.held()).toEqual([0]);
  });

  it('believes nobody dead who has its host name and process id: containers often do', async () => {
    const first = controller(`${hostname()}_${process.pid}_a`);
    await first.leases.start();
    const second = controller(`${hostname()}_${process.pid}_b`);
    await second.leases.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heldBy(first, second)).toEqual([[0], []]);
  });

  it('stops being held before it expires when nobody answers a renewal, and stops serving', async () => {
    const partitioned = connectionTo(sandbox);
    const first = controller('host_1_a', { client: new KubernetesClient(partitioned) });
    await first.leases.start();
    await partitioned[Symbol.asyncDispose]();
    const second = controller('host_2_b');
    await second.leases.start();
    await eventually('the second took over', () => second.leases.isHeld(0), 6_000);
    expect(first.leases.isHeld(0)).toBe(false);
    await eventually('the first serves no more', () => first.serving.size === 0);
    expect(clashes).toEqual([]);
  });

  it('serves nothing beside one that divides the clusters otherwise', async () => {
    const old = controller('host_1_a', { shards: 1 });
    await old.leases.start();
    const next = controller('host_2_b', { shards: 3 });
    await next.leases.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heldBy(old, next)).toEqual([[0], []]);
    await old.leases[Symbol.asyncDispose]();
    await eventually('the new division works', () => next.leases.held().length === 3);
    expect(clashes).toEqual([]);
  });
});
