import { Environment } from '@marcbachmann/cel-js';
import { isObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.ts';
import {
  duplicate,
  type FieldError,
  type FieldErrorType,
  fieldForbidden,
  invalid,
  required,
} from '../validation/field-error.ts';
import { canonicalQuantity, isQuantityText } from '../validation/quantity.ts';
import { correlate } from './validate-custom-resource.ts';

type CompiledRule = (variables: JsonObject) => unknown;

/** Values a rule sees: integers are bigint, names that are not identifiers are escaped, as in the API server. */
export function validateRules(schema: JsonObject, value: unknown, old: unknown): FieldError[] {
  const errors: FieldError[] = [];
  if (hasRules(schema)) visit(schema, value, old, '', errors);
  return errors;
}

const schemasWithRules = new WeakMap<JsonObject, boolean>();

/** Whether a schema or any below it has rules; most have none, and then values need not be converted. */
export function hasRules(schema: JsonObject): boolean {
  const known = schemasWithRules.get(schema);
  if (known !== undefined) return known;
  const below = [...Object.values(objectAt(schema, 'properties')), schema['items'], schema['additionalProperties']];
  const found =
    objectsAt(schema, 'x-kubernetes-validations').length > 0 || below.some((part) => isObject(part) && hasRules(part));
  schemasWithRules.set(schema, found);
  return found;
}

function visit(schema: JsonObject, value: unknown, old: unknown, path: string, errors: FieldError[]): void {
  if (value === undefined || value === null) return;
  const rules = objectsAt(schema, 'x-kubernetes-validations');
  if (rules.length > 0) {
    const self = celValue(schema, value);
    const oldSelf = old === undefined ? undefined : celValue(schema, old);
    for (const rule of rules) errors.push(...evaluateRule(rule, { self, oldSelf, schema, value, path }));
  }
  const items = schema['items'];
  if (Array.isArray(value)) {
    if (!isObject(items) || !hasRules(items)) return;
    const oldItem = correlate(schema, old);
    for (const [index, entry] of value.entries())
      visit(items, entry, oldItem(entry, index), `${path}[${index}]`, errors);
    return;
  }
  if (!isObject(value)) return;
  const properties = objectAt(schema, 'properties');
  for (const [key, entry] of Object.entries(value)) {
    const isDeclared = Object.hasOwn(properties, key);
    const property = isDeclared ? properties[key] : schema['additionalProperties'];
    if (!isObject(property) || !hasRules(property)) continue;
    const before = isObject(old) ? old[key] : undefined;
    visit(property, entry, before, isDeclared ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`, errors);
  }
}

interface RuleInput {
  self: unknown;
  oldSelf: unknown;
  schema: JsonObject;
  value: unknown;
  path: string;
}

function evaluateRule(rule: JsonObject, { self, oldSelf, schema, value, path }: RuleInput): FieldError[] {
  const expression = stringAt(rule, 'rule') ?? '';
  const isTransition = /\boldSelf\b/.test(expression);
  if (isTransition && oldSelf === undefined) return [];
  const field = rulePath(path, stringAt(rule, 'fieldPath'));
  const reason = (stringAt(rule, 'reason') ?? 'FieldValueInvalid').replace('FieldValue', '') as FieldErrorType;
  const valueType = stringAt(schema, 'type') ?? 'object';
  try {
    if (compile(expression)({ self, oldSelf }) === true) return [];
    return [ruleError(reason, field, valueType, messageOf(rule, expression, { self, oldSelf }), value)];
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return [
      ruleError(
        'Invalid',
        field,
        valueType,
        `${why} evaluating rule: ${stringAt(rule, 'message') ?? expression}`,
        value,
      ),
    ];
  }
}

function messageOf(rule: JsonObject, expression: string, variables: JsonObject): string {
  const messageExpression = stringAt(rule, 'messageExpression');
  if (messageExpression !== undefined) {
    const message = tryEvaluate(messageExpression, variables);
    if (typeof message === 'string' && message.trim() !== '') return message;
  }
  return stringAt(rule, 'message') ?? `failed rule: ${expression}`;
}

function tryEvaluate(expression: string, variables: JsonObject): unknown {
  try {
    return compile(expression)(variables);
  } catch {
    return undefined;
  }
}

function ruleError(
  reason: FieldErrorType,
  field: string,
  valueType: string,
  message: string,
  value: unknown,
): FieldError {
  switch (reason) {
    case 'Required':
      return required(field, message);
    case 'Forbidden':
      return fieldForbidden(field, message);
    case 'Duplicate':
      return duplicate(field, value);
    default:
      return invalid(field, valueType, message);
  }
}

function rulePath(path: string, fieldPath: string | undefined): string {
  if (fieldPath === undefined) return path;
  return path === '' ? fieldPath.replace(/^\./, '') : `${path}${fieldPath}`;
}

const compiled = new Map<string, CompiledRule>();
let environment: Environment | undefined;

function compile(expression: string): CompiledRule {
  let rule = compiled.get(expression);
  if (rule === undefined) {
    environment ??= createEnvironment();
    rule = environment.parse(expression) as CompiledRule;
    compiled.set(expression, rule);
  }
  return rule;
}

/** Reports why an expression does not compile; undefined when it does. */
export function ruleProblem(expression: string): string | undefined {
  try {
    compile(expression);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}

function createEnvironment(): Environment {
  return new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  })
    .registerFunction('isURL(string): bool', (text: string) => URL.canParse(text))
    .registerFunction('isQuantity(string): bool', (text: string) => isQuantityText(text))
    .registerFunction('quantity(string): string', (text: string) => canonicalQuantity(text) ?? text)
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => new RegExp(pattern).exec(text)?.[0] ?? '',
    )
    .registerFunction('list.sum(): dyn', (list: (number | bigint)[]) =>
      list.reduce(
        (sum: number | bigint, entry) =>
          typeof sum === 'bigint' && typeof entry === 'bigint' ? sum + entry : Number(sum) + Number(entry),
        0n,
      ),
    )
    .registerFunction('list.min(): dyn', (list: (number | bigint | string)[]) => list.reduce(smaller))
    .registerFunction('list.max(): dyn', (list: (number | bigint | string)[]) => list.reduce(larger))
    .registerFunction('list.isSorted(): bool', (list: (number | bigint | string)[]) =>
      list.every((entry, index) => index === 0 || (list[index - 1] ?? entry) <= entry),
    )
    .registerFunction('list.indexOf(dyn): int', (list: unknown[], wanted: unknown) => BigInt(list.indexOf(wanted)));
}

type Comparable = number | bigint | string;

function smaller(a: Comparable, b: Comparable): Comparable {
  if (b < a) return b;
  return a;
}

function larger(a: Comparable, b: Comparable): Comparable {
  if (b > a) return b;
  return a;
}

function celValue(schema: JsonObject, value: unknown): unknown {
  if (typeof value === 'number') {
    const isInteger =
      schema['type'] === 'integer' || (schema['x-kubernetes-int-or-string'] === true && Number.isInteger(value));
    return isInteger ? BigInt(Math.trunc(value)) : value;
  }
  if (Array.isArray(value)) {
    const items = objectAt(schema, 'items');
    return value.map((entry) => celValue(items, entry));
  }
  if (!isObject(value)) return value;
  const properties = objectAt(schema, 'properties');
  const converted: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) {
    if (entry === null && objectAt(properties, key)['nullable'] !== true) continue;
    const isDeclared = Object.hasOwn(properties, key);
    converted[isDeclared ? escapeIdentifier(key) : key] = celValue(
      isDeclared ? objectAt(properties, key) : objectAt(schema, 'additionalProperties'),
      entry,
    );
  }
  return converted;
}

const reservedWords = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** How CEL names a field that is no identifier: `x-prop` is `x__dash__prop`. */
function escapeIdentifier(name: string): string {
  if (reservedWords.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
