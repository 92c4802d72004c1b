import { IconChecks } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import { PanelState } from '../../../components/panel.tsx';
import { useShortcuts } from '../../../hooks/use-shortcuts.ts';
import { ChangeMark } from './change-mark.tsx';
import classes from './diff.module.css';
import { changeOf, type DiffEntry, fieldsOf } from './diff-entry.ts';
import { ResourceDiff } from './resource-diff.tsx';

interface DiffBrowserProps {
  entries: DiffEntry[];
  selected: string | undefined;
  onSelect: (id: string) => void;
  beforeLabel: string;
  afterLabel: string;
  emptyTitle: string;
  emptyText: string;
  aside?: (entry: DiffEntry) => ReactNode;
}

/** All resources that differ, and the difference of the chosen one. */
export function DiffBrowser({
  entries,
  selected,
  onSelect,
  beforeLabel,
  afterLabel,
  emptyTitle,
  emptyText,
  aside,
}: DiffBrowserProps) {
  const counted = useMemo(
    () => entries.map((entry) => ({ entry, change: changeOf(entry), count: fieldsOf(entry).length })),
    [entries],
  );
  const at = Math.max(
    0,
    entries.findIndex((entry) => entry.id === selected),
  );
  const current = entries[at];
  const move = (step: number) => {
    const next = entries[at + step];
    if (next) onSelect(next.id);
  };
  useShortcuts([
    { keys: 'j', title: 'Next resource', group: 'Differences', run: () => move(1) },
    { keys: 'k', title: 'Previous resource', group: 'Differences', run: () => move(-1) },
  ]);
  if (!current)
    return (
      <PanelState icon={<IconChecks size={22} />} title={emptyTitle}>
        {emptyText}
      </PanelState>
    );
  return (
    <div className={classes.browser}>
      <nav className={classes.files} aria-label="Resources that differ">
        {counted.map(({ entry, change, count }) => (
          <button
            key={entry.id}
            type="button"
            className={classes.file}
            aria-current={entry.id === current.id}
            onClick={() => onSelect(entry.id)}
          >
            <ChangeMark change={change} />
            <span className={classes.fileName}>
              {entry.ref.name} <small>{entry.ref.kind}</small>
            </span>
            {count > 0 && <span className={classes.count}>{count === 1 ? '1 field' : `${count} fields`}</span>}
          </button>
        ))}
      </nav>
      <ResourceDiff entry={current} beforeLabel={beforeLabel} afterLabel={afterLabel} aside={aside?.(current)} />
    </div>
  );
}
