import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/index.ts';
import { objectsAt, stringAt, valueAt } from '../src/json.ts';
import { ApiClient, configMap } from './api-client.ts';

describe('access', () => {
  let sandbox: Sandbox;
  let admin: ApiClient;
  const clients: ApiClient[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox({
      name: 'access',
      controllers: false,
      users: [{ name: 'dev', groups: ['devs'], token: 'dev-token' }],
    });
    admin = as(sandbox.token('admin'));
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await sandbox.close();
  });

  function as(token: string | undefined): ApiClient {
    const client = token === undefined ? new ApiClient(sandbox, '') : new ApiClient(sandbox, token);
    clients.push(client);
    return client;
  }

  it('knows nobody by a wrong token', async () => {
    expect((await as('wrong').get('/api/v1/pods')).body).toMatchObject({ code: 401, reason: 'Unauthorized' });
  });

  it('lets anybody see the version and nothing else', async () => {
    const anybody = { headers: { authorization: '' } };
    expect((await admin.call('GET', '/version', anybody)).body).toMatchObject({
      gitVersion: expect.stringMatching(/^v1\.34\./),
    });
    expect((await admin.call('GET', '/readyz', anybody)).text).toBe('ok');
    const refused = await admin.call('GET', '/apis', anybody);
    expect(refused.body).toMatchObject({
      code: 403,
      message: 'forbidden: User "system:anonymous" cannot get path "/apis"',
    });
  });

  it('lets the viewer read, but neither Secrets nor write', async () => {
    const viewer = as(sandbox.token('viewer'));
    expect((await viewer.get('/api/v1/pods')).code).toBe(200);
    expect((await viewer.get('/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=1')).code).toBe(200);
    const secrets = await viewer.get('/api/v1/namespaces/default/secrets');
    expect(secrets.body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'secrets is forbidden: User "viewer" cannot list resource "secrets" in API group "" in the namespace "default"',
      details: { kind: 'secrets' },
    });
    const write = await viewer.post('/apis/apps/v1/namespaces/default/deployments', {});
    expect(stringAt(write.body, 'message')).toBe(
      'deployments.apps is forbidden: User "viewer" cannot create resource "deployments" in API group "apps" in the namespace "default"',
    );
  });

  it('grants by Role, for one name, in one namespace', async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    const dev = as('dev-token');
    await admin.post('/api/v1/namespaces/default/configmaps', configMap('open'));
    expect((await dev.get('/api/v1/namespaces/default/configmaps/open')).code).toBe(403);
    await admin.post(`${rbac}/roles`, {
      metadata: { name: 'reader' },
      rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['open'] }],
    });
    await admin.post(`${rbac}/rolebindings`, {
      metadata: { name: 'devs-read' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'devs' }],
    });
    expect((await dev.get('/api/v1/namespaces/default/configmaps/open')).code).toBe(200);
    expect((await dev.get('/api/v1/namespaces/default/configmaps?fieldSelector=metadata.name%3Dopen')).code).toBe(200);
    expect((await dev.get('/api/v1/namespaces/default/configmaps')).code).toBe(403);
    expect((await dev.get('/api/v1/namespaces/default/configmaps/kube-root-ca.crt')).code).toBe(403);
    expect((await dev.get('/api/v1/namespaces/kube-system/configmaps/open')).code).toBe(403);
  });

  it('answers access reviews as it would decide', async () => {
    const review = (resource: string, verb: string) => ({
      spec: { resourceAttributes: { resource, verb, namespace: 'default' } },
    });
    const viewer = as(sandbox.token('viewer'));
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    expect((await viewer.post(path, review('pods', 'list'))).body).toMatchObject({
      status: {
        allowed: true,
        reason: 'RBAC: allowed by ClusterRoleBinding "lockstep:viewer" of ClusterRole "view" to User "viewer"',
      },
    });
    expect((await viewer.post(path, review('secrets', 'list'))).body).toMatchObject({ status: { allowed: false } });
    const other = await admin.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      spec: { user: 'viewer', ...review('pods', 'delete').spec },
    });
    expect(valueAt(other.body, 'status', 'allowed')).toBe(false);
    const rules = await viewer.post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      spec: { namespace: 'default' },
    });
    expect(objectsAt(rules.body, 'status', 'resourceRules').length).toBeGreaterThan(0);
    const self = await viewer.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    expect(self.body).toMatchObject({
      status: { userInfo: { username: 'viewer', groups: ['viewers', 'system:authenticated'] } },
    });
  });

  it('accepts a token it issued for a ServiceAccount, as long as that lives', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await admin.post(accounts, { metadata: { name: 'robot' } });
    const issued = await admin.post(`${accounts}/robot/token`, { spec: { expirationSeconds: 600 } });
    expect(issued.code).toBe(201);
    const robot = as(stringAt(issued.body, 'status', 'token'));
    const self = await robot.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    expect(self.body).toMatchObject({ status: { userInfo: { username: 'system:serviceaccount:default:robot' } } });
    expect((await robot.get('/api/v1/pods')).code).toBe(403);
    await admin.delete(`${accounts}/robot`);
    expect((await robot.get('/api/v1/pods')).code).toBe(401);
  });

  it('acts for another only with leave', async () => {
    const asViewer = { headers: { 'impersonate-user': 'viewer' } };
    expect((await admin.get('/api/v1/namespaces/default/secrets', asViewer)).code).toBe(403);
    const refused = await as('dev-token').get('/api/v1/pods', asViewer);
    expect(stringAt(refused.body, 'message')).toContain(
      'users "viewer" is forbidden: User "dev" cannot impersonate resource "users"',
    );
  });

  it('counts requests as the real server does', async () => {
    await admin.apply('/api/v1/namespaces/default/configmaps/counted', configMap('counted'));
    const { text } = await admin.get('/metrics');
    expect(text).toMatch(
      /apiserver_request_total\{code="201",dry_run="",group="",resource="configmaps",subresource="",verb="APPLY",version="v1"\} 1\n/,
    );
    expect(sandbox.stats().byVerbAndResource['APPLY configmaps']).toBe(1);
  });
});
