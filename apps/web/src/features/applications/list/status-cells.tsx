import type { ApplicationRow } from '@lockstep/contract';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusBadge } from '../../../components/status-icon.tsx';
import { healthTone, phaseTone, syncLabel, syncTone } from '../../../lib/status.ts';
import classes from './list.module.css';

export function HealthCell({ row, pill = false }: { row: ApplicationRow; pill?: boolean }) {
  return (
    <StatusBadge tone={healthTone(row.health.status)} pill={pill}>
      {row.health.status}
    </StatusBadge>
  );
}

/** Whether it is what Git wants, or in how many resources it differs. */
export function SyncCell({ row, pill = false }: { row: ApplicationRow; pill?: boolean }) {
  const { status, outOfSync } = row.sync;
  return (
    <StatusBadge tone={syncTone(status)} pill={pill}>
      {syncLabel(status, outOfSync)}
    </StatusBadge>
  );
}

/** How the last operation went and when. */
export function OperationCell({ row, pill = false }: { row: ApplicationRow; pill?: boolean }) {
  if (!row.operation) return <span className={classes.dim}>Never synced</span>;
  const { phase, startedAt, finishedAt } = row.operation;
  const running = phase === 'Running' || phase === 'Terminating';
  const time = <RelativeTime value={finishedAt ?? startedAt} tooltip={false} />;
  const word = running ? 'Syncing' : phase;
  if (pill)
    return (
      <StatusBadge tone={phaseTone(phase)} pill>
        {word} {time}
      </StatusBadge>
    );
  return (
    <>
      <StatusBadge tone={phaseTone(phase)}>{word}</StatusBadge>
      <span className={`${classes.dim} ${classes.under}`}>{time}</span>
    </>
  );
}

export function AutoCell({ row }: { row: ApplicationRow }) {
  if (row.autoSync === 'held') return <StatusBadge tone="suspended">Held</StatusBadge>;
  return (
    <span className={row.autoSync === 'off' ? classes.dim : undefined}>{row.autoSync === 'on' ? 'On' : 'Off'}</span>
  );
}
