import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { deriveKey, seal, unseal } from './sealed-value.ts';

const key = randomBytes(32);

it('gives back what was sealed under the same name', () => {
  expect(unseal(key, 'a', seal(key, 'a', Buffer.from('manifests')))?.toString()).toBe('manifests');
});

it('refuses a value that was moved to another name, cut, changed or sealed with another key', () => {
  const sealed = seal(key, 'a', Buffer.from('manifests'));
  const flipped = Buffer.from(sealed);
  flipped[flipped.length - 1]! ^= 1;
  expect(unseal(key, 'b', sealed)).toBeUndefined();
  expect(unseal(key, 'a', sealed.subarray(0, 20))).toBeUndefined();
  expect(unseal(key, 'a', flipped)).toBeUndefined();
  expect(unseal(randomBytes(32), 'a', sealed)).toBeUndefined();
  expect(unseal(key, 'a', Buffer.from('[]'))).toBeUndefined();
});

it('derives different keys for different purposes', () => {
  expect(deriveKey('secret', 'render').equals(deriveKey('secret', 'session'))).toBe(false);
  expect(deriveKey('secret', 'render')).toHaveLength(32);
});
