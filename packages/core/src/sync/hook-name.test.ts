import { describe, expect, it } from 'vitest';
import { generatedHookName } from './hook-name.ts';

const hook: Parameters<typeof generatedHookName>[0] = {
  generateName: 'migrate-',
  revision: 'ABCDEF0123456789',
  phase: 'PreSync',
  attempt: { startedAt: '2026-01-01T12:00:00Z', retryCount: 0 },
  id: 'web/migrate-',
};

describe('generatedHookName', () => {
  it('is made of the commit, the phase and the time, as in Argo CD, and of whose hook it is', () => {
    expect(generatedHookName(hook)).toMatch(/^migrate-abcdef0-presync-1767268800-[0-9a-f]{5}$/);
  });

  it.each([
    ['application', { id: 'blog/migrate-' }],
    ['phase', { phase: 'PostSync' as const }],
    ['commit', { revision: '1234567890' }],
    ['second', { attempt: { startedAt: '2026-01-01T12:00:01Z', retryCount: 0 } }],
    ['retry', { attempt: { startedAt: '2026-01-01T12:00:00Z', retryCount: 1 } }],
  ])('differs by %s', (_what, other) => {
    expect(generatedHookName({ ...hook, ...other })).not.toBe(generatedHookName(hook));
    expect(generatedHookName({ ...hook, ...other })).toBe(generatedHookName({ ...hook, ...other }));
  });

  it('has at most 63 characters, and keeps what tells it apart', () => {
    const long = { ...hook, generateName: `${'a'.repeat(25)}.${'b'.repeat(200)}-` };
    const name = generatedHookName(long);
    expect(name).toHaveLength(63);
    expect(name).toMatch(/^a{25}\.b+-abcdef0-presync-1767268800-[0-9a-f]{5}$/);
    expect(generatedHookName({ ...long, generateName: 'a'.repeat(25).concat('....'.repeat(9)) })).toMatch(
      /^a{25}-abcdef0-presync-/,
    );
  });

  it.each([
    ['several sources', '1.2.3 0123456789', /^migrate-1-2-3-presync-/],
    ['a digest', 'sha256:0123456789', /^migrate-0123456-presync-/],
    ['local manifests', '', /^migrate-presync-/],
  ])('is a name for %s, too', (_what, revision, expected) => {
    expect(generatedHookName({ ...hook, revision })).toMatch(expected);
  });
});
