import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAEMON_SETS, type DaemonSet, NODES, PODS, type Pod } from '../machinery/objects.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster({ nodes: ['node-1', 'node-2', 'node-3'] });
});
afterEach(() => {
  cluster.close();
  expect(cluster.failures).toEqual([]);
});

function daemonSet(podSpec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent' },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: {
        metadata: { labels: { app: 'agent' } },
        spec: { containers: [{ name: 'agent', image: 'agent:1' }], ...podSpec },
      },
    },
  };
}

const agent = () => cluster.read<DaemonSet>(DAEMON_SETS, 'agent');
const isSettled = () =>
  agent().status?.numberAvailable === agent().status?.desiredNumberScheduled &&
  agent().status?.observedGeneration === agent().metadata.generation;

describe('DaemonSet', () => {
  it('runs one Pod on each node', async () => {
    cluster.create(DAEMON_SETS, daemonSet());
    await cluster.until(() => agent().status?.numberAvailable === 3, 'three Pods');
    expect(
      cluster
        .list<Pod>(PODS)
        .map((pod) => pod.spec.nodeName)
        .sort(),
    ).toEqual(['node-1', 'node-2', 'node-3']);
    expect(agent().status).toMatchObject({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberReady: 3,
      numberMisscheduled: 0,
    });
  });

  it('follows nodes that come, and leaves out those its selector does not match', async () => {
    cluster.create(DAEMON_SETS, daemonSet({ nodeSelector: { disk: 'fast' } }));
    await cluster.controllers.idle();
    expect(cluster.list(PODS)).toHaveLength(0);
    cluster.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-4', labels: { disk: 'fast' } } });
    await cluster.until(() => agent().status?.numberAvailable === 1, 'the Pod of node-4');
    expect(cluster.list<Pod>(PODS)[0]?.spec.nodeName).toBe('node-4');
  });

  it('updates node by node: with maxUnavailable 1 only one Pod is missing at a time', async () => {
    cluster.create(DAEMON_SETS, daemonSet());
    await cluster.until(isSettled, 'three Pods');
    let fewest = 3;
    const stop = cluster.client.onChange(() => {
      fewest = Math.min(fewest, agent().status?.numberAvailable ?? 0);
    });
    cluster.change<DaemonSet>(DAEMON_SETS, 'agent', (object) => {
      const [container] = object.spec.template.spec.containers;
      if (container !== undefined) container.image = 'agent:2';
    });
    await cluster.until(() => isSettled() && agent().status?.updatedNumberScheduled === 3, 'the update');
    stop();
    expect(fewest).toBe(2);
    expect(cluster.list<Pod>(PODS).map((pod) => pod.spec.containers[0]?.image)).toEqual([
      'agent:2',
      'agent:2',
      'agent:2',
    ]);
  });
});
