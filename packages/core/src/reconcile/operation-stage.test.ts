import { describe, expect, it } from 'vitest';
import type { Operation } from '../application/operation.ts';
import { operationId } from '../sync/operation-id.ts';
import { beginOperation, endOperation } from './operation-stage.ts';

const now = new Date('2026-01-01T12:00:00.400Z');
const whole: Operation = { sync: {} };
const healing: Operation = { sync: { resources: [{ kind: 'ConfigMap', name: 'web' }], autoHealAttemptsCount: 1 } };

describe('beginOperation', () => {
  it('tells the hooks of two operations of the same second apart', () => {
    const first = beginOperation(whole, now, undefined);
    const second = beginOperation(whole, now, first);
    const third = beginOperation(whole, now, second);
    expect([first, second, third].map((state) => operationId('web', state))).toEqual([
      'web 2026-01-01T12:00:00Z#0',
      'web 2026-01-01T12:00:01Z#0',
      'web 2026-01-01T12:00:02Z#0',
    ]);
  });

  it('says the time as it is when nothing can be mixed up', () => {
    const first = beginOperation(whole, now, undefined);
    expect(beginOperation(healing, now, first).startedAt).toBe('2026-01-01T12:00:00Z');
    const later = new Date('2026-01-01T12:00:07Z');
    expect(beginOperation(whole, later, first).startedAt).toBe('2026-01-01T12:00:07Z');
  });

  it('does not follow a clock that was set back', () => {
    const first = beginOperation(whole, new Date('2026-01-01T15:00:00Z'), undefined);
    expect(beginOperation(whole, now, first).startedAt).toBe('2026-01-01T12:00:00Z');
  });
});

describe('endOperation', () => {
  it('does not end an operation before it began', () => {
    const second = beginOperation(whole, now, beginOperation(whole, now, undefined));
    expect(endOperation(second, 'Failed', 'no', now).finishedAt).toBe(second.startedAt);
  });
});
