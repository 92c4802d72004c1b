const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimalSuffixes: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?)|[eE]([+-]?\d{1,3}))$/;

interface Quantity {
  /** In billionths, the finest amount Kubernetes keeps. */
  nanos: bigint;
  format: 'binary' | 'decimal' | 'exponent';
}

const nano = 1_000_000_000n;

function parse(text: string): Quantity | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix, exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  const power = exponent === undefined ? (decimalSuffixes[suffix ?? ''] ?? 0) : Number(exponent);
  const binary = binarySuffixes.indexOf(suffix ?? '');
  let scaled = digits * nano;
  if (binary > 0) scaled *= 1024n ** BigInt(binary);
  else if (power > 0) scaled *= 10n ** BigInt(power);
  const divisor = 10n ** BigInt(fraction.length) * (binary <= 0 && power < 0 ? 10n ** BigInt(-power) : 1n);
  // Kubernetes rounds up what is finer than a billionth.
  const nanos = (scaled + divisor - 1n) / divisor;
  return {
    nanos: sign === '-' ? -nanos : nanos,
    format: binary > 0 ? 'binary' : exponent === undefined ? 'decimal' : 'exponent',
  };
}

export function isQuantityText(text: string): boolean {
  return parse(text) !== undefined;
}

/** The amount as a number, for comparing and adding; undefined when the text is no quantity. */
export function quantityValue(text: string): number | undefined {
  const quantity = parse(text);
  return quantity === undefined ? undefined : Number(quantity.nanos) / 1e9;
}

/** The spelling an API server stores: `1000m` → `1`, `0.5` → `500m`, `1024Mi` → `1Gi`. Undefined when it is no quantity. */
export function canonicalQuantity(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const quantity = parse(String(value));
  if (quantity === undefined) return undefined;
  const { nanos, format } = quantity;
  if (nanos === 0n) return '0';
  const negative = nanos < 0n;
  const amount = negative ? -nanos : nanos;
  const text =
    format === 'binary' && amount % nano === 0n
      ? binaryText(amount / nano)
      : decimalText(amount, format === 'exponent');
  return negative ? `-${text}` : text;
}

/**
 * What the API server stores for a quantity: the canonical spelling, except where upstream takes the text for canonical
 * at a glance and keeps it (`1.155`, `+5`). Undefined when it is no quantity.
 */
export function storedQuantity(value: unknown): string | undefined {
  const canonical = canonicalQuantity(value);
  return canonical !== undefined && isKeptAsWritten(String(value)) ? String(value) : canonical;
}

function isKeptAsWritten(text: string): boolean {
  const [, , whole = '', fraction = '', suffix = '', exponent] = pattern.exec(text) ?? [];
  const significant = `${whole.replace(/^0+/, '') || '0'}${fraction}`;
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) {
    // Upstream looks no closer at numbers of more digits than an int64 safely takes, about three per suffix.
    return fraction === '' && significant.length + 3 * binary <= 14 && BigInt(significant) % 8n !== 0n;
  }
  const power = exponent === undefined ? (decimalSuffixes[suffix] ?? 0) : Number(exponent);
  const scale = power - fraction.length;
  const isPlain = !significant.startsWith('0') && !significant.endsWith('000');
  return significant.length <= 18 && scale >= -9 && scale % 3 === 0 && isPlain;
}

function binaryText(units: bigint): string {
  let power = 0;
  let rest = units;
  while (rest % 1024n === 0n && power < binarySuffixes.length - 1) {
    rest /= 1024n;
    power += 1;
  }
  return `${rest}${binarySuffixes[power] ?? ''}`;
}

function decimalText(nanos: bigint, isExponent: boolean): string {
  let power = -9;
  let rest = nanos;
  while (rest % 1000n === 0n && power < 18) {
    rest /= 1000n;
    power += 3;
  }
  if (isExponent) return power === 0 ? `${rest}` : `${rest}e${power}`;
  const suffix = Object.entries(decimalSuffixes).find(([, value]) => value === power)?.[0] ?? '';
  return `${rest}${suffix}`;
}
