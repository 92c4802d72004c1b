import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCondition } from '../machinery/conditions.ts';
import { DEPLOYMENTS, type Deployment, PODS, type Pod, REPLICA_SETS, type ReplicaSet } from '../machinery/objects.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster();
});
afterEach(() => {
  cluster.close();
  expect(cluster.failures).toEqual([]);
});

function deployment(spec: object = {}, template: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, ...template },
        spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
      },
      ...spec,
    },
  };
}

const web = () => cluster.read<Deployment>(DEPLOYMENTS, 'web');
const progressing = () => findCondition(web().status?.conditions, 'Progressing');
const isDone = () =>
  progressing()?.reason === 'NewReplicaSetAvailable' && web().status?.observedGeneration === web().metadata.generation;
const sets = () => cluster.list<ReplicaSet>(REPLICA_SETS);
const setOf = (image: string) => sets().find((set) => set.spec.template.spec.containers[0]?.image === image);

function setImage(image: string): void {
  cluster.change<Deployment>(DEPLOYMENTS, 'web', (object) => {
    const [container] = object.spec.template.spec.containers;
    if (container !== undefined) container.image = image;
  });
}

describe('Deployment', () => {
  it('brings up its Pods and says so in status and conditions', async () => {
    cluster.create(DEPLOYMENTS, deployment());
    await cluster.until(isDone, 'the rollout');
    expect(web().status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      observedGeneration: 1,
    });
    expect(web().status).not.toHaveProperty('unavailableReplicas');
    expect(findCondition(web().status?.conditions, 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
    });
    expect(progressing()?.message).toBe(`ReplicaSet "${sets()[0]?.metadata.name}" has successfully progressed.`);
    expect(web().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
    await cluster.controllers.idle();
    expect(cluster.events('web')).toEqual([
      `ScalingReplicaSet: Scaled up replica set ${sets()[0]?.metadata.name} from 0 to 3`,
    ]);
  });

  it('never has fewer Pods available, nor more in all, than the strategy allows', async () => {
    cluster.create(
      DEPLOYMENTS,
      deployment({
        replicas: 4,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
      }),
    );
    await cluster.until(isDone, 'the first rollout');
    let fewestReady = 4;
    let most = 0;
    const stop = cluster.client.onChange(() => {
      most = Math.max(
        most,
        sets().reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0),
      );
      const pods = cluster.list<Pod>(PODS).filter((pod) => pod.metadata.deletionTimestamp === undefined);
      fewestReady = Math.min(
        fewestReady,
        pods.filter((pod) => findCondition(pod.status?.conditions, 'Ready')?.status === 'True').length,
      );
    });
    setImage('nginx:1.28');
    await cluster.until(() => isDone() && setOf('nginx:1.28')?.status?.availableReplicas === 4, 'the second rollout');
    stop();
    expect(fewestReady).toBeGreaterThanOrEqual(3);
    expect(most).toBeLessThanOrEqual(5);
    expect(web().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
  });

  it('Recreate starts nothing new before the old Pods are gone', async () => {
    cluster.create(DEPLOYMENTS, deployment({ strategy: { type: 'Recreate' } }));
    await cluster.until(isDone, 'the first rollout');
    let overlap = false;
    const stop = cluster.client.onChange(() => {
      const images = new Set(cluster.list<Pod>(PODS).map((pod) => pod.spec.containers[0]?.image));
      overlap ||= images.size > 1;
    });
    setImage('nginx:1.28');
    await cluster.until(() => isDone() && setOf('nginx:1.28')?.status?.availableReplicas === 3, 'the second rollout');
    stop();
    expect(overlap).toBe(false);
  });

  it('going back to an earlier template takes its ReplicaSet up again under the next revision', async () => {
    cluster.create(DEPLOYMENTS, deployment());
    await cluster.until(isDone, 'revision 1');
    const first = setOf('nginx:1.27')?.metadata.name;
    setImage('nginx:1.28');
    await cluster.until(() => isDone() && setOf('nginx:1.28')?.status?.availableReplicas === 3, 'revision 2');
    setImage('nginx:1.27');
    await cluster.until(() => isDone() && setOf('nginx:1.27')?.status?.availableReplicas === 3, 'revision 3');
    expect(sets()).toHaveLength(2);
    expect(setOf('nginx:1.27')?.metadata.name).toBe(first);
    expect(setOf('nginx:1.27')?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
  });

  it('keeps no more old ReplicaSets than revisionHistoryLimit', async () => {
    cluster.create(DEPLOYMENTS, deployment({ revisionHistoryLimit: 1 }));
    await cluster.until(isDone, 'the first rollout');
    for (const image of ['nginx:2', 'nginx:3', 'nginx:4']) {
      setImage(image);
      await cluster.until(() => isDone() && setOf(image)?.status?.availableReplicas === 3, image);
    }
    await cluster.until(() => sets().length === 2, 'the history to be cut');
    expect(
      sets()
        .map((set) => set.spec.template.spec.containers[0]?.image)
        .sort(),
    ).toEqual(['nginx:3', 'nginx:4']);
  });

  it('paused, it scales but does not roll', async () => {
    cluster.create(DEPLOYMENTS, deployment());
    await cluster.until(isDone, 'the first rollout');
    cluster.change<Deployment>(DEPLOYMENTS, 'web', (object) => {
      object.spec.paused = true;
      object.spec.replicas = 5;
    });
    setImage('nginx:1.28');
    await cluster.until(() => web().status?.availableReplicas === 5, 'five replicas');
    expect(sets()).toHaveLength(1);
    expect(progressing()).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
    cluster.change<Deployment>(DEPLOYMENTS, 'web', (object) => {
      object.spec.paused = false;
    });
    await cluster.until(() => isDone() && setOf('nginx:1.28')?.status?.availableReplicas === 5, 'the rollout');
  });

  it('gives up on a rollout that makes no progress within its deadline', async () => {
    cluster.create(
      DEPLOYMENTS,
      deployment(
        { progressDeadlineSeconds: 1, minReadySeconds: 0 },
        { annotations: { 'lockstep.dev/simulate': 'never-ready' } },
      ),
    );
    await cluster.until(() => progressing()?.reason === 'ProgressDeadlineExceeded', 'the deadline');
    expect(progressing()).toMatchObject({
      status: 'False',
      message: `ReplicaSet "${sets()[0]?.metadata.name}" has timed out progressing.`,
    });
  });

  it('splits a change of scale in the middle of a rollout between old and new', async () => {
    cluster.create(
      DEPLOYMENTS,
      deployment({ replicas: 4, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }),
    );
    await cluster.until(isDone, 'the first rollout');
    setImage('web:does-not-exist');
    await cluster.until(() => (setOf('web:does-not-exist')?.status?.replicas ?? 0) >= 2, 'the stuck rollout');
    await cluster.controllers.idle();
    cluster.change<Deployment>(DEPLOYMENTS, 'web', (object) => {
      object.spec.replicas = 8;
    });
    await cluster.until(() => (web().status?.replicas ?? 0) >= 8, 'the new scale');
    expect(setOf('nginx:1.27')?.spec.replicas).toBeGreaterThan(3);
    expect(setOf('web:does-not-exist')?.spec.replicas).toBeGreaterThan(2);
  });

  it('a Pod whose labels change is released and replaced', async () => {
    cluster.create(DEPLOYMENTS, deployment());
    await cluster.until(isDone, 'the rollout');
    const [pod] = cluster.list<Pod>(PODS);
    const name = pod?.metadata.name ?? '';
    cluster.change<Pod>(PODS, name, (object) => {
      object.metadata.labels = { app: 'debug' };
    });
    await cluster.until(() => cluster.list(PODS).length === 4, 'the replacement');
    expect(cluster.read<Pod>(PODS, name).metadata.ownerReferences).toBeUndefined();
  });
});
