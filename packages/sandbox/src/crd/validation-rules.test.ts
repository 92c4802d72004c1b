import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { ruleProblem, validateRules } from './validation-rules.ts';

function check(rule: string | JsonObject, value: JsonObject, old?: JsonObject, properties: JsonObject = {}): string[] {
  const rules = [typeof rule === 'string' ? { rule } : rule];
  const schema = { type: 'object', properties, 'x-kubernetes-validations': rules };
  return validateRules(schema, value, old).map(({ field, message }) => `${field}: ${message}`);
}

describe('validation rules', () => {
  it('compare integers as integers', () => {
    const properties = { a: { type: 'integer' }, b: { type: 'integer' } };
    expect(check('self.a + 1 == self.b', { a: 1, b: 2 }, undefined, properties)).toEqual([]);
    expect(check('self.a + 1 == self.b', { a: 1, b: 3 }, undefined, properties)).toEqual([
      ': Invalid value: "object": failed rule: self.a + 1 == self.b',
    ]);
  });

  it('see names that are no identifiers under an escaped name', () => {
    expect(check("self.x__dash__y == 'z'", { 'x-y': 'z' }, undefined, { 'x-y': { type: 'string' } })).toEqual([]);
    expect(
      check("self.__namespace__ == 'z'", { namespace: 'z' }, undefined, { namespace: { type: 'string' } }),
    ).toEqual([]);
  });

  it('about what was before wait until there is something before', () => {
    const properties = { size: { type: 'integer' } };
    expect(check('self.size >= oldSelf.size', { size: 1 }, undefined, properties)).toEqual([]);
    expect(check('self.size >= oldSelf.size', { size: 1 }, { size: 2 }, properties)).toHaveLength(1);
  });

  it('say which reason and field they are about', () => {
    const rule = { rule: 'has(self.a)', message: 'a is needed', reason: 'FieldValueRequired', fieldPath: '.a' };
    expect(check(rule, {})).toEqual(['a: Required value: a is needed']);
    expect(check({ rule: 'false', message: 'no', reason: 'FieldValueForbidden' }, {})).toEqual([': Forbidden: no']);
  });

  it('apply to items and entries below', () => {
    const item = {
      type: 'object',
      properties: { n: { type: 'integer' } },
      'x-kubernetes-validations': [{ rule: 'self.n > 0', message: 'positive' }],
    };
    const schema = {
      type: 'object',
      properties: { list: { type: 'array', items: item }, map: { type: 'object', additionalProperties: item } },
    };
    const errors = validateRules(schema, { list: [{ n: 1 }, { n: 0 }], map: { k: { n: -1 } } }, undefined);
    expect(errors.map(({ field }) => field)).toEqual(['list[1]', 'map[k]']);
  });

  it('use macros over lists and maps', () => {
    expect(check("self.tags.all(t, t.matches('^[a-z]+$'))", { tags: ['a', 'B'] })).toHaveLength(1);
    expect(check('self.tags.exists_one(t, t == "a")', { tags: ['a', 'b'] })).toEqual([]);
    expect(check('size(self.tags) <= 2', { tags: ['a', 'b', 'c'] })).toHaveLength(1);
  });

  it('that fail to evaluate are errors, not passes', () => {
    expect(check('self.missing.deep == 1', {})).toHaveLength(1);
  });

  it('that do not compile are told apart', () => {
    expect(ruleProblem('self.a == 1')).toBeUndefined();
    expect(ruleProblem('self.')).toBeDefined();
  });
});
