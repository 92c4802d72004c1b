import { Tooltip } from '@mantine/core';
import { useLiveStatus, useStream } from '../../hooks/use-stream.ts';
import type { LiveState } from '../../lib/stream.ts';
import { formatClock } from '../../lib/time.ts';
import classes from './shell.module.css';

const words: Record<LiveState, { label: string; meaning: string }> = {
  connecting: { label: 'Connecting', meaning: 'Opening the live connection.' },
  live: { label: 'Live', meaning: 'Changes appear as they happen.' },
  reconnecting: { label: 'Reconnecting', meaning: 'The live connection was lost and is being opened again.' },
  polling: {
    label: 'Polling',
    meaning: 'There is no live connection; what you see is fetched again every 15 seconds.',
  },
  expired: { label: 'Signed out', meaning: 'Sign in again to see changes.' },
};

/** How fresh the page is. Pressing it tries to connect at once. */
export function LiveIndicator() {
  const { state, freshAt } = useLiveStatus();
  const stream = useStream();
  const { label, meaning } = words[state];
  const stale = state === 'reconnecting' || state === 'polling';
  return (
    <Tooltip label={`${meaning}${freshAt ? ` Last heard from the server at ${formatClock(freshAt)}.` : ''}`}>
      <button
        type="button"
        className={classes.live}
        data-state={state}
        onClick={() => state !== 'live' && stream.reconnect()}
        aria-label={`Connection: ${label}`}
      >
        <span className={classes.dot} aria-hidden="true" />
        <span className={classes.liveText} role="status">
          {label}
          {stale && freshAt && ` · data from ${formatClock(freshAt)}`}
        </span>
      </button>
    </Tooltip>
  );
}
