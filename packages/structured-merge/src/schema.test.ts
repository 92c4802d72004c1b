import { describe, expect, test } from 'vitest';
import { fixtureComponents, thingType } from '../tests/fixture-types.ts';
import { SchemaSet, typeOfSchema, untyped } from './schema.ts';

describe('SchemaSet', () => {
  test('finds a kind by group, version and kind, across documents', () => {
    const { 'test.Thing': thing, ...others } = fixtureComponents;
    const set = SchemaSet.fromDocuments(
      { components: { schemas: others } },
      { components: { schemas: { 'test.Thing': thing ?? {} } } },
    );
    const type = set.kind({ group: 'test', version: 'v1', kind: 'Thing' });
    expect(type?.component).toBe('test.Thing');
    expect(type?.field('metadata').component).toBe('test.Meta');
    expect(type?.field('metadata').field('labels').schema?.type).toBe('object');
    expect(set.kind({ group: 'test', version: 'v2', kind: 'Thing' })).toBeUndefined();
  });

  test('reads keywords beside a wrapped reference over those of its target', () => {
    const strategy = thingType().field('spec').field('strategy');
    expect(strategy.schema?.['x-kubernetes-patch-strategy']).toBe('retainKeys');
    expect(strategy.field('type').schema?.type).toBe('string');
  });

  test('takes a property called $ref for a property', () => {
    const type = typeOfSchema({ type: 'object', properties: { $ref: { type: 'string' }, a: { type: 'integer' } } });
    expect(type.field('$ref').schema?.type).toBe('string');
    expect(type.field('a').schema?.type).toBe('integer');
  });

  test('survives schemas that refer to themselves', () => {
    const set = new SchemaSet({
      node: { type: 'object', properties: { next: { $ref: '#/components/schemas/node' } } },
    });
    const node = set.component('node');
    expect(node?.field('next').field('next').field('next').schema?.type).toBe('object');
  });

  test('deduces a shape from the value where nothing is known', () => {
    expect(untyped.shapeOf({ a: 1 })).toMatchObject({ kind: 'map', atomic: false });
    expect(untyped.shapeOf([1])).toMatchObject({ kind: 'list', relation: 'atomic' });
    expect(untyped.shapeOf('x').kind).toBe('scalar');
  });

  test('treats int-or-string and a quantity as one scalar', () => {
    expect(thingType().field('spec').field('size').shapeOf('25%').kind).toBe('scalar');
    const quantity = typeOfSchema({ oneOf: [{ type: 'string' }, { type: 'number' }] });
    expect(quantity.declared).toEqual({ kind: 'scalar' });
  });
});
