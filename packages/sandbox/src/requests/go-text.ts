import { isObject } from '../json.ts';

/** Why a text is no JSON, in Go's words as far as JavaScript tells where it went wrong. */
export function jsonProblem(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const position = /position (\d+)/.exec(message)?.[1];
  const at = position === undefined ? text.length : Number(position);
  if (at >= text.trimEnd().length) return 'unexpected end of JSON input';
  return `invalid character '${text[at] ?? ''}' looking for beginning of value`;
}

/** A JSON value as Go prints it: `map[a:1 b:[x y]]`. */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isObject(value)) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, entry]) => `${key}:${goText(entry)}`).join(' ')}]`;
  }
  return value === null ? '<nil>' : String(value);
}
