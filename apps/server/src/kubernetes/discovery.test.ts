import { afterEach, describe, expect, it } from 'vitest';
import { json, ScriptedApiServer } from '../../tests/support/scripted-api-server.ts';
import { discover } from './discovery.ts';
import { KubernetesClient } from './kubernetes-client.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

const aggregated = (group: string, freshness: string, kinds: string[]) => ({
  metadata: { name: group },
  versions: [
    {
      version: 'v1',
      freshness,
      resources: kinds.map((kind) => ({
        resource: `${kind.toLowerCase()}s`,
        responseKind: { kind },
        scope: 'Namespaced',
        verbs: ['get', 'list', 'watch'],
      })),
    },
  ],
});

async function serve(groups: () => object[]) {
  const server = await new ScriptedApiServer((request, response) => {
    if (request.url === '/api')
      json(response, { kind: 'APIGroupDiscoveryList', items: [aggregated('', 'Current', ['Pod'])] });
    else json(response, { kind: 'APIGroupDiscoveryList', items: groups() });
  }).listen();
  const connection = server.connect();
  open.push(server, connection);
  return { server, connection };
}

describe('discovery', () => {
  it('reads everything in two requests where the server aggregates', async () => {
    const { connection, server } = await serve(() => [aggregated('apps', 'Current', ['Deployment'])]);
    const discovery = await discover(connection);
    expect(discovery.resources.map(({ group, kind, plural }) => `${group}/${kind}/${plural}`)).toEqual([
      '/Pod/pods',
      'apps/Deployment/deployments',
    ]);
    expect(discovery.apiVersions).toEqual(['apps/v1', 'apps/v1/Deployment', 'v1', 'v1/Pod']);
    expect(server.requests).toHaveLength(2);
  });

  it('falls back to one request per group and version', async () => {
    const { connection, server } = await serve(() => []);
    server.answer((request, response) => {
      const answers: Record<string, object> = {
        '/api': { kind: 'APIVersions', versions: ['v1'] },
        '/apis': {
          kind: 'APIGroupList',
          groups: [
            {
              name: 'apps',
              versions: [{ version: 'v1beta1' }, { version: 'v1' }],
              preferredVersion: { version: 'v1' },
            },
          ],
        },
        '/api/v1': {
          resources: [
            { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['list'] },
            { name: 'pods/log', kind: 'Pod', namespaced: true, verbs: ['get'] },
          ],
        },
        '/apis/apps/v1': {
          resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['list'] }],
        },
        '/apis/apps/v1beta1': {
          resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['list'] }],
        },
      };
      json(response, answers[request.url] ?? {}, answers[request.url] === undefined ? 404 : 200);
    });
    const { resources } = await discover(connection);
    expect(resources.map(({ group, version, kind }) => `${group}/${version}/${kind}`)).toEqual([
      '/v1/Pod',
      'apps/v1/Deployment',
      'apps/v1beta1/Deployment',
    ]);
    expect(resources[0]?.subresources).toEqual(['log']);
  });

  it('keeps what it knew of a group that does not answer, and calls new kinds of it unknown instead of absent', async () => {
    let freshness = 'Current';
    const { connection } = await serve(() => [aggregated('metrics.example.org', freshness, ['Gauge'])]);
    const client = new KubernetesClient(connection);
    await client.discovery();
    freshness = 'Stale';
    await client.rediscover();
    expect(client.resourceFor('metrics.example.org', 'Gauge')?.plural).toBe('gauges');
    expect(() => client.resourceFor('metrics.example.org', 'Counter')).toThrow(/does not answer for API group/);
    expect(client.resourceFor('other.example.org', 'Counter')).toBeUndefined();
  });
});
