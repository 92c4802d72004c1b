import { ANNOTATION_LAST_APPLIED } from '@lockstep/core';

/** What stands where a value stood. One run for all, since a message compares nothing. */
const MASK = '++++++++';

/** The members of a Secret that hold no secret. Anything else is taken for one, a misspelt `Data` included. */
const OPEN_MEMBERS = new Set(['apiVersion', 'kind', 'metadata', 'type', 'immutable']);

const SECRETS = /\/api\/v1\/(?:namespaces\/[^/]+\/)?secrets(?:\/|$)/;

/** Values in base64 above this are not searched for in their decoded form line by line. */
const SHORTEST_LINE = 8;
const SHORTEST_WORD = 4;

/**
 * How to take the values of a Secret out of what a server said about a request; undefined when the request is about no
 * Secret. API servers and admission webhooks quote what they refuse, and an error travels far: sync results, conditions,
 * events, logs. So it is masked where it is made.
 */
export function secretMaskFor(path: string, body: unknown): ((text: string) => string) | undefined {
  if (!SECRETS.test(path)) return undefined;
  const values = [...new Set(secretValues(parsed(body)).flatMap(spellings))].sort((a, b) => b.length - a.length);
  return (text) => values.reduce(without, withoutQuotes(text));
}

/** What is quoted, whoever sent it: the live object may hold values that the request does not have. */
function withoutQuotes(text: string): string {
  return text
    .replace(/(\b(?:data|stringData|annotations)\b[^\s:]*: [A-Z][a-z]+ value: )"(?:[^"\\]|\\.)*"?/g, `$1"${MASK}"`)
    .replace(/(valueUnstructured\{Value: ?)[^}]*\}/g, `$1${MASK}}`)
    .replace(/error found in #\d+ byte of \.\.\.\|.*\|\.\.\.(?:, bigger context \.\.\.\|.*\|\.\.\.)?/gs, MASK);
}

function without(text: string, value: string): string {
  if (value.length >= SHORTEST_WORD) return text.replaceAll(value, MASK);
  const escaped = value.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\w+-])${escaped}(?![\\w+-])`, 'g'), MASK);
}

function parsed(body: unknown): unknown {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return body;
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}

/** Of an object or a merge patch the members, of a JSON patch what it puts anywhere. */
function secretValues(body: unknown): string[] {
  if (Array.isArray(body)) return body.flatMap((operation) => leaves((operation as { value?: unknown } | null)?.value));
  if (typeof body !== 'object' || body === null) return [];
  const { metadata } = body as { metadata?: { annotations?: Record<string, unknown> } };
  return [
    ...Object.entries(body).flatMap(([name, value]) => (OPEN_MEMBERS.has(name) ? [] : leaves(value))),
    ...leaves(metadata?.annotations?.[ANNOTATION_LAST_APPLIED]),
  ];
}

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
}

/** A value is quoted as it was sent, decoded, encoded, escaped, or a line of it. */
function spellings(value: string): string[] {
  const decoded = /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(value) ? Buffer.from(value, 'base64').toString('utf8') : '';
  const texts = [value, decoded].filter((text) => text !== '');
  return texts
    .flatMap((text) => [
      text,
      text.trim(),
      JSON.stringify(text).slice(1, -1),
      Buffer.from(text).toString('base64'),
      ...text.split('\n').filter((line) => line.length >= SHORTEST_LINE),
    ])
    .filter((text) => text !== '');
}
