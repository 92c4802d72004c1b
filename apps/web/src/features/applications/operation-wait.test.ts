import { expect, it } from 'vitest';
import type { Application } from '../../lib/api-types.ts';
import { asksForConfirmation, confirmationWait, operationStatus, retryWait } from './operation-wait.ts';

const running = (message: string, finishedAt?: string) => ({
  phase: 'Running',
  message,
  startedAt: '2026-01-01T10:00:00Z',
  ...(finishedAt && { finishedAt }),
});
const app = (rest: { deleting?: boolean; message?: string; condition?: string }): Application => ({
  metadata: {
    name: 'shop',
    namespace: 'argocd',
    ...(rest.deleting && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  },
  spec: { project: 'default', destination: {} },
  status: {
    ...(rest.condition && { conditions: [{ type: 'DeletionError', message: rest.condition }] }),
    ...(rest.message && { operationState: { operation: {}, ...running(rest.message), phase: 'Running' as const } }),
  },
});

it('reads when the next attempt is due and why the last one failed', () => {
  expect(retryWait(running('two objects failed. Retrying attempt #3 at 7:36PM.', '2026-01-01T19:16:05Z'))).toEqual({
    attempt: 3,
    at: Date.parse('2026-01-01T19:36:59Z'),
    reason: 'two objects failed',
  });
});

it('takes a time before the failure for tomorrow, and the minute of the failure for today', () => {
  const at = (message: string, finishedAt: string) => retryWait(running(message, finishedAt))?.at;
  expect(at('x. Retrying attempt #1 at 12:05AM.', '2026-01-01T23:50:00Z')).toBe(Date.parse('2026-01-02T00:05:59Z'));
  expect(at('x. Retrying attempt #1 at 10:00AM.', '2026-01-01T10:00:20Z')).toBe(Date.parse('2026-01-01T10:00:59Z'));
});

it('does not take a running attempt for one that waits', () => {
  expect(retryWait(running('waiting for healthy state of apps/Deployment/web'))).toBeUndefined();
  expect(retryWait({ ...running('x. Retrying attempt #1 at 10:00AM.'), phase: 'Failed' })).toBeUndefined();
});

it('finds what a sync or a deletion wants confirmed', () => {
  expect(
    confirmationWait(app({ message: 'waiting for pruning confirmation of /ConfigMap/a, apps/Deployment/b' })),
  ).toEqual({ what: 'pruning', resources: 'ConfigMap/a, apps/Deployment/b' });
  const condition =
    'waiting for deletion confirmation of /ConfigMap/a. Confirm with the annotation x on the Application';
  expect(confirmationWait(app({ deleting: true, condition }))).toEqual({ what: 'deletion', resources: 'ConfigMap/a' });
  expect(asksForConfirmation({ type: 'DeletionError', message: condition })).toBe(true);
  expect(confirmationWait(app({ message: 'waiting for completion of hook batch/Job/migrate' }))).toBeUndefined();
});

it('calls only an operation that works "Syncing"', () => {
  expect(operationStatus(running('applying')).word).toBe('Syncing');
  expect(operationStatus(running('x. Retrying attempt #1 at 10:00AM.', '2026-01-01T09:00:00Z')).word).toBe('To retry');
  expect(operationStatus(running('waiting for pruning confirmation of /ConfigMap/a')).word).toBe('To confirm');
  expect(operationStatus({ ...running(''), phase: 'Failed' })).toEqual({ word: 'Failed', tone: 'degraded' });
});
