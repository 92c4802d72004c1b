import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/index.ts';
import { stringAt } from '../src/json.ts';
import { ApiClient, configMap } from './api-client.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

describe('a data folder', () => {
  let dataDir: string;
  let sandbox: Sandbox;
  let api: ApiClient;

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'sandbox-data-'));
    await start();
  });

  afterEach(async () => {
    await stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    sandbox = await startSandbox({ name: 'kept', controllers: false, dataDir });
    api = new ApiClient(sandbox);
  }

  async function stop(): Promise<void> {
    api.close();
    await sandbox.close();
  }

  it('keeps objects, definitions, tokens and the certificate over a restart', async () => {
    await api.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'gadgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Cluster',
        names: { plural: 'gadgets', kind: 'Gadget' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    });
    await api.post('/apis/example.com/v1/gadgets', {
      apiVersion: 'example.com/v1',
      kind: 'Gadget',
      metadata: { name: 'one' },
      spec: { a: 1 },
    });
    const kept = await api.post(configMaps, configMap('kept', { a: 'b' }));
    await api.post(configMaps, configMap('gone'));
    await api.delete(`${configMaps}/gone`);
    const before = { token: sandbox.token('admin'), ca: sandbox.ca, version: sandbox.stats().resourceVersion };
    await stop();
    await start();
    expect({ token: sandbox.token('admin'), ca: sandbox.ca, version: sandbox.stats().resourceVersion }).toEqual(before);
    expect((await api.get(`${configMaps}/kept`)).body).toEqual(kept.body);
    expect((await api.get(`${configMaps}/gone`)).code).toBe(404);
    expect((await api.get('/apis/example.com/v1/gadgets/one')).body).toMatchObject({ spec: { a: 1 } });
  });

  it('answers 410 to a watch from before the restart, unless nothing happened since', async () => {
    const created = await api.post(configMaps, configMap('a'));
    const version = Number(stringAt(created.body, 'metadata', 'resourceVersion'));
    await stop();
    await start();
    const stale = await api.watch(`${configMaps}?watch=true&resourceVersion=${version - 1}`);
    expect(await stale.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    const current = await api.watch(`${configMaps}?watch=true&resourceVersion=${sandbox.stats().resourceVersion}`);
    await api.post(configMaps, configMap('b'));
    expect((await current.next()).object.metadata.name).toBe('b');
    current.close();
  });

  it('survives a last line that a crash cut short', async () => {
    await api.post(configMaps, configMap('whole'));
    await stop();
    const folder = join(dataDir, 'objects');
    const log =
      readdirSync(folder)
        .filter((name) => name.startsWith('log-'))
        .sort()
        .at(-1) ?? '';
    appendFileSync(join(folder, log), '{"revision":9999,"resource":"/configmaps","object":{"apiVer');
    await start();
    expect((await api.get(`${configMaps}/whole`)).code).toBe(200);
    expect(sandbox.stats().resourceVersion).toBeLessThan(9999);
  });
});
