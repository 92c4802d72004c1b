import type { Application, Condition } from '../../lib/api-types.ts';
import { phaseTone, type Tone } from '../../lib/status.ts';

/** An operation as rows and applications carry it. */
interface Operation {
  phase: string;
  message?: string;
  startedAt: string;
  finishedAt?: string | null;
}

interface RetryWait {
  attempt: number;
  /** When the next attempt starts at the latest: the time is announced to the minute. */
  at: number;
  /** Why the last one failed. */
  reason: string;
}

/** What a running operation waits for before the next attempt; undefined when none is waited for. */
export function retryWait({ phase, message = '', finishedAt }: Operation): RetryWait | undefined {
  if (phase !== 'Running' || !finishedAt) return undefined;
  const announced = /^(.*?)\.? ?Retrying attempt #(\d+) at (\d+):(\d+)(AM|PM)\.$/s.exec(message);
  if (!announced) return undefined;
  const [, reason = '', attempt, hour, minute, half] = announced;
  // The message has a time of day in UTC: it is the first such one after the failure.
  const failed = new Date(finishedAt);
  const at = new Date(failed);
  at.setUTCHours((Number(hour) % 12) + (half === 'PM' ? 12 : 0), Number(minute), 59, 0);
  if (at.getTime() < failed.getTime()) at.setUTCDate(at.getUTCDate() + 1);
  return { attempt: Number(attempt), at: at.getTime(), reason };
}

/** What a person has to agree to before a running sync or a deletion goes on. */
export interface ConfirmationWait {
  what: 'pruning' | 'deletion';
  /** "ConfigMap/careful, apps/Deployment/web and 2 more resources" */
  resources: string;
}

export function confirmationWait(app: Application): ConfirmationWait | undefined {
  const operation = app.status?.operationState;
  const messages = app.metadata.deletionTimestamp
    ? (app.status?.conditions ?? []).filter(({ type }) => type === 'DeletionError').map(({ message }) => message)
    : operation?.phase === 'Running'
      ? [operation.message ?? '']
      : [];
  return messages.map(waitIn).find((wait) => wait !== undefined);
}

export const asksForConfirmation = ({ type, message }: Condition): boolean =>
  (type === 'DeletionError' || type === 'SyncStalledWarning') && waitIn(message) !== undefined;

function waitIn(message: string): ConfirmationWait | undefined {
  const found = /waiting for (pruning|deletion) confirmation of (.+?)(?:\. [A-Z]|$)/s.exec(message);
  if (!found) return undefined;
  const [, what, resources = ''] = found;
  return { what: what as ConfirmationWait['what'], resources: resources.replace(/(^|, )\//g, '$1') };
}

/** How an operation is called and shown: one that only waits is not "Syncing". */
export function operationStatus(operation: Operation): { word: string; tone: Tone } {
  if (operation.phase !== 'Running') return { word: operation.phase, tone: phaseTone(operation.phase) };
  if (retryWait(operation)) return { word: 'To retry', tone: 'suspended' };
  if (waitIn(operation.message ?? '')) return { word: 'To confirm', tone: 'suspended' };
  return { word: 'Syncing', tone: 'progressing' };
}
