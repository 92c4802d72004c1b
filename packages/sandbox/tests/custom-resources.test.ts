import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/index.ts';
import { type JsonObject, listAt, numberAt, objectAt, objectsAt, stringAt } from '../src/json.ts';
import { ApiClient, type ApiReply } from './api-client.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const gadgets = '/apis/example.com/v1/namespaces/default/gadgets';

/** What the real server adds when an object is too broken for its rules. */
const rulesNotChecked =
  'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

const spec: JsonObject = {
  type: 'object',
  required: ['size'],
  'x-kubernetes-validations': [
    {
      rule: 'self.replicas <= self.maxReplicas',
      message: 'replicas must not exceed maxReplicas',
      fieldPath: '.replicas',
    },
    {
      rule: "!has(self.alias) || self.alias.startsWith('g-')",
      messageExpression: "'alias ' + self.alias + ' must start with g-'",
    },
  ],
  properties: {
    size: { type: 'string', enum: ['small', 'large'] },
    replicas: { type: 'integer', default: 1, minimum: 0 },
    maxReplicas: { type: 'integer', default: 10, maximum: 100 },
    alias: { type: 'string', pattern: '^[a-z-]+$', maxLength: 12, minLength: 2 },
    when: { type: 'string', format: 'date-time' },
    frozen: {
      type: 'string',
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'frozen is immutable' }],
    },
    amount: { 'x-kubernetes-int-or-string': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    nested: { type: 'object', default: {}, properties: { deep: { type: 'string', default: 'water' } } },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', maxItems: 3, items: { type: 'string' } },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, port: { type: 'integer' } },
      },
    },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

const definition: JsonObject = {
  metadata: { name: 'gadgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', shortNames: ['gd'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Size', type: 'string', jsonPath: '.spec.size' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: { spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
      {
        name: 'v1beta1',
        served: true,
        storage: false,
        deprecated: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

describe('custom resources', () => {
  let sandbox: Sandbox;
  let api: ApiClient;
  let count = 0;

  beforeAll(async () => {
    sandbox = await startSandbox({ name: 'custom', controllers: false });
    api = new ApiClient(sandbox);
    const created = await api.post(definitions, definition);
    expect(created.code).toBe(201);
  });

  afterAll(async () => {
    api.close();
    await sandbox.close();
  });

  const create = (fields: JsonObject): Promise<ApiReply> => {
    count += 1;
    return api.post(gadgets, {
      apiVersion: 'example.com/v1',
      kind: 'Gadget',
      metadata: { name: `g${count}` },
      spec: { size: 'small', ...fields },
    });
  };
  const problems = async (fields: JsonObject): Promise<string[]> => {
    const { code, body } = await create(fields);
    expect(code).toBe(422);
    const causes = objectsAt(body, 'details', 'causes').filter(({ message }) => message !== rulesNotChecked);
    return causes.map((cause) => `${String(cause['field'])}: ${String(cause['message'])}`);
  };

  it('establishes a definition and serves it in discovery and OpenAPI', async () => {
    const { body } = await api.get(`${definitions}/gadgets.example.com`);
    const established = objectsAt(body, 'status', 'conditions').map(
      ({ type, status }) => `${String(type)}=${String(status)}`,
    );
    expect(established).toEqual(['NamesAccepted=True', 'Established=True']);
    expect(listAt(body, 'status', 'storedVersions')).toEqual(['v1']);
    const group = await api.get('/apis', {
      accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    });
    const own = objectsAt(group.body, 'items').find((item) => stringAt(item, 'metadata', 'name') === 'example.com');
    expect(objectsAt(own, 'versions').map((version) => version['version'])).toEqual(['v1', 'v1beta1']);
    expect(objectsAt(objectsAt(own, 'versions')[0], 'resources')[0]).toMatchObject({
      resource: 'gadgets',
      shortNames: ['gd'],
      categories: ['all'],
      scope: 'Namespaced',
    });
    const index = await api.get('/openapi/v3');
    const url = stringAt(objectAt(index.body, 'paths', 'apis/example.com/v1'), 'serverRelativeURL') ?? '';
    expect(url).toMatch(/^\/openapi\/v3\/apis\/example.com\/v1\?hash=/);
    const document = await api.get(url);
    expect(JSON.stringify(objectAt(document.body, 'components', 'schemas'))).toContain('"kind":"Gadget"');
  });

  it('defaults and prunes', async () => {
    const { code, body } = await create({ unknown: 1, free: { any: { thing: [1] } }, nested: {}, amount: '50%' });
    expect(code).toBe(201);
    expect(body['spec']).toEqual({
      size: 'small',
      replicas: 1,
      maxReplicas: 10,
      free: { any: { thing: [1] } },
      nested: { deep: 'water' },
      amount: '50%',
    });
  });

  it('checks values in the words of the real server', async () => {
    expect(await problems({ size: 'huge' })).toEqual([
      'spec.size: Unsupported value: "huge": supported values: "small", "large"',
    ]);
    expect(await problems({ replicas: 'x' })).toEqual([
      'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    ]);
    expect(await problems({ replicas: -1 })).toEqual([
      'spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0',
    ]);
    expect(await problems({ maxReplicas: 101 })).toEqual([
      'spec.maxReplicas: Invalid value: 101: spec.maxReplicas in body should be less than or equal to 100',
    ]);
    expect(await problems({ alias: 'G' })).toEqual([
      'spec.alias: Invalid value: "G": spec.alias in body should be at least 2 chars long',
      'spec: Invalid value: "object": alias G must start with g-',
    ]);
    expect(await problems({ alias: 'g-very-long-name' })).toEqual([
      'spec.alias: Too long: may not be more than 12 bytes',
    ]);
    expect(await problems({ when: 'yesterday' })).toEqual([
      'spec.when: Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"',
    ]);
    expect(await problems({ amount: 1.5 })).toEqual([
      'spec.amount: Invalid value: "number": spec.amount in body must be of type integer,string: "number"',
    ]);
    expect(await problems({ labels: { a: 1 } })).toEqual([
      'spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"',
    ]);
    expect(await problems({ tags: ['a', 'a'] })).toEqual(['spec.tags[1]: Duplicate value: "a"']);
    expect(await problems({ tags: ['a', 'b', 'c', 'd'] })).toEqual([
      'spec.tags: Too many: 4: must have at most 3 items',
    ]);
    expect(await problems({ ports: [{ name: 'a' }, { name: 'a' }] })).toEqual([
      'spec.ports[1]: Duplicate value: {"name":"a"}',
    ]);
    expect(await problems({ ports: [{ port: 1 }] })).toEqual(['spec.ports[0].name: Required value']);
    const missing = await api.post(gadgets, {
      apiVersion: 'example.com/v1',
      kind: 'Gadget',
      metadata: { name: 'bare' },
      spec: {},
    });
    expect(stringAt(missing.body, 'message')).toBe(
      `Gadget.example.com "bare" is invalid: [spec.size: Required value, <nil>: ${rulesNotChecked}]`,
    );
  });

  it('evaluates rules, also those about what was before', async () => {
    expect(await problems({ replicas: 11 })).toEqual([
      'spec.replicas: Invalid value: "object": replicas must not exceed maxReplicas',
    ]);
    const created = await create({ frozen: 'a' });
    const path = `${gadgets}/${stringAt(created.body, 'metadata', 'name') ?? ''}`;
    const thawed = await api.merge(path, { spec: { frozen: 'b' } });
    expect(thawed.body).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'spec.frozen', message: 'Invalid value: "string": frozen is immutable' }] },
    });
    expect((await api.merge(path, { spec: { size: 'large' } })).code).toBe(200);
  });

  it('keeps status apart where the version has that subresource', async () => {
    const created = await create({ replicas: 2 });
    const path = `${gadgets}/${stringAt(created.body, 'metadata', 'name') ?? ''}`;
    expect((await api.merge(path, { status: { phase: 'Up' } })).body['status']).toBeUndefined();
    const updated = await api.merge(`${path}/status`, { status: { phase: 'Up' }, spec: { replicas: 5 } });
    expect(updated.body).toMatchObject({ status: { phase: 'Up' }, spec: { replicas: 2 }, metadata: { generation: 1 } });
    expect(numberAt((await api.merge(path, { spec: { replicas: 3 } })).body, 'metadata', 'generation')).toBe(2);
    expect((await api.get('/apis/example.com/v1beta1/namespaces/default/gadgets/x/status')).code).toBe(404);
  });

  it('serves every version of one stored object, and warns of deprecated ones', async () => {
    const created = await create({ replicas: 4 });
    const name = stringAt(created.body, 'metadata', 'name') ?? '';
    const old = await api.get(`/apis/example.com/v1beta1/namespaces/default/gadgets/${name}`);
    expect(old.body).toMatchObject({ apiVersion: 'example.com/v1beta1', kind: 'Gadget', spec: { replicas: 4 } });
    const patched = await api.merge(`/apis/example.com/v1beta1/namespaces/default/gadgets/${name}`, {
      spec: { replicas: 5 },
    });
    expect(patched.headers['warning']).toBe('299 - "example.com/v1beta1 Gadget is deprecated"');
    expect((await api.get(`${gadgets}/${name}`)).body).toMatchObject({
      apiVersion: 'example.com/v1',
      spec: { replicas: 5 },
    });
  });

  it('prints the columns the definition asks for', async () => {
    const created = await create({});
    const name = stringAt(created.body, 'metadata', 'name') ?? '';
    await api.merge(`${gadgets}/${name}/status`, { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    const { body } = await api.get(`${gadgets}/${name}`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(
      objectsAt(body, 'columnDefinitions').map(({ name: column, priority }) => `${String(column)} ${String(priority)}`),
    ).toEqual(['Name 0', 'Size 0', 'Ready 0', 'Replicas 1']);
    expect(listAt(objectsAt(body, 'rows')[0], 'cells')).toEqual([name, 'small', 'True', 1]);
  });

  it('refuses what custom objects cannot do', async () => {
    const created = await create({});
    const path = `${gadgets}/${stringAt(created.body, 'metadata', 'name') ?? ''}`;
    expect((await api.strategic(path, { spec: {} })).body).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
    const { resourceVersion: _version, ...metadata } = objectAt(created.body, 'metadata');
    const blind = await api.put(path, { ...created.body, metadata });
    expect(stringAt(blind.body, 'message')).toContain(
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  it('applies to list-maps by their keys', async () => {
    const path = `${gadgets}/merged`;
    const config = (ports: JsonObject[]): JsonObject => ({
      apiVersion: 'example.com/v1',
      kind: 'Gadget',
      metadata: { name: 'merged' },
      spec: { size: 'small', ports },
    });
    await api.apply(path, config([{ name: 'http', port: 80 }]), 'one');
    const both = await api.apply(path, config([{ name: 'admin', port: 90 }]), 'two');
    expect(
      objectsAt(both.body, 'spec', 'ports')
        .map((port) => port['name'])
        .sort(),
    ).toEqual(['admin', 'http']);
    const unknown = await api.apply(path, { ...config([]), spec: { size: 'small', nope: 1 } }, 'one');
    expect(stringAt(unknown.body, 'message')).toContain('.spec.nope: field not declared in schema');
  });

  it('refuses a definition that is not structural or does not compile', async () => {
    const broken = (schema: JsonObject): JsonObject => ({
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Cluster',
        names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    });
    const untyped = await api.post(definitions, broken({ type: 'object', properties: { spec: { properties: {} } } }));
    expect(stringAt(untyped.body, 'message')).toContain(
      'spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
    );
    const rule = await api.post(
      definitions,
      broken({ type: 'object', 'x-kubernetes-validations': [{ rule: 'self.' }] }),
    );
    expect(stringAt(rule.body, 'message')).toContain('compilation failed');
    const misnamed = await api.post(definitions, {
      ...broken({ type: 'object' }),
      metadata: { name: 'other.example.com' },
    });
    expect(stringAt(misnamed.body, 'message')).toContain(
      'metadata.name: Invalid value: "other.example.com": must be spec.names.plural+"."+spec.group',
    );
  });

  it('takes its objects along when a definition is deleted', async () => {
    await api.post(gadgets, {
      apiVersion: 'example.com/v1',
      kind: 'Gadget',
      metadata: { name: 'held', finalizers: ['example.com/hold'] },
      spec: { size: 'small' },
    });
    const watch = await api.watch(`${gadgets}?watch=true`);
    await api.delete(`${definitions}/gadgets.example.com`);
    const marked = await api.get(`${definitions}/gadgets.example.com`);
    expect(listAt(marked.body, 'metadata', 'finalizers')).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    expect(objectsAt((await api.get(gadgets)).body, 'items').map((item) => stringAt(item, 'metadata', 'name'))).toEqual(
      ['held'],
    );
    await api.merge(`${gadgets}/held`, { metadata: { finalizers: [] } });
    await expect.poll(async () => (await api.get(`${definitions}/gadgets.example.com`)).code).toBe(404);
    expect((await api.get(gadgets)).code).toBe(404);
    await watch.ended;
  });
});
