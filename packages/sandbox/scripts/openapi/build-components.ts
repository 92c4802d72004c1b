import type { OpenApiSchema } from '@lockstep/structured-merge';
import type { BuiltInResource } from '../../src/openapi/resource-catalog.ts';
import { atomicStructs, propertyAnnotations, quantities, schemaDefaults } from './annotations.ts';
import { type Component, nameComponents } from './component-names.ts';
import type { ModelClass, ModelProperty } from './model-classes.ts';

const quantityName = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const intOrStringName = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';

/** Components that the client has no class for. */
const scalarComponents: Record<string, OpenApiSchema> = {
  [quantityName]: {
    description:
      'Quantity is a fixed-point representation of a number with an optional suffix: m, k, M, G, T, P, E or Ki, Mi, Gi, Ti, Pi, Ei.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
  [intOrStringName]: {
    description: 'IntOrString is a type that can hold an int32 or a string.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': { type: 'string', format: 'date-time' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': { type: 'string', format: 'date-time' },
};

/** Every component the served kinds need, by name, as the API server publishes them. */
export function buildComponents(
  classes: Map<string, ModelClass>,
  catalog: readonly BuiltInResource[],
): Record<string, OpenApiSchema> {
  const components = nameComponents(classes, catalog);
  const kinds = kindsByComponent(components, catalog);
  const built: Record<string, OpenApiSchema> = { ...scalarComponents };
  for (const component of components.values()) built[component.name] = schemaOf(component, components, kinds);
  return Object.fromEntries(Object.entries(built).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function kindsByComponent(
  components: Map<string, Component>,
  catalog: readonly BuiltInResource[],
): Map<string, { group: string; version: string; kind: string }[]> {
  const groups = new Map(catalog.map(({ group }) => [group === '' ? 'core' : (group.split('.')[0] ?? ''), group]));
  const kinds = new Map<string, { group: string; version: string; kind: string }[]>();
  for (const { short, model } of components.values()) {
    const [pkg = '', version = '', kind = ''] = short.split('.');
    const isKind = ['apiVersion', 'kind'].every((name) => model.properties.some((one) => one.name === name));
    const hasMetadata = model.properties.some((one) => one.name === 'metadata');
    if (!isKind || !(hasMetadata || kind === 'Status')) continue;
    kinds.set(short, [{ group: pkg === 'meta' ? '' : (groups.get(pkg) ?? pkg), version, kind }]);
  }
  // Every group accepts these, so that one body works everywhere.
  const everywhere = [...new Set(catalog.map(({ group, version }) => `${group}/${version}`))].map((one) => {
    const slash = one.lastIndexOf('/');
    return { group: one.slice(0, slash), version: one.slice(slash + 1) };
  });
  for (const kind of ['DeleteOptions', 'WatchEvent']) {
    kinds.set(
      `meta.v1.${kind}`,
      everywhere.map((one) => ({ ...one, kind })),
    );
  }
  return kinds;
}

function schemaOf(
  component: Component,
  components: Map<string, Component>,
  kinds: Map<string, { group: string; version: string; kind: string }[]>,
): OpenApiSchema {
  const { model, short } = component;
  const required = model.properties.filter((one) => one.required).map((one) => one.name);
  const gvks = kinds.get(short);
  return {
    ...(model.description === undefined ? {} : { description: model.description }),
    type: 'object',
    properties: Object.fromEntries(model.properties.map((one) => [one.name, propertyOf(short, one, components)])),
    ...(required.length === 0 ? {} : { required: required.sort() }),
    ...(gvks === undefined ? {} : { 'x-kubernetes-group-version-kind': gvks }),
    ...(atomicStructs.has(short) ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

function propertyOf(owner: string, property: ModelProperty, components: Map<string, Component>): OpenApiSchema {
  const annotations = propertyAnnotations[owner]?.[property.name];
  const type = typeOf(owner, property, property.type, components);
  const fallback = schemaDefaults[owner]?.[property.name] ?? zeroOf(property, type);
  // The client drops the description of a property that is a reference: the type's own is the next best.
  const description = property.description ?? components.get(property.type)?.model.description;
  const beside: OpenApiSchema = {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...annotations,
  };
  if (type.$ref === undefined || Object.keys(beside).length === 0) return { ...type, ...beside };
  // OpenAPI 3.0 ignores what stands beside a reference.
  return { allOf: [type], ...beside };
}

/** A required scalar has its Go zero value when absent; the keys of a keyed list are read with it. */
function zeroOf(property: ModelProperty, type: OpenApiSchema): unknown {
  if (!property.required) return undefined;
  switch (type.type) {
    case 'string':
      return type.format === undefined ? '' : undefined;
    case 'integer':
      return 0;
    case 'boolean':
      return false;
    default:
      return undefined;
  }
}

function typeOf(
  owner: string,
  property: ModelProperty,
  type: string,
  components: Map<string, Component>,
): OpenApiSchema {
  const list = /^(?:Array|Set)<(.+)>$/.exec(type)?.[1];
  if (list !== undefined) return { type: 'array', items: typeOf(owner, property, list, components) };
  const values = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (values !== undefined) {
    return { type: 'object', additionalProperties: typeOf(owner, property, values, components) };
  }
  switch (type) {
    case 'string':
      if (quantities[owner]?.includes(property.name) === true) return referenceTo(quantityName);
      return property.format === 'byte' ? { type: 'string', format: 'byte' } : { type: 'string' };
    case 'number':
      return numberOf(property.format);
    case 'boolean':
      return { type: 'boolean' };
    case 'Date':
      return referenceTo('io.k8s.apimachinery.pkg.apis.meta.v1.Time');
    case 'V1MicroTime':
      return referenceTo('io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime');
    case 'IntOrString':
      return referenceTo(intOrStringName);
    case 'any':
      // A schema inside a CustomResourceDefinition may be a boolean or a list, and an example anything.
      return owner === 'apiextensions.v1.JSONSchemaProps' ? {} : { type: 'object' };
    default: {
      const component = components.get(type);
      if (component === undefined) throw new Error(`${owner}.${property.name} has the unknown type ${type}`);
      return referenceTo(component.name);
    }
  }
}

function numberOf(format: string): OpenApiSchema {
  switch (format) {
    case 'int32':
    case 'int64':
      return { type: 'integer', format };
    case 'double':
      return { type: 'number', format };
    default:
      return { type: 'number' };
  }
}

function referenceTo(name: string): OpenApiSchema {
  return { $ref: `#/components/schemas/${name}` };
}
