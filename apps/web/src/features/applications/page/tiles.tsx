import { Tooltip } from '@mantine/core';
import { IconCheck, IconMinus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusBadge } from '../../../components/status-icon.tsx';
import { useNow } from '../../../hooks/use-now.ts';
import type { Application, ResourceStatus } from '../../../lib/api-types.ts';
import { healthTone, syncLabel, syncTone } from '../../../lib/status.ts';
import { formatAbsolute, formatDuration } from '../../../lib/time.ts';
import { autoSyncOf, outOfSyncCount, shortRevision, sourceOf } from '../application-row.ts';
import { operationStatus, retryWait } from '../operation-wait.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import { resourceId } from '../resource-id.ts';
import type { ApplicationTab } from '../search.ts';
import { isClosedFor } from '../sync-windows.ts';
import classes from './page.module.css';

interface TilesProps {
  applicationKey: ApplicationKey;
  app: Application;
  onTab: (tab: ApplicationTab) => void;
  onNode: (node: string) => void;
}

/** Health, sync, last operation and policy: four facts that are never mixed up. */
export function Tiles({ applicationKey, app, onTab, onNode }: TilesProps) {
  return (
    <div className={classes.tiles}>
      <HealthTile app={app} onNode={onNode} />
      <SyncTile app={app} onTab={onTab} />
      <OperationTile app={app} onTab={onTab} />
      <PolicyTile applicationKey={applicationKey} app={app} />
    </div>
  );
}

function Tile({ title, main, children }: { title: string; main: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.tile}>
      <h2>{title}</h2>
      <div className={classes.tileMain}>{main}</div>
      <div className={classes.tileText}>{children}</div>
    </section>
  );
}

function HealthTile({ app, onNode }: { app: Application; onNode: (node: string) => void }) {
  const health = app.status?.health?.status ?? 'Unknown';
  const resources = app.status?.resources ?? [];
  const assessed = resources.filter((each) => each.health?.status && each.health.status !== 'Missing');
  const missing = resources.filter((each) => each.health?.status === 'Missing').length;
  const culprit = health === 'Healthy' ? undefined : resources.find((each) => each.health?.status === health);
  return (
    <Tile title="Health" main={<StatusBadge tone={healthTone(health)}>{health}</StatusBadge>}>
      {culprit ? (
        <button
          type="button"
          className={classes.tileButton}
          title={sentenceOf(culprit)}
          onClick={() => onNode(resourceId(culprit))}
        >
          {sentenceOf(culprit)}
        </button>
      ) : assessed.length > 0 ? (
        `${assessed.filter((each) => each.health?.status === 'Healthy').length} of ${assessed.length} ${assessed.length === 1 ? 'resource' : 'resources'} healthy${missing > 0 ? `, ${missing} missing` : ''}`
      ) : missing > 0 ? (
        `${missing === 1 ? '1 resource is' : `${missing} resources are`} missing`
      ) : (
        'No resource reports health'
      )}
    </Tile>
  );
}

const sentenceOf = ({ kind, name, health }: ResourceStatus): string =>
  `${kind} ${name}${health?.message ? `: ${health.message}` : ''}`;

function SyncTile({ app, onTab }: { app: Application; onTab: (tab: ApplicationTab) => void }) {
  const sync = app.status?.sync;
  const count = outOfSyncCount(app);
  const prune = (app.status?.resources ?? []).filter((each) => each.requiresPruning).length;
  const source = sourceOf(app);
  return (
    <Tile title="Sync" main={<StatusBadge tone={syncTone(sync?.status)}>{syncLabel(sync?.status)}</StatusBadge>}>
      {count > 0 && (
        <>
          <button type="button" className={classes.tileButton} onClick={() => onTab('diff')}>
            {count === 1 ? '1 resource differs' : `${count} resources differ`}
          </button>
          {prune > 0 && `, ${prune} to prune`}
          <br />
        </>
      )}
      <code>{shortRevision(sync?.revision) || '–'}</code> from {source.targetRevision || 'HEAD'}
    </Tile>
  );
}

function OperationTile({ app, onTab }: { app: Application; onTab: (tab: ApplicationTab) => void }) {
  const now = useNow();
  const operation = app.status?.operationState;
  if (!operation)
    return (
      <Tile title="Last operation" main={<StatusBadge tone="unknown">Never synced</StatusBadge>}>
        Nothing was applied yet
      </Tile>
    );
  const running = operation.phase === 'Running' || operation.phase === 'Terminating';
  const { word, tone } = operationStatus(operation);
  const retry = retryWait(operation);
  const { initiatedBy } = operation.operation;
  const failed = operation.syncResult?.resources?.find(
    (each) => each.status === 'SyncFailed' || each.hookPhase === 'Failed',
  );
  return (
    <Tile title="Last operation" main={<StatusBadge tone={tone}>{word}</StatusBadge>}>
      <button type="button" className={classes.tileButton} title={operation.message} onClick={() => onTab('operation')}>
        {retry ? (
          <>
            Retry {retry.attempt} <RelativeTime value={retry.at} tooltip={false} />
            {failed && `: ${failed.kind} ${failed.name} failed`}
          </>
        ) : failed ? (
          `${failed.kind} ${failed.name} failed`
        ) : running ? (
          operation.message || 'Running'
        ) : (
          <RelativeTime value={operation.finishedAt ?? operation.startedAt} tooltip={false} />
        )}
      </button>
      <br />
      {`${formatDuration(operation.startedAt, operation.finishedAt ?? now)}, ${initiatedBy?.username ? `by ${initiatedBy.username}` : 'automatic'}`}
    </Tile>
  );
}

function PolicyTile({ applicationKey, app }: { applicationKey: ApplicationKey; app: Application }) {
  const windows = useQuery(applicationQueries.syncWindows(applicationKey));
  const automated = app.spec.syncPolicy?.automated;
  const auto = autoSyncOf(app);
  const blocked = isClosedFor('manual', windows.data);
  const automatedBlocked = auto !== 'off' && isClosedFor('automated', windows.data);
  const assigned = windows.data?.assignedWindows?.length ?? 0;
  return (
    <section className={classes.tile}>
      <h2>Policy</h2>
      <div className={classes.tileMain}>
        {auto === 'held' ? (
          <StatusBadge tone="suspended">Automatic sync held</StatusBadge>
        ) : auto === 'on' ? (
          'Automatic sync'
        ) : (
          'Manual sync'
        )}
      </div>
      <div className={classes.flags}>
        {auto !== 'off' && (
          <>
            <Flag on={automated?.prune === true} label="prune" hint="Deletes what Git no longer has" />
            <Flag on={automated?.selfHeal === true} label="self-heal" hint="Undoes changes made in the cluster" />
          </>
        )}
        {blocked ? (
          <Flag on label="closed by a sync window" hint={`No sync is possible ${until(windows.data?.changesAt)}`} />
        ) : (
          automatedBlocked && (
            <Flag
              on
              label="waits for a sync window"
              hint={`No automatic sync ${until(windows.data?.changesAt)}; a sync by hand is possible`}
            />
          )
        )}
        {!blocked && !automatedBlocked && assigned > 0 && (
          <Flag
            on
            label={assigned === 1 ? '1 sync window' : `${assigned} sync windows`}
            hint={
              windows.data?.assignedWindows
                ?.map((each) => each.description || `${each.kind} ${each.schedule} for ${each.duration}`)
                .join('; ') ?? ''
            }
          />
        )}
        {auto === 'off' && assigned === 0 && <span className={classes.tileText}>Someone applies each change</span>}
      </div>
    </section>
  );
}

const until = (time: string | undefined): string => (time ? `until ${formatAbsolute(time)}` : 'now');

function Flag({ on, label, hint }: { on: boolean; label: string; hint: string }) {
  return (
    <Tooltip label={hint}>
      <span className={classes.flag} {...(!on && { 'data-off': true })}>
        {on ? <IconCheck size={12} aria-label="on" /> : <IconMinus size={12} aria-label="off" />}
        {label}
      </span>
    </Tooltip>
  );
}
