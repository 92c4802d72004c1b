import { validateValue } from '@lockstep/structured-merge';
import { describe, expect, test } from 'vitest';
import { customResourceDocument, customResourceType } from './custom-resource-document.ts';
import { builtInSchemas, builtInType, componentFor, openApiDocument, openApiIndex } from './documents.ts';
import { loadBuiltInOpenApi } from './load.ts';
import { resourceCatalog } from './resource-catalog.ts';

type Operation = { parameters?: { name: string }[]; 'x-kubernetes-group-version-kind': unknown };
type Paths = Record<string, Record<string, Operation>>;

describe('the built-in OpenAPI', () => {
  test('describes every kind, list and subresource of the catalogue', () => {
    for (const resource of resourceCatalog) {
      expect(componentFor(resource), `${resource.group}/${resource.version} ${resource.kind}`).toBeDefined();
      if (!resource.verbs.includes('list')) continue;
      expect(componentFor({ ...resource, kind: `${resource.kind}List` }), `${resource.kind}List`).toBeDefined();
    }
    expect(componentFor({ group: 'autoscaling', version: 'v1', kind: 'Scale' })).toBe(
      'io.k8s.api.autoscaling.v1.Scale',
    );
    expect(componentFor({ group: 'policy', version: 'v1', kind: 'Eviction' })).toBe('io.k8s.api.policy.v1.Eviction');
  });

  test('names components as the API server does, also where two groups have one name', () => {
    expect(componentFor({ group: '', version: 'v1', kind: 'Event' })).toBe('io.k8s.api.core.v1.Event');
    expect(componentFor({ group: 'events.k8s.io', version: 'v1', kind: 'Event' })).toBe('io.k8s.api.events.v1.Event');
    expect(componentFor({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' })).toBe(
      'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
    );
  });

  test('has no reference that leads nowhere', () => {
    const { components } = loadBuiltInOpenApi();
    const text = JSON.stringify(components);
    for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(components, name).toHaveProperty([name]);
    }
  });

  test('tells items of a pod apart by the keys of the API server', () => {
    const podSpec = builtInSchemas().component('io.k8s.api.core.v1.PodSpec');
    const ports = podSpec?.field('containers').item.field('ports');
    expect(ports?.declared).toMatchObject({
      relation: 'map',
      keys: [
        { name: 'containerPort', default: 0 },
        { name: 'protocol', default: 'TCP' },
      ],
    });
    expect(podSpec?.field('tolerations').declared).toMatchObject({ relation: 'atomic' });
    expect(podSpec?.field('nodeSelector').declared).toMatchObject({ atomic: true });
    expect(podSpec?.field('volumes').schema?.['x-kubernetes-patch-strategy']).toBe('merge,retainKeys');
  });

  test('keeps descriptions and what is required, for kubectl explain', () => {
    const container = builtInSchemas().component('io.k8s.api.core.v1.Container');
    expect(container?.schema?.required).toEqual(['name']);
    expect(container?.field('image').schema?.['description']).toMatch(/^Container image name/);
  });

  test('takes numbers for quantities and names or numbers for ports', () => {
    const type = builtInType({ group: '', version: 'v1', kind: 'Pod' });
    const pod = {
      spec: {
        containers: [{ name: 'a', resources: { limits: { cpu: 1 } }, livenessProbe: { httpGet: { port: 'web' } } }],
      },
    };
    expect(type === undefined ? ['no type'] : validateValue(type, pod)).toEqual([]);
  });
});

describe('openApiDocument', () => {
  test('is there for every entry of the index and holds all it refers to', () => {
    for (const path of Object.keys(openApiIndex().paths)) {
      const document = openApiDocument(path);
      const schemas = document?.components?.schemas ?? {};
      const text = JSON.stringify(document);
      for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
        expect(schemas, `${path}: ${name}`).toHaveProperty([name]);
      }
    }
    expect(openApiDocument('apis/example.com/v1')).toBeUndefined();
  });

  test('offers the parameters kubectl looks for on the patch of a kind', () => {
    const paths = openApiDocument('apis/apps/v1')?.['paths'] as Paths;
    const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.['patch'];
    expect(patch?.parameters?.map(({ name }) => name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(patch?.['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
    expect(paths['/apis/apps/v1/deployments']?.['get']).toMatchObject({ 'x-kubernetes-action': 'list' });
    expect(paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale']?.['put']).toMatchObject({
      'x-kubernetes-group-version-kind': { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    });
  });
});

describe('customResourceDocument', () => {
  const document = customResourceDocument({
    group: 'stable.example.com',
    version: 'v1',
    kinds: [
      {
        kind: 'CronTab',
        listKind: 'CronTabList',
        plural: 'crontabs',
        namespaced: true,
        schema: { type: 'object', properties: { spec: { type: 'object', properties: { cron: { type: 'string' } } } } },
        subresources: ['status', 'scale'],
      },
    ],
  });

  test('types the object by its schema and metadata as the API server does', () => {
    const type = customResourceType(document, { group: 'stable.example.com', version: 'v1', kind: 'CronTab' });
    expect(
      validateValue(type, { apiVersion: 'a', kind: 'b', metadata: { labels: { a: 'b' } }, spec: { cron: '*' } }),
    ).toEqual([]);
    expect(validateValue(type, { spec: { other: 1 } })).toEqual(['.spec.other: field not declared in schema']);
    expect(type.field('metadata').field('finalizers').declared).toMatchObject({ relation: 'set' });
  });

  test('gives objects embedded in the object an identity', () => {
    const schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: {
            template: {
              type: 'object',
              'x-kubernetes-embedded-resource': true,
              properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } },
            },
          },
        },
      },
    };
    const gvk = { group: 'example.com', version: 'v1', kind: 'Maker' };
    const kind = { kind: 'Maker', listKind: 'MakerList', plural: 'makers', namespaced: true, schema, subresources: [] };
    const type = customResourceType(customResourceDocument({ ...gvk, kinds: [kind] }), gvk);
    const template = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x' }, spec: { a: '1' } };
    expect(validateValue(type, { spec: { template } })).toEqual([]);
    expect(validateValue(type, { spec: { template: { status: {} } } })).toHaveLength(1);
  });

  test('has the paths of its subresources', () => {
    expect(Object.keys(document['paths'] as Paths)).toEqual([
      '/apis/stable.example.com/v1/namespaces/{namespace}/crontabs',
      '/apis/stable.example.com/v1/crontabs',
      '/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}',
      '/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}/status',
      '/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}/scale',
    ]);
  });
});

describe('resourceCatalog', () => {
  test('lists the preferred version of a group first', () => {
    const autoscalers = resourceCatalog.filter(({ plural }) => plural === 'horizontalpodautoscalers');
    expect(autoscalers.map(({ version }) => version)).toEqual(['v2', 'v1']);
  });

  test('names no resource twice', () => {
    const ids = resourceCatalog.map(({ group, version, plural }) => `${group}/${version}/${plural}`);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
