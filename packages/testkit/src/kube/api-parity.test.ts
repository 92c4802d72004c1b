import { Agent, request } from 'node:https';
import { findKubeBinaries, type KubeCluster, startKubeCluster, until } from '@lockstep/embedded';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const binaries = await findKubeBinaries();
const missing = binaries === undefined ? ' (no kube-apiserver; pnpm kube:install gets it)' : '';

interface Answer {
  code: number;
  warning: unknown;
  body: unknown;
}

type Call = (method: string, path: string, body?: unknown, type?: string, accept?: string) => Promise<Answer>;
type Step = [method: string, path: string, body?: unknown, type?: string];

const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const json = 'application/json-patch+json';
const apply = 'application/apply-patch+yaml';

const core = '/api/v1/namespaces/default';
const configMaps = `${core}/configmaps`;
const services = `${core}/services`;
const secrets = `${core}/secrets`;
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const apps = '/apis/apps/v1/namespaces/default';
const batch = '/apis/batch/v1/namespaces/default';
const networking = '/apis/networking.k8s.io/v1/namespaces/default';
const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const autoscalers = 'namespaces/default/horizontalpodautoscalers';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const gadgets = '/apis/example.com/v1/namespaces/default/gadgets';

const template = (app: string, container: object = {}, spec: object = {}) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image: 'nginx:1', ...container }], ...spec },
});
const workload = (kind: string, name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, template: template(name), ...spec },
});
const deployment = (name: string, container: object = {}, spec: object = {}) =>
  workload('Deployment', name, { template: template(name, container), ...spec });
const configMap = (name: string, data?: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...(data === undefined ? {} : { data }),
});
const gadget = (name: string, spec: unknown) => ({
  apiVersion: 'example.com/v1',
  kind: 'Gadget',
  metadata: { name },
  spec,
});

const gadgetSchema = {
  type: 'object',
  required: ['spec'],
  'x-kubernetes-validations': [{ rule: "self.metadata.name != 'forbidden'", message: 'forbidden name' }],
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      'x-kubernetes-validations': [
        { rule: 'self.n <= self.max', message: 'n too big' },
        { rule: 'self.n >= oldSelf.n' },
      ],
      properties: {
        size: { type: 'string', enum: ['s', 'l'] },
        n: { type: 'integer', default: 1, minimum: 0 },
        max: { type: 'integer', default: 10 },
        pattern: { type: 'string', pattern: '^[a-z]+$', maxLength: 3, minLength: 2 },
        when: { type: 'string', format: 'date-time' },
        set: { type: 'array', 'x-kubernetes-list-type': 'set', maxItems: 2, items: { type: 'string' } },
        map: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: {
            type: 'object',
            required: ['k'],
            properties: { k: { type: 'string' }, v: { type: 'string', default: 'd' } },
          },
        },
        amount: { 'x-kubernetes-int-or-string': true },
        any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        one: {
          type: 'object',
          oneOf: [{ required: ['a'] }, { required: ['b'] }],
          properties: { a: { type: 'string' }, b: { type: 'string' } },
        },
      },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const definition = {
  metadata: { name: 'gadgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'gadgets', kind: 'Gadget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: gadgetSchema },
      },
    ],
  },
};
const badGadgets = [
  {},
  { size: 'x' },
  { size: 's', n: 'x' },
  { size: 's', n: -1 },
  { size: 's', n: 11 },
  { size: 's', pattern: 'ABCD' },
  { size: 's', pattern: 'a' },
  { size: 's', when: 'no' },
  { size: 's', set: ['a', 'a'] },
  { size: 's', set: ['a', 'b', 'c'] },
  { size: 's', map: [{ k: 'a' }, { k: 'a' }] },
  { size: 's', map: [{ v: 'a' }] },
  { size: 's', amount: 1.5 },
  { size: 's', one: {} },
  { size: 's', one: { a: 'x', b: 'y' } },
  { size: null },
  { size: 's', any: 5 },
  5,
];

const suites: Record<string, Step[]> = {
  'simple objects': [
    ['POST', configMaps, { metadata: { name: 'a' }, data: { x: '1' } }],
    ['POST', configMaps, { metadata: { name: 'a' } }],
    ['GET', `${configMaps}/a`],
    ['GET', `${configMaps}/nope`],
    ['PATCH', `${configMaps}/a`, { data: { y: '2' } }, merge],
    ['PATCH', `${configMaps}/a`, [{ op: 'remove', path: '/data/nope' }], json],
    ['PATCH', `${configMaps}/a`, [{ op: 'test', path: '/data/y', value: '3' }], json],
    ['PATCH', `${configMaps}/a`, '{', merge],
    ['PATCH', `${configMaps}/a`, { nope: 1 }, merge],
    ['PATCH', `${configMaps}/a?fieldValidation=Strict`, { nope: 1 }, strategic],
    ['POST', `${configMaps}?fieldValidation=Strict`, { metadata: { name: 'b', foo: 1 }, nope: 1 }],
    ['POST', configMaps, { apiVersion: 'apps/v1', metadata: { name: 'c' } }],
    ['POST', configMaps, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'c' } }],
    ['POST', configMaps, '{'],
    ['POST', configMaps, '[]'],
    ['POST', configMaps, 'x', 'text/plain'],
    ['POST', configMaps, { metadata: { name: 'c', namespace: 'other' } }],
    ['POST', configMaps, {}],
    ['POST', configMaps, { metadata: { name: 'C_' }, data: { 'a b': '1' } }],
    ['POST', '/api/v1/namespaces/nope/configmaps', { metadata: { name: 'c' } }],
    ['PUT', `${configMaps}/a`, { metadata: { name: 'b' } }],
    ['PUT', `${configMaps}/nope`, { metadata: { name: 'nope' } }],
    ['PUT', `${configMaps}/a`, { metadata: { name: 'a', resourceVersion: '1' } }],
    ['PUT', `${configMaps}/a`, { metadata: { name: 'a', uid: 'other' } }],
    ['PUT', `${configMaps}/a`, { metadata: { name: 'a' }, data: { z: '1' } }],
    ['POST', configMaps, { metadata: { name: 'versioned', resourceVersion: '3' } }],
    ['POST', `${configMaps}?dryRun=All`, { metadata: { name: 'dry' } }],
    ['POST', `${configMaps}?dryRun=x`, { metadata: { name: 'dry' } }],
    ['POST', `${configMaps}?fieldValidation=x`, { metadata: { name: 'dry' } }],
    ['DELETE', `${configMaps}/a`, { preconditions: { uid: 'x' } }],
    ['DELETE', `${configMaps}/a`, { propagationPolicy: 'X' }],
    ['DELETE', `${configMaps}/a`],
    ['DELETE', `${configMaps}/a`],
    ['POST', configMaps, { metadata: { name: 'held', finalizers: ['example.com/x'] } }],
    ['DELETE', `${configMaps}/held`],
    ['POST', configMaps, { metadata: { name: 'held-2', finalizers: ['bad'] } }],
    ['PATCH', `${configMaps}/held`, { metadata: { finalizers: null } }, merge],
    ['GET', '/nope'],
    ['GET', '/api/v1/nopes'],
    ['PUT', configMaps],
    ['GET', `${configMaps}?fieldSelector=data.x=1`],
  ],
  workloads: [
    ['POST', deployments, deployment('web')],
    ['PATCH', `${deployments}/web`, { spec: { replicas: 3 } }, merge],
    [
      'PATCH',
      `${deployments}/web`,
      { spec: { template: { spec: { containers: [{ name: 'side', image: 'x' }] } } } },
      strategic,
    ],
    ['PATCH', `${deployments}/web`, { spec: { selector: { matchLabels: { z: '1' } } } }, merge],
    ['PATCH', `${deployments}/web/status`, { status: { replicas: 3 }, spec: { replicas: 9 } }, merge],
    ['GET', `${deployments}/web/scale`],
    ['GET', `${deployments}/web/nope`],
    ['POST', deployments, deployment('bad', {}, { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } })],
    [
      'POST',
      deployments,
      deployment(
        'bad',
        {
          image: '',
          ports: [{ containerPort: 99_999 }],
          env: [{ name: '' }],
          resources: { requests: { cpu: '2' }, limits: { cpu: '1' } },
        },
        { replicas: -1, minReadySeconds: 700 },
      ),
    ],
    ['POST', deployments, { metadata: { name: 'bad' }, spec: {} }],
    [
      'POST',
      deployments,
      deployment('bad', {
        volumeMounts: [{ name: 'v', mountPath: '/x' }],
        imagePullPolicy: 'Sometimes',
        livenessProbe: {},
      }),
    ],
    [
      'POST',
      deployments,
      deployment('q', {
        resources: { limits: { cpu: '1000m', memory: '1024Mi' } },
        args: [],
        env: [{ name: 'A', value: '' }],
      }),
    ],
    ['POST', `${apps}/statefulsets`, workload('StatefulSet', 'db', { serviceName: 'db' })],
    ['PATCH', `${apps}/statefulsets/db`, { spec: { serviceName: 'x' } }, merge],
    ['POST', `${apps}/daemonsets`, workload('DaemonSet', 'agent')],
    ['PATCH', `${apps}/daemonsets/agent`, { spec: { selector: { matchLabels: { app: 'x' } } } }, merge],
    ['POST', `${apps}/replicasets`, workload('ReplicaSet', 'rs')],
    [
      'POST',
      `${batch}/jobs`,
      { metadata: { name: 'j' }, spec: { template: template('j', {}, { restartPolicy: 'Never' }) } },
    ],
    ['PATCH', `${batch}/jobs/j`, { spec: { completions: 5 } }, merge],
    ['PATCH', `${batch}/jobs/j`, { spec: { parallelism: 5 } }, merge],
    [
      'POST',
      `${batch}/jobs`,
      { metadata: { name: 'bad' }, spec: { parallelism: -1, completionMode: 'Indexed', template: template('bad') } },
    ],
    [
      'POST',
      `${batch}/cronjobs`,
      {
        metadata: { name: 'cj' },
        spec: {
          schedule: '*/5 * * * *',
          jobTemplate: {
            spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'm', image: 'i' }] } } },
          },
        },
      },
    ],
    [
      'POST',
      `${batch}/cronjobs`,
      {
        metadata: { name: 'bad' },
        spec: {
          schedule: '61 * * * *',
          concurrencyPolicy: 'X',
          timeZone: 'Nope/Zone',
          jobTemplate: { spec: { template: { spec: { containers: [] } } } },
        },
      },
    ],
  ],
  'server-side apply': [
    ['PATCH', `${deployments}/ap?fieldManager=one`, deployment('ap'), apply],
    ['PATCH', `${deployments}/ap?fieldManager=one`, deployment('ap'), apply],
    ['PATCH', `${deployments}/ap?fieldManager=two`, deployment('ap', { image: 'nginx:2' }), apply],
    ['PATCH', `${deployments}/ap?fieldManager=two&force=true`, deployment('ap', { image: 'nginx:2' }), apply],
    ['PATCH', `${deployments}/ap`, deployment('ap'), apply],
    ['PATCH', `${deployments}/ap?fieldManager=one`, { ...deployment('ap'), spec: { foo: 1 } }, apply],
    [
      'PATCH',
      `${deployments}/ap?fieldManager=one&fieldValidation=Strict`,
      { ...deployment('ap'), spec: { foo: 1 } },
      apply,
    ],
    ['PATCH', `${deployments}/ap?fieldManager=one`, { ...deployment('ap'), apiVersion: 'v1' }, apply],
    ['PATCH', `${deployments}/ap?fieldManager=three`, { ...deployment('ap'), spec: { replicas: 'x' } }, apply],
    [
      'PATCH',
      `${deployments}/ap?fieldManager=one&force=true`,
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'ap' } },
      apply,
    ],
    ['PATCH', `${configMaps}/sa?fieldManager=one`, configMap('sa', { a: '1' }), apply],
    ['PATCH', `${configMaps}/sa?fieldManager=one`, configMap('sa', { b: '1' }), apply],
    ['PATCH', `${configMaps}/sa?fieldManager=one`, configMap('sa'), apply],
  ],
  'services and configuration': [
    ['POST', services, { metadata: { name: 's1' }, spec: { selector: { a: 'b' }, ports: [{ port: 80 }] } }],
    [
      'POST',
      services,
      { metadata: { name: 's2' }, spec: { type: 'NodePort', ports: [{ port: 80, name: 'a' }, { port: 81 }] } },
    ],
    ['POST', services, { metadata: { name: 's3' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } }],
    ['POST', services, { metadata: { name: 's4' }, spec: { type: 'ExternalName', externalName: 'x.y' } }],
    ['POST', services, { metadata: { name: 's5' }, spec: { clusterIP: 'None', selector: { a: 'b' } } }],
    ['POST', services, { metadata: { name: '9s' }, spec: { type: 'X', ports: [{ port: 0 }] } }],
    ['PATCH', `${services}/s1`, { spec: { type: 'NodePort' } }, merge],
    ['PATCH', `${services}/s1`, { spec: { type: 'ClusterIP' } }, merge],
    ['POST', secrets, { metadata: { name: 'k' }, stringData: { a: 'b' } }],
    ['POST', secrets, { metadata: { name: 'k2' }, data: { a: '!' } }],
    ['POST', secrets, { metadata: { name: 'k3' }, type: 'kubernetes.io/tls' }],
    ['PATCH', `${secrets}/k`, { type: 'x' }, merge],
    ['PATCH', `${secrets}/k`, { immutable: true }, merge],
    ['PATCH', `${secrets}/k`, { data: { a: 'Yw==' } }, merge],
    [
      'POST',
      `${networking}/ingresses`,
      {
        metadata: { name: 'i' },
        spec: {
          rules: [
            {
              host: 'a.b',
              http: {
                paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }],
              },
            },
          ],
        },
      },
    ],
    ['POST', `${networking}/ingresses`, { metadata: { name: 'bad' }, spec: {} }],
    [
      'POST',
      `${networking}/networkpolicies`,
      {
        metadata: { name: 'n' },
        spec: { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { a: 'b' } } }] }] },
      },
    ],
    [
      'POST',
      `/apis/autoscaling/v2/${autoscalers}`,
      {
        metadata: { name: 'h' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
          minReplicas: 1,
          maxReplicas: 3,
        },
      },
    ],
    ['GET', `/apis/autoscaling/v1/${autoscalers}/h`],
    [
      'POST',
      `/apis/autoscaling/v2/${autoscalers}`,
      { metadata: { name: 'bad' }, spec: { minReplicas: 5, maxReplicas: 3 } },
    ],
    [
      'POST',
      `${rbac}/roles`,
      { metadata: { name: 'system:r' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] },
    ],
    [
      'POST',
      `${rbac}/roles`,
      { metadata: { name: 'bad/x' }, rules: [{ verbs: [], nonResourceURLs: ['/x'] }, { verbs: ['get'] }] },
    ],
    ['POST', `${rbac}/roles`, { metadata: { name: 'empty' } }],
    [
      'POST',
      `${rbac}/rolebindings`,
      {
        metadata: { name: 'rb' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'system:r' },
        subjects: [{ kind: 'User', name: 'bob' }],
      },
    ],
    ['PATCH', `${rbac}/rolebindings/rb`, { roleRef: { name: 'y' } }, merge],
    ['POST', '/api/v1/namespaces', { metadata: { name: 'n1', labels: { a: 'b' } } }],
    ['PATCH', '/api/v1/namespaces/n1', { metadata: { labels: { 'kubernetes.io/metadata.name': null } } }, merge],
    ['DELETE', '/api/v1/namespaces/n1'],
    ['DELETE', '/api/v1/namespaces/default'],
    [
      'POST',
      `${core}/events`,
      {
        metadata: { name: 'ev' },
        involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
        reason: 'R',
        message: 'm',
        type: 'Normal',
      },
    ],
    ['GET', '/apis/events.k8s.io/v1/namespaces/default/events/ev'],
    [
      'POST',
      `${core}/endpoints`,
      { metadata: { name: 'e' }, subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }] },
    ],
  ],
  'custom resources': [
    ['POST', gadgets, { ...gadget('g', { size: 's', unknown: 1, any: { q: 1 }, map: [{ k: 'a' }], amount: 5 }) }],
    ['POST', `${gadgets}?fieldValidation=Strict`, gadget('g2', { size: 's', unknown: 1 })],
    ...badGadgets.map((spec, index): Step => ['POST', gadgets, gadget(`bad-${index}`, spec)]),
    ['POST', gadgets, gadget('forbidden', { size: 's' })],
    ['PATCH', `${gadgets}/g`, { spec: { n: 0 } }, merge],
    ['PATCH', `${gadgets}/g`, { spec: { n: 3 } }, merge],
    ['PATCH', `${gadgets}/g`, { status: { a: 1 } }, merge],
    ['PATCH', `${gadgets}/g/status`, { status: { a: 1 } }, merge],
    ['PATCH', `${gadgets}/g`, { spec: { n: 1 } }, strategic],
    ['PUT', `${gadgets}/g`, gadget('g', { size: 'l' })],
    ['PATCH', `${gadgets}/ap?fieldManager=one`, gadget('ap', { size: 's', map: [{ k: 'a', v: '1' }] }), apply],
    ['PATCH', `${gadgets}/ap?fieldManager=two`, gadget('ap', { size: 's', map: [{ k: 'b', v: '1' }] }), apply],
    ['PATCH', `${gadgets}/ap?fieldManager=two`, gadget('ap', { size: 's', unknown: 1 }), apply],
    ['PATCH', `${gadgets}/ap?fieldManager=two`, gadget('ap', { size: 5 }), apply],
    ['GET', `${gadgets}?fieldSelector=spec.size=s`],
    ['DELETE', `${gadgets}/ap`],
    ['GET', '/apis/example.com/v1'],
    ['GET', '/apis/apps/v1'],
  ],
};

/** Requests to one server; the answer without what differs between any two servers. */
function caller(url: string, token: string, ca: string): { call: Call; close: () => void } {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, ca });
  const call: Call = (method, path, body, type = 'application/json', accept = 'application/json') =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const content = text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) };
      const headers = { 'user-agent': 'parity/1', accept, authorization: `Bearer ${token}`, ...content };
      const outgoing = request({ agent, hostname, port, method, path, headers }, (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          answer += chunk;
        });
        response.on('end', () => {
          const isJson = response.headers['content-type']?.includes('json') === true;
          const read: unknown = isJson ? JSON.parse(answer) : answer;
          resolve({ code: response.statusCode ?? 0, warning: response.headers['warning'], body: comparable(read) });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  return { call, close: () => agent.destroy() };
}

const varying = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'time',
  'clusterIP',
  'clusterIPs',
  'nodePort',
]);

function comparable(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => comparable(item));
    // Managers that wrote within one second are in no particular order.
    return key === 'managedFields' ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [name, varying.has(name) ? '*' : comparable(entry, name)]),
    );
  }
  return typeof value === 'string' ? value.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>') : value;
}

describe.skipIf(binaries === undefined)(`the sandbox and kube-apiserver answer alike${missing}`, () => {
  let real: KubeCluster;
  let sandbox: Sandbox;
  const callers: { call: Call; close: () => void }[] = [];

  beforeAll(async () => {
    real = await startKubeCluster({ controllers: false, podStartupMs: false });
    sandbox = await startSandbox({ name: 'parity', controllers: false });
    callers.push(caller(real.url, real.token, real.ca), caller(sandbox.url, sandbox.token('admin'), sandbox.ca));
    for (const { call } of callers) {
      await call('POST', definitions, definition);
      await until(async () => (await call('GET', gadgets)).code === 200, { what: 'the custom resource to be served' });
    }
  });

  afterAll(async () => {
    for (const { close } of callers) close();
    await sandbox?.close();
    await real?.close();
  });

  it.each(Object.entries(suites))('about %s', async (_name, steps) => {
    for (const [index, [method, path, body, type]] of steps.entries()) {
      const [expected, actual] = await Promise.all(callers.map(({ call }) => call(method, path, body, type)));
      expect({ index, method, path, ...actual }).toEqual({ index, method, path, ...expected });
    }
  });

  it('about a version whose aggregated API server cannot be reached, until its APIService is deleted', async () => {
    const service = '/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com';
    const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const group = async ({ call }: (typeof callers)[number]): Promise<unknown> => {
      const { body } = await call('GET', '/apis', undefined, undefined, aggregated);
      const { items } = body as { items: { metadata: { name: string }; versions: unknown }[] };
      const found = items.find(({ metadata }) => metadata.name === 'example.com');
      return found?.versions;
    };
    const labels = { 'kube-aggregator.kubernetes.io/automanaged': 'false' };
    const spec = {
      group: 'example.com',
      version: 'v1',
      groupPriorityMinimum: 1000,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { namespace: 'default', name: 'nobody', port: 443 },
    };
    const body = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.example.com', labels },
      spec,
    };
    for (const { call } of callers) {
      await call('PATCH', `${service}?fieldManager=test&force=true`, body, apply);
      await until(async () => (await call('GET', gadgets)).code === 503, {
        what: 'the version to be unavailable',
        timeoutMs: 5_000,
      });
    }
    for (const path of [gadgets, `${gadgets}/g`, '/apis/example.com/v1', '/apis/example.com']) {
      const [expected, actual] = await Promise.all(callers.map(({ call }) => call('GET', path)));
      expect({ path, ...actual }).toEqual({ path, ...expected });
    }
    for (const each of callers)
      await until(async () => JSON.stringify(await group(each)) === '[{"version":"v1","freshness":"Stale"}]', {
        what: 'the version to be stale in discovery',
        timeoutMs: 5_000,
      });
    for (const { call } of callers) {
      await call('DELETE', service);
      await until(async () => (await call('GET', gadgets)).code === 200, {
        what: 'the version to be served again',
        timeoutMs: 5_000,
      });
    }
  });
});
