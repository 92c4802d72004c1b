import { FAILSAFE_SCHEMA, Type } from 'js-yaml';

const yaml = 'tag:yaml.org,2002:';

/**
 * Stands for null while parsing. js-yaml turns every key into text, and would take the key `null` for the text "null",
 * where Kubernetes refuses it.
 */
export class NullNode {
  /** Keeps js-yaml from writing the key as `[object Object]`. */
  get [Symbol.toStringTag](): string {
    return 'NullNode';
  }

  toString(): string {
    throw new Error('null is used as a key');
  }
}

const nullNode = new NullNode();

/** How go-yaml v2, and with it sigs.k8s.io/yaml, reads plain scalars that are not numbers. */
const words = new Map<string, boolean | null | number>();
for (const word of ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']) words.set(word, true);
for (const word of ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']) words.set(word, false);
for (const word of ['', '~', 'null', 'Null', 'NULL']) words.set(word, null);
for (const word of ['.nan', '.NaN', '.NAN']) words.set(word, Number.NaN);
for (const word of ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']) words.set(word, Number.POSITIVE_INFINITY);
for (const word of ['-.inf', '-.Inf', '-.INF']) words.set(word, Number.NEGATIVE_INFINITY);

const floatPattern = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const integerPattern = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/;
const smallest = -(1n << 63n);
const largest = (1n << 64n) - 1n;

type PlainValue = boolean | null | number | bigint | undefined;

// js-yaml asks every type about the same text, one after the other.
let lastText: string | undefined;
let lastValue: PlainValue;

/** The value of a plain scalar; undefined when it is text. Exact integers beyond 2^53 come as bigint. */
function resolvePlainScalar(text: string): PlainValue {
  if (text !== lastText) {
    lastValue = resolve(text);
    lastText = text;
  }
  return lastValue;
}

function resolve(text: string): PlainValue {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const isNumeric = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
  if (!isNumeric) return undefined;
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  const plain = text.replaceAll('_', '');
  // Here upstream takes underscores between digits only.
  if (first === 0x2e && /\D_|_(?!\d)/.test(text)) return undefined;
  if (first === 0x2e) return floatPattern.test(plain) ? Number(plain) : undefined;
  const integer = resolveInteger(plain);
  if (integer !== undefined) return integer;
  if (!floatPattern.test(plain)) return undefined;
  const float = Number(plain);
  return Number.isFinite(float) ? float : undefined;
}

function resolveInteger(text: string): number | bigint | undefined {
  const [, sign, digits] = integerPattern.exec(text) ?? [];
  if (sign === undefined || digits === undefined) return undefined;
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = sign === '-' ? -magnitude : magnitude;
  // Larger ones are floats in Go.
  if (value < smallest || value > largest) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function scalar(name: string, accepts: (value: unknown) => boolean, options: Partial<ScalarOptions>): Type {
  return new Type(`${yaml}${name}`, {
    kind: 'scalar',
    resolve: (text: string | null) => {
      const value = resolvePlainScalar(text ?? '');
      return value !== undefined && accepts(value);
    },
    construct: (text: string | null) => resolvePlainScalar(text ?? ''),
    ...options,
  });
}

interface ScalarOptions {
  construct: (text: string | null) => unknown;
  predicate: (value: unknown) => boolean;
  represent: (value: object) => string;
}

const nullType = scalar('null', (value) => value === null, {
  construct: () => nullNode,
  predicate: (value) => value === null,
  represent: () => 'null',
});

const booleanType = scalar('bool', (value) => typeof value === 'boolean', {
  predicate: (value) => typeof value === 'boolean',
  represent: (value) => String(value),
});

const integerType = scalar('int', (value) => typeof value === 'bigint' || Number.isInteger(value), {
  construct: (text) => {
    const value = resolvePlainScalar(text ?? '');
    // Go has no negative zero among the integers.
    return value === 0 ? 0 : value;
  },
  predicate: (value) => typeof value === 'bigint' || Number.isInteger(value),
  represent: (value) => String(value),
});

const floatType = scalar('float', (value) => typeof value === 'number' || typeof value === 'bigint', {
  construct: (text) => {
    const value = Number(resolvePlainScalar(text ?? ''));
    if (!Number.isFinite(value)) throw new Error(`${text} has no counterpart in JSON`);
    return value;
  },
  predicate: (value) => typeof value === 'number',
  represent: (value) => String(value),
});

const mergeType = new Type(`${yaml}merge`, { kind: 'scalar', resolve: (text: string | null) => text === '<<' });

const binaryType = new Type(`${yaml}binary`, {
  kind: 'scalar',
  construct: (text: string | null) => new TextDecoder().decode(bytesOf(text ?? '')),
});

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64.replace(/\s/g, '')), (character) => character.charCodeAt(0));
}

/** Tags that mean nothing to Kubernetes leave the value as it is written. */
const ignoredTags = ['!', yaml].flatMap((prefix) =>
  (['scalar', 'sequence', 'mapping'] as const).map(
    (kind) =>
      new Type(prefix, { kind, multi: true, construct: (value: unknown) => value ?? (kind === 'scalar' ? '' : value) }),
  ),
);

/** js-yaml's way to read and write scalars as Kubernetes does. */
export const kubernetesYamlSchema = FAILSAFE_SCHEMA.extend({
  implicit: [nullType, booleanType, integerType, floatType, mergeType],
  explicit: [binaryType, ...ignoredTags],
});
