import { until } from '@lockstep/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Secret } from '../src/api/api-context.ts';
import { hashPassword } from '../src/auth/passwords.ts';
import type { ResourceNode } from '../src/store/read-models.ts';
import { ApiWorld } from './support/api-world.ts';

const sentinel = 'SENTINEL-b3f1';
let world: ApiWorld;
let admin: string;
let operator: string;
let plans: { hash: string; asked: number; confirmation?: string } = { hash: 'one', asked: 0 };

beforeAll(async () => {
  world = await ApiWorld.start({
    configMap: { 'accounts.operator': 'login' },
    rbac: {
      'policy.csv': [
        'p, operator, applications, get, */*, allow',
        'p, operator, applications, action/apps/Deployment/restart, */*, allow',
        'p, operator, applications, delete/*/Pod/*, */*, allow',
        'p, operator, logs, get, */*, allow',
      ].join('\n'),
    },
    requests: {
      plan: async (request) => {
        plans.asked += 1;
        return {
          planId: `plan-${request.historyId ?? 0}`,
          inputsHash: plans.hash,
          revision: 'abc',
          computedAt: '2026-01-01T00:00:00Z',
          summary: { create: 0, update: 1, recreate: 0, prune: 0, hook: 0, unchanged: 3 },
          warnings: [],
          problems: [],
          phases: [],
          ...(plans.confirmation === undefined ? {} : { confirmation: plans.confirmation }),
        };
      },
      manifests: async () => ({
        manifests: [
          { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'rendered' }, stringData: { token: sentinel } },
        ],
        revisions: ['abc'],
        sourceTypes: ['Directory'],
        namespace: 'shop',
        server: 'https://kubernetes.default.svc',
      }),
    },
  });
  await world.configure('Secret', 'argocd-secret', {
    'accounts.operator.password': Buffer.from(await hashPassword('a good password')).toString('base64'),
  });
  admin = await world.token();
  operator = await world.token('operator', 'a good password');
  await world.kubernetes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await world.kubernetes.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'credentials',
      namespace: 'shop',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data: { password: sentinel } }),
      },
    },
    stringData: { password: sentinel },
  });
  await world.kubernetes.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'shop',
      annotations: {
        'link.argocd.argoproj.io/docs': 'Docs|https://example.com',
        'link.argocd.argoproj.io/bad': 'x|javascript:alert(1)',
      },
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'example/web:1' }] },
      },
    },
  });
  const pods = async () =>
    (await world.kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'shop' })).filter(
      (pod) => (pod['status'] as { phase?: string }).phase === 'Running',
    );
  await until(async () => (await pods()).length === 2, { timeoutMs: 20_000, what: 'two Pods' });
  const [set] = await world.kubernetes.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, { namespace: 'shop' });
  const parent = (kind: string, name: string) => [{ group: 'apps', kind, namespace: 'shop', name }];
  const nodes: ResourceNode[] = [
    { version: 'v1', kind: 'Secret', namespace: 'shop', name: 'credentials' },
    { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
    {
      group: 'apps',
      version: 'v1',
      kind: 'ReplicaSet',
      namespace: 'shop',
      name: set?.metadata.name ?? '',
      parentRefs: parent('Deployment', 'web'),
    },
    ...(await pods()).map((pod) => ({
      version: 'v1',
      kind: 'Pod',
      namespace: 'shop',
      name: pod.metadata.name ?? '',
      uid: pod.metadata.uid ?? '',
      parentRefs: parent('ReplicaSet', set?.metadata.name ?? ''),
    })),
  ];
  await world.application('web', {
    status: {
      history: [
        { id: 0, revision: 'aaa', deployedAt: '2026-01-01T00:00:00Z' },
        { id: 1, revision: 'bbb', deployedAt: '2026-01-02T00:00:00Z' },
      ],
    },
  });
  await world.publish('web', { tree: { nodes }, managed: [] });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Changes the specification of the project, and waits until the API has seen it. */
async function changeProject(spec: object): Promise<void> {
  const project = {
    group: '',
    kind: 'AppProject',
    namespace: world.namespace,
    name: 'default',
    apiVersion: 'argoproj.io/v1alpha1',
  };
  const stored = await world.kubernetes.patch(project, { type: 'merge', body: { spec } });
  await world.context.collections.projects.until(
    project,
    (seen) => seen?.metadata.resourceVersion === stored.metadata.resourceVersion,
    5_000,
  );
}

const deployment = 'group=apps&version=v1&kind=Deployment&namespace=shop&resourceName=web';

describe('live resources', () => {
  test('no value of a Secret leaves, whoever asks and however', async () => {
    for (const path of [
      '/resource?kind=Secret&version=v1&namespace=shop&resourceName=credentials',
      '/manifests',
      '/resource-tree',
      '/managed-resources',
      '',
    ]) {
      const answer = await world.call(admin, 'GET', `/api/v1/applications/web${path}`);
      expect([path, answer.status]).toEqual([path, 200]);
      expect([
        path,
        answer.text.includes(sentinel),
        answer.text.includes(Buffer.from(sentinel).toString('base64')),
      ]).toEqual([path, false, false]);
    }
    const manifest = JSON.parse(
      (
        await world.call(
          admin,
          'GET',
          '/api/v1/applications/web/resource?kind=Secret&version=v1&namespace=shop&resourceName=credentials',
        )
      ).json.manifest,
    );
    expect(manifest.data.password).toMatch(/^\++$/);
    const broken = await world.call(
      admin,
      'POST',
      '/api/v1/applications/web/resource?kind=Secret&version=v1&namespace=shop&resourceName=credentials',
      JSON.stringify({ data: { password: `not base64 ${sentinel}` } }),
    );
    expect([broken.status >= 400, broken.text.includes(sentinel)]).toEqual([true, false]);
  });

  test('what is not in the tree cannot be reached through the application', async () => {
    for (const query of [
      'kind=ConfigMap&version=v1&namespace=argocd&resourceName=argocd-cm',
      'kind=Secret&version=v1&namespace=argocd&resourceName=argocd-secret',
    ]) {
      for (const method of ['GET', 'DELETE'] as const) {
        expect([query, (await world.call(admin, method, `/api/v1/applications/web/resource?${query}`)).status]).toEqual(
          [query, 400],
        );
      }
    }
  });

  test('what the project does not permit cannot be reached either', async () => {
    await changeProject({ namespaceResourceBlacklist: [{ group: '', kind: 'Secret' }] });
    const answer = await world.call(
      admin,
      'GET',
      '/api/v1/applications/web/resource?kind=Secret&version=v1&namespace=shop&resourceName=credentials',
    );
    await changeProject({ namespaceResourceBlacklist: null });
    expect([answer.status, answer.json.message]).toEqual([403, 'resource :Secret is not permitted in project default']);
  });

  test('actions need their own right, and change what they say', async () => {
    const { json } = await world.call(operator, 'GET', `/api/v1/applications/web/resource/actions?${deployment}`);
    expect(json.actions.map((action: { name: string; disabled: boolean }) => [action.name, action.disabled])).toEqual([
      ['restart', false],
      ['pause', false],
      ['resume', true],
      ['scale', false],
    ]);
    const body = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', resourceName: 'web' };
    const run = (token: string, action: string, more: object = {}) =>
      world.call(token, 'POST', '/api/v1/applications/web/resource/actions/v2', { ...body, action, ...more });
    const denied = await run(operator, 'scale', { resourceActionParameters: [{ name: 'replicas', value: '9' }] });
    expect([denied.status, denied.json.message]).toEqual([
      403,
      expect.stringContaining('applications, action/apps/Deployment/scale, default/web'),
    ]);
    expect((await run(operator, 'restart')).status).toBe(200);
    const scaled = await run(admin, 'scale', { resourceActionParameters: [{ name: 'replicas', value: '1' }] });
    expect(scaled.status).toBe(200);
    const live = await world.kubernetes.get({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
    });
    expect(live).toMatchObject({
      spec: {
        replicas: 1,
        template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': expect.any(String) } } },
      },
    });
    expect((await run(admin, 'scale', { resourceActionParameters: [{ name: 'replicas', value: '-1' }] })).status).toBe(
      400,
    );
    expect((await run(admin, 'resume')).status).toBe(400);
    expect((await run(admin, 'explode')).json.fix).toBe('Its actions: restart, pause, resume, scale');
  });

  test('nothing is changed of an object that only has the name of the one shown', async () => {
    await world.application('stale', {});
    const nodes = [
      { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'earlier' },
    ];
    await world.publish('stale', { tree: { nodes }, managed: [] });
    const path = `/api/v1/applications/stale/resource`;
    const body = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', resourceName: 'web' };
    for (const answer of [
      await world.call(admin, 'POST', `${path}?${deployment}`, JSON.stringify({ metadata: { labels: { a: 'b' } } })),
      await world.call(admin, 'POST', `${path}/actions/v2`, { ...body, action: 'restart' }),
    ]) {
      expect(answer.status).toBe(409);
      expect(answer.json.message).toMatch(
        /^Deployment web is another object than the one shown \(uid [0-9a-f-]{36} instead of earlier\)$/,
      );
    }
    expect((await world.call(admin, 'GET', `${path}?${deployment}`)).status).toBe(200);
    const live = await world.kubernetes.get({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
    });
    expect(live?.metadata.labels).toBeUndefined();
  });

  test('an action is told in Events of the application and of the resource', async () => {
    const events = async (namespace: string) =>
      (await world.kubernetes.list({ apiVersion: 'v1', kind: 'Event' }, { namespace })).flatMap((event) =>
        event['reason'] === 'ResourceActionRan' ? [event['message']] : [],
      );
    expect(await events('argocd')).toContain('admin ran action scale on resource apps/Deployment/web');
    expect(await events('shop')).toContain('operator ran action restart');
  });

  describe('actions of argocd-cm', () => {
    const body = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', resourceName: 'web' };
    const run = (token: string, action: string, parameters: Record<string, string> = {}) =>
      world.call(token, 'POST', '/api/v1/applications/web/resource/actions/v2', {
        ...body,
        action,
        resourceActionParameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
      });
    const configure = (actions: string | null) =>
      world.configure('ConfigMap', 'argocd-cm', { 'resource.customizations.actions.apps_Deployment': actions });
    const actions = (definition: string): string =>
      `mergeBuiltinActions: true
discovery.lua: |
  return { snapshot = { displayName = "Take a snapshot", disabled = obj.spec.replicas == 0, params = { { name = "label", default = "now" } } } }
definitions:
- name: snapshot
  action.lua: |
${definition
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`;
    const configMap = (name: string) =>
      world.kubernetes.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name });
    const script = `
local copy = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "snapshot-" .. actionParams["label"] } }
copy.data = { replicas = obj.spec.replicas .. "" }
obj.metadata.annotations["example.com/snapshot"] = copy.metadata.name
return { { operation = "create", resource = copy }, { operation = "patch", resource = obj } }`;

    test('are offered as discovery says, besides the built-in ones', async () => {
      await configure(actions(script));
      const { json } = await world.call(admin, 'GET', `/api/v1/applications/web/resource/actions?${deployment}`);
      expect(json.actions[0]).toEqual({
        name: 'snapshot',
        displayName: 'Take a snapshot',
        iconClass: '',
        disabled: false,
        params: [{ name: 'label', value: 'now', default: 'now' }],
      });
      expect(json.actions.map(({ name }: { name: string }) => name)).toContain('restart');
    });

    test('run with their own right, and create and patch what the script says', async () => {
      const denied = await run(operator, 'snapshot', { label: 'one' });
      expect([denied.status, denied.json.message]).toEqual([
        403,
        expect.stringContaining('action/apps/Deployment/snapshot'),
      ]);
      expect((await run(admin, 'snapshot', { label: 'one' })).status).toBe(200);
      expect((await configMap('snapshot-one'))?.['data']).toEqual({ replicas: '1' });
      const live = await world.kubernetes.get({ apiVersion: 'apps/v1', ...body, name: 'web' });
      expect(live?.metadata.annotations?.['example.com/snapshot']).toBe('snapshot-one');
    });

    test('change nothing when anything they want is refused: by the project, or by the dry run', async () => {
      const both = (second: string) =>
        `local first = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "first" } }
return { { operation = "create", resource = first }, { operation = "create", resource = ${second} } }`;
      await configure(
        actions(
          both(
            '{ apiVersion = "rbac.authorization.k8s.io/v1", kind = "ClusterRole", metadata = { name = "root", namespace = "shop" } }',
          ),
        ),
      );
      await changeProject({ clusterResourceWhitelist: [] });
      const refused = await run(admin, 'snapshot');
      await changeProject({ clusterResourceWhitelist: [{ group: '*', kind: '*' }] });
      expect([refused.status, refused.json.message]).toEqual([
        403,
        expect.stringContaining('ClusterRole is not permitted in project default'),
      ]);
      await configure(actions(both('{ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "Not A Name" } }')));
      expect((await run(admin, 'snapshot')).status).toBeGreaterThanOrEqual(400);
      expect(await configMap('first')).toBeUndefined();
    });

    test('that do not parse are among the warnings of the settings', async () => {
      await configure(actions('if'));
      await until(
        async () => {
          const { json } = await world.call(admin, 'GET', '/api/v1/settings');
          return JSON.stringify(json).includes('(apps/Deployment): snapshot/action.lua does not parse');
        },
        { timeoutMs: 10_000, what: 'a warning that names the script' },
      );
    });

    test('that loop are ended, with the kind and the script in the answer, and the API goes on', async () => {
      await configure(actions('while true do end'));
      const { status, json } = await run(admin, 'snapshot');
      expect([status, json.message]).toEqual([
        400,
        expect.stringContaining(
          'snapshot/action.lua for apps/Deployment in argocd-cm: the script took longer than 1 s',
        ),
      ]);
      expect((await run(admin, 'restart')).status).toBe(200);
      await configure(null);
    });
  });

  test('deleting one resource needs the fine-grained right', async () => {
    const denied = await world.call(operator, 'DELETE', `/api/v1/applications/web/resource?${deployment}`);
    expect([denied.status, denied.json.message]).toEqual([
      403,
      expect.stringContaining('delete/apps/Deployment/shop/web'),
    ]);
    const tree = await world.call(admin, 'GET', '/api/v1/applications/web/resource-tree');
    const pod = tree.json.nodes.find((node: ResourceNode) => node.kind === 'Pod');
    const deleted = await world.call(
      operator,
      'DELETE',
      `/api/v1/applications/web/resource?kind=Pod&version=v1&namespace=shop&resourceName=${pod.name}`,
    );
    expect(deleted.status).toBe(200);
  });

  test('links are web addresses only', async () => {
    const { json } = await world.call(admin, 'GET', `/api/v1/applications/web/resource/links?${deployment}`);
    expect(json.items).toEqual([{ title: 'Docs', url: 'https://example.com' }]);
  });
});

describe('logs', () => {
  test('come from every Pod of a workload, in order, and end', async () => {
    const pods = await world.kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'shop' });
    const nodes = pods.map((pod) => ({
      version: 'v1',
      kind: 'Pod',
      namespace: 'shop',
      name: pod.metadata.name ?? '',
      parentRefs: [{ group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }],
    }));
    await world.application('logging');
    await world.publish('logging', {
      tree: { nodes: [{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' }, ...nodes] },
    });
    const answer = await world.call(
      operator,
      'GET',
      `/api/v1/applications/logging/logs?group=apps&kind=Deployment&namespace=shop&resourceName=web&tailLines=5`,
    );
    expect(answer.status).toBe(200);
    const entries = answer.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).result);
    expect(entries.at(-1)).toMatchObject({ last: true, content: '' });
    const lines = entries.slice(0, -1);
    expect(lines.length).toBeGreaterThan(0);
    const times = lines.map((entry) => entry.timeStampStr);
    expect(times).toEqual([...times].sort());
    const filtered = await world.call(
      operator,
      'GET',
      `/api/v1/applications/logging/logs?kind=Pod&namespace=shop&filter=${encodeURIComponent('no line says this')}`,
    );
    expect(filtered.text.trim().split('\n')).toHaveLength(1);
  });

  test('need a right of their own', async () => {
    await world.configure('ConfigMap', 'argocd-rbac-cm', {
      'policy.csv': 'p, operator, applications, get, */*, allow',
    });
    const answer = await world.call(operator, 'GET', '/api/v1/applications/logging/logs?namespace=shop');
    expect([answer.status, answer.json.message]).toEqual([
      403,
      expect.stringContaining('permission denied: logs, get, default/logging'),
    ]);
  });

  test('are not opened for more Pods than anybody can read', async () => {
    const nodes = Array.from({ length: 11 }, (_, index) => ({
      version: 'v1',
      kind: 'Pod',
      namespace: 'shop',
      name: `pod-${index}`,
    }));
    await world.application('crowd');
    await world.publish('crowd', { tree: { nodes } });
    const answer = await world.call(admin, 'GET', '/api/v1/applications/crowd/logs?namespace=shop');
    expect([answer.status, answer.json.message]).toEqual([
      400,
      'max pods to view logs are reached. Please provide more granular query',
    ]);
  });
});

describe('plans', () => {
  test('a plan is applied as it was seen or not at all', async () => {
    plans = { hash: 'one', asked: 0 };
    const { json: plan } = await world.call(admin, 'POST', '/api/v1/applications/web/plans', { prune: true });
    expect(plan).toMatchObject({ planId: 'plan-0', summary: { update: 1 } });
    const other = await world.call(admin, 'POST', '/api/v1/applications/web/sync', {
      planId: plan.planId,
      prune: false,
    });
    expect([other.status, other.json.code]).toEqual([400, 3]);
    plans.hash = 'two';
    const stale = await world.call(admin, 'POST', '/api/v1/applications/web/sync', {
      planId: plan.planId,
      prune: true,
    });
    expect([stale.status, stale.json.code, stale.json.reason]).toEqual([409, 10, 'PLAN_STALE']);
    expect((await world.call(admin, 'GET', '/api/v1/applications/web')).json.operation).toBeUndefined();
    plans.hash = 'one';
    const unknown = await world.call(admin, 'POST', '/api/v1/applications/web/sync', {
      planId: 'made-up',
      prune: true,
    });
    expect([unknown.status, unknown.json.reason]).toEqual([409, 'PLAN_STALE']);
    const applied = await world.call(admin, 'POST', '/api/v1/applications/web/sync', {
      planId: plan.planId,
      prune: true,
      dryRun: false,
      strategy: { hook: { force: false } },
    });
    expect([applied.status, applied.json.operation.sync.prune]).toEqual([200, true]);
    await world.call(admin, 'DELETE', '/api/v1/applications/web/operation');
    const { json: back } = await world.call(admin, 'POST', '/api/v1/applications/web/plans', { historyId: 0 });
    const rolled = await world.call(admin, 'POST', '/api/v1/applications/web/rollback', {
      id: 0,
      planId: back.planId,
      prune: false,
    });
    expect([rolled.status, rolled.json.operation.sync.revision]).toEqual([200, 'aaa']);
    await world.call(admin, 'DELETE', '/api/v1/applications/web/operation');
  });

  test('one that leaves nothing needs a word that this is meant', async () => {
    plans = { hash: 'one', asked: 0, confirmation: 'the source renders to nothing' };
    const { json: plan } = await world.call(admin, 'POST', '/api/v1/applications/web/plans', { prune: true });
    expect(plan.confirmation).toBe('the source renders to nothing');
    const sync = { planId: plan.planId, prune: true };
    const asked = await world.call(admin, 'POST', '/api/v1/applications/web/sync', sync);
    expect([asked.status, asked.json.reason]).toEqual([400, 'CONFIRMATION_NEEDED']);
    expect(asked.json).toMatchObject({
      message: 'the source renders to nothing',
      fix: 'Send allowEmpty: true when that is meant',
    });
    const meant = await world.call(admin, 'POST', '/api/v1/applications/web/sync', { ...sync, allowEmpty: true });
    expect(meant.json.operation.info).toEqual([{ name: 'allowEmpty', value: 'true' }]);
  });
});

describe('clusters, repositories and projects', () => {
  test('show no credentials, to nobody', async () => {
    const secret = (name: string, type: string, data: Record<string, string>): Promise<unknown> =>
      world.kubernetes.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: world.namespace, labels: { 'argocd.argoproj.io/secret-type': type } },
        stringData: data,
      });
    await secret('cluster-far', 'cluster', {
      name: 'far',
      server: 'https://far.example.com',
      config: JSON.stringify({ bearerToken: sentinel }),
    });
    await secret('repo-one', 'repository', {
      url: `https://user:${sentinel}@git.example.com/one.git`,
      password: sentinel,
      sshPrivateKey: sentinel,
    });
    await world.context.collections.secrets.until(
      { namespace: world.namespace, name: 'repo-one' },
      (seen: Secret | undefined) => seen !== undefined,
      5_000,
    );
    for (const path of [
      '/api/v1/clusters',
      '/api/v1/repositories',
      '/api/v1/projects',
      '/api/v1/projects/default/detailed',
      '/api/v1/settings',
      '/api/v1/account',
    ]) {
      const answer = await world.call(admin, 'GET', path);
      expect([path, answer.status, answer.text.includes(sentinel)]).toEqual([path, 200, false]);
    }
    const { json } = await world.call(admin, 'GET', '/api/v1/repositories');
    expect(json.items[0]).toMatchObject({ repo: 'https://git.example.com/one.git', credentials: 'ssh' });
  });

  test('a cluster Secret that is wrong is named in the list, and a certificate that nobody checks', async () => {
    const secret = (name: string, data: Record<string, string>): Promise<unknown> =>
      world.kubernetes.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: world.namespace, labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
        stringData: data,
      });
    await secret('cluster-broken', {
      name: 'broken',
      server: 'https://broken',
      config: `{"bearerToken": "${sentinel}`,
    });
    await secret('cluster-nowhere', { name: 'nowhere' });
    await secret('cluster-lax', {
      name: 'lax',
      server: 'https://lax',
      shard: '0',
      config: JSON.stringify({ tlsClientConfig: { insecure: true } }),
    });
    await world.context.collections.secrets.until(
      { namespace: world.namespace, name: 'cluster-lax' },
      (seen: Secret | undefined) => seen !== undefined,
      5_000,
    );
    const { json, text } = await world.call(admin, 'GET', '/api/v1/clusters');
    const named = (name: string) => json.items.find((each: { name: string }) => each.name === name);
    expect(named('broken').connectionState).toMatchObject({
      status: 'Failed',
      message: expect.stringContaining('Secret cluster-broken: the config of cluster broken'),
    });
    expect(named('nowhere')).toMatchObject({
      server: '',
      connectionState: {
        status: 'Failed',
        message: expect.stringContaining('Secret cluster-nowhere: it names no server'),
      },
    });
    expect(named('lax')).toMatchObject({
      shard: 0,
      config: { tlsClientConfig: { insecure: true } },
      info: { warnings: [expect.stringContaining('is not checked')] },
    });
    expect(named('in-cluster')).toMatchObject({
      info: { warnings: [] },
      config: { tlsClientConfig: { insecure: false } },
    });
    expect(text).not.toContain(sentinel);
  });

  test('a repository is kept as a labelled Secret, found by its URL, and deleted', async () => {
    const repo = 'https://git.example.com/new.git';
    const made = await world.call(admin, 'POST', '/api/v1/repositories', { repo, username: 'bot', password: 'p' });
    expect([made.status, made.json.credentials]).toEqual([200, 'password']);
    expect((await world.call(admin, 'POST', '/api/v1/repositories', { repo, username: 'x' })).status).toBe(400);
    const got = await world.call(admin, 'GET', `/api/v1/repositories/${encodeURIComponent(repo)}`);
    expect([got.status, got.json.username]).toEqual([200, 'bot']);
    const forbidden = await world.call(operator, 'GET', `/api/v1/repositories/${encodeURIComponent(repo)}`);
    const missing = await world.call(
      operator,
      'GET',
      `/api/v1/repositories/${encodeURIComponent('https://git.example.com/none')}`,
    );
    expect([forbidden.status, forbidden.text]).toEqual([403, missing.text]);
    expect((await world.call(admin, 'DELETE', `/api/v1/repositories/${encodeURIComponent(repo)}`)).status).toBe(200);
    for (const url of [
      '--upload-pack=x',
      'javascript:alert(1)',
      'https://a\nb',
      'https://x%0ahost=evil',
      'file:///etc',
    ]) {
      expect([url, (await world.call(admin, 'POST', '/api/v1/repositories', { repo: url })).status]).toEqual([
        url,
        400,
      ]);
    }
  });

  test('a project is not deleted while applications use it, nor changed so that they break', async () => {
    const used = await world.call(admin, 'DELETE', '/api/v1/projects/default');
    expect(used.status).toBe(400);
    const spec = { sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }] };
    expect(
      (await world.call(admin, 'POST', '/api/v1/projects', { project: { metadata: { name: 'team' }, spec } })).status,
    ).toBe(200);
    expect(
      (await world.call(admin, 'POST', '/api/v1/projects', { project: { metadata: { name: 'team' }, spec } })).status,
    ).toBe(409);
    const window = { kind: 'deny', schedule: '0 1 * * *', duration: '1h', applications: ['*'] };
    const twice = await world.call(admin, 'PUT', '/api/v1/projects/team', {
      project: {
        metadata: { name: 'team' },
        spec: { ...spec, syncWindows: [window, { ...window, description: 'x' }] },
      },
    });
    expect([twice.status, twice.json.message]).toEqual([
      400,
      'sync window "deny 0 1 * * *" is there twice. Remove one',
    ]);
    await world.application('teamwork', {
      spec: {
        project: 'team',
        source: { repoURL: 'https://git.example.com/apps.git', path: 'x' },
        destination: { name: 'in-cluster', namespace: 'shop' },
      },
    });
    const narrowed = await world.call(admin, 'PUT', '/api/v1/projects/team', {
      project: { metadata: { name: 'team' }, spec: { ...spec, sourceRepos: [] } },
    });
    expect([narrowed.status, narrowed.json.fix]).toEqual([400, 'Change these first: teamwork']);
    const inUse = await world.call(admin, 'DELETE', '/api/v1/projects/team');
    expect([inUse.status, inUse.json.message]).toEqual([400, 'project is referenced by 1 applications']);
    const role = { name: 'ci', policies: ['p, proj:team:ci, applications, sync, other/*, allow'] };
    const broken = await world.call(admin, 'PUT', '/api/v1/projects/team', {
      project: { metadata: { name: 'team' }, spec: { ...spec, roles: [role] } },
    });
    expect([broken.status, broken.json.fix]).toEqual([400, 'Begin it with team/']);
  });
});

describe('policy', () => {
  test('explains itself, and reports lines that are broken', async () => {
    await world.configure('ConfigMap', 'argocd-rbac-cm', {
      'policy.csv': 'p, operator, applications, get, */*, allow\np, operator, applications',
    });
    const own = await world.call(
      operator,
      'GET',
      '/api/v1/rbac/explain?resource=applications&action=get&object=default/web',
    );
    expect(own.json).toMatchObject({ allowed: true, subject: 'operator', rule: { origin: 'policy.csv', line: 1 } });
    expect(
      (await world.call(operator, 'GET', '/api/v1/rbac/explain?resource=a&action=b&object=c&subject=admin')).status,
    ).toBe(403);
    const other = await world.call(
      admin,
      'GET',
      '/api/v1/rbac/explain?resource=exec&action=create&object=default/web&subject=operator',
    );
    expect(other.json).toMatchObject({ allowed: false, suggestion: 'p, operator, exec, create, default/web, allow' });
    const problems = await world.call(admin, 'GET', '/api/v1/rbac/problems');
    expect(problems.json.items).toMatchObject([
      { origin: 'policy.csv', line: 2, reason: 'a "p" line has 6 fields, this one has 3' },
    ]);
    expect((await world.call(operator, 'GET', '/api/v1/rbac/problems')).status).toBe(403);
  });
});
