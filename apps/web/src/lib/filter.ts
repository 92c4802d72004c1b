/*
 * The query language of the lists, the same as the server's: `health:Degraded health:Missing -project:pay* "two words"`.
 * Terms on one key are alternatives, all others must hold, a leading minus negates, `*` matches anything. What looks like
 * `key:value` with an unknown key is free text, so that URLs and image names can be typed as they are; a key that is
 * nearly a known one is pointed out.
 */

export interface FilterTerm {
  /** undefined for free text. */
  key: string | undefined;
  value: string;
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
    const minus = word.startsWith('-') && word.length > 1;
    const body = minus ? word.slice(1) : word;
    const colon = body.startsWith('"') ? -1 : body.indexOf(':');
    const key = colon > 0 ? body.slice(0, colon).toLowerCase() : undefined;
    if (key === undefined || !keys.includes(key)) {
      terms.push({ key: undefined, value: unquote(body), negated: minus });
      const near = key === undefined ? undefined : nearest(key, keys);
      if (near) errors.push(`There is no filter “${key}”. Did you mean “${near}”?`);
      continue;
    }
    const value = unquote(body.slice(colon + 1));
    const isNot = value.startsWith('!');
    if (value !== '') terms.push({ key, value: isNot ? value.slice(1) : value, negated: minus !== isNot });
  }
  return { terms, errors };
}

/** The inverse of parseFilter, in the order of the terms. */
export function formatFilter(terms: readonly FilterTerm[]): string {
  return terms
    .map(({ key, value, negated }) => `${negated ? '-' : ''}${key === undefined ? '' : `${key}:`}${quote(value)}`)
    .join(' ');
}

/** Adds a value of a key, or takes it away when it is there. */
export function toggleFilterValue(text: string, key: string, value: string, keys: readonly string[]): string {
  const { terms } = parseFilter(text, keys);
  const others = terms.filter((term) => !isValue(term, key, value));
  return formatFilter(others.length < terms.length ? others : [...terms, { key, value, negated: false }]);
}

export function hasFilterValue(text: string, key: string, value: string, keys: readonly string[]): boolean {
  return parseFilter(text, keys).terms.some((term) => isValue(term, key, value));
}

function isValue(term: FilterTerm, key: string, value: string): boolean {
  return term.key === key && !term.negated && term.value.toLowerCase() === value.toLowerCase();
}

/** Whether a filter holds. `read` gives the values an item has for a key; free text is searched for in `read(undefined)`. */
export function matchesFilter(filter: Filter, read: (key: string | undefined) => readonly string[]): boolean {
  const alternatives = new Map<string, boolean>();
  for (const { key, value, negated } of filter.terms) {
    const holds = read(key).some((actual) =>
      key === undefined ? includesText(actual, value) : matchesGlob(actual, value),
    );
    if (negated ? holds : key === undefined && !holds) return false;
    if (!negated && key !== undefined) alternatives.set(key, (alternatives.get(key) ?? false) || holds);
  }
  return [...alternatives.values()].every(Boolean);
}

/** Case-insensitive; `*` stands for anything, also across slashes. */
export function matchesGlob(value: string, pattern: string): boolean {
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
  return /\s/.test(text) ? `"${text}"` : text;
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
