const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** FNV-1a, 32 bits. */
export function fnv32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** A number in the alphabet Kubernetes uses for names: no vowels, so that no words come out. */
export function safeEncode(text: string): string {
  let encoded = '';
  for (const character of text) encoded += alphabet[character.charCodeAt(0) % alphabet.length];
  return encoded;
}

/** Five letters that depend on the text alone. */
export function safeSuffix(text: string): string {
  let rest = fnv32(text);
  let suffix = '';
  for (let index = 0; index < 5; index += 1) {
    suffix += alphabet[rest % alphabet.length];
    rest = Math.floor(rest / alphabet.length);
  }
  return suffix;
}
