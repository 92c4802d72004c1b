import { expect, it } from 'vitest';
import { safeReturnPath } from './return-path.ts';

it.each([
  ['/applications?q=health:degraded', '/applications?q=health:degraded'],
  ['https://evil.example/', '/'],
  ['//evil.example/', '/'],
  ['/\\evil.example', '/'],
  ['/login?return=/x', '/'],
  [undefined, '/'],
])('returns to %s as %s', (wanted, expected) => {
  expect(safeReturnPath(wanted)).toBe(expected);
});
