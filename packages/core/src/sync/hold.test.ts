import { describe, expect, it } from 'vitest';
import { ANNOTATION_HOLD, type Hold, holdEndsAt, holdOf, isHoldOver } from './hold.ts';

const hold: Hold = { historyId: 3, revision: 'abc', by: 'ada', at: '2026-01-01T12:00:00Z', resume: 'manual' };

function annotated(value: string) {
  return { metadata: { annotations: { [ANNOTATION_HOLD]: value } } };
}

describe('holdOf', () => {
  it('reads what a rollback wrote', () => {
    expect(holdOf(annotated(JSON.stringify(hold)))).toEqual(hold);
    expect(holdOf({ metadata: {} })).toBeUndefined();
  });

  it.each(['nonsense', '[]', '{"resume": 7}'])('holds on when it cannot be read: %s', (value) => {
    expect(holdOf(annotated(value))).toMatchObject({ resume: 'manual' });
  });
});

describe('isHoldOver', () => {
  const now = new Date('2026-01-01T13:00:00Z');
  const facts = { now, resolvedRevisions: ['new'], comparedRevisions: ['old'] };
  it.each<[string, Partial<typeof facts>, boolean]>([
    ['manual', {}, false],
    ['next-commit', {}, true],
    ['next-commit', { resolvedRevisions: ['old'] }, false],
    ['next-commit', { comparedRevisions: [] }, false],
    ['2026-01-01T12:59:00Z', {}, true],
    ['2026-01-01T13:01:00Z', {}, false],
    ['whenever', {}, false],
  ])('resume %s with %j: %s', (resume, change, expected) => {
    expect(isHoldOver({ ...hold, resume }, { ...facts, ...change })).toBe(expected);
  });

  it('knows when a timed hold ends', () => {
    expect(holdEndsAt({ ...hold, resume: '2026-01-01T13:01:00Z' })).toBe(Date.parse('2026-01-01T13:01:00Z'));
    expect(holdEndsAt(hold)).toBeUndefined();
  });
});
