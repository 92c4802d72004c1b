import { ActionIcon, Button, Skeleton, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconArrowLeft, IconGitCompare, IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { CodeLoading } from '../../../components/code/lazy-code.tsx';
import { ErrorState, Panel, PanelState } from '../../../components/panel.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusBadge, StatusIcon } from '../../../components/status-icon.tsx';
import type { Application, HistoryEntry } from '../../../lib/api-types.ts';
import { formatDuration } from '../../../lib/time.ts';
import { holdOf, shortRevision } from '../application-row.ts';
import { DiffBrowser } from '../diff/diff-browser.tsx';
import { permission } from '../permission.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import { resourceId } from '../resource-id.ts';
import type { ApplicationSearch } from '../search.ts';
import classes from './history.module.css';

interface HistoryTabProps {
  applicationKey: ApplicationKey;
  app: Application;
  search: ApplicationSearch;
  onSearch: (change: Partial<{ [K in keyof ApplicationSearch]: ApplicationSearch[K] | undefined }>) => void;
}

/** Every deployment, newest first; any of them against now, any of them to go back to. */
export function HistoryTab({ applicationKey: key, app, search, onSearch }: HistoryTabProps) {
  const entries = [...(app.status?.history ?? [])].reverse();
  if (search.compare !== undefined)
    return (
      <Comparison
        applicationKey={key}
        id={search.compare}
        current={entries[0]?.id}
        denied={permission(app, 'rollback')}
        file={search.file}
        onSearch={onSearch}
      />
    );
  if (entries.length === 0)
    return (
      <Panel>
        <PanelState
          icon={<IconHistory size={22} />}
          title="No deployments yet"
          actions={<Button onClick={() => onSearch({ plan: true })}>Plan a sync</Button>}
        >
          After the first sync every deployment is kept here, to compare with and to go back to.
        </PanelState>
      </Panel>
    );
  const denied = permission(app, 'rollback');
  const hold = holdOf(app);
  return (
    <Panel>
      <table className={classes.table}>
        <thead>
          <tr>
            <th>Id</th>
            <th>Revision</th>
            <th>Deployed</th>
            <th>Took</th>
            <th>By</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, index) => (
            <Entry
              key={entry.id}
              applicationKey={key}
              entry={entry}
              current={index === 0}
              held={hold?.historyId === entry.id}
              denied={denied}
              onSearch={onSearch}
            />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

interface EntryProps {
  applicationKey: ApplicationKey;
  entry: HistoryEntry;
  current: boolean;
  held: boolean;
  denied: string | undefined;
  onSearch: HistoryTabProps['onSearch'];
}

function Entry({ applicationKey, entry, current, held, denied, onSearch }: EntryProps) {
  const revision = entry.revision ?? entry.revisions?.[0] ?? '';
  // Local manifests are of no revision.
  const metadata = useQuery({ ...applicationQueries.revision(applicationKey, revision), enabled: revision !== '' });
  return (
    <tr {...(current && { 'data-current': true })}>
      <td>
        <span className={classes.id}>{entry.id}</span>
      </td>
      <td>
        {metadata.isLoading ? (
          <Skeleton height={14} width={220} my={3} />
        ) : (
          <span className={classes.message} title={metadata.data?.message}>
            {metadata.data?.message?.split('\n')[0] ?? (revision || 'Local manifests')}
          </span>
        )}
        <span className={classes.dim}>
          <code>{shortRevision(revision)}</code>
          {metadata.data?.author && ` · ${metadata.data.author.replace(/ ?<.*>/, '')}`}
        </span>
      </td>
      <td>
        <RelativeTime value={entry.deployedAt} />
        {(current || held) && (
          <div className={classes.now}>
            {held ? (
              <StatusBadge tone="suspended" size={13}>
                Held here
              </StatusBadge>
            ) : (
              <>
                <StatusIcon tone="healthy" size={13} /> Current
              </>
            )}
          </div>
        )}
      </td>
      <td>{entry.deployStartedAt ? formatDuration(entry.deployStartedAt, entry.deployedAt) : '–'}</td>
      <td>{entry.initiatedBy?.username || (entry.initiatedBy?.automated ? 'Automatic sync' : '–')}</td>
      <td>
        <div className={classes.actions}>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconGitCompare size={15} />}
            onClick={() => onSearch({ compare: entry.id, file: undefined })}
          >
            Compare
          </Button>
          {!current && (
            <Tooltip label={denied ?? 'See the plan first'}>
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconArrowBackUp size={15} />}
                aria-disabled={denied !== undefined}
                onClick={() => !denied && onSearch({ rollback: entry.id })}
              >
                Roll back
              </Button>
            </Tooltip>
          )}
        </div>
      </td>
    </tr>
  );
}

/** A deployment against the current one; the current one against what Git wants. */
function Comparison({
  applicationKey: key,
  id,
  current,
  denied,
  file,
  onSearch,
}: {
  applicationKey: ApplicationKey;
  id: number;
  current: number | undefined;
  denied: string | undefined;
  file: string | undefined;
  onSearch: HistoryTabProps['onSearch'];
}) {
  const withGit = current === undefined || id === current;
  const other = withGit ? 'what Git wants' : `deployment ${current}`;
  const diff = useQuery(applicationQueries.historyDiff(key, id, withGit ? 'now' : String(current)));
  const entries = (diff.data?.resources ?? [])
    .filter((each) => each.change !== 'unchanged')
    .map((each) => ({ id: resourceId(each), ref: each, before: each.before, after: each.after }));
  return (
    <Panel>
      <div className={classes.compareHead}>
        <ActionIcon aria-label="Back to the history" onClick={() => onSearch({ compare: undefined, file: undefined })}>
          <IconArrowLeft size={18} />
        </ActionIcon>
        <h2>
          Deployment {id} compared with {withGit ? other : `the current one, ${current}`}{' '}
          {diff.data && (
            <span className={classes.dim}>
              {entries.length === 1 ? '1 resource differs' : `${entries.length} resources differ`}
            </span>
          )}
        </h2>
        {id !== current && (
          <Tooltip label={denied ?? 'See the plan first'}>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconArrowBackUp size={15} />}
              aria-disabled={denied !== undefined}
              onClick={() => !denied && onSearch({ rollback: id })}
            >
              Roll back to {id}
            </Button>
          </Tooltip>
        )}
      </div>
      <div className={classes.compareBody}>
        {diff.isError ? (
          <ErrorState error={diff.error} what="the comparison" retry={() => void diff.refetch()} />
        ) : diff.isPending ? (
          <CodeLoading />
        ) : (
          <DiffBrowser
            entries={entries}
            selected={file}
            onSelect={(value) => onSearch({ file: value })}
            beforeLabel={`Deployment ${id}`}
            afterLabel={withGit ? 'Git' : `Deployment ${current}`}
            emptyTitle="Nothing differs"
            emptyText={`Deployment ${id} and ${other} are the same resources.`}
          />
        )}
      </div>
    </Panel>
  );
}
