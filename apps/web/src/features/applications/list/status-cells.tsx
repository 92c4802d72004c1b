import type { ApplicationRow } from '@lockstep/contract';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusBadge } from '../../../components/status-icon.tsx';
import { healthTone, phaseTone, syncTone } from '../../../lib/status.ts';
import classes from './list.module.css';

export function HealthCell({ row, pill = false }: { row: ApplicationRow; pill?: boolean }) {
  return (
    <StatusBadge tone={healthTone(row.health.status)} pill={pill}>
      {row.health.status}
    </StatusBadge>
  );
}

/** "Target" is what Git wants: in sync with it, or differing in so many resources. */
export function TargetCell({ row, pill = false }: { row: ApplicationRow; pill?: boolean }) {
  const { status, outOfSync } = row.sync;
  const text =
    status === 'Synced'
      ? 'In sync'
      : status === 'OutOfSync'
        ? outOfSync > 0
          ? `Differs in ${outOfSync}`
          : 'Out of sync'
        : 'Not compared';
  return (
    <StatusBadge tone={syncTone(status)} pill={pill}>
      {text}
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
