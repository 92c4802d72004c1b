import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/index.ts';
import { listAt, objectAt, objectsAt, stringAt, valueAt } from '../src/json.ts';
import { ApiClient, configMap, type OpenWatch } from './api-client.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

describe('lists and watches', () => {
  let sandbox: Sandbox;
  let api: ApiClient;
  const open: OpenWatch[] = [];

  beforeEach(async () => {
    sandbox = await startSandbox({ name: 'watch', controllers: false, bookmarkIntervalMs: 30 });
    api = new ApiClient(sandbox);
  });

  afterEach(async () => {
    for (const watch of open.splice(0)) watch.close();
    api.close();
    await sandbox.close();
  });

  const watch = async (path: string, accept?: string): Promise<OpenWatch> => {
    const opened = await api.watch(path, accept);
    open.push(opened);
    return opened;
  };
  const currentVersion = async (): Promise<string> =>
    stringAt((await api.get(configMaps)).body, 'metadata', 'resourceVersion') ?? '';

  it('streams changes after a version, in order, within milliseconds', async () => {
    const events = await watch(`${configMaps}?watch=true&resourceVersion=${await currentVersion()}`);
    await api.post(configMaps, configMap('a', { x: '1' }));
    await api.merge(`${configMaps}/a`, { data: { x: '2' } });
    await api.delete(`${configMaps}/a`);
    const seen = [await events.next(), await events.next(), await events.next()];
    expect(seen.map((event) => [event.type, valueAt(event.object, 'data', 'x')])).toEqual([
      ['ADDED', '1'],
      ['MODIFIED', '2'],
      ['DELETED', '2'],
    ]);
    const versions = seen.map((event) => Number(event.object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  it('resumes where a watch was cut', async () => {
    const version = await currentVersion();
    await api.post(configMaps, configMap('a'));
    await api.post(configMaps, configMap('b'));
    const events = await watch(`${configMaps}?watch=true&resourceVersion=${version}`);
    expect((await events.next()).object.metadata.name).toBe('a');
    const last = (await events.next()).object.metadata;
    expect(last.name).toBe('b');
    await api.post(configMaps, configMap('c'));
    const resumed = await watch(`${configMaps}?watch=true&resourceVersion=${last.resourceVersion}`);
    expect((await resumed.next()).object.metadata.name).toBe('c');
  });

  it('answers 410 to a version from an earlier life of the server', async () => {
    const events = await watch(`${configMaps}?watch=true&resourceVersion=999999`);
    expect(await events.next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    await events.ended;
  });

  it('turns a change of labels into ADDED and DELETED for a selector', async () => {
    const events = await watch(
      `${configMaps}?watch=true&resourceVersion=${await currentVersion()}&labelSelector=color%3Dred`,
    );
    await api.post(configMaps, configMap('a', { n: '1' }));
    await api.merge(`${configMaps}/a`, { metadata: { labels: { color: 'red' } } });
    await api.merge(`${configMaps}/a`, { data: { n: '2' } });
    const blue = await api.merge(`${configMaps}/a`, { metadata: { labels: { color: 'blue' } } });
    const added = await events.next();
    const modified = await events.next();
    const deleted = await events.next();
    expect([added.type, modified.type, deleted.type]).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(deleted.object.metadata['labels']).toEqual({ color: 'red' });
    expect(deleted.object.metadata.resourceVersion).toBe(stringAt(blue.body, 'metadata', 'resourceVersion'));
  });

  it('sends what there is first when asked to, and marks the end', async () => {
    await api.post(configMaps, configMap('a'));
    const events = await watch(
      `${configMaps}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
    );
    const names = [(await events.next()).object.metadata.name, (await events.next()).object.metadata.name];
    expect(names).toEqual(['a', 'kube-root-ca.crt']);
    const mark = await events.next();
    expect(mark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    expect(mark.object.metadata.resourceVersion).toBe(String(sandbox.stats().resourceVersion));
  });

  it('moves a quiet watch on with bookmarks', async () => {
    const events = await watch(
      `${configMaps}?watch=true&resourceVersion=${await currentVersion()}&allowWatchBookmarks=true`,
    );
    await api.post('/api/v1/namespaces', { metadata: { name: 'elsewhere' } });
    let mark = await events.next();
    while (mark.type !== 'BOOKMARK' || Number(mark.object.metadata.resourceVersion) < sandbox.stats().resourceVersion)
      mark = await events.next();
    expect(mark.object['data']).toBeUndefined();
  });

  it('ends when the time the client gave is up', async () => {
    const events = await watch(`${configMaps}?watch=true&resourceVersion=${await currentVersion()}&timeoutSeconds=1`);
    await events.ended;
    await expect.poll(() => sandbox.stats().watches).toBe(0);
  });

  it('sends rows of a table, the columns only once', async () => {
    const events = await watch(`${configMaps}?watch=true&resourceVersion=${await currentVersion()}`, tableAccept);
    await api.post(configMaps, configMap('a', { x: '1' }));
    await api.post(configMaps, configMap('b'));
    const first = (await events.next()).object;
    expect(objectsAt(first, 'columnDefinitions').map((column) => column['name'])).toEqual(['Name', 'Data', 'Age']);
    expect(listAt(objectsAt(first, 'rows')[0], 'cells').slice(0, 2)).toEqual(['a', 1]);
    const second = (await events.next()).object;
    expect(second['columnDefinitions']).toBeNull();
    expect(listAt(objectsAt(second, 'rows')[0], 'cells')[0]).toBe('b');
  });

  it('lists page by page as of one moment', async () => {
    for (const name of ['a', 'b', 'c']) await api.post(configMaps, configMap(name));
    const first = await api.get(`${configMaps}?limit=2`);
    expect(objectAt(first.body, 'metadata')['remainingItemCount']).toBe(2);
    await api.delete(`${configMaps}/c`);
    await api.post(configMaps, configMap('bb'));
    const token = stringAt(first.body, 'metadata', 'continue') ?? '';
    const second = await api.get(`${configMaps}?limit=2&continue=${token}`);
    expect(objectsAt(second.body, 'items').map((item) => stringAt(item, 'metadata', 'name'))).toEqual([
      'c',
      'kube-root-ca.crt',
    ]);
    expect(stringAt(second.body, 'metadata', 'resourceVersion')).toBe(
      stringAt(first.body, 'metadata', 'resourceVersion'),
    );
    expect(stringAt(second.body, 'metadata', 'continue')).toBeUndefined();
    const over = await api.get(`${configMaps}?limit=2&continue=${token}`);
    expect(over.body).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('selects by labels and by fields', async () => {
    await api.post(configMaps, configMap('a', {}, { labels: { tier: 'front', n: '1' } }));
    await api.post(configMaps, configMap('b', {}, { labels: { tier: 'back' } }));
    const names = async (query: string): Promise<unknown[]> => {
      const { body } = await api.get(`${configMaps}?${query}`);
      return objectsAt(body, 'items').map((item) => stringAt(item, 'metadata', 'name'));
    };
    expect(await names('labelSelector=tier+in+(front,back),n')).toEqual(['a']);
    expect(await names('labelSelector=tier,!n')).toEqual(['b']);
    expect(await names('labelSelector=tier!%3Dfront')).toEqual(['b', 'kube-root-ca.crt']);
    expect(await names('fieldSelector=metadata.name%3Db')).toEqual(['b']);
    const refused = await api.get(`${configMaps}?fieldSelector=data.x%3D1`);
    expect(refused.code).toBe(400);
    expect(stringAt(refused.body, 'message')).toContain(
      '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
    expect((await api.get(`${configMaps}?labelSelector=a%3D%3D%3Db`)).code).toBe(400);
  });

  it('shows metadata only when that is all the client wants', async () => {
    await api.post(configMaps, configMap('a', { x: '1' }));
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    const { body } = await api.get(configMaps, { accept });
    expect(body['kind']).toBe('PartialObjectMetadataList');
    expect(objectsAt(body, 'items')[0]).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
    expect(objectsAt(body, 'items')[0]?.['data']).toBeUndefined();
  });

  it('deletes a collection by selector', async () => {
    await api.post(configMaps, configMap('a', {}, { labels: { go: 'yes' } }));
    await api.post(configMaps, configMap('b'));
    const { body } = await api.delete(`${configMaps}?labelSelector=go%3Dyes`);
    expect(objectsAt(body, 'items').map((item) => stringAt(item, 'metadata', 'name'))).toEqual(['a']);
    expect((await api.get(`${configMaps}/b`)).code).toBe(200);
  });
});
