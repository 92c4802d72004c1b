import { isObject } from '../json.ts';

type Step =
  | { kind: 'field'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'all' }
  | { kind: 'filter'; path: Step[]; operator: string; value: string };

const compiledPaths = new Map<string, Step[]>();

/** Every value at a JSONPath of the subset that printer columns and scale paths use: fields, indexes, `[*]`, `[?(@.a=="b")]`. */
export function valuesAt(path: string, root: unknown): unknown[] {
  let steps = compiledPaths.get(path);
  if (steps === undefined) {
    steps = compile(path);
    compiledPaths.set(path, steps);
  }
  return steps.reduce<unknown[]>((found, step) => found.flatMap((value) => take(step, value)), [root]);
}

function take(step: Step, value: unknown): unknown[] {
  switch (step.kind) {
    case 'field':
      return isObject(value) && value[step.name] !== undefined ? [value[step.name]] : [];
    case 'index': {
      if (!Array.isArray(value)) return [];
      const entry: unknown = value.at(step.index);
      return entry === undefined ? [] : [entry];
    }
    case 'all':
      if (Array.isArray(value)) return value;
      return isObject(value) ? Object.values(value) : [];
    case 'filter':
      return Array.isArray(value) ? value.filter((entry) => passes(step, entry)) : [];
  }
}

function passes(step: Step & { kind: 'filter' }, entry: unknown): boolean {
  const [actual] = step.path.reduce<unknown[]>((found, inner) => found.flatMap((value) => take(inner, value)), [entry]);
  if (step.operator === '') return actual !== undefined;
  const isEqual = actual !== undefined && String(actual) === step.value;
  return step.operator === '!=' ? !isEqual : isEqual;
}

const token =
  /\.?([A-Za-z0-9_$-]+(?:\\\.[A-Za-z0-9_$-]+)*)|\.?\[\*\]|\.\*|\[(-?\d+)\]|\[['"]([^'"]+)['"]\]|\[\?\(@([^=!)]*?)\s*(?:(==|!=)\s*['"]?([^'")]*)['"]?)?\s*\)\]/y;

function compile(path: string): Step[] {
  const text = path.replace(/^\{|\}$/g, '').replace(/^\$/, '');
  const steps: Step[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    // A path that does not parse selects nothing.
    if (match === null) return [{ kind: 'filter', path: [], operator: '==', value: '' }];
    const [, field, index, quoted, filterPath, operator, value] = match;
    if (field !== undefined) steps.push({ kind: 'field', name: field.replaceAll('\\.', '.') });
    else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else if (quoted !== undefined) steps.push({ kind: 'field', name: quoted });
    else if (filterPath !== undefined) {
      const at = token.lastIndex;
      steps.push({ kind: 'filter', path: compile(filterPath), operator: operator ?? '', value: value ?? '' });
      token.lastIndex = at;
    } else steps.push({ kind: 'all' });
  }
  return steps;
}
