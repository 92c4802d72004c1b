import { Skeleton } from '@mantine/core';
import { IconCalendarOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ErrorState, PanelState } from '../../components/panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { StatusIcon } from '../../components/status-icon.tsx';
import type { KubernetesEvent, ResourceRef } from '../../lib/api-types.ts';
import classes from './events.module.css';
import { type ApplicationKey, applicationQueries } from './queries.ts';

const lastSeen = (event: KubernetesEvent): string =>
  event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? '';

/** Events of an application or of one resource; warnings first, then the newest. */
export function EventsList({ applicationKey, resource }: { applicationKey: ApplicationKey; resource?: ResourceRef }) {
  const events = useQuery(applicationQueries.events(applicationKey, resource));
  if (events.isError)
    return <ErrorState error={events.error} what="the events" retry={() => void events.refetch()} compact />;
  if (events.isPending)
    return (
      <div className={classes.list} role="status" aria-label="Loading events">
        {[70, 55, 64].map((width) => (
          <div key={width} className={classes.event}>
            <Skeleton height={16} width={16} circle />
            <Skeleton height={12} width={`${width}%`} />
          </div>
        ))}
      </div>
    );
  const sorted = [...events.data].sort(
    (a, b) => Number(b.type === 'Warning') - Number(a.type === 'Warning') || lastSeen(b).localeCompare(lastSeen(a)),
  );
  if (sorted.length === 0)
    return (
      <PanelState icon={<IconCalendarOff size={22} />} title="No events" compact>
        The cluster has recorded none about {resource ? 'this resource' : 'this application'}, or they are older than it
        keeps them, which is an hour as a rule.
      </PanelState>
    );
  return (
    <ul className={classes.list}>
      {sorted.map((event) => (
        <li
          key={event.metadata?.uid ?? event.metadata?.name ?? `${event.reason}${lastSeen(event)}`}
          className={classes.event}
        >
          {event.type === 'Warning' ? (
            <StatusIcon tone="outofsync" label="Warning" />
          ) : (
            <span className={classes.normal} role="img" aria-label="Normal" />
          )}
          <div>
            <div className={classes.reason}>
              {event.reason}
              {!resource && (
                <span>
                  {event.involvedObject?.kind} {event.involvedObject?.name}
                </span>
              )}
            </div>
            <div className={classes.message}>{event.message}</div>
          </div>
          <div className={classes.when}>
            <RelativeTime value={lastSeen(event)} />
            {(event.count ?? 1) > 1 && <span>{event.count} times</span>}
          </div>
        </li>
      ))}
    </ul>
  );
}
