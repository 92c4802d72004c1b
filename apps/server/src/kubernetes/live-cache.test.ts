import {
  type ClusterFacts,
  DEFAULT_SETTINGS,
  type Health,
  type KubernetesObject,
  parseSettings,
  type Settings,
} from '@lockstep/core';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionTo } from '../../tests/support/controller-world.ts';
import { eventually, json, ScriptedApiServer } from '../../tests/support/scripted-api-server.ts';
import { JqWorker } from '../tools/jq.ts';
import type { ClusterConnection } from './cluster-connection.ts';
import { KubernetesClient } from './kubernetes-client.ts';
import { type HealthView, LiveCache, type LiveChange } from './live-cache.ts';

let sandbox: Sandbox;
let connection: ClusterConnection;
let client: KubernetesClient;
let cache: LiveCache;
let changes: LiveChange[];
const settings: Settings = { ...DEFAULT_SETTINGS };
const facts: ClusterFacts = { server: 'https://kubernetes.default.svc', name: 'in-cluster' };

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'cache', controllers: true, podStartupMs: 10 });
  connection = connectionTo(sandbox);
  client = new KubernetesClient(connection);
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
  changes = [];
  cache = new LiveCache({
    client,
    facts: () => facts,
    settings: () => settings,
    onChange: (change) => changes.push(change),
  });
  await cache.start();
});
afterAll(async () => {
  await cache?.[Symbol.asyncDispose]();
  await connection?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

const tracked = (name: string, application: string, data: Record<string, string> = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'web',
    annotations: { 'argocd.argoproj.io/tracking-id': `${application}:/ConfigMap:web/${name}` },
  },
  data,
});
const key = (kind: string, name: string, group = '') => ({ group, kind, namespace: 'web', name });

describe('LiveCache', () => {
  it('keeps the bodies of what an application tracks, and tells when they change', async () => {
    await client.create(tracked('one', 'shop'));
    await eventually('it is owned', () => [...cache.owned('shop')].length === 1);
    changes.splice(0);
    await client.patch(
      { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'one' },
      { type: 'merge', body: { data: { v: '1' } } },
    );
    await eventually('the change is told', () => changes.some(({ managedBy }) => managedBy.has('shop')));
    expect([...cache.owned('shop')][0]?.['data']).toEqual({ v: '1' });
  });

  it('does not tell of a change that no comparison could see', async () => {
    changes.splice(0);
    await client.apply(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'one', namespace: 'web' },
        data: { v: '1' },
      } as KubernetesObject,
      { fieldManager: 'somebody', force: true },
    );
    await client.create(tracked('after', 'other'));
    await eventually('the next event arrived', () => changes.some(({ managedBy }) => managedBy.has('other')));
    expect(changes.some(({ managedBy }) => managedBy.has('shop'))).toBe(false);
  });

  it('drops the events that ignoreResourceUpdates is about, by pointer or by jq', async () => {
    const { settings: quiet } = parseSettings({
      configMap: {
        'resource.customizations.ignoreResourceUpdates.ConfigMap':
          "{jsonPointers: [/data/beat], jqPathExpressions: ['.data.pulse']}",
      },
    });
    const ignoring = new JqWorker();
    const told: LiveChange[] = [];
    await using quietCache = new LiveCache({
      client,
      facts: () => facts,
      settings: () => quiet,
      jq: ignoring,
      onChange: (change) => told.push(change),
    });
    await client.create(tracked('quiet', 'hospital'));
    await quietCache.start();
    told.splice(0);
    const patch = (body: object) =>
      client.patch({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'quiet' }, { type: 'merge', body });
    const dataOf = () => ([...quietCache.owned('hospital')][0]?.['data'] ?? {}) as Record<string, string>;
    const isTold = () => told.some(({ managedBy }) => managedBy.has('hospital'));
    await patch({ data: { beat: '1' } });
    await patch({ data: { pulse: '1' } });
    await eventually('both arrived', () => dataOf()['pulse'] === '1');
    await patch({ data: { name: 'x' } });
    await eventually('what counts is told', isTold);
    expect(told.filter(({ managedBy }) => managedBy.has('hospital'))).toHaveLength(1);
    await ignoring[Symbol.asyncDispose]();
  });

  it('judges again what a script answers for later, whether or not it keeps the body', async () => {
    const health: HealthView = {
      checkOf: ({ kind }) => (kind === 'ConfigMap' ? check : undefined),
      show: (_object, before) => answer ?? before,
    };
    let check: string | undefined = 'first';
    let answer: Health | undefined;
    await using judging = new LiveCache({
      client,
      facts: () => facts,
      settings: () => settings,
      health,
      onChange: (change) => changes.push(change),
    });
    await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bodiless', namespace: 'web' } });
    await client.create(tracked('judged', 'judge'));
    await judging.start();
    const healthOf = (name: string) => judging.item(key('ConfigMap', name))?.tree.node.health;
    const [body] = [...judging.owned('judge')] as [KubernetesObject];
    changes.splice(0);

    answer = { status: 'Degraded' };
    judging.judged(body, false);
    expect(healthOf('judged')).toEqual(answer);
    expect(changes).toMatchObject([{ managedBy: new Set(['judge']), own: false }]);
    // Whoever remembers the comparison by the identity of the body must compare again.
    expect([...judging.owned('judge')][0]).not.toBe(body);
    judging.judged(body, false);
    expect(changes).toHaveLength(1);
    judging.judged(body, true);
    expect(changes).toHaveLength(2);
    judging.judged({ ...body, metadata: { ...body.metadata, resourceVersion: '1' } }, true);
    expect(changes).toHaveLength(2);

    check = 'second';
    answer = { status: 'Suspended' };
    judging.rejudge();
    await eventually('both are judged', () => healthOf('bodiless')?.status === 'Suspended');
    expect(healthOf('judged')).toEqual(answer);
  });

  it('reads an untracked object once when it is a target, and follows it from then on', async () => {
    await client.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'adopt', namespace: 'web' },
      data: { v: '1' },
    } as KubernetesObject);
    await eventually('it is known', () => cache.item(key('ConfigMap', 'adopt')) !== undefined);
    expect(cache.item(key('ConfigMap', 'adopt'))?.object).toBeUndefined();
    const found = await cache.objects('shop', [key('ConfigMap', 'adopt'), key('ConfigMap', 'absent')]);
    expect([...found.keys()]).toEqual(['/ConfigMap/web/adopt']);
    changes.splice(0);
    await client.patch(
      { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'adopt' },
      { type: 'merge', body: { data: { v: '2' } } },
    );
    await eventually('its change is told', () => changes.some(({ managedBy }) => managedBy.has('shop')));
    expect(cache.item(key('ConfigMap', 'adopt'))?.object?.['data']).toEqual({ v: '2' });
    const requests = sandbox.stats().requests;
    await cache.objects('shop', [key('ConfigMap', 'adopt'), key('ConfigMap', 'absent')]);
    expect(sandbox.stats().requests).toBe(requests);
  });

  it('finds the application above a Pod, without keeping the body of the Pod', async () => {
    await client.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'front',
        namespace: 'web',
        annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:web/front' },
      },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'front' } },
        template: { metadata: { labels: { app: 'front' } }, spec: { containers: [{ name: 'a', image: 'nginx' }] } },
      },
    } as KubernetesObject);
    // Each kind has a watch of its own: a Pod that was ready before its owners were known is told with them.
    await eventually('its ReplicaSet is told', () => changes.some(({ key: { kind } }) => kind === 'ReplicaSet'));
    await eventually('it has a Pod', () => sandbox.client.list({ group: '', resource: 'pods' }, 'web').length === 1);
    const name = sandbox.client.list({ group: '', resource: 'pods' }, 'web')[0]?.metadata.name ?? '';
    await eventually('the Pod is known', () => cache.item(key('Pod', name)) !== undefined);
    changes.splice(0);
    await client.patch(
      { apiVersion: 'v1', kind: 'Pod', namespace: 'web', name },
      { type: 'merge', body: { metadata: { labels: { seen: 'yes' } } } },
    );
    await eventually('a Pod is told as part of the tree', () =>
      changes.some(({ key: { kind }, treeOf }) => kind === 'Pod' && treeOf.has('shop')),
    );
    const pod = changes.findLast(({ key: { kind } }) => kind === 'Pod');
    expect(pod?.managedBy.size).toBe(0);
    expect(cache.item(pod?.key as never)?.object).toBeUndefined();
  });

  it('sees the answer to a write at once, marked as our own', async () => {
    const stored = await client.create(tracked('own', 'shop'));
    changes.splice(0);
    cache.absorb(stored);
    expect([...cache.owned('shop')].some(({ metadata }) => metadata.name === 'own')).toBe(true);
    expect(changes.every(({ own }) => own)).toBe(true);
  });

  it('watches a kind that a new definition brings', async () => {
    await client.create({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.org' },
      spec: {
        group: 'example.org',
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    } as KubernetesObject);
    await eventually('it is watched', () => cache.isWatched('example.org', 'Widget'));
    await client.create({ apiVersion: 'example.org/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'web' } });
    await eventually('it is known', () => cache.item(key('Widget', 'w', 'example.org')) !== undefined);
  });

  it('follows a kind to another version when the watched one is not served any more', async () => {
    const ref = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      namespace: '',
      name: 'widgets.example.org',
    };
    const version = (name: string, served: boolean) => ({
      name,
      served,
      storage: name === 'v2',
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    });
    await client.patch(ref, {
      type: 'merge',
      body: { spec: { versions: [version('v1', false), version('v2', true)] } },
    });
    await eventually('the objects of the new version are known', () => {
      const item = cache.item(key('Widget', 'w', 'example.org'));
      return item?.tree.node.version === 'v2' && cache.isWatched('example.org', 'Widget');
    });
    await client.delete({ ...key('Widget', 'w', 'example.org'), version: 'v2' }, { propagation: 'Background' });
    await eventually('its end is seen', () => cache.item(key('Widget', 'w', 'example.org')) === undefined);
  });
});

it('looks up an object whose kind may not be listed, instead of taking it for absent', async () => {
  const configMaps = {
    resource: 'configmaps',
    responseKind: { group: '', version: 'v1', kind: 'ConfigMap' },
    scope: 'Namespaced',
    verbs: ['get', 'list', 'watch'],
  };
  const core = { metadata: {}, versions: [{ version: 'v1', resources: [configMaps] }] };
  const answers: Record<string, unknown> = {
    '/api': { kind: 'APIGroupDiscoveryList', items: [core] },
    '/apis': { kind: 'APIGroupDiscoveryList', items: [] },
    '/api/v1/namespaces/web/configmaps/one': tracked('one', 'shop'),
  };
  await using server = await new ScriptedApiServer((request, response) => {
    const answer = answers[request.url];
    if (answer === undefined) json(response, { kind: 'Status', reason: 'Forbidden', message: 'no' }, 403);
    else json(response, answer);
  }).listen();
  await using scripted = server.connect();
  await using restricted = new LiveCache({
    client: new KubernetesClient(scripted),
    facts: () => facts,
    settings: () => settings,
    onChange: () => {},
  });
  await restricted.start();
  const one = key('ConfigMap', 'one');
  expect([...(await restricted.objects('shop', [one])).values()]).toMatchObject([{ metadata: { name: 'one' } }]);
  expect([...restricted.unreadable()]).toEqual([{ group: '', kind: 'ConfigMap', reason: 'no', isRefused: true }]);
});

/** A cluster that serves ConfigMaps and Nodes, and answers the other requests as the test says. */
async function scriptedCluster(
  answer: (request: { method: string; path: string }) => { status?: number; body: object } | undefined,
): Promise<ScriptedApiServer> {
  const resource = (plural: string, kind: string, scope: string) => ({
    resource: plural,
    responseKind: { group: '', version: 'v1', kind },
    scope,
    verbs: ['get', 'list', 'watch'],
  });
  const review = {
    resource: 'selfsubjectaccessreviews',
    responseKind: { group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectAccessReview' },
    scope: 'Cluster',
    verbs: ['create'],
  };
  const groups: Record<string, object[]> = {
    '/api': [
      {
        metadata: {},
        versions: [
          {
            version: 'v1',
            resources: [resource('configmaps', 'ConfigMap', 'Namespaced'), resource('nodes', 'Node', 'Cluster')],
          },
        ],
      },
    ],
    '/apis': [{ metadata: { name: 'authorization.k8s.io' }, versions: [{ version: 'v1', resources: [review] }] }],
  };
  return new ScriptedApiServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://cluster');
    const answered = answer({ method: request.method ?? '', path: pathname });
    if (groups[pathname] !== undefined) json(response, { kind: 'APIGroupDiscoveryList', items: groups[pathname] });
    else if (answered !== undefined) json(response, answered.body, answered.status);
    else if (searchParams.has('watch')) response.writeHead(200).flushHeaders();
    else json(response, { metadata: { resourceVersion: '1' }, items: [] });
  }).listen();
}

it.each([
  [
    'the namespaces of a namespaced cluster and nothing else',
    { namespaces: ['web', 'shop'] },
    ['configmaps', 'configmaps'],
  ],
  [
    'cluster-scoped kinds too when they are allowed',
    { namespaces: ['web', 'shop'], clusterResources: true },
    ['configmaps', 'configmaps', 'nodes'],
  ],
])('watches %s', async (_what, about, kinds) => {
  await using server = await scriptedCluster(() => undefined);
  await using scripted = server.connect();
  await using namespaced = new LiveCache({
    client: new KubernetesClient(scripted),
    facts: () => ({ ...facts, ...about }),
    settings: () => settings,
    onChange: () => {},
  });
  await namespaced.start();
  const lists = server.requests
    .map(({ url }) => new URL(url, 'http://cluster').pathname)
    .filter((path) => path.startsWith('/api/v1/'));
  const listed = [...new Set(lists)].sort();
  expect(listed.map((path) => path.split('/').at(-1))).toEqual(kinds.toSorted());
  expect(listed.filter((path) => path.includes('/namespaces/')).map((path) => path.split('/')[4])).toEqual([
    'shop',
    'web',
  ]);
});

it('with respectRBAC strict believes a refusal only when the API server says that we may not list', async () => {
  let isProxyBroken = true;
  const reviews: string[] = [];
  await using server = await scriptedCluster(({ method, path }) => {
    if (method === 'POST') {
      const { resource } = JSON.parse(server.requests.at(-1)?.body ?? '{}').spec.resourceAttributes;
      reviews.push(resource);
      return { body: { status: { allowed: resource === 'configmaps' } } };
    }
    const isRefused = path === '/api/v1/nodes' || (path === '/api/v1/configmaps' && isProxyBroken);
    return isRefused ? { status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'no' } } : undefined;
  });
  await using scripted = server.connect();
  await using strict = new LiveCache({
    client: new KubernetesClient(scripted),
    facts: () => facts,
    settings: () => ({ ...settings, respectRBAC: 'strict' }),
    onChange: () => {},
    strictRetry: 50,
  });
  await strict.start();
  await eventually('both were asked about', () => new Set(reviews).size === 2);
  await eventually('only what we may not list counts as refused', () => {
    const refused = [...strict.unreadable()].filter(({ isRefused }) => isRefused);
    return refused.length === 1 && refused[0]?.kind === 'Node';
  });
  isProxyBroken = false;
  await eventually('the other is read in the end', () => strict.isWatched('', 'ConfigMap'));
  expect([...strict.unreadable()]).toEqual([{ group: '', kind: 'Node', reason: 'no', isRefused: true }]);
});
