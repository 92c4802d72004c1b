import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { KindIcon } from '../../../components/kind-icon.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusBadge } from '../../../components/status-icon.tsx';
import { compareHealth, healthTone, syncLabel, syncTone } from '../../../lib/status.ts';
import { isCalm, type ResourceItem } from './build-tree.ts';
import classes from './resources.module.css';

interface ListViewProps {
  roots: ResourceItem[];
  selected: string | undefined;
  onOpen: (id: string) => void;
  /** Opens every branch, so that what a filter found can be seen. */
  expandAll: boolean;
}

interface Line {
  item: ResourceItem;
  level: number;
  expandable: boolean;
  expanded: boolean;
  position: number;
  siblings: number;
}

/** The same resources as the tree, as a table one can move through with the arrow keys. What needs attention comes first. */
export function ListView({ roots, selected, onOpen, expandAll }: ListViewProps) {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [focused, setFocused] = useState(0);
  const scroll = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => flatten(roots, toggled, expandAll), [roots, toggled, expandAll]);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 42,
    overscan: 20,
  });
  const items = virtualizer.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);

  const toggle = (line: Line) => setToggled(new Map(toggled).set(line.item.id, !line.expanded));
  const focus = (index: number) => {
    const next = Math.max(0, Math.min(lines.length - 1, index));
    setFocused(next);
    virtualizer.scrollToIndex(next);
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-line="${next}"]`)?.focus());
  };
  const handleKey = (event: KeyboardEvent, line: Line, index: number) => {
    if (event.metaKey || event.ctrlKey) return;
    switch (event.key) {
      case 'ArrowDown':
        focus(index + 1);
        break;
      case 'ArrowUp':
        focus(index - 1);
        break;
      case 'Home':
        focus(0);
        break;
      case 'End':
        focus(lines.length - 1);
        break;
      case 'ArrowRight':
        if (line.expandable && !line.expanded) toggle(line);
        else focus(index + 1);
        break;
      case 'ArrowLeft':
        if (line.expanded) toggle(line);
        else focus(lines.findLastIndex((each, at) => at < index && each.level < line.level));
        break;
      case 'Enter':
      case ' ':
        onOpen(line.item.id);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <div className={classes.grid}>
      <div
        className={classes.gridScroll}
        ref={scroll}
        role="treegrid"
        aria-label="Resources"
        aria-rowcount={lines.length + 1}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: the head of a grid is not focusable */}
        <div className={classes.gridHead} role="row" aria-rowindex={1}>
          {['Resource', 'Health', 'Sync', 'Wave', 'Namespace', 'Age'].map((label) => (
            // biome-ignore lint/a11y/useSemanticElements: as above
            // biome-ignore lint/a11y/useFocusableInteractive: as above
            <span key={label} role="columnheader">
              {label}
            </span>
          ))}
        </div>
        <div style={{ height: before }} role="presentation" />
        {items.map(({ index }) => {
          const line = lines[index];
          if (!line) return null;
          const { item, level, expandable, expanded } = line;
          return (
            // biome-ignore lint/a11y/useSemanticElements: as above
            <div
              key={item.id}
              className={classes.gridRow}
              role="row"
              data-line={index}
              aria-rowindex={index + 2}
              aria-level={level}
              aria-posinset={line.position}
              aria-setsize={line.siblings}
              {...(expandable && { 'aria-expanded': expanded })}
              aria-selected={item.id === selected}
              tabIndex={index === focused ? 0 : -1}
              onFocus={() => setFocused(index)}
              onClick={() => onOpen(item.id)}
              onKeyDown={(event) => handleKey(event, line, index)}
            >
              <Cell className={classes.gridName} style={{ paddingLeft: (level - 1) * 20 }}>
                {expandable ? (
                  <button
                    type="button"
                    className={classes.twist}
                    tabIndex={-1}
                    aria-label={expanded ? 'Collapse' : 'Expand'}
                    onClick={(event) => {
                      event.stopPropagation();
                      toggle(line);
                    }}
                  >
                    {expanded ? <IconChevronDown size={15} /> : <IconChevronRight size={15} />}
                  </button>
                ) : (
                  <span className={classes.twist} />
                )}
                <KindIcon kind={item.ref.kind} size={17} />
                <span title={item.ref.name}>
                  {item.ref.name} <small>{item.ref.kind}</small>
                </span>
              </Cell>
              <Cell>
                {item.health?.status ? (
                  <StatusBadge tone={healthTone(item.health.status)}>{item.health.status}</StatusBadge>
                ) : (
                  <span className={classes.dim}>–</span>
                )}
              </Cell>
              <Cell>
                {item.requiresPruning ? (
                  <StatusBadge tone="prune">To be pruned</StatusBadge>
                ) : item.sync ? (
                  <StatusBadge tone={syncTone(item.sync)}>{syncLabel(item.sync)}</StatusBadge>
                ) : (
                  <span className={classes.dim}>–</span>
                )}
              </Cell>
              <Cell>{item.sync ? item.wave : ''}</Cell>
              <Cell className={classes.dim}>{item.ref.namespace}</Cell>
              <Cell className={classes.dim}>
                <RelativeTime value={item.createdAt} tooltip={false} />
              </Cell>
            </div>
          );
        })}
        <div style={{ height: Math.max(0, after) }} role="presentation" />
      </div>
    </div>
  );
}

function Cell({
  className,
  style,
  children,
}: {
  className?: string | undefined;
  style?: React.CSSProperties;
  children: React.ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see ListView
    // biome-ignore lint/a11y/useFocusableInteractive: rows are what the arrow keys move through
    <div role="gridcell" className={className ?? ''} style={style ?? {}}>
      {children}
    </div>
  );
}

function flatten(
  items: readonly ResourceItem[],
  toggled: ReadonlyMap<string, boolean>,
  expandAll: boolean,
  level = 1,
): Line[] {
  const sorted = [...items].sort(
    (a, b) =>
      Number(isCalm(a)) - Number(isCalm(b)) ||
      compareHealth(a.health?.status ?? 'Healthy', b.health?.status ?? 'Healthy'),
  );
  return sorted.flatMap((item, index) => {
    const expandable = item.children.length > 0;
    const expanded = expandable && (toggled.get(item.id) ?? (expandAll || !item.children.every(isCalm)));
    const line: Line = { item, level, expandable, expanded, position: index + 1, siblings: sorted.length };
    return [line, ...(expanded ? flatten(item.children, toggled, expandAll, level + 1) : [])];
  });
}
