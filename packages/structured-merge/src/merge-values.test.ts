import { describe, expect, test } from 'vitest';
import { thing, thingType } from '../tests/fixture-types.ts';
import { mergeValues } from './merge-values.ts';
import { SchemaError } from './schema-error.ts';

const type = thingType();

function mergeSpecs(live: object, config: object): unknown {
  return (mergeValues(type, thing(live), thing(config)) as { spec: unknown }).spec;
}

describe('mergeValues', () => {
  test('merges maps per key and replaces atomic ones', () => {
    const live = { replicas: 1, selector: { matchLabels: { a: '1' } }, values: { a: { b: 1 } } };
    const config = { selector: { matchLabels: { b: '2' } }, values: { a: { c: 2 } } };
    expect(mergeSpecs(live, config)).toEqual({
      replicas: 1,
      selector: { matchLabels: { b: '2' } },
      values: { a: { b: 1, c: 2 } },
    });
  });

  test('merges keyed lists per item, with the defaults of their keys', () => {
    const live = { containers: [{ name: 'a', image: 'a:1', ports: [{ port: 80, name: 'http' }] }] };
    const config = {
      containers: [
        {
          name: 'a',
          ports: [
            { port: 80, protocol: 'TCP' },
            { port: 80, protocol: 'UDP' },
          ],
        },
      ],
    };
    expect(mergeSpecs(live, config)).toEqual({
      containers: [
        {
          name: 'a',
          image: 'a:1',
          ports: [
            { port: 80, name: 'http', protocol: 'TCP' },
            { port: 80, protocol: 'UDP' },
          ],
        },
      ],
    });
  });

  test('keeps the order of the configuration, and live items before the shared or new item they precede', () => {
    const named = (...names: string[]) => ({ containers: names.map((name) => ({ name })) });
    expect(mergeSpecs(named('x', 'a', 'y', 'b', 'z'), named('b', 'new', 'a'))).toEqual(
      named('x', 'y', 'b', 'z', 'new', 'a'),
    );
  });

  test('refuses duplicate keys in the configuration and tolerates them in the live list', () => {
    const twice = {
      containers: [
        { name: 'a', image: 'a:1' },
        { name: 'a', image: 'a:2' },
      ],
    };
    expect(() => mergeSpecs({ containers: [{ name: 'b' }] }, twice)).toThrow(SchemaError);
    expect(mergeSpecs(twice, { containers: [{ name: 'a', image: 'a:3' }] })).toEqual({
      containers: [{ name: 'a', image: 'a:3' }],
    });
  });

  test('is not fooled by keys of Object.prototype', () => {
    const config = JSON.parse('{"values":{"__proto__":{"x":1},"constructor":"y"}}') as object;
    expect(JSON.stringify(mergeSpecs({ values: {} }, config))).toBe(JSON.stringify(config));
  });
});
