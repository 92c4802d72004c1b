import { ActionIcon, Checkbox, Tooltip } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { clusterLabel, repoLabel, rowKey, shortRevision } from '../application-row.ts';
import type { RowsProps } from './application-table.tsx';
import classes from './list.module.css';
import { HealthCell, isNotable, OperationCell, SyncCell } from './status-cells.tsx';

export function ApplicationTiles({ rows, selected, onToggle, onSync, onEnd }: RowsProps) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!end.current) return undefined;
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && onEnd(), {
      rootMargin: '400px',
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [onEnd]);

  return (
    <>
      <ul className={classes.tiles} style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {rows.map((row) => {
          const key = rowKey(row);
          return (
            <li key={key} className={classes.tile} {...(selected.has(key) && { 'data-selected': true })}>
              <div className={classes.tileHead}>
                <div className={classes.two} style={{ flex: 1, minWidth: 0 }}>
                  <Link
                    to="/applications/$namespace/$name"
                    params={{ namespace: row.namespace, name: row.name }}
                    className={classes.name}
                    title={row.name}
                  >
                    {row.name}
                  </Link>
                  <span className={classes.dim}>{row.project}</span>
                </div>
                <span className={classes.above} style={{ display: 'flex', gap: 6, alignItems: 'center' }}>
                  <Tooltip label="Plan a sync">
                    <ActionIcon aria-label={`Sync ${row.name}`} onClick={() => onSync(row)}>
                      <IconPlayerPlay size={16} />
                    </ActionIcon>
                  </Tooltip>
                  <Checkbox
                    size="xs"
                    aria-label={`Select ${row.name}`}
                    checked={selected.has(key)}
                    onChange={() => onToggle(key, false)}
                  />
                </span>
              </div>
              <div className={classes.tileStatus}>
                <HealthCell row={row} pill />
                <SyncCell row={row} pill />
                {isNotable(row) && <OperationCell row={row} pill />}
              </div>
              <dl className={classes.facts}>
                <dt>Source</dt>
                <dd>
                  {repoLabel(row.source.repoURL)}
                  {row.source.path && `/${row.source.path}`}
                </dd>
                <dt>Revision</dt>
                <dd>
                  <code>{shortRevision(row.revision) || '–'}</code> {row.source.targetRevision || 'HEAD'}
                </dd>
                <dt>Runs in</dt>
                <dd title={`${clusterLabel(row.destination)} / ${row.destination.namespace}`}>
                  {clusterLabel(row.destination)} / {row.destination.namespace}
                </dd>
              </dl>
            </li>
          );
        })}
      </ul>
      <div ref={end} />
    </>
  );
}
