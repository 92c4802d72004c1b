import type { ApplicationRow } from '@lockstep/contract';
import { ActionIcon, Checkbox, Tooltip, useMatches } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlayerPlay, IconRefresh } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { useShortcuts } from '../../../hooks/use-shortcuts.ts';
import { clusterLabel, repoLabel, rowKey, shortRevision } from '../application-row.ts';
import classes from './list.module.css';
import { AutoCell, HealthCell, isNotable, OperationCell, SyncCell } from './status-cells.tsx';

export interface RowsProps {
  rows: ApplicationRow[];
  total: number;
  selected: ReadonlySet<string>;
  onToggle: (key: string, range: boolean) => void;
  onSync: (row: ApplicationRow) => void;
  onRefresh: (row: ApplicationRow) => void;
  onEnd: () => void;
}

interface TableProps extends RowsProps {
  sort: string;
  onSort: (sort: string) => void;
  onToggleAll: () => void;
}

const columns = [
  { key: 'name', label: 'Name', className: classes.colName },
  { key: 'health', label: 'Health', className: classes.colHealth },
  { key: 'sync', label: 'Sync', className: classes.colSync },
  { key: 'finishedAt', label: 'Last operation', className: classes.colOperation },
  { key: undefined, label: 'Revision', className: classes.colRevision },
  { key: undefined, label: 'Destination', className: classes.colDestination },
  { key: undefined, label: 'Auto-sync', className: classes.colAuto },
];

export function ApplicationTable({
  rows,
  total,
  selected,
  onToggle,
  onToggleAll,
  onSync,
  onRefresh,
  onEnd,
  sort,
  onSort,
}: TableProps) {
  const body = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const navigate = useNavigate();
  const rowHeight = useMatches({ base: 84, sm: 56 });
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => body.current?.closest('main') ?? null,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: body.current?.offsetTop ?? 0,
    getItemKey: (index) => {
      const row = rows[index];
      return row ? rowKey(row) : index;
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes change with the layout
  useEffect(() => virtualizer.measure(), [rowHeight]);
  const items = virtualizer.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastIndex >= rows.length - 20) onEnd();
  }, [lastIndex, rows.length, onEnd]);

  const move = (step: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, active + step));
    setActive(next);
    virtualizer.scrollToIndex(next);
  };
  const current = rows[active];
  useShortcuts([
    { keys: 'j', title: 'Next application', group: 'This list', run: () => move(1) },
    { keys: 'k', title: 'Previous application', group: 'This list', run: () => move(-1) },
    {
      keys: 'o',
      title: 'Open the marked application',
      group: 'This list',
      run: () =>
        current &&
        void navigate({
          to: '/applications/$namespace/$name',
          params: { namespace: current.namespace, name: current.name },
        }),
    },
    {
      keys: 'x',
      title: 'Select the marked application',
      group: 'This list',
      run: () => current && onToggle(rowKey(current), false),
    },
    { keys: 's', title: 'Sync the marked application', group: 'This list', run: () => current && onSync(current) },
    {
      keys: 'r',
      title: 'Refresh the marked application',
      group: 'This list',
      run: () => current && onRefresh(current),
    },
  ]);

  const direction = sort.startsWith('-') ? 'descending' : 'ascending';
  const sortKey = sort.replace(/^-/, '');
  const allSelected = rows.length > 0 && rows.every((row) => selected.has(rowKey(row)));

  return (
    // biome-ignore lint/a11y/useSemanticElements: virtual rows are placed absolutely, which table elements cannot be
    <div className={classes.table} role="table" aria-label="Applications" aria-rowcount={total + 1}>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: rows of a static table are not focusable, their links are */}
      <div className={classes.headRow} role="row" aria-rowindex={1}>
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: as above */}
        <span role="columnheader" className={classes.check}>
          <Checkbox
            size="xs"
            aria-label="Select all shown"
            checked={allSelected}
            indeterminate={!allSelected && selected.size > 0}
            onChange={onToggleAll}
          />
        </span>
        {columns.map(({ key, label, className }) => (
          // biome-ignore lint/a11y/useSemanticElements: as above
          // biome-ignore lint/a11y/useFocusableInteractive: the button inside is
          <span
            key={label}
            role="columnheader"
            className={`${classes.cell} ${className}`}
            {...(key && key === sortKey && { 'aria-sort': direction })}
          >
            {key ? (
              <button
                type="button"
                className={classes.sort}
                {...(key === sortKey && { 'data-sorted': true })}
                onClick={() => onSort(nextSort(key, sort))}
              >
                {label}
                {key === sortKey &&
                  (direction === 'ascending' ? <IconArrowUp size={13} /> : <IconArrowDown size={13} />)}
              </button>
            ) : (
              label
            )}
          </span>
        ))}
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: as above */}
        <span role="columnheader">
          <span className="visually-hidden">Actions</span>
        </span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div className={classes.body} ref={body} role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const key = rowKey(row);
          return (
            <Row
              key={key}
              row={row}
              index={item.index}
              offset={item.start - virtualizer.options.scrollMargin}
              selected={selected.has(key)}
              active={item.index === active}
              onToggle={(range) => onToggle(key, range)}
              onSync={() => onSync(row)}
              onRefresh={() => onRefresh(row)}
            />
          );
        })}
      </div>
    </div>
  );
}

const sourceText = ({ project, source: { repoURL, path, chart } }: ApplicationRow): string =>
  `${project} · ${repoLabel(repoURL)}${path && `/${path}`}${chart && ` · ${chart}`}`;

/** Another press turns the order round; times begin with the latest. */
function nextSort(key: string, sort: string): string {
  if (sort === key) return `-${key}`;
  if (sort === `-${key}`) return key;
  return key === 'finishedAt' ? `-${key}` : key;
}

interface RowProps {
  row: ApplicationRow;
  index: number;
  offset: number;
  selected: boolean;
  active: boolean;
  onToggle: (range: boolean) => void;
  onSync: () => void;
  onRefresh: () => void;
}

function Row({ row, index, offset, selected, active, onToggle, onSync, onRefresh }: RowProps) {
  const { source, destination } = row;
  return (
    // biome-ignore lint/a11y/useSemanticElements: see ApplicationTable
    // biome-ignore lint/a11y/useFocusableInteractive: its link and buttons are
    <div
      className={classes.row}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${offset}px)` }}
      {...(selected && { 'data-selected': true })}
      {...(active && { 'data-active': true })}
    >
      <Cell className={classes.check}>
        <Checkbox
          size="xs"
          aria-label={`Select ${row.name}`}
          checked={selected}
          onChange={(event) => onToggle((event.nativeEvent as MouseEvent).shiftKey)}
        />
      </Cell>
      <Cell className={`${classes.cell} ${classes.two} ${classes.colName}`}>
        <Link
          to="/applications/$namespace/$name"
          params={{ namespace: row.namespace, name: row.name }}
          className={classes.name}
          title={row.name}
        >
          {row.name}
        </Link>
        <span className={classes.dim} title={sourceText(row)}>
          {sourceText(row)}
        </span>
      </Cell>
      <Cell className={`${classes.cell} ${classes.colHealth}`}>
        <HealthCell row={row} />
      </Cell>
      <Cell className={`${classes.cell} ${classes.colSync}`}>
        <SyncCell row={row} />
      </Cell>
      <Cell className={`${classes.cell} ${classes.colOperation} ${isNotable(row) ? classes.notable : ''}`}>
        <OperationCell row={row} />
      </Cell>
      <Cell className={`${classes.cell} ${classes.two} ${classes.colRevision}`}>
        <code>{shortRevision(row.revision) || '–'}</code>
        <span className={classes.dim}>{source.targetRevision || 'HEAD'}</span>
      </Cell>
      <Cell className={`${classes.cell} ${classes.two} ${classes.colDestination}`}>
        <span title={clusterLabel(destination)}>{clusterLabel(destination)}</span>
        <span className={classes.dim} title={destination.namespace}>
          {destination.namespace}
        </span>
      </Cell>
      <Cell className={`${classes.cell} ${classes.colAuto}`}>
        <AutoCell row={row} />
      </Cell>
      <Cell className={classes.rowActions}>
        <Tooltip label="Plan a sync">
          <ActionIcon aria-label={`Sync ${row.name}`} onClick={onSync}>
            <IconPlayerPlay size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Refresh: compare with Git now">
          <ActionIcon aria-label={`Refresh ${row.name}`} onClick={onRefresh}>
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      </Cell>
    </div>
  );
}

function Cell({ className, children }: { className: string | undefined; children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see ApplicationTable
    <div role="cell" className={className ?? ''}>
      {children}
    </div>
  );
}
