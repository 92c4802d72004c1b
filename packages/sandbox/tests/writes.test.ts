import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/index.ts';
import { type JsonObject, numberAt, objectAt, objectsAt, stringAt, valueAt } from '../src/json.ts';
import { ApiClient, configMap, deployment } from './api-client.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

describe('writes', () => {
  let sandbox: Sandbox;
  let api: ApiClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ name: 'writes', controllers: false });
    api = new ApiClient(sandbox);
  });

  afterAll(async () => {
    api.close();
    await sandbox.close();
  });

  const version = (body: JsonObject): string => stringAt(body, 'metadata', 'resourceVersion') ?? '';
  const generation = (body: JsonObject): number => numberAt(body, 'metadata', 'generation') ?? 0;

  it('names an object from generateName', async () => {
    const { code, body } = await api.post(configMaps, { metadata: { generateName: 'made-' } });
    expect(code).toBe(201);
    expect(stringAt(body, 'metadata', 'name')).toMatch(/^made-[a-z0-9]{5}$/);
  });

  it('refuses a name twice', async () => {
    await api.post(configMaps, configMap('twice'));
    const { code, body } = await api.post(configMaps, configMap('twice'));
    expect(code).toBe(409);
    expect(body).toMatchObject({
      reason: 'AlreadyExists',
      message: 'configmaps "twice" already exists',
      details: { name: 'twice', kind: 'configmaps' },
    });
  });

  it('leaves no trace of a dry run', async () => {
    const before = sandbox.stats().resourceVersion;
    const created = await api.post(`${configMaps}?dryRun=All`, configMap('dry'));
    expect(created.code).toBe(201);
    expect(stringAt(created.body, 'metadata', 'uid')).toBeDefined();
    expect((await api.get(`${configMaps}/dry`)).code).toBe(404);
    await api.post(configMaps, configMap('wet', { a: '1' }));
    const patched = await api.call('PATCH', `${configMaps}/wet?dryRun=All`, {
      body: { data: { a: '2' } },
      type: 'application/merge-patch+json',
    });
    expect(valueAt(patched.body, 'data', 'a')).toBe('2');
    await api.call('DELETE', `${configMaps}/wet?dryRun=All`);
    expect(valueAt((await api.get(`${configMaps}/wet`)).body, 'data', 'a')).toBe('1');
    expect(sandbox.stats().resourceVersion).toBe(before + 1);
  });

  it('keeps the resourceVersion when nothing changes', async () => {
    const created = await api.post(deployments, deployment('still'));
    const same = await api.put(`${deployments}/still`, created.body);
    expect(version(same.body)).toBe(version(created.body));
    const applied = await api.apply(`${deployments}/applied`, deployment('applied'));
    expect(applied.code).toBe(201);
    const again = await api.apply(`${deployments}/applied`, deployment('applied'));
    expect(again.code).toBe(200);
    expect(version(again.body)).toBe(version(applied.body));
  });

  it('counts a generation for a change of the spec only', async () => {
    const created = await api.post(deployments, deployment('counted'));
    expect(generation(created.body)).toBe(1);
    expect(generation((await api.merge(`${deployments}/counted`, { metadata: { labels: { a: 'b' } } })).body)).toBe(1);
    expect(generation((await api.merge(`${deployments}/counted`, { spec: { replicas: 2 } })).body)).toBe(2);
    const status = await api.merge(`${deployments}/counted/status`, { status: { replicas: 2 }, spec: { replicas: 9 } });
    expect(generation(status.body)).toBe(2);
    expect(objectAt(status.body, 'spec')['replicas']).toBe(2);
    const main = await api.merge(`${deployments}/counted`, { status: { replicas: 7 } });
    expect(numberAt(main.body, 'status', 'replicas')).toBe(2);
  });

  it('refuses to overwrite a newer version', async () => {
    const created = await api.post(configMaps, configMap('raced', { a: '1' }));
    await api.merge(`${configMaps}/raced`, { data: { a: '2' } });
    const late = await api.put(`${configMaps}/raced`, { ...created.body, data: { a: '3' } });
    expect(late.code).toBe(409);
    expect(late.body).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "raced": the object has been modified; please apply your changes to the latest version and try again',
    });
    const { resourceVersion: _version, ...metadata } = objectAt(created.body, 'metadata');
    expect((await api.put(`${configMaps}/raced`, { ...created.body, metadata, data: { a: '3' } })).code).toBe(200);
  });

  it('names the conflicting manager and field of an apply, and yields to force', async () => {
    await api.apply(`${configMaps}/owned`, configMap('owned', { color: 'red' }), 'first');
    const refused = await api.apply(`${configMaps}/owned`, configMap('owned', { color: 'blue' }), 'second');
    expect(refused.code).toBe(409);
    expect(refused.body).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "first": .data.color',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "first"', field: '.data.color' }] },
    });
    const forced = await api.apply(
      `${configMaps}/owned`,
      configMap('owned', { color: 'blue' }),
      'second',
      '&force=true',
    );
    expect(forced.body['data']).toEqual({ color: 'blue' });
    const released = await api.apply(`${configMaps}/owned`, configMap('owned', {}), 'second');
    expect(released.body['data']).toBeUndefined();
  });

  it('needs a manager for an apply', async () => {
    const { code, body } = await api.call('PATCH', `${configMaps}/nobody`, {
      body: configMap('nobody'),
      type: 'application/apply-patch+yaml',
    });
    expect(code).toBe(422);
    expect(stringAt(body, 'message')).toContain('fieldManager: Required value: is required for apply patch');
  });

  it('refuses fields an applied configuration cannot have, as the schema says', async () => {
    const { code, body } = await api.apply(`${deployments}/odd`, { ...deployment('odd'), spec: { foo: 1 } });
    expect(code).toBe(500);
    expect(stringAt(body, 'message')).toContain('failed to create typed patch object (');
    expect(stringAt(body, 'message')).toContain('.spec.foo: field not declared in schema');
  });

  it('refuses, warns of or drops unknown fields', async () => {
    const odd = { ...configMap('odd'), nope: 1 };
    const strict = await api.post(`${configMaps}?fieldValidation=Strict`, odd);
    expect(strict.code).toBe(400);
    expect(stringAt(strict.body, 'message')).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "nope"',
    );
    const warned = await api.post(`${configMaps}?fieldValidation=Warn`, odd);
    expect(warned.code).toBe(201);
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"nope\\""');
    expect(warned.body['nope']).toBeUndefined();
    const ignored = await api.post(`${configMaps}?fieldValidation=Ignore`, { ...odd, metadata: { name: 'odd-2' } });
    expect(ignored.headers['warning']).toBeUndefined();
    const patched = await api.call('PATCH', `${configMaps}/odd?fieldValidation=Strict`, {
      body: { nope: 1 },
      type: 'application/merge-patch+json',
    });
    expect(patched.code).toBe(422);
    expect(stringAt(patched.body, 'message')).toContain('": strict decoding error: unknown field "nope"');
  });

  it('writes quantities the one way the server does', async () => {
    const container = {
      name: 'main',
      image: 'nginx',
      resources: { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: 0.5 } },
    };
    const spec = {
      selector: { matchLabels: { app: 'q' } },
      template: { metadata: { labels: { app: 'q' } }, spec: { containers: [container] } },
    };
    const { body } = await api.post(deployments, { metadata: { name: 'quantities' }, spec });
    expect(objectsAt(body, 'spec', 'template', 'spec', 'containers')[0]?.['resources']).toEqual({
      limits: { cpu: '1', memory: '1Gi' },
      requests: { cpu: '500m' },
    });
  });

  it('folds stringData into data', async () => {
    const { body } = await api.post('/api/v1/namespaces/default/secrets', {
      metadata: { name: 's' },
      stringData: { a: 'b' },
    });
    expect(body).toMatchObject({ type: 'Opaque', data: { a: 'Yg==' } });
    expect(body['stringData']).toBeUndefined();
  });

  it('gives a Service an address and keeps it over an update without one', async () => {
    const services = '/api/v1/namespaces/default/services';
    const manifest = { metadata: { name: 'web' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } };
    const created = await api.post(services, manifest);
    const address = stringAt(created.body, 'spec', 'clusterIP');
    const nodePort = numberAt(objectsAt(created.body, 'spec', 'ports')[0], 'nodePort');
    expect(address).toMatch(/^10\.96\./);
    expect(nodePort).toBeGreaterThanOrEqual(30_000);
    const replaced = await api.put(`${services}/web`, manifest);
    expect(stringAt(replaced.body, 'spec', 'clusterIP')).toBe(address);
    expect(numberAt(objectsAt(replaced.body, 'spec', 'ports')[0], 'nodePort')).toBe(nodePort);
  });

  it('lets a suspended Job move, and never change what it runs', async () => {
    const template = (image: string, nodeSelector: object) => ({
      spec: { restartPolicy: 'Never', nodeSelector, containers: [{ name: 'a', image }] },
    });
    const jobs = '/apis/batch/v1/namespaces/default/jobs';
    await api.post(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'moves' },
      spec: { suspend: true, template: template('a:1', { zone: 'a' }) },
    });
    const patch = (spec: object) => api.merge(`${jobs}/moves`, { spec: { template: spec } });
    expect((await patch(template('a:1', { zone: 'b' }))).code).toBe(200);
    const refused = await patch(template('a:2', { zone: 'b' }));
    expect([refused.code, stringAt(refused.body, 'message')]).toEqual([
      422,
      expect.stringMatching(/spec\.template.*field is immutable/),
    ]);
  });

  it('lets a JSON patch test before it writes', async () => {
    await api.post(configMaps, configMap('tested', { a: '1' }));
    const failed = await api.jsonPatch(`${configMaps}/tested`, [
      { op: 'test', path: '/data/a', value: '2' },
      { op: 'remove', path: '/data/a' },
    ]);
    expect(failed.code).toBe(422);
    const passed = await api.jsonPatch(`${configMaps}/tested`, [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'add', path: '/data/b', value: '2' },
    ]);
    expect(passed.body['data']).toEqual({ a: '1', b: '2' });
  });

  it('scales through the scale subresource', async () => {
    await api.post(deployments, deployment('scaled'));
    const scale = await api.get(`${deployments}/scaled/scale`);
    expect(scale.body).toMatchObject({ kind: 'Scale', spec: { replicas: 1 }, status: { selector: 'app=scaled' } });
    const patched = await api.merge(`${deployments}/scaled/scale`, { spec: { replicas: 4 } });
    expect(numberAt(patched.body, 'spec', 'replicas')).toBe(4);
    const replaced = await api.put(`${deployments}/scaled/scale`, {
      metadata: { name: 'scaled' },
      spec: { replicas: 5 },
    });
    expect(replaced.code).toBe(200);
    const stored = await api.get(`${deployments}/scaled`);
    expect(numberAt(stored.body, 'spec', 'replicas')).toBe(5);
    expect(objectsAt(stored.body, 'metadata', 'managedFields').map((entry) => entry['subresource'])).toContain('scale');
  });

  it('injects what a sidecar webhook would, owned by the writer', async () => {
    const annotations = { 'lockstep.dev/simulate': 'sidecar-annotation' };
    const { body } = await api.apply(
      `${configMaps}/meshed`,
      configMap('meshed', { a: 'b' }, { annotations }),
      'argocd-controller',
    );
    expect(stringAt(body, 'metadata', 'annotations', 'sidecar.istio.io/status')).toContain('istio-proxy');
    const managers = objectsAt(body, 'metadata', 'managedFields').map(
      ({ manager, operation }) => `${String(manager)} ${String(operation)}`,
    );
    expect(managers.sort()).toEqual(['argocd-controller Apply', 'argocd-controller Update']);
    const again = await api.apply(
      `${configMaps}/meshed`,
      configMap('meshed', { a: 'b' }, { annotations }),
      'argocd-controller',
    );
    expect(version(again.body)).toBe(version(body));
  });

  it('answers wrong requests in the words of the real server', async () => {
    expect((await api.get('/apis/nope/v1/things')).text).toBe('404 page not found\n');
    expect((await api.get('/api/v1/things')).body).toMatchObject({
      code: 404,
      message: 'the server could not find the requested resource',
    });
    expect((await api.get(`${configMaps}/nope`)).body).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'configmaps "nope" not found',
    });
    expect((await api.post('/api/v1/namespaces/nope/configmaps', configMap('a'))).body).toMatchObject({
      code: 404,
      message: 'namespaces "nope" not found',
    });
    const misplaced = await api.post(configMaps, configMap('a', {}, { namespace: 'other' }));
    expect(misplaced.body).toMatchObject({
      code: 400,
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    });
    expect((await api.post(configMaps, { ...configMap('a'), apiVersion: 'apps/v1' })).body).toMatchObject({
      code: 400,
    });
    expect((await api.call('POST', configMaps, { body: '{', type: 'application/json' })).code).toBe(400);
    expect((await api.call('POST', configMaps, { body: '{}', type: 'text/plain' })).body).toMatchObject({
      code: 415,
      reason: 'UnsupportedMediaType',
    });
    expect((await api.get(configMaps, { accept: 'application/vnd.kubernetes.protobuf' })).code).toBe(406);
    expect((await api.call('PUT', configMaps)).code).toBe(405);
  });
});
