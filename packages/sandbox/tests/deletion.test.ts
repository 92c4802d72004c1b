import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/index.ts';
import { type JsonObject, numberAt, objectsAt, stringAt } from '../src/json.ts';
import { ApiClient, configMap } from './api-client.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

describe('deletion', () => {
  let sandbox: Sandbox;
  let api: ApiClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ name: 'deletion', controllers: false });
    api = new ApiClient(sandbox);
  });

  afterAll(async () => {
    api.close();
    await sandbox.close();
  });

  const uidOf = (body: JsonObject): string => stringAt(body, 'metadata', 'uid') ?? '';
  const codeOf = async (name: string): Promise<number> => (await api.get(`${configMaps}/${name}`)).code;
  const ownedBy = (name: string, uid: string, more: JsonObject = {}): JsonObject => ({
    ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...more }],
  });

  it('tells what it deleted', async () => {
    const { body } = await api.post(configMaps, configMap('plain'));
    const deleted = await api.delete(`${configMaps}/plain`);
    expect(deleted.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'plain', kind: 'configmaps', uid: uidOf(body) },
    });
    expect((await api.delete(`${configMaps}/plain`)).code).toBe(404);
  });

  it('waits for finalizers, and lets none be added meanwhile', async () => {
    const created = await api.post(configMaps, configMap('held', {}, { finalizers: ['example.com/hold'] }));
    const marked = await api.delete(`${configMaps}/held`);
    expect(stringAt(marked.body, 'metadata', 'deletionTimestamp')).toBeDefined();
    expect(uidOf(marked.body)).toBe(uidOf(created.body));
    const added = await api.merge(`${configMaps}/held`, {
      metadata: { finalizers: ['example.com/hold', 'example.com/more'] },
    });
    expect(added.code).toBe(422);
    expect(stringAt(added.body, 'message')).toContain(
      'no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/more"}',
    );
    expect(await codeOf('held')).toBe(200);
    await api.merge(`${configMaps}/held`, { metadata: { finalizers: null } });
    expect(await codeOf('held')).toBe(404);
  });

  it('spares an object that is not the one meant', async () => {
    await api.post(configMaps, configMap('meant'));
    const wrong = await api.delete(`${configMaps}/meant`, { preconditions: { uid: 'other' } });
    expect(wrong.code).toBe(409);
    expect(stringAt(wrong.body, 'message')).toContain(
      'the UID in the precondition (other) does not match the UID in record',
    );
    expect((await api.delete(`${configMaps}/meant`, { preconditions: { resourceVersion: '1' } })).code).toBe(409);
    expect((await api.delete(`${configMaps}/meant`, { propagationPolicy: 'Sideways' })).code).toBe(422);
    expect(await codeOf('meant')).toBe(200);
  });

  it('collects what loses its last owner, and only then', async () => {
    const first = uidOf((await api.post(configMaps, configMap('owner-1'))).body);
    const second = uidOf((await api.post(configMaps, configMap('owner-2'))).body);
    const both = [
      ...objectsAt(ownedBy('owner-1', first), 'ownerReferences'),
      ...objectsAt(ownedBy('owner-2', second), 'ownerReferences'),
    ];
    await api.post(configMaps, configMap('shared', {}, { ownerReferences: both }));
    const child = uidOf((await api.post(configMaps, configMap('child', {}, ownedBy('owner-1', first)))).body);
    await api.post(configMaps, configMap('grandchild', {}, ownedBy('child', child)));
    await api.delete(`${configMaps}/owner-1`);
    await expect.poll(() => codeOf('child')).toBe(404);
    await expect.poll(() => codeOf('grandchild')).toBe(404);
    const shared = await api.get(`${configMaps}/shared`);
    expect(objectsAt(shared.body, 'metadata', 'ownerReferences').map((owner) => owner['name'])).toEqual(['owner-2']);
    await api.delete(`${configMaps}/owner-2`);
    await expect.poll(() => codeOf('shared')).toBe(404);
  });

  it('collects an object whose owner never was', async () => {
    await api.post(configMaps, configMap('stray', {}, ownedBy('ghost', '00000000-0000-0000-0000-000000000000')));
    await expect.poll(() => codeOf('stray')).toBe(404);
  });

  it('deletes dependents first in the foreground, as far as they block', async () => {
    const owner = uidOf((await api.post(configMaps, configMap('front'))).body);
    await api.post(
      configMaps,
      configMap(
        'blocking',
        {},
        { ...ownedBy('front', owner, { blockOwnerDeletion: true }), finalizers: ['example.com/hold'] },
      ),
    );
    await api.post(configMaps, configMap('loose', {}, ownedBy('front', owner)));
    const marked = await api.delete(`${configMaps}/front`, { propagationPolicy: 'Foreground' });
    expect(marked.body).toMatchObject({ metadata: { finalizers: ['foregroundDeletion'] } });
    await expect.poll(() => codeOf('loose')).toBe(404);
    const blocking = await api.get(`${configMaps}/blocking`);
    expect(stringAt(blocking.body, 'metadata', 'deletionTimestamp')).toBeDefined();
    expect(await codeOf('front')).toBe(200);
    await api.merge(`${configMaps}/blocking`, { metadata: { finalizers: [] } });
    await expect.poll(() => codeOf('front')).toBe(404);
  });

  it('sets dependents free when they are to be orphaned', async () => {
    const owner = uidOf((await api.post(configMaps, configMap('parent'))).body);
    await api.post(configMaps, configMap('orphaned', {}, ownedBy('parent', owner)));
    await api.delete(`${configMaps}/parent`, { propagationPolicy: 'Orphan' });
    await expect.poll(() => codeOf('parent')).toBe(404);
    const orphaned = await api.get(`${configMaps}/orphaned`);
    expect(orphaned.code).toBe(200);
    expect(objectsAt(orphaned.body, 'metadata', 'ownerReferences')).toEqual([]);
  });

  it('empties a Namespace before it goes, and says what holds it', async () => {
    await api.post('/api/v1/namespaces', { metadata: { name: 'doomed' } });
    const inside = '/api/v1/namespaces/doomed/configmaps';
    await api.post(inside, configMap('held', {}, { finalizers: ['example.com/hold'] }));
    await api.post(inside, configMap('free'));
    const marked = await api.delete('/api/v1/namespaces/doomed');
    expect(marked.body).toMatchObject({ status: { phase: 'Terminating' } });
    const remaining = async (): Promise<unknown> => {
      const { body } = await api.get('/api/v1/namespaces/doomed');
      return objectsAt(body, 'status', 'conditions').find(
        (condition) => condition['type'] === 'NamespaceFinalizersRemaining',
      )?.['message'];
    };
    await expect
      .poll(remaining)
      .toBe('Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances');
    const refused = await api.post(inside, configMap('late'));
    expect(refused.body).toMatchObject({
      code: 403,
      message:
        'configmaps "late" is forbidden: unable to create new content in namespace doomed because it is being terminated',
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    });
    await api.merge(`${inside}/held`, { metadata: { finalizers: [] } });
    await expect.poll(async () => (await api.get('/api/v1/namespaces/doomed')).code).toBe(404);
  });

  it('furnishes a Namespace with a ServiceAccount and the CA', async () => {
    await api.post('/api/v1/namespaces', { metadata: { name: 'fresh' } });
    await expect.poll(async () => (await api.get('/api/v1/namespaces/fresh/serviceaccounts/default')).code).toBe(200);
    const ca = await api.get('/api/v1/namespaces/fresh/configmaps/kube-root-ca.crt');
    expect(stringAt(ca.body, 'data', 'ca.crt')).toBe(sandbox.ca);
  });

  it('marks a running Pod for its grace period and lets the kubelet confirm', async () => {
    const running = await startSandbox({ name: 'grace', controllers: true, podStartupMs: 5 });
    const client = new ApiClient(running);
    const pods = '/api/v1/namespaces/default/pods';
    await client.post(pods, {
      metadata: { name: 'slow', annotations: { 'lockstep.dev/simulate': 'slow-termination=10s' } },
      spec: { containers: [{ name: 'main', image: 'nginx' }] },
    });
    await expect
      .poll(async () => stringAt((await client.get(`${pods}/slow`)).body, 'status', 'phase'), { timeout: 10_000 })
      .toBe('Running');
    const marked = await client.delete(`${pods}/slow`);
    expect(numberAt(marked.body, 'metadata', 'deletionGracePeriodSeconds')).toBe(30);
    expect((await client.get(`${pods}/slow`)).code).toBe(200);
    await client.delete(`${pods}/slow`, { gracePeriodSeconds: 0 });
    expect((await client.get(`${pods}/slow`)).code).toBe(404);
    client.close();
    await running.close();
  });
});
