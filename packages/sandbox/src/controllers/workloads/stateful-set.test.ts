import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CLAIMS,
  CONTROLLER_REVISIONS,
  type PersistentVolumeClaim,
  PODS,
  type Pod,
  STATEFUL_SETS,
  type StatefulSet,
  VOLUMES,
} from '../machinery/objects.ts';
import { isReady } from '../pods/pod-facts.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster();
});
afterEach(() => {
  cluster.close();
  expect(cluster.failures).toEqual([]);
});

function statefulSet(spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'postgres:16' }] } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
      ...spec,
    },
  };
}

const db = () => cluster.read<StatefulSet>(STATEFUL_SETS, 'db');
const image = (name: string) => cluster.read<Pod>(PODS, name).spec.containers[0]?.image;
const isSettled = () =>
  db().status?.readyReplicas === db().spec.replicas &&
  db().status?.replicas === db().spec.replicas &&
  db().status?.observedGeneration === db().metadata.generation;

function setImage(next: string): void {
  cluster.change<StatefulSet>(STATEFUL_SETS, 'db', (object) => {
    const [container] = object.spec.template.spec.containers;
    if (container !== undefined) container.image = next;
  });
}

describe('StatefulSet', () => {
  it('creates Pods in order, each after the one before is ready, with a bound claim each', async () => {
    const created: string[] = [];
    const stop = cluster.client.onChange(({ type, resource, object }) => {
      if (type !== 'ADDED' || resource.resource !== 'pods') return;
      const earlier = cluster.list<Pod>(PODS).filter((pod) => pod.metadata.name !== object.metadata.name);
      created.push(`${object.metadata.name} after ${earlier.filter(isReady).length}`);
    });
    cluster.create(STATEFUL_SETS, statefulSet());
    await cluster.until(isSettled, 'three replicas');
    stop();
    expect(created).toEqual(['db-0 after 0', 'db-1 after 1', 'db-2 after 2']);
    const claim = cluster.read<PersistentVolumeClaim>(CLAIMS, 'data-db-1');
    expect(claim.status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } });
    expect(claim.spec.storageClassName).toBe('standard');
    const pod = cluster.read<Pod>(PODS, 'db-1');
    expect(pod.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db' });
    expect(pod.spec.volumes?.[0]).toMatchObject({ name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } });
    expect(db().status).toMatchObject({ currentReplicas: 3, updatedReplicas: 3, availableReplicas: 3 });
  });

  it('updates from the highest ordinal down and then makes the new revision current', async () => {
    cluster.create(STATEFUL_SETS, statefulSet());
    await cluster.until(isSettled, 'three replicas');
    const first = db().status?.currentRevision;
    const deleted: string[] = [];
    const stop = cluster.client.onChange(({ type, resource, object }) => {
      if (type === 'DELETED' && resource.resource === 'pods') deleted.push(object.metadata.name);
    });
    setImage('postgres:17');
    await cluster.until(() => isSettled() && db().status?.currentRevision !== first, 'the new revision');
    stop();
    expect(deleted).toEqual(['db-2', 'db-1', 'db-0']);
    expect(db().status?.currentRevision).toBe(db().status?.updateRevision);
    expect(cluster.list(CONTROLLER_REVISIONS)).toHaveLength(2);
  });

  it('leaves Pods below the partition on their template, also when they are replaced', async () => {
    cluster.create(
      STATEFUL_SETS,
      statefulSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } }),
    );
    await cluster.until(isSettled, 'three replicas');
    setImage('postgres:17');
    await cluster.until(() => isSettled() && image('db-2') === 'postgres:17', 'db-2 to be updated');
    const { uid } = cluster.read<Pod>(PODS, 'db-0').metadata;
    cluster.client.delete(PODS, 'default', 'db-0');
    await cluster.until(() => {
      const pod = cluster.client.get(PODS, 'default', 'db-0') as Pod | undefined;
      return pod !== undefined && pod.metadata.uid !== uid && isReady(pod);
    }, 'db-0 to be back');
    expect(image('db-0')).toBe('postgres:16');
    await cluster.controllers.idle();
    expect(db().status).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 });
  });

  it('OnDelete waits for somebody to delete the Pods', async () => {
    cluster.create(STATEFUL_SETS, statefulSet({ replicas: 1, updateStrategy: { type: 'OnDelete' } }));
    await cluster.until(isSettled, 'one replica');
    setImage('postgres:17');
    await cluster.controllers.idle();
    expect(image('db-0')).toBe('postgres:16');
    cluster.client.delete(PODS, 'default', 'db-0');
    await cluster.until(() => isSettled() && image('db-0') === 'postgres:17', 'the new template');
  });

  it('scales down from the highest ordinal and keeps the claims', async () => {
    cluster.create(STATEFUL_SETS, statefulSet());
    await cluster.until(isSettled, 'three replicas');
    cluster.change<StatefulSet>(STATEFUL_SETS, 'db', (object) => {
      object.spec.replicas = 1;
    });
    await cluster.until(() => cluster.list(PODS).length === 1 && isSettled(), 'one replica');
    expect(cluster.list<Pod>(PODS)[0]?.metadata.name).toBe('db-0');
    expect(cluster.list(CLAIMS)).toHaveLength(3);
  });

  it('a deleted claim takes its volume along, once no Pod uses it', async () => {
    cluster.create(STATEFUL_SETS, statefulSet({ replicas: 1 }));
    await cluster.until(isSettled, 'one replica');
    cluster.client.delete(CLAIMS, 'default', 'data-db-0');
    await cluster.controllers.idle();
    expect(cluster.read(CLAIMS, 'data-db-0').metadata.deletionTimestamp).toBeDefined();
    cluster.change<StatefulSet>(STATEFUL_SETS, 'db', (object) => {
      object.spec.replicas = 0;
    });
    await cluster.until(
      () => cluster.list(CLAIMS).length === 0 && cluster.client.list(VOLUMES).length === 0,
      'claim and volume to go',
    );
  });
});
