import { badRequest } from '../api-error.ts';
import { objectsAt, stringAt, stringMapAt, stringsAt } from '../json.ts';

export type Labels = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: Labels) => boolean;

const requirement =
  /^(!?)\s*([A-Za-z0-9./_-]+)\s*(?:(=|==|!=)\s*([A-Za-z0-9._-]*)|\s(in|notin)\s*\(([^)]*)\)|([<>])\s*(-?\d+))?$/;

/**
 * A matcher for a selector as the query parameter spells it (`app=web,tier in (a,b),!canary`); undefined when it selects
 * everything. Throws 400 on a selector that does not parse.
 */
export function parseLabelSelector(text: string): LabelMatcher | undefined {
  const parts = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return undefined;
  const matchers = parts.map(parseRequirement);
  return (labels) => matchers.every((matches) => matches(labels));
}

function parseRequirement(text: string): LabelMatcher {
  const match = requirement.exec(text);
  if (match === null)
    throw badRequest(
      `unable to parse requirement: found '${text}', expected: a label selector such as 'key=value', 'key in (a,b)' or '!key'`,
    );
  const [, negated, key = '', operator, value = '', setOperator, values = '', comparison, number] = match;
  if (negated === '!') return (labels) => labels[key] === undefined;
  if (operator === '!=') return (labels) => labels[key] !== value;
  if (operator !== undefined) return (labels) => labels[key] === value;
  if (setOperator !== undefined) {
    const wanted = new Set(values.split(',').map((entry) => entry.trim()));
    if (setOperator === 'in') return (labels) => labels[key] !== undefined && wanted.has(labels[key]);
    return (labels) => labels[key] === undefined || !wanted.has(labels[key]);
  }
  if (comparison !== undefined) {
    const limit = Number(number);
    return (labels) => {
      const actual = Number(labels[key] ?? Number.NaN);
      return comparison === '<' ? actual < limit : actual > limit;
    };
  }
  return (labels) => labels[key] !== undefined;
}

/** A matcher for a `LabelSelector` object (`matchLabels`, `matchExpressions`). An empty selector matches everything. */
export function labelSelectorMatcher(selector: unknown): LabelMatcher {
  const matchers: LabelMatcher[] = Object.entries(stringMapAt(selector, 'matchLabels')).map(
    ([key, value]) =>
      (labels) =>
        labels[key] === value,
  );
  for (const expression of objectsAt(selector, 'matchExpressions')) {
    const key = stringAt(expression, 'key') ?? '';
    const values = new Set(stringsAt(expression, 'values'));
    switch (stringAt(expression, 'operator')) {
      case 'In':
        matchers.push((labels) => labels[key] !== undefined && values.has(labels[key]));
        break;
      case 'NotIn':
        matchers.push((labels) => labels[key] === undefined || !values.has(labels[key]));
        break;
      case 'Exists':
        matchers.push((labels) => labels[key] !== undefined);
        break;
      case 'DoesNotExist':
        matchers.push((labels) => labels[key] === undefined);
        break;
      default:
        matchers.push(() => false);
    }
  }
  return (labels) => matchers.every((matches) => matches(labels));
}

/** A `LabelSelector` object as the text of a query parameter, for `status.selector` of a Scale. */
export function formatLabelSelector(selector: unknown): string {
  const parts = Object.entries(stringMapAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`);
  for (const expression of objectsAt(selector, 'matchExpressions')) {
    const key = stringAt(expression, 'key') ?? '';
    const values = stringsAt(expression, 'values').sort().join(',');
    switch (stringAt(expression, 'operator')) {
      case 'In':
        parts.push(`${key} in (${values})`);
        break;
      case 'NotIn':
        parts.push(`${key} notin (${values})`);
        break;
      case 'Exists':
        parts.push(key);
        break;
      case 'DoesNotExist':
        parts.push(`!${key}`);
        break;
      default:
        break;
    }
  }
  return parts.sort().join(',');
}
