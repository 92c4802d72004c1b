import type { ApplicationRow } from '@lockstep/contract';
import { Button, Skeleton } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconFilterOff, IconPlus, IconRocket } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { ErrorState, Panel, PanelState } from '../../../components/panel.tsx';
import { useShortcuts } from '../../../hooks/use-shortcuts.ts';
import { describeError } from '../../../lib/api-client.ts';
import { rowKey } from '../application-row.ts';
import { refreshApplication } from '../commands.ts';
import { applyLive, useLiveRows } from '../live.ts';
import { applicationQueries, defaultSort } from '../queries.ts';
import type { ListSearch } from '../search.ts';
import { ApplicationTable } from './application-table.tsx';
import { ApplicationTiles } from './application-tiles.tsx';
import classes from './list.module.css';
import { QueryBar } from './query-bar.tsx';

const SyncDialog = lazy(() => import('../sync/sync-dialog.tsx'));
const BulkBar = lazy(() => import('./bulk-bar.tsx'));
const NewApplication = lazy(() => import('../new/new-application.tsx'));

interface ApplicationListProps {
  search: ListSearch;
  onSearch: (change: Partial<{ [K in keyof ListSearch]: ListSearch[K] | undefined }>) => void;
}

export function ApplicationList({ search, onSearch }: ApplicationListProps) {
  useDocumentTitle('Applications · Lockstep');
  const { q = '', sort = '', view = 'table' } = search;
  const list = useInfiniteQuery({ ...applicationQueries.list({ q, sort }), placeholderData: keepPreviousData });
  const live = useLiveRows();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [anchor, setAnchor] = useState<string>();

  const pages = list.data?.pages;
  const rows = useMemo(
    () => pages?.flatMap((page) => page.rows).map((row) => applyLive(row, live)) ?? [],
    [pages, live],
  );
  const total = pages?.[0]?.total ?? rows.length;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  const toggle = (key: string, range: boolean) => {
    const keys = rows.map(rowKey);
    const from = range && anchor ? keys.indexOf(anchor) : -1;
    const at = keys.indexOf(key);
    const span = from < 0 ? [key] : keys.slice(Math.min(from, at), Math.max(from, at) + 1);
    const add = !selected.has(key);
    const next = new Set(selected);
    for (const each of span) {
      if (add) next.add(each);
      else next.delete(each);
    }
    setSelected(next);
    setAnchor(key);
  };
  const toggleAll = () =>
    setSelected(rows.every((row) => selected.has(rowKey(row))) ? new Set() : new Set(rows.map(rowKey)));
  const openPlan = (row: ApplicationRow) => onSearch({ plan: rowKey(row) });
  const refresh = (row: ApplicationRow) => {
    refreshApplication(row, 'normal').then(
      () => notifications.show({ color: 'gray', message: `${row.name} is compared with Git` }),
      (error: unknown) =>
        notifications.show({
          color: 'red',
          autoClose: false,
          title: `Could not refresh ${row.name}`,
          message: describeError(error),
        }),
    );
  };
  useShortcuts([{ keys: 'n', title: 'New application', group: 'This list', run: () => onSearch({ new: 'form' }) }]);

  const shared = { rows, total, selected, onToggle: toggle, onSync: openPlan, onRefresh: refresh, onEnd };
  const newButton = (
    <Button leftSection={<IconPlus size={16} />} aria-label="New application" onClick={() => onSearch({ new: 'form' })}>
      New<span className={classes.hideNarrow}>&nbsp;application</span>
    </Button>
  );

  const nothing = list.isSuccess && rows.length === 0;
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>Applications</h1>
        {list.isSuccess && <span className={classes.total}>{total}</span>}
        <div className={classes.headEnd}>{newButton}</div>
      </div>
      {!(nothing && q === '') && (
        <QueryBar
          q={q}
          onChange={(value) => onSearch({ q: value || undefined })}
          facets={pages?.[0]?.facets ?? {}}
          view={view}
          onView={(value) => onSearch({ view: value === 'table' ? undefined : value })}
        />
      )}
      {list.isError ? (
        <Panel>
          <ErrorState error={list.error} what="the applications" retry={() => void list.refetch()} />
        </Panel>
      ) : list.isPending ? (
        <ListSkeleton />
      ) : nothing && q === '' ? (
        <Panel>
          <PanelState icon={<IconRocket size={22} />} title="No applications yet" actions={newButton}>
            An application names a path in Git and a cluster it should run in. Create one here, or apply an Application
            resource with kubectl: it appears by itself.
          </PanelState>
        </Panel>
      ) : nothing ? (
        <Panel>
          <PanelState
            icon={<IconFilterOff size={22} />}
            title="Nothing matches"
            actions={
              <Button variant="default" onClick={() => onSearch({ q: undefined })}>
                Clear the filter
              </Button>
            }
          >
            No application you may see matches <code>{q}</code>.
          </PanelState>
        </Panel>
      ) : view === 'tiles' ? (
        <ApplicationTiles {...shared} />
      ) : (
        <ApplicationTable
          {...shared}
          sort={sort || defaultSort}
          onSort={(value) => onSearch({ sort: value === defaultSort ? undefined : value })}
          onToggleAll={toggleAll}
        />
      )}
      <Suspense>
        {selected.size > 0 && (
          <BulkBar selected={rows.filter((row) => selected.has(rowKey(row)))} onClear={() => setSelected(new Set())} />
        )}
        {search.plan && (
          <SyncDialog applicationKey={parseKey(search.plan)} onClose={() => onSearch({ plan: undefined })} />
        )}
        {search.new && (
          <NewApplication
            tab={search.new}
            onTab={(tab) => onSearch({ new: tab })}
            onClose={() => onSearch({ new: undefined })}
          />
        )}
      </Suspense>
    </div>
  );
}

function parseKey(text: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = text.split('/');
  return { namespace, name };
}

function ListSkeleton() {
  return (
    <div className={classes.table} role="status" aria-label="Loading applications">
      <div className={classes.headRow} />
      {Array.from({ length: 9 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: identical rows
        <div key={index} className={classes.skeletonRow}>
          <Skeleton height={14} width={14} radius={4} />
          <Skeleton height={12} width={`${18 + ((index * 7) % 11)}%`} />
          <Skeleton height={12} width="9%" />
          <Skeleton height={12} width="11%" />
          <Skeleton height={12} width="12%" className={classes.hideNarrow ?? ''} />
          <Skeleton height={12} width="14%" className={classes.hideNarrow ?? ''} />
        </div>
      ))}
    </div>
  );
}
