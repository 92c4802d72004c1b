import { randomInt } from 'node:crypto';

/** Without vowels and look-alikes, as Kubernetes generates names. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const maxPrefix = 58;

/** A name from `generateName`: the prefix, cut to fit a label, and five random characters. */
export function generateName(prefix: string): string {
  let suffix = '';
  for (let index = 0; index < 5; index += 1) suffix += alphabet[randomInt(alphabet.length)] ?? '';
  return prefix.slice(0, maxPrefix) + suffix;
}
