import { Checkbox, Popover } from '@mantine/core';
import type { ReactElement } from 'react';
import classes from './list.module.css';

export interface FacetPopoverProps {
  /** How many applications have each value. */
  counts: Record<string, number>;
  has: (value: string) => boolean;
  toggle: (value: string) => void;
}

/** The values of one facet with their counts, the most frequent first. Opens at once. */
export default function FacetPopover({
  counts,
  has,
  toggle,
  children,
}: FacetPopoverProps & {
  /** The button that opens it. */
  children: ReactElement;
}) {
  const values = Object.keys(counts).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a.localeCompare(b));
  return (
    <Popover position="bottom-start" shadow="md" trapFocus defaultOpened>
      <Popover.Target>{children}</Popover.Target>
      <Popover.Dropdown p={6} miw={230}>
        <div className={classes.facetList}>
          {values.length === 0 && <span className={classes.dim}>Nothing to choose from</span>}
          {values.map((value) => (
            <div key={value} className={classes.facetItem}>
              <Checkbox size="xs" label={value} checked={has(value)} onChange={() => toggle(value)} />
              <span>{counts[value]}</span>
            </div>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
