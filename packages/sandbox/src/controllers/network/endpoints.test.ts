import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DEPLOYMENTS,
  type Deployment,
  ENDPOINT_SLICES,
  ENDPOINTS,
  INGRESSES,
  SERVICES,
  type Service,
} from '../machinery/objects.ts';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster();
});
afterEach(() => {
  cluster.close();
  expect(cluster.failures).toEqual([]);
});

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
};

function deployment(replicas: number, annotations: object = {}): object {
  const containers = [{ name: 'web', image: 'nginx', ports: [{ name: 'http', containerPort: 8080 }] }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' }, annotations }, spec: { containers } },
    },
  };
}

interface Subset {
  addresses?: { ip: string }[];
  notReadyAddresses?: { ip: string }[];
  ports?: { name: string; port: number }[];
}

const subsets = () => (cluster.client.get(ENDPOINTS, 'default', 'web')?.['subsets'] ?? []) as Subset[];

describe('Endpoints', () => {
  it('list the ready Pods of a Service, with its named port resolved', async () => {
    cluster.create(SERVICES, service);
    cluster.create(DEPLOYMENTS, deployment(2));
    await cluster.until(() => subsets()[0]?.addresses?.length === 2, 'two addresses');
    expect(subsets()[0]?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
    await cluster.controllers.idle();
    const slices = cluster
      .list(ENDPOINT_SLICES)
      .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === 'web');
    expect(slices).toHaveLength(1);
    expect(slices[0]?.['endpoints']).toHaveLength(2);
  });

  it('set Pods that are not ready apart', async () => {
    cluster.create(SERVICES, service);
    cluster.create(DEPLOYMENTS, deployment(1, { 'lockstep.dev/simulate': 'never-ready' }));
    await cluster.until(() => subsets()[0]?.notReadyAddresses?.length === 1, 'the address');
    expect(subsets()[0]?.addresses).toBeUndefined();
  });

  it('follow a Deployment that is scaled down, and go with their Service', async () => {
    cluster.create(SERVICES, service);
    cluster.create(DEPLOYMENTS, deployment(2));
    await cluster.until(() => subsets()[0]?.addresses?.length === 2, 'two addresses');
    cluster.change<Deployment>(DEPLOYMENTS, 'web', (object) => {
      object.spec.replicas = 0;
    });
    await cluster.until(() => subsets().length === 0, 'no address');
    cluster.client.delete(SERVICES, 'default', 'web');
    await cluster.until(() => cluster.client.get(ENDPOINTS, 'default', 'web') === undefined, 'the Endpoints to go');
  });
});

describe('addresses', () => {
  it('a LoadBalancer and an Ingress get one after a moment', async () => {
    cluster.create(SERVICES, { ...service, spec: { ...service.spec, type: 'LoadBalancer' } });
    cluster.create(INGRESSES, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web' },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    });
    expect(cluster.read<Service>(SERVICES, 'web').status?.loadBalancer?.ingress).toBeUndefined();
    await cluster.controllers.idle();
    expect(cluster.read<Service>(SERVICES, 'web').status?.loadBalancer?.ingress?.[0]?.ip).toMatch(/^172\.18\./);
    expect(cluster.read<Service>(INGRESSES, 'web').status?.loadBalancer?.ingress?.[0]?.ip).toMatch(/^172\.18\./);
  });

  it('a Service that is a LoadBalancer no longer loses it', async () => {
    cluster.create(SERVICES, { ...service, spec: { ...service.spec, type: 'LoadBalancer' } });
    await cluster.controllers.idle();
    cluster.change<Service>(SERVICES, 'web', (object) => {
      object.spec.type = 'ClusterIP';
      object.spec.ports = service.spec.ports;
    });
    await cluster.controllers.idle();
    expect(cluster.read<Service>(SERVICES, 'web').status?.loadBalancer).toEqual({});
  });
});
