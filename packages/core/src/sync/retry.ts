import type { OperationState, Retry } from '../application/operation.ts';
import { parseGoDuration } from '../settings/go-duration.ts';
import { isBeforeClockChange } from './clock.ts';

/** What automated operations use when the application says nothing. */
export const AUTOMATED_RETRY: Retry = { limit: 5 };

const DEFAULT_BACKOFF = { durationMs: 5_000, factor: 2, maxDurationMs: 180_000 };

/**
 * The wait before retry number `attempt` (0 is the first): duration × factor^attempt, capped. A maximum of 0 is no cap.
 * The message and the clock agree, unlike in Argo CD, where the first wait is one factor longer than announced.
 */
export function retryDelay(retry: Retry, attempt: number): number {
  const { backoff } = retry;
  const duration = parseGoDuration(backoff?.duration ?? '') ?? DEFAULT_BACKOFF.durationMs;
  const factor = backoff?.factor ?? DEFAULT_BACKOFF.factor;
  const maximum = parseGoDuration(backoff?.maxDuration ?? '') ?? DEFAULT_BACKOFF.maxDurationMs;
  const delay = duration * factor ** attempt;
  return maximum > 0 ? Math.min(maximum, delay) : delay;
}

/** Whether a failed operation is tried again: a limit below zero is none. Terminated operations are not. */
export function canRetry(state: OperationState): boolean {
  const limit = state.operation.retry?.limit ?? 0;
  if (state.phase !== 'Failed' && state.phase !== 'Error') return false;
  return limit < 0 || (state.retryCount ?? 0) < limit;
}

/**
 * The state of an operation that will be retried: Running, with the time of the failure and the next attempt in words.
 * An end is never before its beginning; of a clock that was set back in between, the wait counts by what it says now.
 */
export function scheduleRetry(state: OperationState, now: Date): OperationState {
  const retryCount = state.retryCount ?? 0;
  const at = new Date(now.getTime() + retryDelay(state.operation.retry ?? {}, retryCount));
  return {
    ...state,
    phase: 'Running',
    ...(isBeforeClockChange(Date.parse(state.finishedAt ?? ''), now)
      ? { finishedAt: `${now.toISOString().slice(0, 19)}Z` }
      : {}),
    message: `${withoutRetried(state.message ?? '')}. Retrying attempt #${retryCount + 1} at ${kitchenTime(at)}.`,
    retryCount: retryCount + 1,
  };
}

/** When a failed operation is due again, in milliseconds since the epoch; undefined when it is not waiting for a retry. */
export function retryDueAt(state: OperationState, now: Date): number | undefined {
  if (state.phase !== 'Running' || !awaitsRetry(state)) return undefined;
  const failedAt = Date.parse(state.finishedAt ?? '');
  if (isBeforeClockChange(failedAt, now)) return now.getTime();
  return failedAt + retryDelay(state.operation.retry ?? {}, Math.max(0, (state.retryCount ?? 1) - 1));
}

/** Between two attempts an operation has the time at which the last one failed. */
function awaitsRetry({ finishedAt }: OperationState): boolean {
  return finishedAt !== undefined;
}

/** The message of an operation that ended, with the number of retries that began. */
export function withRetried(message: string, state: OperationState): string {
  const retries = (state.retryCount ?? 0) - (awaitsRetry(state) ? 1 : 0);
  return retries > 0 ? `${message} (retried ${retries} times).` : message;
}

/** The state at the beginning of a retry: results are cleared; with `refresh`, or when told to, the pinned revision is, too. */
export function beginRetry(state: OperationState, { unpinned = false } = {}): OperationState {
  const { finishedAt: _finishedAt, message: _message, ...running } = state;
  const { resources: _resources, ...result } = state.syncResult ?? {};
  if (!unpinned && state.operation.retry?.refresh !== true) return { ...running, syncResult: result };
  const { revision: _revision, revisions: _revisions, ...rest } = result;
  return { ...running, syncResult: rest };
}

function withoutRetried(message: string): string {
  return message.replace(/ \(retried \d+ times\)\.$/, '');
}

/** Go's time.Kitchen in UTC: 3:04PM. */
function kitchenTime(date: Date): string {
  const hours = date.getUTCHours();
  const minutes = String(date.getUTCMinutes()).padStart(2, '0');
  return `${hours % 12 === 0 ? 12 : hours % 12}:${minutes}${hours < 12 ? 'AM' : 'PM'}`;
}
