import type { ApplicationRow, ApplicationsTopic } from '@lockstep/contract';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { useTopic } from '../../hooks/use-stream.ts';
import type { Application, ApplicationTree } from '../../lib/api-types.ts';
import { rowKey } from './application-row.ts';
import { type ApplicationKey, applicationQueries } from './queries.ts';

const settle = 1_200;

/**
 * The rows of every visible application as the stream has them, by `namespace/name`. Which rows belong to the list, in
 * which order, and the counts beside it are the server's to say: they are fetched again once the changes settle.
 */
export function useLiveRows(): ReadonlyMap<string, ApplicationRow> | undefined {
  const [rows, setRows] = useState<ReadonlyMap<string, ApplicationRow>>();
  const queryClient = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const previous = useRef<ApplicationsTopic['items']>(undefined);

  const refetchSoon = useEffectEvent(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queryClient.invalidateQueries({ queryKey: applicationQueries.lists() });
    }, settle);
  });
  useEffect(() => () => clearTimeout(timer.current), []);

  useTopic('applications', undefined, {
    onData: (data) => {
      const { items } = data as ApplicationsTopic;
      setRows(new Map(Object.entries(items)));
      if (previous.current && changesTheList(previous.current, items)) refetchSoon();
      previous.current = items;
    },
  });
  return rows;
}

/** Whether membership, order or counts of some list may differ now; a new reconcile time alone does not matter. */
function changesTheList(before: ApplicationsTopic['items'], after: ApplicationsTopic['items']): boolean {
  const keys = Object.keys(after);
  if (keys.length !== Object.keys(before).length) return true;
  return keys.some((key) => {
    const [a, b] = [before[key], after[key]];
    if (a === b) return false;
    if (!a || !b) return true;
    return (
      a.health.status !== b.health.status ||
      a.sync.status !== b.sync.status ||
      a.operation?.phase !== b.operation?.phase ||
      a.autoSync !== b.autoSync
    );
  });
}

export function applyLive(row: ApplicationRow, live: ReadonlyMap<string, ApplicationRow> | undefined): ApplicationRow {
  return live?.get(rowKey(row)) ?? row;
}

/** Keeps the queries of one application in step with the stream while its page is open. */
export function useLiveApplication(key: ApplicationKey): void {
  const queryClient = useQueryClient();
  const address = `${key.namespace}/${key.name}`;
  const refetch = () => void queryClient.invalidateQueries({ queryKey: applicationQueries.all(key) });
  useTopic('application', address, {
    onData: (data) => queryClient.setQueryData(applicationQueries.detail(key).queryKey, data as Application),
    onReset: refetch,
    onRefused: refetch,
  });
  useTopic('resource-tree', address, {
    onData: (data) => queryClient.setQueryData(applicationQueries.tree(key).queryKey, data as ApplicationTree),
  });
  const seen = useRef(false);
  useTopic('managed-resources', address, {
    // The topic says which resources changed, not how: bodies that are on the screen are fetched again.
    onData: () => {
      if (seen.current)
        void queryClient.invalidateQueries({ queryKey: applicationQueries.managedResources(key).queryKey });
      seen.current = true;
    },
  });
}
