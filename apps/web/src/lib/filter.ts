/*
 * The query language of the lists: `health:degraded,progressing project:pay* -cluster:prod-* "free text"`.
 * Values of one term are alternatives, terms must all hold, a leading minus negates, `*` matches anything.
 * An unknown key is an error with a suggestion, never silently ignored.
 */

export interface FilterTerm {
  /** undefined for free text. */
  key: string | undefined;
  values: string[];
  negated: boolean;
}

export interface Filter {
  terms: FilterTerm[];
  errors: string[];
}

/** Reads a query. `keys` are the known names. */
export function parseFilter(text: string, keys: readonly string[]): Filter {
  const terms: FilterTerm[] = [];
  const errors: string[] = [];
  for (const word of splitWords(text)) {
    const negated = word.startsWith('-') && word.length > 1;
    const body = negated ? word.slice(1) : word;
    const colon = body.startsWith('"') ? -1 : body.indexOf(':');
    if (colon <= 0) {
      terms.push({ key: undefined, values: [unquote(body)], negated });
      continue;
    }
    const key = body.slice(0, colon).toLowerCase();
    const values = body
      .slice(colon + 1)
      .split(',')
      .map(unquote)
      .filter((value) => value !== '');
    if (!keys.includes(key)) {
      const near = nearest(key, keys);
      errors.push(`There is no filter “${key}”.${near ? ` Did you mean “${near}”?` : ` Known: ${keys.join(', ')}.`}`);
    } else if (values.length > 0) {
      terms.push({ key, values, negated });
    }
  }
  return { terms, errors };
}

/** The inverse of parseFilter, in the order of the terms. */
export function formatFilter(terms: readonly FilterTerm[]): string {
  return terms
    .map(({ key, values, negated }) => {
      const text = values.map(quote).join(',');
      return `${negated ? '-' : ''}${key === undefined ? text : `${key}:${text}`}`;
    })
    .join(' ');
}

/** Adds a value to the positive term of a key, or takes it away when it is there. */
export function toggleFilterValue(text: string, key: string, value: string, keys: readonly string[]): string {
  const { terms } = parseFilter(text, keys);
  const index = terms.findIndex((term) => term.key === key && !term.negated);
  const term = terms[index];
  if (!term) return formatFilter([...terms, { key, values: [value], negated: false }]);
  const has = term.values.some((each) => each.toLowerCase() === value.toLowerCase());
  const values = has
    ? term.values.filter((each) => each.toLowerCase() !== value.toLowerCase())
    : [...term.values, value];
  const next = values.length === 0 ? terms.toSpliced(index, 1) : terms.with(index, { ...term, values });
  return formatFilter(next);
}

export function hasFilterValue(text: string, key: string, value: string, keys: readonly string[]): boolean {
  return parseFilter(text, keys).terms.some(
    (term) =>
      term.key === key && !term.negated && term.values.some((each) => each.toLowerCase() === value.toLowerCase()),
  );
}

/** Whether all terms hold. `read` gives the values an item has for a key; free text is searched for in `read(undefined)`. */
export function matchesFilter(filter: Filter, read: (key: string | undefined) => readonly string[]): boolean {
  return filter.terms.every((term) => {
    const actual = read(term.key);
    const holds = term.values.some((wanted) =>
      actual.some((value) => (term.key === undefined ? includesText(value, wanted) : matchesGlob(value, wanted))),
    );
    return holds !== term.negated;
  });
}

/** Case-insensitive; `*` stands for anything, also across slashes; a leading `!` negates. */
export function matchesGlob(value: string, pattern: string): boolean {
  if (pattern.startsWith('!')) return !matchesGlob(value, pattern.slice(1));
  const parts = pattern.toLowerCase().split('*');
  const text = value.toLowerCase();
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

function includesText(value: string, wanted: string): boolean {
  return value.toLowerCase().includes(wanted.toLowerCase());
}

function splitWords(text: string): string[] {
  return text.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
}

function unquote(text: string): string {
  return text.replaceAll('"', '');
}

function quote(text: string): string {
  return /[\s,]/.test(text) ? `"${text}"` : text;
}

function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(best.candidate.length / 2)) ? best.candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
