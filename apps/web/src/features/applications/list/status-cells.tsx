import type { ApplicationRow } from '@lockstep/contract';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusBadge } from '../../../components/status-icon.tsx';
import { healthTone, syncLabel, syncTone } from '../../../lib/status.ts';
import { operationStatus, retryWait } from '../operation-wait.ts';
import classes from './list.module.css';

export function HealthCell({ row, pill = false }: { row: ApplicationRow; pill?: boolean }) {
  return (
    <StatusBadge tone={healthTone(row.health.status)} pill={pill}>
      {pill && row.health.status === 'Unknown' ? 'Health unknown' : row.health.status}
    </StatusBadge>
  );
}

/** Whether it is what Git wants, or in how many resources it differs. */
export function SyncCell({ row, pill = false }: { row: ApplicationRow; pill?: boolean }) {
  const { status, outOfSync } = row.sync;
  return (
    <StatusBadge tone={syncTone(status)} pill={pill}>
      {pill && syncLabel(status) === 'Unknown' ? 'Sync unknown' : syncLabel(status, outOfSync)}
    </StatusBadge>
  );
}

/** How the last operation went and when, or since when the application goes away. */
export function OperationCell({ row, pill = false }: { row: ApplicationRow; pill?: boolean }) {
  const shown = operationOf(row);
  if (!shown) return <span className={classes.dim}>Never synced</span>;
  const { word, tone } = shown;
  const time = <RelativeTime value={shown.time} tooltip={false} />;
  if (pill)
    return (
      <StatusBadge tone={tone} pill>
        {word} {time}
      </StatusBadge>
    );
  return (
    <>
      <StatusBadge tone={tone}>{word}</StatusBadge>
      <span className={`${classes.dim} ${classes.under}`}>{time}</span>
    </>
  );
}

/** Whether something goes on or went wrong, which is worth a place where there is little. */
export const isNotable = (row: ApplicationRow): boolean =>
  row.deletingSince !== undefined || (row.operation !== null && row.operation.phase !== 'Succeeded');

function operationOf(row: ApplicationRow) {
  if (row.deletingSince !== undefined)
    return { word: 'Deleting', tone: 'prune' as const, time: row.deletingSince as string | number };
  if (!row.operation) return undefined;
  const { startedAt, finishedAt } = row.operation;
  return { ...operationStatus(row.operation), time: retryWait(row.operation)?.at ?? finishedAt ?? startedAt };
}

export function AutoCell({ row }: { row: ApplicationRow }) {
  if (row.autoSync === 'held') return <StatusBadge tone="suspended">Held</StatusBadge>;
  return (
    <span className={row.autoSync === 'off' ? classes.dim : undefined}>{row.autoSync === 'on' ? 'On' : 'Off'}</span>
  );
}
