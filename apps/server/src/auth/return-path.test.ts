import { expect, test } from 'vitest';
import { safeReturnPath } from './return-path.ts';

const ours = { rootPath: '', urls: ['https://lockstep.example.com'] };

test.each([
  ['/applications/a?tab=b#c', '/applications/a?tab=b#c'],
  ['https://lockstep.example.com/applications', '/applications'],
  [undefined, '/'],
  ['', '/'],
  ['https://evil.example.com/', '/'],
  ['https://lockstep.example.com.evil.example.com/', '/'],
  ['https://lockstep.example.com@evil.example.com/', '/'],
  ['//evil.example.com', '/'],
  ['/\\evil.example.com', '/'],
  ['\\\\evil.example.com', '/'],
  ['/\t/evil.example.com', '/'],
  ['/.//evil.example.com', '/'],
  ['/a/..//evil.example.com', '/'],
  ['javascript:alert(1)', '/'],
  ['data:text/html,x', '/'],
  ['applications', '/'],
  ['https:evil.example.com', '/'],
])('%s leads to %s', (wanted, path) => {
  expect(safeReturnPath(wanted, ours)).toBe(path);
});

test('stays below the root path', () => {
  const below = { rootPath: '/argo', urls: [] };
  expect(safeReturnPath('/argo/applications', below)).toBe('/argo/applications');
  expect(safeReturnPath('/other', below)).toBe('/argo/');
  expect(safeReturnPath('/argo/../other', below)).toBe('/argo/');
});
