import { describe, expect, it } from 'vitest';
import type { SyncWindow } from '../application/app-project.ts';
import { concerns, isWindowActive, syncWindowDecision, syncWindowProblems } from './sync-windows.ts';

const subject = { applicationName: 'web', destinationNamespace: 'shop', server: 'https://one', clusterName: 'one' };
const all = { applications: ['*'] };
/** A Thursday. */
const noon = new Date('2026-01-01T12:00:00Z');

function allow(schedule: string, duration: string, more: Partial<SyncWindow> = {}): SyncWindow {
  return { kind: 'allow', schedule, duration, ...all, ...more };
}

function deny(schedule: string, duration: string, more: Partial<SyncWindow> = {}): SyncWindow {
  return { ...allow(schedule, duration, more), kind: 'deny' };
}

const openNow = ['0 11 * * *', '2h'] as const;
const closedNow = ['0 20 * * *', '1h'] as const;

describe('syncWindowDecision', () => {
  it.each<[string, SyncWindow[], boolean, boolean]>([
    ['no windows', [], true, true],
    ['an open allow', [allow(...openNow)], true, true],
    ['only a closed allow', [allow(...closedNow)], false, false],
    ['a closed allow with manualSync', [allow(...closedNow, { manualSync: true })], false, true],
    [
      'two closed allows, one without manualSync',
      [allow(...closedNow, { manualSync: true }), allow(...closedNow)],
      false,
      false,
    ],
    ['an open deny', [deny(...openNow)], false, false],
    ['an open deny with manualSync', [deny(...openNow, { manualSync: true })], false, true],
    ['an open deny against an open allow', [deny(...openNow), allow(...openNow)], false, false],
    ['a closed deny', [deny(...closedNow)], true, true],
    ['an open deny for another application', [{ ...deny(...openNow), applications: ['api'] }], true, true],
  ])('%s', (_title, windows, automated, manual) => {
    expect(syncWindowDecision({ windows, subject, now: noon, isManual: false }).allowed).toBe(automated);
    expect(syncWindowDecision({ windows, subject, now: noon, isManual: true }).allowed).toBe(manual);
  });

  it('lets a sync that began in time finish when every window concerned says so', () => {
    const began = new Date('2026-01-01T10:30:00Z');
    const decide = (windows: SyncWindow[]) =>
      syncWindowDecision({ windows, subject, now: noon, isManual: false, startedAt: began }).allowed;
    expect(decide([allow('0 10 * * *', '1h', { syncOverrun: true })])).toBe(true);
    expect(decide([allow('0 10 * * *', '1h')])).toBe(false);
    expect(decide([deny('0 11 * * *', '2h', { syncOverrun: true })])).toBe(true);
    expect(decide([deny('0 10 * * *', '5h', { syncOverrun: true })])).toBe(false);
  });

  it('tells when the next window opens or closes', () => {
    expect(syncWindowDecision({ windows: [allow(...closedNow)], subject, now: noon, isManual: false }).changesAt).toBe(
      Date.parse('2026-01-01T20:00:00Z'),
    );
    expect(syncWindowDecision({ windows: [deny(...openNow)], subject, now: noon, isManual: false }).changesAt).toBe(
      Date.parse('2026-01-01T13:00:00Z'),
    );
  });

  it.each<[string, SyncWindow, boolean]>([
    ['deny window that cannot be read blocks', deny('every day', '1h'), false],
    ['allow window that cannot be read never opens', allow(openNow[0], 'soon'), false],
    ['time zone nobody knows', deny('0 11 * * *', '1h', { timeZone: 'Mars/Olympus' }), false],
  ])('a %s, and says so', (_title, window, allowed) => {
    const decision = syncWindowDecision({ windows: [window], subject, now: noon, isManual: false });
    expect(decision.allowed).toBe(allowed);
    expect(decision.problems).toEqual([expect.stringMatching(/sync window ".*Write/)]);
  });
});

describe('isWindowActive', () => {
  it.each<[string, SyncWindow, string, boolean]>([
    ['at its very beginning', allow('0 12 * * *', '1h'), '2026-01-01T12:00:00Z', true],
    ['in its last second', allow('0 11 * * *', '1h'), '2026-01-01T11:59:59Z', true],
    ['when it is over', allow('0 11 * * *', '1h'), '2026-01-01T12:00:00Z', false],
    ['across midnight', allow('0 23 * * *', '2h'), '2026-01-02T00:30:00Z', true],
    ['on another weekday', allow('0 11 * * 1', '2h'), '2026-01-01T12:00:00Z', false],
    ['in its own time zone', allow('0 14 * * *', '1h', { timeZone: 'Europe/Berlin' }), '2026-01-01T13:30:00Z', true],
    [
      'after the clocks went forward',
      allow('0 14 * * *', '1h', { timeZone: 'Europe/Berlin' }),
      '2026-07-01T12:30:00Z',
      true,
    ],
    [
      'after the clocks went forward, at winter time',
      allow('0 14 * * *', '1h', { timeZone: 'Europe/Berlin' }),
      '2026-07-01T13:30:00Z',
      false,
    ],
  ])('%s', (_title, window, at, expected) => {
    expect(isWindowActive(window, new Date(at))).toBe(expected);
  });
});

/** Quarters of an hour in which a window is open, from a time on. */
function openQuarters(window: SyncWindow, from: string, count: number): string {
  const at = (index: number) => new Date(Date.parse(from) + index * 15 * 60_000);
  return Array.from({ length: count }, (_none, index) => (isWindowActive(window, at(index)) ? '#' : '.')).join('');
}

describe('in the night in which the clocks change', () => {
  const berlin = (schedule: string, duration: string) => deny(schedule, duration, { timeZone: 'Europe/Berlin' });

  it.each([
    // Forward at 01:00Z, from 02:00 to 03:00.
    ['a time that does not exist opens at the change', '30 2 * * *', '1h', '2026-03-29T00:00:00Z', '....####........'],
    [
      'a window over the change stays open for its whole duration',
      '30 1 * * *',
      '2h',
      '2026-03-29T00:00:00Z',
      '..########......',
    ],
    // Back at 01:00Z, from 03:00 to 02:00.
    [
      'a time that comes twice opens once, at the first',
      '30 2 * * *',
      '1h',
      '2026-10-25T00:00:00Z',
      '..####..........',
    ],
    ['a window over the change back is not longer', '30 1 * * *', '2h', '2026-10-24T23:00:00Z', '..########......'],
    ['a time after the change is by the new time', '0 3 * * *', '1h', '2026-10-25T00:00:00Z', '........####....'],
  ])('%s', (_title, schedule, duration, from, expected) => {
    expect(openQuarters(berlin(schedule, duration), from, 16)).toBe(expected);
  });
});

it.each<[SyncWindow[], RegExp[]]>([
  [[allow(...openNow), deny(...openNow)], []],
  [[allow(...openNow), allow(...openNow, { description: 'again' })], [/is there twice\. Remove one$/]],
  [[{ kind: 'deny', schedule: '0 1 * * *', duration: '1h' }], [/is about nothing\. Set applications/]],
  [[allow('every day', '1h')], [/cannot be read.*Write a cron expression/]],
  [[{ ...all, schedule: '0 1 * * *', duration: '1h' }], [/kind is neither allow nor deny/]],
])('windows %j have the problems %j', (windows, expected) => {
  expect(syncWindowProblems(windows)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

describe('concerns', () => {
  const base: SyncWindow = { kind: 'deny', schedule: '* * * * *', duration: '1h' };
  it.each<[Partial<SyncWindow>, boolean]>([
    [{}, false],
    [{ applications: ['w*'] }, true],
    [{ namespaces: ['shop'] }, true],
    [{ clusters: ['one'] }, true],
    [{ clusters: ['https://one'] }, true],
    [{ applications: ['api'], namespaces: ['shop'] }, true],
    [{ applications: ['api'], namespaces: ['shop'], andOperator: true }, false],
    [{ applications: ['web'], namespaces: ['shop'], andOperator: true }, true],
  ])('%j: %s', (lists, expected) => {
    expect(concerns({ ...base, ...lists }, subject)).toBe(expected);
  });
});
