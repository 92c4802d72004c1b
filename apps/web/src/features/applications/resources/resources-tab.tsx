import { Checkbox, SegmentedControl, Skeleton, TextInput } from '@mantine/core';
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks';
import { IconFilterOff, IconHierarchy2, IconList, IconPackages, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { ErrorState, Panel, PanelBoundary, PanelState } from '../../../components/panel.tsx';
import { StatusIcon } from '../../../components/status-icon.tsx';
import { useShortcuts } from '../../../hooks/use-shortcuts.ts';
import type { Application } from '../../../lib/api-types.ts';
import { hasFilterValue, parseFilter, toggleFilterValue } from '../../../lib/filter.ts';
import { healthTone, type Tone } from '../../../lib/status.ts';
import listClasses from '../list/list.module.css';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import type { ApplicationSearch } from '../search.ts';
import { buildForest, countItems, countValues, filterForest, resourceFilterKeys } from './build-tree.ts';
import { ListView } from './list-view.tsx';
import classes from './resources.module.css';

const TreeView = lazy(() => import('./tree-view.tsx'));

interface ResourcesTabProps {
  applicationKey: ApplicationKey;
  app: Application;
  search: ApplicationSearch;
  onSearch: (change: Partial<{ [K in keyof ApplicationSearch]: ApplicationSearch[K] | undefined }>) => void;
}

const healthOrder = ['Degraded', 'Missing', 'Progressing', 'Unknown', 'Suspended', 'Healthy'];
const listFrom = 1500;
const collapseFrom = 60;

export function ResourcesTab({ applicationKey, app, search, onSearch }: ResourcesTabProps) {
  const tree = useQuery(applicationQueries.tree(applicationKey));
  const narrow = useMediaQuery('(max-width: 820px)');
  const q = search.q ?? '';
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  const commit = useDebouncedCallback((value: string) => onSearch({ q: value.trim() || undefined }), 150);
  const forest = useMemo(() => buildForest(app, tree.data), [app, tree.data]);
  const filter = useMemo(() => parseFilter(q, resourceFilterKeys), [q]);
  const shown = useMemo(() => filterForest(forest, filter), [forest, filter]);
  const total = useMemo(() => countItems(forest), [forest]);
  const health = useMemo(() => countValues(forest, 'health'), [forest]);
  const outOfSync = useMemo(() => countValues(forest, 'sync')['OutOfSync'] ?? 0, [forest]);
  const [collapse, setCollapse] = useState<boolean>();
  const view = search.view ?? (narrow || total > listFrom ? 'list' : 'tree');
  const filtering = filter.terms.length > 0;
  useShortcuts([
    {
      keys: 'v',
      title: 'Switch between tree and list',
      group: 'This application',
      run: () => onSearch({ view: view === 'tree' ? 'list' : 'tree' }),
    },
  ]);

  if (tree.isError && !tree.data)
    return (
      <Panel>
        <ErrorState error={tree.error} what="the resources" retry={() => void tree.refetch()} />
      </Panel>
    );
  if (tree.isPending)
    return (
      <Panel>
        <div className={classes.canvas} role="status" aria-label="Loading resources">
          {[
            [40, 180],
            [340, 60],
            [340, 180],
            [340, 300],
            [640, 60],
            [640, 180],
          ].map(([left, top]) => (
            <Skeleton key={`${left} ${top}`} width={240} height={54} style={{ position: 'absolute', left, top }} />
          ))}
        </div>
      </Panel>
    );

  const open = (id: string) => onSearch({ node: id, pane: undefined });
  const chip = (key: 'health' | 'sync', value: string, label: string, tone: Tone, count: number) => {
    const pressed = hasFilterValue(q, key, value, resourceFilterKeys);
    if (count === 0 && !pressed) return null;
    return (
      <button
        key={value}
        type="button"
        className={listClasses.chip}
        aria-pressed={pressed}
        onClick={() => onSearch({ q: toggleFilterValue(q, key, value, resourceFilterKeys) || undefined })}
      >
        <StatusIcon tone={tone} size={14} />
        {label}
        <span className={listClasses.count}>{count}</span>
      </button>
    );
  };

  return (
    <div className={classes.tab}>
      <div className={classes.bar}>
        <TextInput
          className={classes.search ?? ''}
          data-page-search
          aria-label="Filter resources"
          placeholder="Filter by name, or kind:Pod health:degraded"
          leftSection={<IconSearch size={16} />}
          value={text}
          error={filter.errors[0]}
          onChange={(event) => {
            setText(event.currentTarget.value);
            commit(event.currentTarget.value);
          }}
        />
        <div className={classes.chips}>
          {healthOrder.map((value) => chip('health', value, value, healthTone(value), health[value] ?? 0))}
          {chip('sync', 'OutOfSync', 'OutOfSync', 'outofsync', outOfSync)}
        </div>
        <div className={classes.end}>
          {view === 'tree' && (
            <Checkbox
              size="xs"
              label="Collapse healthy"
              checked={collapse ?? total > collapseFrom}
              onChange={(event) => setCollapse(event.currentTarget.checked)}
            />
          )}
          <SegmentedControl
            aria-label="Layout"
            value={view}
            onChange={(value) => onSearch({ view: value as 'tree' | 'list' })}
            data={[
              {
                value: 'tree',
                label: (
                  <Labelled icon={<IconHierarchy2 size={16} style={{ transform: 'rotate(-90deg)' }} />} text="Tree" />
                ),
              },
              { value: 'list', label: <Labelled icon={<IconList size={16} />} text="List" /> },
            ]}
          />
        </div>
      </div>
      {total === 0 ? (
        <Panel>
          <PanelState icon={<IconPackages size={22} />} title="No resources yet">
            Git asks for none at this revision, or the application was never compared. Refresh to compare it now.
          </PanelState>
        </Panel>
      ) : shown.length === 0 ? (
        <Panel>
          <PanelState icon={<IconFilterOff size={22} />} title="Nothing matches">
            None of the {total} resources matches <code>{q}</code>.
          </PanelState>
        </Panel>
      ) : view === 'tree' ? (
        <PanelBoundary what="the resource tree">
          <Suspense fallback={<div className={classes.canvas} />}>
            <TreeView
              applicationName={app.metadata.name}
              health={app.status?.health?.status}
              roots={shown}
              collapseCalm={!filtering && (collapse ?? total > collapseFrom)}
              selected={search.node}
              onOpen={open}
            />
          </Suspense>
        </PanelBoundary>
      ) : (
        <ListView roots={shown} selected={search.node} onOpen={open} expandAll={filtering} />
      )}
    </div>
  );
}

function Labelled({ icon, text }: { icon: React.ReactNode; text: string }) {
  return (
    <span style={{ display: 'flex', alignItems: 'center', justifyContent: 'center', gap: 6 }}>
      {icon}
      {text}
    </span>
  );
}
