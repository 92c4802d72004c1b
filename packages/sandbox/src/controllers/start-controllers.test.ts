import { describe, expect, it } from 'vitest';
import { DEPLOYMENTS, type Deployment, EVENTS, PODS, type Pod } from './machinery/objects.ts';
import { isReady } from './pods/pod-facts.ts';
import { startControllers } from './start-controllers.ts';
import { startTestCluster } from './test-cluster.ts';

function deployment(name: string, replicas: number): object {
  const containers = [{ name: 'web', image: 'nginx' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers } },
    },
  };
}

describe('startControllers', () => {
  it('changes nothing when it is started again over what is settled', async () => {
    const cluster = startTestCluster();
    cluster.create(DEPLOYMENTS, deployment('web', 2));
    await cluster.controllers.idle();
    cluster.controllers.close();
    const changes: string[] = [];
    cluster.client.onChange(({ type, object }) => changes.push(`${type} ${object.kind} ${object.metadata.name}`));
    const again = startControllers(cluster.client, { podStartupMs: 20 });
    await again.idle();
    expect(changes).toEqual([]);
    cluster.change<Deployment>(DEPLOYMENTS, 'web', (object) => {
      object.spec.replicas = 3;
    });
    await cluster.until(() => cluster.list<Pod>(PODS).filter(isReady).length === 3, 'the third Pod');
    const addresses = cluster.list<Pod>(PODS).map((pod) => pod.status?.podIP);
    expect(new Set(addresses).size).toBe(3);
    again.close();
    cluster.close();
  });

  it('brings up hundreds of Pods while others get their turn', async () => {
    const cluster = startTestCluster();
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    for (let index = 0; index < 20; index += 1) cluster.create(DEPLOYMENTS, deployment(`web-${index}`, 20));
    last = performance.now();
    await cluster.controllers.idle();
    clearInterval(timer);
    expect(cluster.list<Pod>(PODS).filter(isReady)).toHaveLength(400);
    expect(longest).toBeLessThan(500);
    expect(cluster.failures).toEqual([]);
    cluster.close();
  });

  it('leaves no Pod behind when a Deployment is deleted', async () => {
    const cluster = startTestCluster();
    cluster.create(DEPLOYMENTS, deployment('web', 3));
    await cluster.controllers.idle();
    cluster.client.delete(DEPLOYMENTS, 'default', 'web', { propagation: 'Foreground' });
    await cluster.until(
      () => cluster.list(PODS).length === 0 && cluster.list(DEPLOYMENTS).length === 0,
      'everything to go',
    );
    cluster.close();
  });

  it('counts what is seen again in one Event', async () => {
    const cluster = startTestCluster();
    cluster.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'broken', annotations: { 'lockstep.dev/simulate': 'crash-loop' } },
      spec: { containers: [{ name: 'app', image: 'app:1' }] },
    });
    const event = await cluster.until(
      () => cluster.client.list(EVENTS).find(({ reason, count }) => reason === 'BackOff' && Number(count) >= 2),
      'a second back-off',
    );
    expect(cluster.client.list(EVENTS).filter(({ reason }) => reason === 'BackOff')).toHaveLength(1);
    expect(event['type']).toBe('Warning');
    cluster.close();
  });
});
