import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { orphanedResources } from './orphaned-resources.ts';
import { podSummary } from './resource-info.ts';
import { treeNodeOf } from './resource-node.ts';
import { buildResourceTree, OwnerIndex, treeSummary } from './resource-tree.ts';

function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: Record<string, unknown> = {},
  metadata: object = {},
): KubernetesObject {
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'store', uid: `uid-${kind}-${name}`, resourceVersion: '5', ...metadata },
    ...rest,
  };
}

function ownedBy(kind: string, name: string) {
  return { ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}` }] };
}

function treeOf(roots: KubernetesObject[], others: KubernetesObject[]) {
  const index = new OwnerIndex();
  for (const one of [...roots, ...others]) index.set(treeNodeOf(one));
  return buildResourceTree({
    roots: roots.map((one) => treeNodeOf(one)),
    childrenOf: (node) => index.childrenOf(node),
  });
}

const shape = (nodes: ReturnType<typeof treeOf>) =>
  nodes.map(({ kind, name, parentRefs }) => [kind, name, (parentRefs ?? []).map((ref) => ref.name)]);

describe('buildResourceTree', () => {
  it('follows owner references down, parents first', () => {
    const nodes = treeOf(
      [object('apps/v1', 'Deployment', 'web')],
      [
        object('v1', 'Pod', 'web-1-a', {}, ownedBy('ReplicaSet', 'web-1')),
        object('apps/v1', 'ReplicaSet', 'web-1', {}, ownedBy('Deployment', 'web')),
        object('v1', 'Pod', 'stranger'),
      ],
    );
    expect(shape(nodes)).toEqual([
      ['Deployment', 'web', []],
      ['ReplicaSet', 'web-1', ['web']],
      ['Pod', 'web-1-a', ['web-1']],
    ]);
  });

  it('adds children that no owner reference names', () => {
    const statefulSet = object('apps/v1', 'StatefulSet', 'db', {
      spec: { volumeClaimTemplates: [{ metadata: { name: 'data-x' } }] },
    });
    const nodes = treeOf(
      [object('v1', 'Service', 'db'), statefulSet, object('v1', 'ServiceAccount', 'sa')],
      [
        object('v1', 'Endpoints', 'db'),
        object('v1', 'PersistentVolumeClaim', 'data-x-db-0'),
        object('v1', 'PersistentVolumeClaim', 'data-db-0'),
        object('v1', 'PersistentVolumeClaim', 'data-x-db-two'),
        object(
          'v1',
          'Secret',
          'sa-token',
          { type: 'kubernetes.io/service-account-token' },
          { annotations: { 'kubernetes.io/service-account.name': 'sa' } },
        ),
      ],
    );
    expect(shape(nodes).slice(3)).toEqual([
      ['Endpoints', 'db', ['db']],
      ['PersistentVolumeClaim', 'data-x-db-0', ['db']],
      ['Secret', 'sa-token', ['sa']],
    ]);
  });

  it('lists a child of two parents once, with both, and ends on a cycle', () => {
    const a = object('v1', 'ConfigMap', 'a', {}, ownedBy('ConfigMap', 'b'));
    const b = object(
      'v1',
      'ConfigMap',
      'b',
      {},
      { ownerReferences: [...ownedBy('ConfigMap', 'r').ownerReferences, ...ownedBy('ConfigMap', 'a').ownerReferences] },
    );
    const nodes = treeOf([object('v1', 'ConfigMap', 'r')], [a, b]);
    expect(shape(nodes)).toEqual([
      ['ConfigMap', 'r', []],
      ['ConfigMap', 'b', ['r', 'a']],
      ['ConfigMap', 'a', ['b']],
    ]);
  });
});

describe('OwnerIndex', () => {
  it('moves and forgets nodes', () => {
    const index = new OwnerIndex();
    const parent = treeNodeOf(object('apps/v1', 'ReplicaSet', 'a'));
    index.set(treeNodeOf(object('v1', 'Pod', 'p', {}, ownedBy('ReplicaSet', 'a'))));
    expect(index.childrenOf(parent)).toHaveLength(1);
    index.set(treeNodeOf(object('v1', 'Pod', 'p')));
    expect(index.childrenOf(parent)).toEqual([]);
    index.set(treeNodeOf(object('v1', 'Pod', 'p', {}, ownedBy('ReplicaSet', 'a'))));
    index.delete('uid-Pod-p');
    expect(index.childrenOf(parent)).toEqual([]);
  });
});

describe('treeNodeOf', () => {
  it('keeps facts, not the body', () => {
    const pod = object(
      'v1',
      'Pod',
      'p',
      {
        spec: {
          nodeName: 'n1',
          restartPolicy: 'Always',
          containers: [{ name: 'a', image: 'nginx:1', resources: { requests: { cpu: '250m', memory: '1Ki' } } }],
        },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [{ name: 'a', ready: true, restartCount: 2, state: { running: {} } }],
        },
      },
      { labels: { app: 'x', tier: 'web' }, creationTimestamp: '2026-01-01T00:00:00Z' },
    );
    expect(treeNodeOf(pod, { customLabels: ['tier', 'none'] }).node).toEqual({
      group: '',
      version: 'v1',
      kind: 'Pod',
      namespace: 'store',
      name: 'p',
      uid: 'uid-Pod-p',
      resourceVersion: '5',
      createdAt: '2026-01-01T00:00:00Z',
      health: { status: 'Healthy' },
      images: ['nginx:1'],
      networkingInfo: { labels: { app: 'x', tier: 'web' } },
      info: [
        { name: 'Status Reason', value: 'Running' },
        { name: 'Node', value: 'n1' },
        { name: 'Containers', value: '1/1' },
        { name: 'Restart Count', value: '2' },
        { name: 'Requests (CPU)', value: '250' },
        { name: 'Requests (MEM)', value: '1024000' },
        { name: 'tier', value: 'web' },
      ],
    });
  });

  it('tells the revision of a workload', () => {
    const replicaSet = object(
      'apps/v1',
      'ReplicaSet',
      'r',
      {},
      { annotations: { 'deployment.kubernetes.io/revision': '3' } },
    );
    expect(treeNodeOf(replicaSet).node.info).toEqual([{ name: 'Revision', value: 'Rev:3' }]);
  });

  it('derives addresses and backends of an Ingress', () => {
    const ingress = object('networking.k8s.io/v1', 'Ingress', 'i', {
      spec: {
        tls: [{ hosts: ['shop.example.com'] }],
        rules: [
          {
            host: 'shop.example.com',
            http: {
              paths: [
                { path: '/api/*', backend: { service: { name: 'api' } } },
                { path: '/', backend: { service: { name: 'web' } } },
              ],
            },
          },
          { http: { paths: [{ backend: { service: { name: 'web' } } }] } },
        ],
      },
      status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } },
    });
    expect(treeNodeOf(ingress).node.networkingInfo).toEqual({
      targetRefs: ['api', 'web'].map((name) => ({ group: '', kind: 'Service', namespace: 'store', name })),
      ingress: [{ ip: '10.0.0.1' }],
      externalURLs: ['http://10.0.0.1', 'https://shop.example.com', 'https://shop.example.com/api/'],
    });
  });

  it('shows only http links, with their title', () => {
    const links = {
      'link.argocd.argoproj.io/a': 'Docs|https://example.com/a',
      'link.argocd.argoproj.io/b': 'javascript:alert(1)',
      'link.argocd.argoproj.io/c': 'x|data:text/html,1',
    };
    expect(treeNodeOf(object('v1', 'ConfigMap', 'c', {}, { annotations: links })).node.networkingInfo).toEqual({
      externalURLs: ['Docs|https://example.com/a'],
    });
  });

  it('knows Gateway API routes and Istio virtual services', () => {
    const route = object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'r', {
      spec: { parentRefs: [{ name: 'gw', namespace: 'infra' }], rules: [{ backendRefs: [{ name: 'web' }] }] },
    });
    expect(treeNodeOf(route).node.networkingInfo?.targetRefs).toEqual([
      { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'infra', name: 'gw' },
      { group: '', kind: 'Service', namespace: 'store', name: 'web' },
    ]);
    const virtual = object('networking.istio.io/v1', 'VirtualService', 'v', {
      spec: {
        http: [{ route: [{ destination: { host: 'api.other.svc.cluster.local' } }, { destination: { host: 'web' } }] }],
      },
    });
    expect(treeNodeOf(virtual).node.networkingInfo?.targetRefs).toMatchObject([
      { namespace: 'other', name: 'api' },
      { namespace: 'store', name: 'web' },
    ]);
  });
});

it('treeSummary is the union over all nodes', () => {
  const node = treeNodeOf(object('v1', 'Pod', 'p')).node;
  expect(
    treeSummary([
      { ...node, images: ['b', 'a'] },
      { ...node, images: ['a'], networkingInfo: { externalURLs: ['http://x'] } },
    ]),
  ).toEqual({
    images: ['a', 'b'],
    externalURLs: ['http://x'],
  });
});

describe('podSummary', () => {
  const pod = (spec: object, status: object, metadata: object = {}) =>
    object('v1', 'Pod', 'p', { spec, status }, metadata);
  const main = { containers: [{ name: 'a' }] };
  const running = { name: 'a', ready: true, restartCount: 0, state: { running: {} } };

  it.each([
    ['Pending', pod(main, { phase: 'Pending' })],
    [
      'CrashLoopBackOff',
      pod(main, {
        phase: 'Running',
        containerStatuses: [{ name: 'a', restartCount: 4, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      }),
    ],
    ['Evicted', pod(main, { phase: 'Failed', reason: 'Evicted' })],
    [
      'ExitCode:3',
      pod(main, { phase: 'Failed', containerStatuses: [{ name: 'a', state: { terminated: { exitCode: 3 } } }] }),
    ],
    [
      'Signal:9',
      pod(main, {
        phase: 'Failed',
        containerStatuses: [{ name: 'a', state: { terminated: { exitCode: 1, signal: 9 } } }],
      }),
    ],
    [
      'Completed',
      pod(main, {
        phase: 'Succeeded',
        containerStatuses: [{ name: 'a', state: { terminated: { reason: 'Completed' } } }],
      }),
    ],
    [
      'Init:0/2',
      pod(
        { ...main, initContainers: [{ name: 'i' }, { name: 'j' }] },
        { phase: 'Pending', initContainerStatuses: [{ name: 'i', state: { running: {} } }] },
      ),
    ],
    [
      'Init:Error',
      pod(
        { ...main, initContainers: [{ name: 'i' }] },
        {
          phase: 'Pending',
          initContainerStatuses: [{ name: 'i', state: { terminated: { exitCode: 1, reason: 'Error' } } }],
        },
      ),
    ],
    [
      'Init:ImagePullBackOff',
      pod(
        { ...main, initContainers: [{ name: 'i' }] },
        {
          phase: 'Pending',
          initContainerStatuses: [{ name: 'i', state: { waiting: { reason: 'ImagePullBackOff' } } }],
        },
      ),
    ],
    [
      'NotReady',
      pod(main, {
        phase: 'Running',
        containerStatuses: [{ name: 'z', state: { terminated: { reason: 'Completed' } } }, running],
      }),
    ],
    ['Terminating', pod(main, { phase: 'Running', containerStatuses: [running] }, { deletionTimestamp: 'now' })],
    ['Unknown', pod(main, { phase: 'Running', reason: 'NodeLost' }, { deletionTimestamp: 'now' })],
  ])('%s', (reason, one) => {
    expect(podSummary(one).reason).toBe(reason);
  });

  it('counts sidecars that started', () => {
    const sidecar = { name: 's', ready: true, started: true, restartCount: 1, state: { running: {} } };
    const one = pod(
      { ...main, initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      { phase: 'Running', initContainerStatuses: [sidecar], containerStatuses: [running] },
    );
    expect(podSummary(one)).toEqual({ reason: 'Running', ready: 2, total: 2, restarts: 1 });
  });
});

describe('orphanedResources', () => {
  const key = (kind: string, name: string) => ({
    key: { group: '', kind, namespace: 'default', name },
    hasOwner: false,
  });

  it('finds what belongs to nobody, and warns with the number', () => {
    const result = orphanedResources({
      candidates: [key('ConfigMap', 'x'), key('Secret', 'taken'), { ...key('Pod', 'child'), hasOwner: true }],
      taken: [key('Secret', 'taken').key],
    });
    expect(result.orphans.map(({ name }) => name)).toEqual(['x']);
    expect(result.condition).toMatchObject({
      type: 'OrphanedResourceWarning',
      message: expect.stringContaining('Application has 1 orphaned resources'),
    });
  });

  it('skips what every namespace has, what is ignored, and the warning when it is off', () => {
    const always = [
      key('Service', 'kubernetes'),
      key('ServiceAccount', 'default'),
      key('ConfigMap', 'kube-root-ca.crt'),
    ];
    const ignore = [{ kind: 'Secret', name: 'sh.helm.*' }];
    expect(orphanedResources({ candidates: [...always, key('Secret', 'sh.helm.v1')], taken: [], ignore })).toEqual({
      orphans: [],
    });
    expect(orphanedResources({ candidates: [key('ConfigMap', 'x')], taken: [], warn: false })).not.toHaveProperty(
      'condition',
    );
  });
});
