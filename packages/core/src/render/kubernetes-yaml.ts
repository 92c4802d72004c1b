import { dump, loadAll, YAMLException } from 'js-yaml';
import { RenderError } from '../errors.ts';
import { kubernetesYamlSchema, NullNode } from './kubernetes-yaml-schema.ts';

/** One document of a YAML stream. */
export interface YamlDocument {
  document: unknown;
  /** 1-based line of the document's first content. */
  line: number;
}

/**
 * Reads a YAML (or JSON) stream the way Kubernetes does (sigs.k8s.io/yaml): `on` and `y` are booleans, `010` is 8, times
 * stay text, the last of duplicate keys wins, unknown tags are ignored. Documents without content are left out.
 * Integers that JavaScript cannot hold exactly are refused, or come as `bigint` on request.
 * Throws RenderError with file and line.
 */
export function parseKubernetesYaml(
  text: string,
  options: { file?: string; bigIntegers?: 'refuse' | 'bigint' } = {},
): YamlDocument[] {
  return splitDocuments(text).flatMap((chunk) => parseChunk(chunk, options));
}

/** Writes a value as YAML that every Kubernetes tool reads back as the same value. */
export function toYaml(value: unknown): string {
  return dump(value, { schema: kubernetesYamlSchema, noRefs: true, lineWidth: -1, quotingType: '"' });
}

interface Chunk {
  text: string;
  /** 0-based line of the chunk's first line in the stream. */
  start: number;
}

/** One document's error must not be blamed on another's line, so the stream is cut at separators before it is parsed. */
function splitDocuments(text: string): Chunk[] {
  const lines = text.split('\n');
  const chunks: Chunk[] = [];
  let start = 0;
  for (let index = 1; index <= lines.length; index += 1) {
    const isSeparator = index === lines.length || /^---(\s|$)/.test(lines[index] ?? '');
    if (!isSeparator) continue;
    const chunk = lines.slice(start, index);
    // A directive belongs to the document behind the separator that follows it.
    if (index < lines.length && chunk.some((line) => line.startsWith('%')) && !chunk.some(isContent)) continue;
    chunks.push({ text: chunk.join('\n'), start });
    start = index;
  }
  return chunks;
}

/** False for what may stand between documents: blank lines, comments, directives and markers. */
function isContent(line: string): boolean {
  return !/^\s*(?:#.*|(?:---|\.\.\.)\s*(?:#.*)?|%.*)?$/.test(line);
}

/** Where the parser is; js-yaml hands it to its listener. */
interface ParserState {
  line: number;
  position: number;
  kind: string | null;
  input: string;
}

/** go-yaml allows ten thousand levels; the objects are walked recursively here. */
const maxDepth = 1000;
const maxTotalMergeKeys = 1_000_000;

function parseChunk(chunk: Chunk, options: { file?: string; bigIntegers?: 'refuse' | 'bigint' }): YamlDocument[] {
  const line = chunk.start + 1 + Math.max(0, chunk.text.split('\n').findIndex(isContent));
  let parser: ParserState | undefined;
  const fail = (message: string, atLine: number, fix: string, cause?: unknown): RenderError =>
    new RenderError('InvalidYaml', message, {
      ...(options.file === undefined ? {} : { file: options.file }),
      line: atLine,
      fix,
      cause,
    });
  let documents: unknown[];
  try {
    documents = loadAll(chunk.text, undefined, {
      schema: kubernetesYamlSchema,
      json: true,
      ...({ maxDepth, maxTotalMergeKeys } as object),
      listener: (event, state) => {
        parser = state as unknown as ParserState;
        if (event === 'close') refuseCollectionAsKey(parser);
      },
    });
  } catch (cause) {
    const mark = cause instanceof YAMLException ? (cause.mark as { line: number } | undefined) : parser;
    const reason = cause instanceof YAMLException ? cause.reason : (cause as Error).message;
    throw fail(`not valid YAML: ${reason}`, chunk.start + 1 + (mark?.line ?? 0), adviceFor(reason, chunk.text), cause);
  }
  const found: YamlDocument[] = [];
  for (const parsed of documents) {
    const document = parsed instanceof NullNode ? null : parsed;
    if (document === null || document === undefined) continue;
    refuseExcessiveAliases(document, (message) => fail(message, line, 'Write the repeated parts out'));
    found.push({
      document: settle(document, options.bigIntegers === 'bigint', {
        bigInteger: (value) =>
          fail(
            `the integer ${value} is too large to be kept exactly`,
            chunk.start + 1 + lineOf(chunk.text, String(value)),
            'Quote it, when text is meant',
          ),
        mapAsKey: () => {
          const reason = 'a map is used as a key';
          const at = chunk.start + 1 + lineOf(chunk.text, '{{');
          return fail(`not valid YAML: ${reason}`, at, adviceFor(reason, chunk.text));
        },
      }),
      line,
    });
  }
  return found;
}

/** What js-yaml writes for a map in the place of a key, as in `{{ .Values.name }}`. */
const mapAsKey = '[object Object]';

/** JSON has text keys only: what is written as a list or map before a colon has no meaning. */
function refuseCollectionAsKey(state: ParserState): void {
  if (state.kind !== 'sequence' && state.kind !== 'mapping') return;
  if (/^\s*:(\s|$)/.test(state.input.slice(state.position, state.position + 80))) {
    throw new Error('a list or map is used as a key');
  }
}

function adviceFor(reason: string, text: string): string {
  if (/\btabs?\b/.test(reason)) return 'Indent with spaces, YAML allows no tabs';
  if (/^\s*\{\{/m.test(text) || /\{\{-?\s/.test(text)) {
    return 'It looks like a template: point the source at the Helm chart, or exclude the file';
  }
  if (/mapping|indentation|end of the stream/.test(reason)) {
    return 'Check the indentation and the colons near this line, and quote text that contains ": "';
  }
  return 'Correct the YAML near this line';
}

function lineOf(text: string, needle: string): number {
  const at = text.indexOf(needle);
  return at < 0 ? 0 : text.slice(0, at).split('\n').length - 1;
}

/** The limits of go-yaml: a small document may be mostly aliases, a large one hardly at all. */
function refuseExcessiveAliases(document: unknown, fail: (message: string) => RenderError): void {
  const sizes = new Map<object, number>();
  const measure = (value: unknown): number => {
    if (value === null || typeof value !== 'object') return 1;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    sizes.set(value, 0);
    let size = 1;
    for (const child of Object.values(value)) size += measure(child) + (Array.isArray(value) ? 0 : 1);
    sizes.set(value, size);
    return size;
  };
  const expanded = measure(document);
  let own = 0;
  for (const value of sizes.keys()) {
    const children = Object.values(value);
    own += 1 + children.filter((child) => child === null || typeof child !== 'object').length;
    if (!Array.isArray(value)) own += children.length;
  }
  const fromAliases = expanded - own;
  if (fromAliases > 100 && expanded > 1000 && fromAliases / expanded > allowedAliasShare(expanded)) {
    throw fail(`the document grows to ${expanded} values through aliases`);
  }
}

function allowedAliasShare(size: number): number {
  const low = 400_000;
  const high = 4_000_000;
  if (size <= low) return 0.99;
  if (size >= high) return 0.1;
  return 0.99 - 0.89 * ((size - low) / (high - low));
}

/** Plain JSON of its own: nulls for null nodes, every alias a copy, so that changing one place changes one place. */
function settle(
  value: unknown,
  keepsBigIntegers: boolean,
  failures: { bigInteger: (value: bigint) => RenderError; mapAsKey: () => RenderError },
): unknown {
  const seen = new Set<object>();
  const visit = (node: unknown): unknown => {
    if (typeof node === 'bigint' && !keepsBigIntegers) throw failures.bigInteger(node);
    if (node === null || typeof node !== 'object') return node;
    if (node instanceof NullNode) return null;
    const isShared = seen.has(node);
    seen.add(node);
    if (Array.isArray(node)) {
      const list: unknown[] = isShared ? new Array(node.length) : node;
      for (const [index, item] of node.entries()) list[index] = visit(item);
      return list;
    }
    const map = node as Record<string, unknown>;
    if (Object.hasOwn(map, mapAsKey)) throw failures.mapAsKey();
    if (isShared) return Object.fromEntries(Object.entries(map).map(([key, item]) => [key, visit(item)]));
    for (const key of Object.keys(map)) {
      const settled = visit(map[key]);
      if (settled !== map[key]) map[key] = settled;
    }
    return map;
  };
  return visit(value);
}
