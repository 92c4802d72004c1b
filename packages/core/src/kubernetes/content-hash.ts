/**
 * A 128-bit content hash of a JSON value, the same whatever the order of object keys. It keys caches inside one
 * process: fast (no string of the whole tree is built) and with a collision chance far below that of a bit flip, but
 * not cryptographic. Never use it to decide trust.
 *
 * Objects are remembered by identity, so hashing an object again costs one map look-up. This is why objects handed to
 * core must not be changed afterwards.
 */
export function contentHash(value: unknown): string {
  if (typeof value !== 'object' || value === null) return hashOnce(value);
  const known = remembered.get(value);
  if (known !== undefined) return known;
  const hash = hashOnce(value);
  remembered.set(value, hash);
  return hash;
}

const remembered = new WeakMap<object, string>();

/** Four 32-bit lanes, each a multiply-xor mix with its own odd constant (the shape of xxHash and MurmurHash3). */
class Mixer {
  a = 0x9e3779b1 | 0;
  b = 0x85ebca77 | 0;
  c = 0xc2b2ae3d | 0;
  d = 0x27d4eb2f | 0;

  word(value: number): void {
    this.a = Math.imul(this.a ^ value, 0x85ebca6b);
    this.a ^= this.a >>> 15;
    this.b = Math.imul(((this.b << 13) | (this.b >>> 19)) ^ value, 0xc2b2ae35);
    this.b ^= this.b >>> 13;
    this.c = Math.imul(this.c + value, 0x9e3779b1);
    this.c = ((this.c << 17) | (this.c >>> 15)) ^ this.a;
    this.d = Math.imul(this.d ^ (value + 0x165667b1), 0x27d4eb2f);
    this.d = ((this.d << 11) | (this.d >>> 21)) + this.b;
    this.d |= 0;
  }

  text(value: string): void {
    this.word(value.length ^ 0x53000000);
    let index = 0;
    for (; index + 1 < value.length; index += 2) {
      this.word(value.charCodeAt(index) | (value.charCodeAt(index + 1) << 16));
    }
    if (index < value.length) this.word(value.charCodeAt(index));
  }

  digest(): string {
    for (let round = 0; round < 4; round++) this.word(0x5bd1e995 + round);
    return hex(this.a) + hex(this.b) + hex(this.c) + hex(this.d);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

function hashOnce(value: unknown): string {
  const mixer = new Mixer();
  mix(mixer, value);
  return mixer.digest();
}

function mix(mixer: Mixer, value: unknown): void {
  switch (typeof value) {
    case 'string':
      mixer.text(value);
      break;
    case 'number':
      mixNumber(mixer, value);
      break;
    case 'boolean':
      mixer.word(value ? 0x54000001 : 0x46000002);
      break;
    default:
      if (Array.isArray(value)) mixArray(mixer, value);
      else if (typeof value === 'object' && value !== null) mixObject(mixer, value);
      else mixer.word(0x4e000003);
  }
}

function mixArray(mixer: Mixer, items: unknown[]): void {
  mixer.word(0x41000004 ^ items.length);
  for (const item of items) mix(mixer, item);
}

function mixObject(mixer: Mixer, value: object): void {
  mixer.word(0x4f000005);
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member === undefined) continue;
    mixer.text(key);
    mix(mixer, member);
  }
  mixer.word(0x45000006);
}

function mixNumber(mixer: Mixer, value: number): void {
  if ((value | 0) === value) {
    mixer.word(0x49000007);
    mixer.word(value);
    return;
  }
  mixer.word(0x44000008);
  mixer.text(String(value));
}
