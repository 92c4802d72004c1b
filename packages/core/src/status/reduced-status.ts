import type { Application, RevisionHistory } from '../application/application.ts';
import type { OperationState, SyncOperationResult } from '../application/operation.ts';

const TOO_LARGE =
  'the status of the application is larger than the API server stores, so its resources are left out. Split the application into several';
const KEPT_RESULTS = 20;
const KEPT_CONDITIONS = 5;
const KEPT_TEXT = 500;

/**
 * What to store when the API server refuses the whole status as too large, best first: without the lists of resources and
 * with the results that tell of trouble alone; then nothing but the sync status and the end of the operation, which is
 * ended so that it is not begun again for ever.
 */
export function reducedStatuses({ before, after }: { before: Application; after: Application }): Application[] {
  const condition = tooLarge(before, after);
  return [withoutLists(after, condition), bare(after, condition)];
}

type StoredCondition = NonNullable<NonNullable<Application['status']>['conditions']>[number];

function withoutLists(after: Application, condition: StoredCondition): Application {
  const { resources: _resources, summary: _summary, operationState, conditions = [], ...status } = after.status ?? {};
  const shortened = conditions
    .slice(0, KEPT_CONDITIONS)
    .map((condition) => ({ ...condition, message: cut(condition.message) }));
  return {
    ...after,
    status: {
      ...status,
      conditions: [condition, ...shortened],
      ...(operationState === undefined ? {} : { operationState: shortState(operationState) }),
    },
  };
}

/** Results of hooks and failures: a sync goes on from them. */
function shortState(state: OperationState): OperationState {
  const { syncResult, ...rest } = state;
  const results = (syncResult?.resources ?? [])
    .filter(({ hookType, status }) => hookType !== undefined || status === 'SyncFailed')
    .slice(0, KEPT_RESULTS)
    .map((result) => (result.message === undefined ? result : { ...result, message: cut(result.message) }));
  return {
    ...rest,
    ...(rest.message === undefined ? {} : { message: cut(rest.message) }),
    ...(syncResult === undefined ? {} : { syncResult: { ...syncResult, resources: results } }),
  };
}

function bare(after: Application, condition: StoredCondition): Application {
  const { operation: _operation, ...rest } = after;
  const { sync, health, operationState, history } = after.status ?? {};
  const { revision, revisions } = sync ?? {};
  return {
    ...rest,
    status: {
      ...(sync === undefined
        ? {}
        : {
            sync: {
              status: sync.status,
              ...(revision === undefined ? {} : { revision }),
              ...(revisions === undefined ? {} : { revisions }),
            },
          }),
      ...(health === undefined ? {} : { health: { ...health, message: cut(health.message ?? '') } }),
      conditions: [condition],
      ...(history === undefined ? {} : { history: history.map(withoutSources) }),
      ...(operationState === undefined ? {} : { operationState: endedState(operationState, after) }),
    },
  };
}

function endedState(state: OperationState, after: Application): OperationState {
  const { initiatedBy, retry } = state.operation;
  const { revision, revisions }: SyncOperationResult = state.syncResult ?? {};
  const isOver = state.phase === 'Succeeded' || state.phase === 'Failed' || state.phase === 'Error';
  return {
    operation: {
      sync: {},
      ...(initiatedBy === undefined ? {} : { initiatedBy }),
      ...(retry === undefined ? {} : { retry }),
    },
    phase: isOver ? state.phase : 'Error',
    message: isOver ? cut(state.message ?? '') : TOO_LARGE,
    startedAt: state.startedAt,
    finishedAt: state.finishedAt ?? after.status?.reconciledAt ?? state.startedAt,
    syncResult: { ...(revision === undefined ? {} : { revision }), ...(revisions === undefined ? {} : { revisions }) },
  };
}

function withoutSources({ source: _source, sources: _sources, ...entry }: RevisionHistory): RevisionHistory {
  return entry;
}

function tooLarge(before: Application, after: Application): StoredCondition {
  const known = before.status?.conditions?.find(({ message }) => message === TOO_LARGE);
  const lastTransitionTime = known?.lastTransitionTime ?? after.status?.reconciledAt;
  return {
    type: 'UnknownError',
    message: TOO_LARGE,
    ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }),
  };
}

function cut(text: string): string {
  return text.length <= KEPT_TEXT ? text : `${text.slice(0, KEPT_TEXT)}…`;
}
