import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUTOSCALERS, type Condition, DEPLOYMENTS, type Deployment, DISRUPTION_BUDGETS } from '../machinery/objects.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster();
  cluster.create(DEPLOYMENTS, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
    },
  });
});
afterEach(() => {
  cluster.close();
  expect(cluster.failures).toEqual([]);
});

function createAutoscaler(spec: object = {}, annotations: object = {}): void {
  cluster.create(AUTOSCALERS, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', annotations },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 5,
      ...spec,
    },
  });
}

const replicas = () => cluster.read<Deployment>(DEPLOYMENTS, 'web').spec.replicas;
const conditions = () =>
  ((cluster.read(AUTOSCALERS, 'web')['status'] as { conditions?: Condition[] }).conditions ?? []).map(
    ({ type, status, reason }) => `${type} ${status} ${reason}`,
  );

describe('HorizontalPodAutoscaler', () => {
  it('reports on its target and leaves the replicas alone', async () => {
    createAutoscaler();
    await cluster.controllers.idle();
    expect(replicas()).toBe(3);
    expect(conditions()).toEqual([
      'AbleToScale True ReadyForNewScale',
      'ScalingActive True ValidMetricFound',
      'ScalingLimited False DesiredWithinRange',
    ]);
  });

  it('keeps its target within its limits', async () => {
    createAutoscaler({ minReplicas: 4 });
    await cluster.until(() => replicas() === 4, 'the minimum');
  });

  it('scales to what its annotation simulates', async () => {
    createAutoscaler({}, { 'lockstep.dev/simulate': 'replicas=5' });
    await cluster.until(() => replicas() === 5, 'five');
  });

  it('says when its target is not there', async () => {
    createAutoscaler({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone' } });
    await cluster.controllers.idle();
    expect(conditions()).toEqual(['AbleToScale False FailedGetScale']);
  });
});

describe('PodDisruptionBudget', () => {
  it.each([
    ['minAvailable', 2, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    ['minAvailable', '100%', { desiredHealthy: 3, disruptionsAllowed: 0 }],
    ['maxUnavailable', 2, { desiredHealthy: 1, disruptionsAllowed: 2 }],
    ['maxUnavailable', '34%', { desiredHealthy: 1, disruptionsAllowed: 2 }],
  ])('with %s %s of three Pods allows what is left', async (field, value, expected) => {
    cluster.create(DISRUPTION_BUDGETS, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web' },
      spec: { [field]: value, selector: { matchLabels: { app: 'web' } } },
    });
    await cluster.controllers.idle();
    expect(cluster.read(DISRUPTION_BUDGETS, 'web')['status']).toMatchObject({
      currentHealthy: 3,
      expectedPods: 3,
      ...expected,
    });
  });
});
