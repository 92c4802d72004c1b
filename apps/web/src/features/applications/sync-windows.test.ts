import { expect, it } from 'vitest';
import { isClosedFor } from './sync-windows.ts';

const deny = { kind: 'deny', schedule: '0 0 * * *', duration: '24h' };
const allow = { kind: 'allow', schedule: '0 22 * * *', duration: '1h' };

it('lets everything pass without windows', () => {
  expect(isClosedFor('manual', undefined)).toBe(false);
  expect(isClosedFor('automated', { activeWindows: [], assignedWindows: [], canSync: true })).toBe(false);
});

it('keeps automated syncs out where only manual ones may pass', () => {
  const denied = { activeWindows: [deny], assignedWindows: [deny], canSync: true };
  expect(isClosedFor('manual', denied)).toBe(false);
  expect(isClosedFor('automated', denied)).toBe(true);
  expect(isClosedFor('automated', { activeWindows: [], assignedWindows: [allow], canSync: true })).toBe(true);
  expect(isClosedFor('automated', { activeWindows: [allow], assignedWindows: [allow], canSync: true })).toBe(false);
});

it('keeps everything out when the server says so', () => {
  const denied = { activeWindows: [deny], assignedWindows: [deny], canSync: false };
  expect(isClosedFor('manual', denied)).toBe(true);
  expect(isClosedFor('automated', denied)).toBe(true);
});
