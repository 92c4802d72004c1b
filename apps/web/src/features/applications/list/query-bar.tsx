import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconChevronDown, IconLayoutGrid, IconList, IconSearch, IconX } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { StatusIcon } from '../../../components/status-icon.tsx';
import type { Facets } from '../../../lib/api-types.ts';
import { hasFilterValue, parseFilter, toggleFilterValue } from '../../../lib/filter.ts';
import { healthTone, type Tone } from '../../../lib/status.ts';
import type { FacetPopoverProps } from './facet-popover.tsx';
import { applicationFilterKeys } from './filter-keys.ts';
import classes from './list.module.css';

const loadFacetPopover = () => import('./facet-popover.tsx');
const FacetPopover = lazy(loadFacetPopover);

interface QueryBarProps {
  q: string;
  onChange: (q: string) => void;
  facets: Facets;
  view: 'table' | 'tiles';
  onView: (view: 'table' | 'tiles') => void;
}

/** The server counts under one name what its filter calls by another. */
const facetMenus = [
  { key: 'project', facet: 'projects', label: 'Project' },
  { key: 'cluster', facet: 'clusters', label: 'Cluster' },
  { key: 'namespace', facet: 'namespaces', label: 'Namespace' },
  { key: 'label', facet: 'labels', label: 'Label' },
];

const healthOrder = ['Degraded', 'Missing', 'Progressing', 'Unknown', 'Suspended', 'Healthy'];

/** The query as text, and the same query as chips with counts. */
export function QueryBar({ q, onChange, facets, view, onView }: QueryBarProps) {
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  const commit = useDebouncedCallback((value: string) => onChange(value.trim()), 220);
  const { errors } = parseFilter(text, applicationFilterKeys);
  const toggle = (key: string, value: string) => onChange(toggleFilterValue(q, key, value, applicationFilterKeys));
  const has = (key: string, value: string) => hasFilterValue(q, key, value, applicationFilterKeys);

  const chip = (key: string, facet: string, value: string, label: string, tone: Tone) => {
    const pressed = has(key, value);
    const count = facets[facet]?.[value] ?? 0;
    if (count === 0 && !pressed) return null;
    return (
      <button
        key={`${key}:${value}`}
        type="button"
        className={classes.chip}
        aria-pressed={pressed}
        onClick={() => toggle(key, value)}
      >
        <StatusIcon tone={tone} size={14} />
        {label}
        <span className={classes.count}>{count}</span>
      </button>
    );
  };

  return (
    <search className={classes.query}>
      <div className={classes.queryLine}>
        <TextInput
          className={classes.queryInput ?? ''}
          data-page-search
          aria-label="Filter applications"
          placeholder="Filter by name, or health:degraded project:payments cluster:prod-*"
          leftSection={<IconSearch size={16} />}
          rightSection={
            text === '' ? undefined : (
              <ActionIcon
                size="sm"
                aria-label="Clear the filter"
                onClick={() => {
                  setText('');
                  onChange('');
                }}
              >
                <IconX size={15} />
              </ActionIcon>
            )
          }
          value={text}
          error={errors[0]}
          onChange={(event) => {
            setText(event.currentTarget.value);
            if (parseFilter(event.currentTarget.value, applicationFilterKeys).errors.length === 0)
              commit(event.currentTarget.value);
          }}
        />
        <ViewSwitch view={view} onView={onView} />
      </div>
      <div className={classes.chips}>
        {healthOrder.map((value) => chip('health', 'health', value, value, healthTone(value)))}
        <span className={classes.gap} />
        {chip('sync', 'sync', 'OutOfSync', 'OutOfSync', 'outofsync')}
        {chip('sync', 'sync', 'Unknown', 'Sync unknown', 'unknown')}
        {chip('phase', 'phase', 'Failed', 'Sync failed', 'degraded')}
        {chip('phase', 'phase', 'Error', 'Sync error', 'degraded')}
        {chip('autosync', 'autoSync', 'held', 'Held', 'suspended')}
        <span className={classes.gap} />
        {facetMenus.map(({ key, facet, label }) => (
          <FacetMenu
            key={key}
            label={label}
            counts={facets[facet] ?? {}}
            has={(value) => has(key, value)}
            toggle={(value) => toggle(key, value)}
          />
        ))}
      </div>
    </search>
  );
}

const views = [
  { value: 'table', label: 'Table', icon: IconList },
  { value: 'tiles', label: 'Tiles', icon: IconLayoutGrid },
] as const;

function ViewSwitch({ view, onView }: Pick<QueryBarProps, 'view' | 'onView'>) {
  return (
    <fieldset className={classes.views} aria-label="View">
      {views.map(({ value, label, icon: Icon }) => (
        <Tooltip key={value} label={label}>
          <label className={classes.viewChoice}>
            <input
              type="radio"
              name="view"
              className="visually-hidden"
              aria-label={label}
              checked={view === value}
              onChange={() => onView(value)}
            />
            <Icon size={17} />
          </label>
        </Tooltip>
      ))}
    </fieldset>
  );
}

interface FacetMenuProps extends FacetPopoverProps {
  label: string;
}

/** Loads its popover when it is pressed for the first time. */
function FacetMenu({ label, ...popover }: FacetMenuProps) {
  const [used, setUsed] = useState(false);
  const chosen = Object.keys(popover.counts).filter(popover.has);
  const shared = {
    type: 'button' as const,
    className: classes.chip,
    'aria-pressed': chosen.length > 0,
    children: (
      <>
        {label}
        {chosen.length > 0 && <b>{chosen.length === 1 ? chosen[0] : chosen.length}</b>}
        <IconChevronDown size={14} />
      </>
    ),
  };
  const unopened = (
    <button
      {...shared}
      aria-haspopup="dialog"
      aria-expanded={false}
      onPointerEnter={() => void loadFacetPopover()}
      onFocus={() => void loadFacetPopover()}
      onClick={() => setUsed(true)}
    />
  );
  if (!used) return unopened;
  return (
    <Suspense fallback={unopened}>
      <FacetPopover {...popover}>
        <button {...shared} />
      </FacetPopover>
    </Suspense>
  );
}
