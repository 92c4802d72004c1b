/**
 * A Kubernetes quantity in the form the API server stores it: `1000m` → `1`, `1024Mi` → `1Gi`, `0.5` → `500m`. A text
 * that is no quantity is returned as it is.
 */
export function canonicalQuantity(value: string | number): string {
  const text = String(value);
  const match = QUANTITY.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return text;
  const digits = BigInt(`${whole}${fraction}`);
  if (digits === 0n) return '0';

  const binary = BINARY.indexOf(suffix);
  if (binary >= 0) {
    const scaled = digits * 1024n ** BigInt(binary + 1);
    const divisor = 10n ** BigInt(fraction.length);
    if (scaled % divisor === 0n) return sign + binaryForm(scaled / divisor);
    return sign + decimalForm(scaled, -fraction.length);
  }
  const exponent = exponentOf(suffix);
  if (exponent === undefined) return text;
  const total = exponent - fraction.length;
  return sign + (/^[eE]./.test(suffix) ? exponentForm(digits, total) : decimalForm(digits, total));
}

const QUANTITY = /^\+?(-?)(\d*)\.?(\d*)(m|u|n|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d{1,2})?$/;
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const DECIMAL_BY_EXPONENT = new Map(Object.entries(DECIMAL).map(([suffix, exponent]) => [exponent, suffix]));

function exponentOf(suffix: string): number | undefined {
  return DECIMAL[suffix] ?? (/^[eE]./.test(suffix) ? Number(suffix.slice(1)) : undefined);
}

function binaryForm(bytes: bigint): string {
  let amount = bytes;
  let unit = -1;
  while (unit < BINARY.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n;
    unit++;
  }
  return unit < 0 ? String(amount) : `${amount}${BINARY[unit] ?? ''}`;
}

/** The largest suffix that needs no fraction; anything below nano is rounded up, as the API server does. */
function decimalForm(digits: bigint, exponent: number): string {
  const [amount, scale] = engineering(digits, exponent, 18);
  return `${amount}${DECIMAL_BY_EXPONENT.get(scale) ?? ''}`;
}

function exponentForm(digits: bigint, exponent: number): string {
  const [amount, scale] = engineering(digits, exponent, 96);
  return scale === 0 ? String(amount) : `${amount}e${scale}`;
}

function engineering(digits: bigint, exponent: number, largest: number): [bigint, number] {
  let amount = digits;
  let scale = exponent;
  while (scale < -9) {
    amount = amount / 10n + (amount % 10n === 0n ? 0n : 1n);
    scale++;
  }
  while (scale % 3 !== 0) {
    amount *= 10n;
    scale--;
  }
  while (scale < largest && amount % 1000n === 0n) {
    amount /= 1000n;
    scale += 3;
  }
  while (scale > largest) {
    amount *= 1000n;
    scale -= 3;
  }
  return [amount, scale];
}

/** The quantity in thousandths (`500m` → 500, `1Ki` → 1024000), rounded up; undefined when it is none. */
export function milliValue(value: string | number): number | undefined {
  const match = QUANTITY.exec(String(value));
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const binary = BINARY.indexOf(suffix);
  const factor = binary >= 0 ? 1024 ** (binary + 1) : 10 ** (exponentOf(suffix) ?? 0);
  const milli = Math.ceil(Number(`${whole || '0'}.${fraction || '0'}`) * factor * 1000 - 1e-6);
  return sign === '-' ? -milli : milli;
}
