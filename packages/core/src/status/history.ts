import type { Application, RevisionHistory } from '../application/application.ts';
import type { OperationState } from '../application/operation.ts';

/** Deployments kept when the application does not say. */
const DEFAULT_LIMIT = 10;

/** The history with the deployment of a finished operation at its end, cut to the application's limit; oldest first. */
export function nextHistory(
  application: Application,
  state: OperationState,
): { history: RevisionHistory[]; entry: RevisionHistory } {
  const history = application.status?.history ?? [];
  const { revision, revisions, source, sources } = state.syncResult ?? {};
  const entry: RevisionHistory = {
    id: nextId(history),
    deployedAt: state.finishedAt ?? state.startedAt,
    deployStartedAt: state.startedAt,
    ...(state.operation.initiatedBy === undefined ? {} : { initiatedBy: state.operation.initiatedBy }),
    ...(revision === undefined ? {} : { revision }),
    ...(revisions === undefined ? {} : { revisions }),
    ...(source === undefined ? {} : { source }),
    ...(sources === undefined ? {} : { sources }),
  };
  const limit = Math.max(0, application.spec.revisionHistoryLimit ?? DEFAULT_LIMIT);
  return { history: limit === 0 ? [] : [...history, entry].slice(-limit), entry };
}

/** Ids grow by one and are never given twice while any entry is left. */
function nextId(history: readonly RevisionHistory[]): number {
  return history.reduce((highest, { id }) => Math.max(highest, id + 1), 0);
}

/** Dry runs, selections of resources and failures are no deployments. */
export function isDeployment(state: OperationState): boolean {
  const { sync } = state.operation;
  return (
    state.phase === 'Succeeded' && sync !== undefined && sync.dryRun !== true && (sync.resources ?? []).length === 0
  );
}
