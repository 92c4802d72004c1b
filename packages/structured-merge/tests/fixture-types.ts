import { type OpenApiSchema, SchemaSet, type ValueType } from '../src/schema.ts';

/** Schemas for this package's tests: every shape once, published the way an API server does it. */
export const fixtureComponents: Record<string, OpenApiSchema> = {
  'test.Meta': {
    type: 'object',
    properties: {
      name: { type: 'string' },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      annotations: { type: 'object', additionalProperties: { type: 'string' } },
      finalizers: {
        type: 'array',
        items: { type: 'string' },
        'x-kubernetes-list-type': 'set',
        'x-kubernetes-patch-strategy': 'merge',
      },
      creationTimestamp: { type: 'string' },
      resourceVersion: { type: 'string' },
      managedFields: { type: 'array', items: { type: 'object' } },
    },
  },
  'test.Port': {
    type: 'object',
    properties: {
      port: { type: 'integer' },
      protocol: { type: 'string', default: 'TCP' },
      name: { type: 'string' },
    },
  },
  'test.Container': {
    type: 'object',
    properties: {
      name: { type: 'string' },
      image: { type: 'string' },
      args: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
      ports: {
        type: 'array',
        items: { allOf: [{ $ref: '#/components/schemas/test.Port' }], default: {} },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['port', 'protocol'],
        'x-kubernetes-patch-strategy': 'merge',
        'x-kubernetes-patch-merge-key': 'port',
      },
    },
  },
  'test.Selector': {
    type: 'object',
    'x-kubernetes-map-type': 'atomic',
    properties: { matchLabels: { type: 'object', additionalProperties: { type: 'string' } } },
  },
  'test.Strategy': {
    type: 'object',
    properties: {
      type: { type: 'string' },
      rollingUpdate: { type: 'object', properties: { surge: { type: 'string' } } },
    },
  },
  'test.Thing': {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: '#/components/schemas/test.Meta' }], description: 'Who it is.' },
      spec: {
        type: 'object',
        properties: {
          replicas: { type: 'integer' },
          size: { 'x-kubernetes-int-or-string': true },
          selector: { $ref: '#/components/schemas/test.Selector' },
          strategy: {
            allOf: [{ $ref: '#/components/schemas/test.Strategy' }],
            'x-kubernetes-patch-strategy': 'retainKeys',
          },
          containers: {
            type: 'array',
            items: { $ref: '#/components/schemas/test.Container' },
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            'x-kubernetes-patch-strategy': 'merge',
            'x-kubernetes-patch-merge-key': 'name',
          },
          values: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
      status: { type: 'object', properties: { ready: { type: 'boolean' } } },
    },
    'x-kubernetes-group-version-kind': [{ group: 'test', version: 'v1', kind: 'Thing' }],
  },
};

/** The type of `Thing` in `test/v1`. */
export function thingType(): ValueType {
  const type = new SchemaSet(fixtureComponents).kind({ group: 'test', version: 'v1', kind: 'Thing' });
  if (type === undefined) throw new Error('the fixture has no Thing');
  return type;
}

/** A Thing with this spec, and optionally more metadata. */
export function thing(spec: object, metadata: object = {}): { [key: string]: unknown } {
  return { apiVersion: 'test/v1', kind: 'Thing', metadata: { name: 'a', ...metadata }, spec };
}
