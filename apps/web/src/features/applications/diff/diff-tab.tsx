import { Button } from '@mantine/core';
import { IconGitCompare } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { CodeLoading } from '../../../components/code/lazy-code.tsx';
import { ErrorState, Panel, PanelState } from '../../../components/panel.tsx';
import { StatusBadge } from '../../../components/status-icon.tsx';
import type { Application } from '../../../lib/api-types.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import { resourceId } from '../resource-id.ts';
import type { ApplicationSearch } from '../search.ts';
import { DiffBrowser } from './diff-browser.tsx';
import { entryOf } from './managed-entry.ts';

interface DiffTabProps {
  applicationKey: ApplicationKey;
  app: Application;
  search: ApplicationSearch;
  onSearch: (change: Partial<{ [K in keyof ApplicationSearch]: ApplicationSearch[K] | undefined }>) => void;
}

/** All that differs between the cluster and Git. */
export function DiffTab({ applicationKey: key, app, search, onSearch }: DiffTabProps) {
  const managed = useQuery(applicationQueries.managedResources(key));
  const statuses = useMemo(
    () => new Map((app.status?.resources ?? []).map((each) => [resourceId(each), each])),
    [app.status?.resources],
  );
  const entries = useMemo(
    () =>
      (managed.data ?? [])
        .filter(
          (each) => each.hook !== true && (each.modified ?? statuses.get(resourceId(each))?.status === 'OutOfSync'),
        )
        .map(entryOf)
        .filter((entry) => entry.before !== entry.after),
    [managed.data, statuses],
  );
  if (app.status?.sync?.status === 'Unknown')
    return (
      <Panel>
        <PanelState icon={<IconGitCompare size={22} />} title="There is nothing to compare with">
          The target state could not be loaded, see the condition above. The differences appear when that is solved.
        </PanelState>
      </Panel>
    );
  return (
    <Panel>
      <div style={{ height: 'clamp(440px, calc(100dvh - 380px), 960px)' }}>
        {managed.isError ? (
          <ErrorState error={managed.error} what="the differences" retry={() => void managed.refetch()} />
        ) : managed.isPending ? (
          <CodeLoading />
        ) : (
          <DiffBrowser
            entries={entries}
            selected={search.file}
            onSelect={(file) => onSearch({ file })}
            beforeLabel="Live"
            afterLabel="Desired"
            emptyTitle="Synced"
            emptyText="Every resource in the cluster is what Git wants."
            aside={(entry) => (
              <>
                {statuses.get(entry.id)?.requiresPruning && (
                  <StatusBadge tone="prune" pill>
                    To be pruned
                  </StatusBadge>
                )}
                <Button
                  size="compact-xs"
                  variant="subtle"
                  color="iris"
                  onClick={() => onSearch({ node: entry.id, pane: 'diff' })}
                >
                  Open
                </Button>
              </>
            )}
          />
        )}
      </div>
    </Panel>
  );
}
