import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/index.ts';
import { type JsonObject, objectAt, objectsAt, stringAt } from '../src/json.ts';
import { ApiClient, configMap } from './api-client.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const configurations = '/apis/admissionregistration.k8s.io/v1';

describe('admission webhooks', () => {
  let sandbox: Sandbox;
  let api: ApiClient;
  let server: Server;
  let caBundle: string;
  let reviews: JsonObject[] = [];
  let answer: (review: JsonObject) => JsonObject = () => ({ allowed: true });

  beforeAll(async () => {
    const certificate = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    });
    caBundle = Buffer.from(certificate.cert).toString('base64');
    server = createServer({ key: certificate.private, cert: certificate.cert }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as JsonObject;
        const asked = objectAt(review, 'request');
        reviews.push(asked);
        response.end(
          JSON.stringify({
            apiVersion: 'admission.k8s.io/v1',
            kind: 'AdmissionReview',
            response: { uid: asked['uid'], ...answer(asked) },
          }),
        );
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    sandbox = await startSandbox({ name: 'webhooks', controllers: false });
    api = new ApiClient(sandbox);
  });

  afterEach(async () => {
    for (const kind of ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'])
      await api.delete(`${configurations}/${kind}`);
    reviews = [];
    answer = () => ({ allowed: true });
  });

  afterAll(async () => {
    api.close();
    await sandbox.close();
    server.close();
  });

  const register = async (kind: 'mutating' | 'validating', more: JsonObject = {}): Promise<void> => {
    const { port } = server.address() as AddressInfo;
    const webhook = {
      name: `${kind}.example.com`,
      clientConfig: { url: `https://127.0.0.1:${port}/admit`, caBundle },
      rules: [
        { operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
      ],
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      ...more,
    };
    const { code } = await api.post(`${configurations}/${kind}webhookconfigurations`, {
      metadata: { name: kind },
      webhooks: [webhook],
    });
    expect(code).toBe(201);
  };

  const patchOf = (operations: JsonObject[]): JsonObject => ({
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  });

  it('lets a mutating webhook change an object, on behalf of its writer', async () => {
    await register('mutating');
    answer = () => patchOf([{ op: 'add', path: '/data/injected', value: 'yes' }]);
    const { body } = await api.apply(`${configMaps}/mutated`, configMap('mutated', { a: 'b' }), 'gitops');
    expect(body['data']).toEqual({ a: 'b', injected: 'yes' });
    const managers = objectsAt(body, 'metadata', 'managedFields');
    expect(managers.find((entry) => entry['operation'] === 'Apply')).toMatchObject({
      manager: 'gitops',
      fieldsV1: { 'f:data': { 'f:a': {} } },
    });
    expect(managers.find((entry) => entry['operation'] === 'Update')).toMatchObject({
      manager: 'gitops',
      fieldsV1: { 'f:data': { 'f:injected': {} } },
    });
    expect(reviews[0]).toMatchObject({
      operation: 'CREATE',
      name: 'mutated',
      namespace: 'default',
      userInfo: { username: 'admin' },
      resource: { resource: 'configmaps' },
      oldObject: null,
    });
    const again = await api.apply(`${configMaps}/mutated`, configMap('mutated', { a: 'b' }), 'gitops');
    expect(stringAt(again.body, 'metadata', 'resourceVersion')).toBe(stringAt(body, 'metadata', 'resourceVersion'));
  });

  it('asks on a dry run, too', async () => {
    await register('mutating');
    answer = () => patchOf([{ op: 'add', path: '/data/injected', value: 'yes' }]);
    const { body } = await api.apply(`${configMaps}/dry`, configMap('dry', { a: 'b' }), 'gitops', '&dryRun=All');
    expect(body['data']).toEqual({ a: 'b', injected: 'yes' });
    expect(reviews[0]?.['dryRun']).toBe(true);
  });

  it('lets a validating webhook refuse writes and deletions', async () => {
    await register('validating');
    answer = () => ({ allowed: false, status: { message: 'not on my watch', code: 403 } });
    const refused = await api.post(configMaps, configMap('refused'));
    expect(refused.body).toMatchObject({
      code: 403,
      message: 'admission webhook "validating.example.com" denied the request: not on my watch',
    });
    answer = () => ({ allowed: true, warnings: ['think twice'] });
    const warned = await api.post(configMaps, configMap('refused'));
    expect(warned.headers['warning']).toBe('299 - "think twice"');
    answer = ({ operation }) => ({ allowed: operation !== 'DELETE' });
    expect((await api.delete(`${configMaps}/refused`)).code).toBe(403);
    expect((await api.get(`${configMaps}/refused`)).code).toBe(200);
  });

  it('asks only about what the rules and selectors cover', async () => {
    await register('validating', {
      objectSelector: { matchLabels: { watched: 'yes' } },
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } },
    });
    await api.post('/api/v1/namespaces/default/secrets', { metadata: { name: 'other-kind' } });
    await api.post(configMaps, configMap('unlabelled'));
    await api.post(
      '/api/v1/namespaces/kube-system/configmaps',
      configMap('elsewhere', {}, { labels: { watched: 'yes' } }),
    );
    expect(reviews).toEqual([]);
    await api.post(configMaps, configMap('labelled', {}, { labels: { watched: 'yes' } }));
    expect(reviews.map((review) => review['name'])).toEqual(['labelled']);
  });

  it('fails closed or open, as the failure policy says', async () => {
    const unreachable = { clientConfig: { url: 'https://127.0.0.1:1/admit', caBundle }, timeoutSeconds: 1 };
    await register('validating', unreachable);
    const closed = await api.post(configMaps, configMap('closed'));
    expect(closed.code).toBe(500);
    expect(stringAt(closed.body, 'message')).toContain('failed calling webhook "validating.example.com"');
    await api.delete(`${configurations}/validatingwebhookconfigurations`);
    await register('validating', { ...unreachable, failurePolicy: 'Ignore' });
    expect((await api.post(configMaps, configMap('open'))).code).toBe(201);
  });
});
