import type { Application, RevisionMetadata } from '../../../lib/api-types.ts';
import { formatAgo } from '../../../lib/time.ts';
import { autoSyncOf, outOfSyncCount, shortRevision } from '../application-row.ts';
import { confirmationWait, retryWait } from '../operation-wait.ts';

/** Plain text, or a revision that is shown as code and can be followed. */
export type Segment = string | { revision: string };

/**
 * What is true of an application, in one or two sentences: how it is, what runs, how that differs from Git and what
 * will happen about it. `running` describes the revision that was deployed last; `open` is false while a sync window
 * keeps everything from being applied.
 */
export function truthSentence(
  app: Application,
  running: RevisionMetadata | undefined,
  now: number,
  open = true,
): Segment[] {
  return [...healthPart(app), ...runningPart(app, running, now), ...targetPart(app, open)];
}

function healthPart(app: Application): Segment[] {
  const health = app.status?.health?.status ?? 'Unknown';
  const culprit = (app.status?.resources ?? []).find((each) => each.health?.status === health && health !== 'Healthy');
  if (!culprit || health === 'Unknown') return [health === 'Unknown' ? 'Health is not known. ' : `${health}. `];
  const others = (app.status?.resources ?? []).filter((each) => each.health?.status === health).length - 1;
  return [`${health}: ${culprit.kind} ${culprit.name}${others > 0 ? ` and ${others} more` : ''}. `];
}

function runningPart(app: Application, running: RevisionMetadata | undefined, now: number): Segment[] {
  const operation = app.status?.operationState;
  if (operation?.phase === 'Running' || operation?.phase === 'Terminating') {
    const revision = operation.syncResult?.revision ?? operation.operation.sync?.revision ?? '';
    const who = actor(operation.operation.initiatedBy);
    const retry = retryWait(operation);
    if (retry) {
      const due = retry.at > now ? `again ${formatAgo(retry.at, now)}` : 'again now';
      return [
        'The sync to ',
        { revision },
        `, started ${formatAgo(operation.startedAt, now)} ${who}, failed and is tried ${due}. `,
      ];
    }
    if (confirmationWait(app)?.what === 'pruning')
      return [
        'The sync to ',
        { revision },
        `, started ${formatAgo(operation.startedAt, now)} ${who}, waits for a confirmation. `,
      ];
    return [
      operation.phase === 'Running' ? 'Syncing to ' : 'Stopping the sync to ',
      { revision },
      `, started ${formatAgo(operation.startedAt, now)} ${who}. `,
    ];
  }
  const last = app.status?.history?.at(-1);
  if (!last) return ['Nothing has been deployed yet. '];
  const title = running?.message?.split('\n')[0];
  const author = running?.author?.replace(/ ?<.*>/, '');
  return [
    'Running ',
    { revision: last.revision ?? '' },
    `${title ? ` “${title}”` : ''}${author ? ` by ${author}` : ''}, deployed ${formatAgo(last.deployedAt, now)}. `,
  ];
}

function targetPart(app: Application, open: boolean): Segment[] {
  if (app.metadata.deletionTimestamp)
    return [confirmationWait(app) ? 'Its deletion waits for a confirmation.' : 'It is being deleted.'];
  const phase = app.status?.operationState?.phase;
  // What is being applied says enough.
  if (phase === 'Running' || phase === 'Terminating') return [];
  const sync = app.status?.sync?.status ?? 'Unknown';
  const auto = autoSyncOf(app);
  const count = outOfSyncCount(app);
  if (sync === 'Unknown') return ['It could not be compared with Git.'];
  if (sync === 'Synced') return auto === 'held' ? ['It is held there.'] : ['That is what Git wants.'];
  const differs = `Git wants ${count === 1 ? '1 change' : count > 0 ? `${count} changes` : 'something else'}`;
  if (auto === 'held') return [`${differs}; automatic sync is held.`];
  if (phase === 'Failed' || phase === 'Error') return [`${differs}; the last sync failed.`];
  const it = count > 1 ? 'them' : 'it';
  if (auto === 'on' && !open) return [`${differs}; automatic sync waits for a sync window to apply ${it}.`];
  if (auto === 'on' && app.status?.conditions?.some(({ type }) => type === 'SyncError'))
    return [`${differs}; automatic sync did not apply ${it}.`];
  return [auto === 'on' ? `${differs}; automatic sync will apply ${it}.` : `${differs}; automatic sync is off.`];
}

function actor(initiatedBy: { username?: string; automated?: boolean } | undefined): string {
  return initiatedBy?.username ? `by ${initiatedBy.username}` : 'automatically';
}

/** The same as plain text, for titles and screen readers. */
export function sentenceText(segments: Segment[]): string {
  return segments.map((segment) => (typeof segment === 'string' ? segment : shortRevision(segment.revision))).join('');
}
