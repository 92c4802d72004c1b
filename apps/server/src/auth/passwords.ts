import { randomInt } from 'node:crypto';
import { compare, hash } from 'bcrypt';
import pLimit from 'p-limit';

/** Hashing is meant to be slow: two at once leave the other cores and threads for everybody else. */
const hashing = pLimit(2);

const COST = 10;
/** bcrypt ignores what is beyond, so a longer password would be weaker than it looks. */
const LONGEST_BYTES = 72;

/** Of nothing anybody knows: comparing with it makes an unknown user take as long as a known one. */
const decoy = hash(initialPassword(), COST);

export async function hashPassword(password: string): Promise<string> {
  return hashing(() => hash(password, COST));
}

/** Compares with a bcrypt hash, and with a decoy when there is none, so that both take the same time. */
export async function passwordMatches(password: string, passwordHash: string): Promise<boolean> {
  const isPossible = passwordHash !== '' && Buffer.byteLength(password) <= LONGEST_BYTES;
  const reference = isPossible ? passwordHash : await decoy;
  // Hashes written by Go begin with $2a$, which this library reads as well.
  const matches = await hashing(() => compare(password.slice(0, LONGEST_BYTES), reference)).catch(() => false);
  return isPossible && matches;
}

/** Why a new password is refused, or undefined. */
export function passwordProblem(password: string, pattern: string): string | undefined {
  if (Buffer.byteLength(password) > LONGEST_BYTES) return `it is longer than ${LONGEST_BYTES} bytes`;
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch {
    return `passwordPattern "${pattern}" in argocd-cm is not a regular expression`;
  }
  return expression.test(password) ? undefined : `it does not match the pattern ${pattern}`;
}

/** 16 characters, 95 bits. */
export function initialPassword(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-';
  return Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join('');
}
