import { describe, expect, it } from 'vitest';
import type { Application } from '../application/application.ts';
import type { OperationState } from '../application/operation.ts';
import { mergeConditions } from './conditions.ts';
import { isDeployment, nextHistory } from './history.ts';
import { mergePatchOf, statusPatch } from './status-patch.ts';

const app: Application = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: {
    name: 'web',
    namespace: 'argocd',
    resourceVersion: '7',
    annotations: { keep: 'x', 'argocd.argoproj.io/refresh': 'normal' },
  },
  spec: { project: 'default', destination: {}, revisionHistoryLimit: 2 },
  operation: { sync: {} },
  status: {
    sync: { status: 'OutOfSync', revision: 'a' },
    reconciledAt: '2026-01-01T12:00:00Z',
    history: [
      { id: 3, deployedAt: '2026-01-01T10:00:00Z' },
      { id: 4, deployedAt: '2026-01-01T11:00:00Z' },
    ],
  },
};

describe('statusPatch', () => {
  it('is nothing when only the clock moved', () => {
    expect(
      statusPatch(app, { ...app, status: { ...app.status, reconciledAt: '2026-01-01T13:00:00Z' } }),
    ).toBeUndefined();
  });

  it('holds changed fields only, with the clock along', () => {
    const status = {
      ...app.status,
      sync: { status: 'Synced' as const, revision: 'a' },
      reconciledAt: '2026-01-01T13:00:00Z',
    };
    expect(statusPatch(app, { ...app, status })).toEqual({
      metadata: { resourceVersion: '7' },
      status: { sync: { status: 'Synced' }, reconciledAt: '2026-01-01T13:00:00Z' },
    });
  });

  it('removes with null what is gone', () => {
    const { operation: _operation, ...rest } = app;
    const after = {
      ...rest,
      metadata: { ...app.metadata, annotations: { keep: 'x' } },
      status: { sync: { status: 'OutOfSync' as const } },
    };
    expect(statusPatch(app, after)).toEqual({
      metadata: { annotations: { 'argocd.argoproj.io/refresh': null }, resourceVersion: '7' },
      operation: null,
      status: { sync: { revision: null }, reconciledAt: null, history: null },
    });
  });

  it('is refused when somebody else wrote since, and replaces lists whole', () => {
    const after = { ...app, metadata: { ...app.metadata, finalizers: ['x'] } };
    expect(statusPatch(app, after)).toEqual({ metadata: { finalizers: ['x'], resourceVersion: '7' } });
  });
});

it.each([
  [{ a: 1 }, { a: 1 }, undefined],
  [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }, { a: { c: null } }],
  [{ a: [1, 2] }, { a: [1, 3] }, { a: [1, 3] }],
  [{ a: [{ b: 1 }] }, { a: [{ b: 1 }] }, undefined],
  [{}, { a: undefined }, undefined],
])('the merge patch from %j to %j is %j', (before, after, expected) => {
  expect(mergePatchOf(before, after)).toEqual(expected);
});

it('a condition keeps the time it first appeared with its words, and errors come first', () => {
  const before = [{ type: 'SyncError' as const, message: 'old', lastTransitionTime: 't0' }];
  expect(
    mergeConditions(
      before,
      [
        { type: 'OrphanedResourceWarning', message: 'new' },
        { type: 'SyncError', message: 'old' },
        { type: 'SyncError', message: 'old' },
      ],
      't1',
    ),
  ).toEqual([
    { type: 'SyncError', message: 'old', lastTransitionTime: 't0' },
    { type: 'OrphanedResourceWarning', message: 'new', lastTransitionTime: 't1' },
  ]);
});

describe('history', () => {
  const done: OperationState = {
    operation: { sync: {}, initiatedBy: { username: 'ada' } },
    phase: 'Succeeded',
    startedAt: '2026-01-01T12:00:00Z',
    finishedAt: '2026-01-01T12:01:00Z',
    syncResult: { revision: 'abc' },
  };

  it('grows by one id and keeps to the limit', () => {
    const { history, entry } = nextHistory(app, done);
    expect(history.map(({ id }) => id)).toEqual([4, 5]);
    expect(entry).toEqual({
      id: 5,
      revision: 'abc',
      deployStartedAt: done.startedAt,
      deployedAt: done.finishedAt,
      initiatedBy: { username: 'ada' },
    });
  });

  it('keeps nothing with a limit of 0', () => {
    expect(nextHistory({ ...app, spec: { ...app.spec, revisionHistoryLimit: 0 } }, done).history).toEqual([]);
  });

  it.each<[string, Partial<OperationState>, boolean]>([
    ['a success', {}, true],
    ['a failure', { phase: 'Failed' }, false],
    ['a dry run', { operation: { sync: { dryRun: true } } }, false],
    ['a selection', { operation: { sync: { resources: [{ kind: 'A', name: 'a' }] } } }, false],
  ])('%s is a deployment: %s', (_what, change, expected) => {
    expect(isDeployment({ ...done, ...change })).toBe(expected);
  });
});
