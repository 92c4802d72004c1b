import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { customResourceDefinitions } from './crd.ts';

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
}

function specOf(kind: string) {
  const found = customResourceDefinitions().find(
    (definition) => (definition['spec'] as { names: { kind: string } }).names.kind === kind,
  );
  return (found as KubernetesObject)['spec'] as {
    names: { plural: string; shortNames: string[]; listKind: string };
    versions: {
      additionalPrinterColumns?: { name: string; priority?: number }[];
      subresources?: object;
      schema: { openAPIV3Schema: Schema };
    }[];
  };
}

function schemaOf(kind: string): Schema {
  return (specOf(kind).versions[0] as { schema: { openAPIV3Schema: Schema } }).schema.openAPIV3Schema;
}

/** What the API server drops: every field the schema does not know. */
function lost(schema: Schema, value: unknown, path = ''): string[] {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
  if (Array.isArray(value))
    return schema.items === undefined
      ? [path]
      : value.flatMap((item, index) => lost(schema.items as Schema, item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return schema.properties === undefined ? [] : [path];
  return Object.entries(value).flatMap(([key, member]) => {
    const property = schema.properties?.[key] ?? schema.additionalProperties;
    return property === undefined ? [`${path}.${key}`] : lost(property, member, `${path}.${key}`);
  });
}

/** Fields the schema has and the value never uses, by their paths. */
function unused(schema: Schema, values: unknown[], path = ''): string[] {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true && schema.properties === undefined) return [];
  const present = values.filter((value) => value !== undefined);
  if (present.length === 0) return [path];
  if (schema.items !== undefined) return unused(schema.items, present.flat(), `${path}[]`);
  const maps = present as Record<string, unknown>[];
  if (schema.additionalProperties !== undefined)
    return unused(schema.additionalProperties, maps.flatMap(Object.values), `${path}.*`);
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) =>
    unused(
      property,
      maps.map((map) => map[key]),
      `${path}.${key}`,
    ),
  );
}

function fixture(kind: string): Record<string, unknown> {
  const file = new URL(`./fixtures/${kind.toLowerCase()}-every-field.yaml`, import.meta.url);
  return load(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

/** An object of the kind with all of its fields. */
function everyField(kind: string): Record<string, unknown> {
  const object = fixture(kind);
  if (kind === 'ApplicationSet') {
    (object['spec'] as { template: Record<string, unknown> }).template['spec'] = fixture('Application')['spec'];
  }
  return { ...object, metadata: {} };
}

describe('the definitions', () => {
  it('have the names by which people know them', () => {
    expect(customResourceDefinitions().map(({ metadata }) => metadata.name)).toEqual([
      'applications.argoproj.io',
      'appprojects.argoproj.io',
      'applicationsets.argoproj.io',
    ]);
    expect(specOf('Application').names).toMatchObject({ shortNames: ['app', 'apps'], listKind: 'ApplicationList' });
    expect(specOf('AppProject').names.shortNames).toContain('appproj');
    expect(specOf('ApplicationSet').names.shortNames).toContain('appset');
  });

  it('of Application shows status and health, and has no status subresource', () => {
    const [version] = specOf('Application').versions;
    expect(
      version?.additionalPrinterColumns?.filter(({ priority }) => priority === undefined).map(({ name }) => name),
    ).toEqual(['Sync Status', 'Health Status']);
    expect(version?.subresources).toEqual({});
  });

  it.each(['Application', 'AppProject', 'ApplicationSet'])('of %s keeps every field and has no other', (kind) => {
    const object = everyField(kind);
    expect(lost(schemaOf(kind), object)).toEqual([]);
    expect(unused(schemaOf(kind), [object])).toEqual([]);
  });

  it('drop a field that is none', () => {
    const object = everyField('Application');
    (object['spec'] as Record<string, unknown>)['sync'] = { policy: 'auto' };
    expect(lost(schemaOf('Application'), object)).toEqual(['.spec.sync']);
  });

  it('keep what a later release adds to a provider, in nested generators too', () => {
    const github = { organization: 'shop', topics: ['deployable'] };
    const generators = [{ scmProvider: { github } }];
    const set = { spec: { generators: [...generators, { matrix: { generators } }] } };
    expect(lost(schemaOf('ApplicationSet'), set)).toEqual([]);
  });

  it('are written to deploy/crds as they are', () => {
    for (const definition of customResourceDefinitions()) {
      const singular = (definition['spec'] as { names: { singular: string } }).names.singular;
      const text = readFileSync(new URL(`../../../../deploy/crds/${singular}-crd.yaml`, import.meta.url), 'utf8');
      expect(load(text)).toEqual(definition);
    }
  });
});
