import type { ApplicationRow } from '@lockstep/contract';

/** One condition on a row. Conditions on the same field with the same sign are alternatives; all others must hold. */
export interface QueryTerm {
  /** '' for free text. */
  field: string;
  value: string;
  negated: boolean;
}

/** What each field of the query language looks at. Values are compared without case. */
const fields: Record<string, (row: ApplicationRow) => string[]> = {
  name: (row) => [row.name],
  project: (row) => [row.project],
  health: (row) => [row.health.status],
  sync: (row) => [row.sync.status],
  namespace: (row) => [row.destination.namespace],
  cluster: (row) => [row.destination.name, row.destination.server],
  repo: (row) => [row.source.repoURL],
  label: (row) => Object.entries(row.labels).map(([key, value]) => `${key}=${value}`),
  autosync: (row) => [row.autoSync],
  phase: (row) => (row.operation === null ? [] : [row.operation.phase]),
  image: (row) => row.images,
  revision: (row) => [row.revision, row.source.targetRevision],
};

/** Fields whose values are found anywhere in the text; the others are equal or a `*` pattern. */
const substringFields = new Set(['', 'image', 'repo', 'revision', 'name']);

/**
 * Reads `payments health:Degraded -sync:Synced cluster:!prod label:team=web "two words"`. What looks like `key:value`
 * with an unknown key is free text, so that URLs and image names can be typed as they are.
 */
export function parseQuery(text: string): QueryTerm[] {
  const terms: QueryTerm[] = [];
  for (const [word] of text.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)) {
    const negated = word.startsWith('-') && word.length > 1;
    const body = negated ? word.slice(1) : word;
    const colon = body.indexOf(':');
    const field = colon < 0 ? '' : body.slice(0, colon).toLowerCase();
    if (colon > 0 && field in fields) {
      const value = unquote(body.slice(colon + 1));
      const isNot = value.startsWith('!');
      terms.push({ field, value: (isNot ? value.slice(1) : value).toLowerCase(), negated: negated !== isNot });
    } else {
      const value = unquote(body).toLowerCase();
      if (value !== '') terms.push({ field: '', value, negated });
    }
  }
  return terms;
}

/**
 * The fields whose conditions a row does not satisfy, '' standing for free text. None: the row is selected. Only one: it
 * would be selected without the conditions on that field, which is what counting that field's values needs.
 */
export function failingFields(row: ApplicationRow, terms: readonly QueryTerm[]): string[] {
  const failing = new Set<string>();
  let alternatives: Map<string, boolean> | undefined;
  for (const term of terms) {
    const { field, negated } = term;
    if (negated || field === '') {
      if (matchesTerm(row, term) === negated) failing.add(field);
      continue;
    }
    alternatives ??= new Map();
    if (alternatives.get(field) !== true) alternatives.set(field, matchesTerm(row, term));
  }
  if (alternatives !== undefined) for (const [field, holds] of alternatives) if (!holds) failing.add(field);
  return [...failing];
}

function matchesTerm(row: ApplicationRow, { field, value }: QueryTerm): boolean {
  if (field === '') {
    return [row.name, row.namespace, row.project, row.source.repoURL, row.source.path, row.source.chart].some((text) =>
      text.toLowerCase().includes(value),
    );
  }
  const values = fields[field]?.(row) ?? [];
  return values.some((candidate) => {
    const text = candidate.toLowerCase();
    if (value.includes('*')) return matchesStars(text, value);
    return substringFields.has(field)
      ? text.includes(value)
      : text === value || (field === 'label' && text.startsWith(`${value}=`));
  });
}

/** `*` is any text; found piece by piece, so it takes linear time. */
function matchesStars(text: string, pattern: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let position = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return position <= text.length - last.length;
}

function unquote(text: string): string {
  return text.replaceAll('"', '');
}
