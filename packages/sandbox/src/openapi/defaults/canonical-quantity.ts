const decimalSuffixes: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const decimalNames = new Map(Object.entries(decimalSuffixes).map(([suffix, exponent]) => [exponent, suffix]));
const binaryNames = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/**
 * A Kubernetes quantity as the API server writes it: `0.5` is `500m`, `1024Mi` is `1Gi`, `1000` is `1k`. Returns
 * undefined for text that is not a quantity.
 */
export function canonicalQuantity(text: string): string | undefined {
  const match = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', number = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  if (digits === 0n) return '0';
  const significant = `${whole.replace(/^0+/, '') || '0'}${fraction}`;
  const binary = binaryNames.indexOf(suffix);
  if (binary > 0 && fraction === '' && digits % 8n !== 0n && fitsBinary(significant, binary)) return text;
  if (binary > 0) return canonicalBinary(digits, fraction.length, binary);
  const isExponent = /^[eE]./.test(suffix);
  const exponent = isExponent ? Number(suffix.slice(1)) : decimalSuffixes[suffix];
  if (exponent === undefined) return undefined;
  if (isKeptAsWritten(significant, exponent - fraction.length)) return text;
  return canonicalDecimal(digits, exponent - fraction.length, isExponent);
}

/** What upstream takes for canonical at a glance, and so keeps as it is written: `1.155`, `+5`. */
function isKeptAsWritten(significant: string, scale: number): boolean {
  return (
    significant.length <= 18 &&
    scale >= -9 &&
    scale % 3 === 0 &&
    !significant.endsWith('000') &&
    !significant.startsWith('0')
  );
}

/** About three decimal digits go to each binary suffix; upstream looks no closer at longer numbers. */
function fitsBinary(significant: string, power: number): boolean {
  return significant.length + 3 * power <= 14;
}

/** `digits * 10^exponent` with an exponent that is a multiple of three, and nothing finer than a billionth. */
function canonicalDecimal(digits: bigint, exponent: number, isExponent: boolean): string {
  let mantissa = digits;
  let power = exponent;
  while (power < -9) {
    mantissa = divideUp(mantissa);
    power += 1;
  }
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    power += 1;
  }
  while (power % 3 !== 0) {
    mantissa *= 10n;
    power -= 1;
  }
  if (isExponent) return power === 0 ? String(mantissa) : `${mantissa}e${power}`;
  // Beyond the largest suffix the zeros are written out.
  while (power > 18) {
    mantissa *= 10n;
    power -= 1;
  }
  return `${mantissa}${decimalNames.get(power) ?? ''}`;
}

/** Rounds away from zero, as quantities are never rounded down. */
function divideUp(value: bigint): bigint {
  const quotient = value / 10n;
  if (value % 10n === 0n) return quotient;
  return value > 0n ? quotient + 1n : quotient - 1n;
}

function canonicalBinary(digits: bigint, fractionDigits: number, binary: number): string {
  const scale = 10n ** BigInt(fractionDigits);
  const scaled = digits * 1024n ** BigInt(binary);
  const isSmall = scaled > -1024n * scale && scaled < 1024n * scale;
  if (isSmall || scaled % scale !== 0n) return canonicalDecimal(scaled, -fractionDigits, false);
  let value = scaled / scale;
  let power = 0;
  while (value % 1024n === 0n && power < binaryNames.length - 1) {
    value /= 1024n;
    power += 1;
  }
  return `${value}${binaryNames[power] ?? ''}`;
}
