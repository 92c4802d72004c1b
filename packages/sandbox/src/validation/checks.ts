import { equalJson, isObject, objectAt, objectsAt, stringAt, stringMapAt, stringsAt, valueAt } from '../json.ts';
import { labelSelectorMatcher } from '../selectors/label-selector.ts';
import { duplicate, type FieldError, fieldForbidden, invalid, notSupported, required } from './field-error.ts';
import { asErrors, labelValueProblems, qualifiedNameProblems } from './names.ts';

/** Checks that many kinds share. Each returns the errors of one field, in the API server's words. */

export function nonNegative(field: string, value: unknown): FieldError[] {
  return typeof value === 'number' && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}

export function oneOf(field: string, value: unknown, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(String(value))
    ? []
    : [notSupported(field, value, [...supported].sort())];
}

export function portNumber(field: string, value: unknown): FieldError[] {
  const isPort = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
  return isPort ? [] : [invalid(field, value, 'must be between 1 and 65535, inclusive')];
}

export function portNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

export function portNumberOrName(field: string, value: unknown): FieldError[] {
  if (typeof value === 'number') return portNumber(field, value);
  return typeof value === 'string' ? asErrors(field, value, portNameProblems(value)) : [];
}

export function immutable(field: string, value: unknown, before: unknown): FieldError[] {
  return equalJson(value, before) ? [] : [invalid(field, value, 'field is immutable')];
}

/** Fields of a spec that may not change, with one message for all of them. */
export function frozenSpec(spec: object, before: object, changeable: readonly string[], message: string): FieldError[] {
  const rest = (whole: object): object =>
    Object.fromEntries(Object.entries(whole).filter(([key]) => !changeable.includes(key)));
  return equalJson(rest(spec), rest(before)) ? [] : [fieldForbidden('spec', message)];
}

/** A `LabelSelector` that is well formed. */
export function labelSelector(field: string, selector: unknown): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(stringMapAt(selector, 'matchLabels'))) {
    errors.push(...asErrors(`${field}.matchLabels`, key, qualifiedNameProblems(key)));
    errors.push(...asErrors(`${field}.matchLabels`, value, labelValueProblems(value)));
  }
  for (const [index, expression] of objectsAt(selector, 'matchExpressions').entries()) {
    const at = `${field}.matchExpressions[${index}]`;
    const operator = stringAt(expression, 'operator');
    const values = stringsAt(expression, 'values');
    switch (operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0)
          errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0)
          errors.push(
            fieldForbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          );
        break;
      default:
        errors.push(invalid(`${at}.operator`, operator ?? '', 'not a valid selector operator'));
    }
    const key = stringAt(expression, 'key') ?? '';
    errors.push(...asErrors(`${at}.key`, key, qualifiedNameProblems(key)));
  }
  return errors;
}

/** The selector of a workload: there, not empty, well formed, and matching the labels of its Pod template. */
export function workloadSelector(spec: unknown, kind: string): FieldError[] {
  const selector = valueAt(spec, 'selector');
  if (!isObject(selector)) return [required('spec.selector')];
  const errors = labelSelector('spec.selector', selector);
  const isEmpty =
    Object.keys(objectAt(selector, 'matchLabels')).length + objectsAt(selector, 'matchExpressions').length === 0;
  if (isEmpty) errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  return errors;
}

export function selectorMatchesTemplate(spec: unknown): FieldError[] {
  const selector = valueAt(spec, 'selector');
  const labels = stringMapAt(spec, 'template', 'metadata', 'labels');
  // A selector that is absent selects nothing; an empty one is an error of its own.
  if (isObject(selector) && labelSelectorMatcher(selector)(labels)) return [];
  const shown = Object.keys(labels).length === 0 ? null : labels;
  return [invalid('spec.template.metadata.labels', shown, '`selector` does not match template `labels`')];
}

/** A number, or a percentage such as `25%`, that is not negative. */
export function intOrPercent(field: string, value: unknown): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return nonNegative(field, value);
  if (typeof value === 'string' && /^\d+%$/.test(value)) return [];
  return [
    invalid(
      field,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
}

export function notMoreThanAll(field: string, value: unknown): FieldError[] {
  if (typeof value !== 'string' || !/^\d+%$/.test(value)) return [];
  return Number(value.slice(0, -1)) > 100 ? [invalid(field, value, 'must not be greater than 100%')] : [];
}

/** Whether a number or percentage is nothing. */
export function isZeroAmount(value: unknown): boolean {
  return value === 0 || value === '0%';
}

/** Items of a list whose `name` occurs before. */
export function duplicateNames(field: string, items: readonly object[], key = 'name'): FieldError[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, item] of items.entries()) {
    const name = stringAt(item, key);
    if (name === undefined || name === '') continue;
    if (seen.has(name)) errors.push(duplicate(`${field}[${index}].${key}`, name));
    seen.add(name);
  }
  return errors;
}
