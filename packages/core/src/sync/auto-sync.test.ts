import { describe, expect, it } from 'vitest';
import type { Application, ApplicationStatus } from '../application/application.ts';
import type { Retry, SyncOperation } from '../application/operation.ts';
import type { ResourceComparison } from '../compare/comparison.ts';
import { DEFAULT_SETTINGS } from '../settings/default-settings.ts';
import { type AutoSyncInput, decideAutoSync } from './auto-sync.ts';
import { ANNOTATION_HOLD } from './hold.ts';

const source = { repoURL: 'https://git.example.com/app', path: 'deploy' };

function resource(name: string, change: Partial<ResourceComparison> = {}): ResourceComparison {
  return {
    key: { group: 'apps', kind: 'Deployment', namespace: 'shop', name },
    version: 'v1',
    status: 'OutOfSync',
    isHook: false,
    requiresPruning: false,
    requiresDeletionConfirmation: false,
    syncWave: 0,
    ...change,
  };
}

type Automated = NonNullable<NonNullable<Application['spec']['syncPolicy']>['automated']>;

function decide(change: {
  automated?: Automated;
  last?: Partial<NonNullable<ApplicationStatus['operationState']>>;
  resources?: ResourceComparison[];
  status?: AutoSyncInput['comparison']['status'];
  annotations?: Record<string, string>;
  window?: Partial<AutoSyncInput['window']>;
  history?: ApplicationStatus['history'];
  retry?: Retry;
  at?: string;
}) {
  const application: Application = {
    apiVersion: '',
    kind: 'Application',
    metadata: { name: 'web', annotations: change.annotations ?? {} },
    spec: {
      project: 'default',
      destination: {},
      source,
      syncPolicy: {
        automated: change.automated ?? {},
        syncOptions: ['PruneLast=true'],
        ...(change.retry === undefined ? {} : { retry: change.retry }),
      },
    },
    ...(change.last === undefined
      ? {}
      : {
          status: {
            history: change.history ?? [],
            operationState: {
              operation: { sync: {} },
              phase: 'Succeeded',
              startedAt: '2026-01-01T11:59:00Z',
              finishedAt: '2026-01-01T12:00:00Z',
              syncResult: { revision: 'abc', source },
              ...change.last,
            },
          },
        }),
  };
  return decideAutoSync({
    application,
    comparison: {
      status: change.status ?? 'OutOfSync',
      resources: change.resources ?? [resource('web')],
      health: { status: 'Healthy' },
      conditions: [],
    },
    revisions: ['abc'],
    sources: [source],
    window: { allowed: true, blockedBy: [], changesAt: undefined, problems: [], ...change.window },
    settings: DEFAULT_SETTINGS,
    now: new Date(change.at ?? '2026-01-01T12:00:00Z'),
  });
}

const pruneOnly = [resource('old', { requiresPruning: true })];
const healing = { selfHeal: true };

describe('decideAutoSync', () => {
  it('deploys a revision that was never tried, with the options and the retry of an automated sync', () => {
    expect(decide({ automated: { prune: true } })).toEqual({
      sync: true,
      reason: 'new revision',
      operation: {
        sync: { revision: 'abc', prune: true, syncOptions: ['PruneLast=true'] },
        initiatedBy: { automated: true },
        retry: { limit: 5 },
      },
    });
  });

  it.each<[string, Parameters<typeof decide>[0]]>([
    ['auto-sync is turned off', { automated: { enabled: false } }],
    ['everything is in sync', { status: 'Synced' }],
    ['the status is unknown', { status: 'Unknown' }],
    ['the application is held', { annotations: { [ANNOTATION_HOLD]: '{"resume":"manual"}' } }],
    ['only prunes are left and prune is off', { resources: pruneOnly }],
    ['the revision was deployed and drift is left alone', { last: {} }],
    [
      'what is left is on its way out',
      {
        automated: { prune: true, selfHeal: true },
        resources: [
          resource('web', { status: 'Synced' }),
          resource('old', {
            requiresPruning: true,
            live: { apiVersion: 'v1', kind: 'A', metadata: { deletionTimestamp: 't' } },
          }),
        ],
      },
    ],
  ])('does nothing when %s', (_title, change) => {
    expect(decide(change)).toEqual({ sync: false });
  });

  it('looks again when a blocking window changes', () => {
    expect(decide({ window: { allowed: false, changesAt: 42 } })).toEqual({ sync: false, retryAt: 42 });
  });

  it('tries a revision again when its source has changed', () => {
    const last = { syncResult: { revision: 'abc', source: { ...source, path: 'other' } } };
    expect(decide({ last })).toMatchObject({ sync: true, reason: 'new revision' });
  });

  it('tries a failed revision again after a growing wait, whole and with the time said, with or without self-heal', () => {
    for (const automated of [{}, healing]) {
      const failed = (earlier: number) => ({
        phase: 'Failed' as const,
        message: 'it broke',
        operation: { sync: { autoHealAttemptsCount: earlier } },
      });
      expect(decide({ automated, last: failed(2) })).toEqual({
        sync: false,
        retryAt: Date.parse('2026-01-01T12:00:06Z'),
        condition: {
          type: 'SyncError',
          message:
            'Failed last sync attempt to [abc]: it broke. It is tried again at 2026-01-01T12:00:06Z; correct the source to end it',
        },
      });
      const again = decide({ automated, last: failed(2), at: '2026-01-01T12:00:06Z' });
      expect(again).toMatchObject({ sync: true, reason: 'retry', operation: { sync: { autoHealAttemptsCount: 3 } } });
      expect(again.sync && again.operation.sync?.resources).toBeUndefined();
    }
  });

  it.each<[string, Parameters<typeof decide>[0]]>([
    ['was ended by a person', { last: { phase: 'Failed', message: 'Operation terminated' } }],
    [
      'was ended by a person in a retry',
      { last: { phase: 'Failed', message: 'Operation terminated (retried 1 times).' } },
    ],
    ['is not to be repeated', { last: { phase: 'Failed', message: 'it broke' }, retry: { limit: 0 } }],
  ])('says why a revision is not tried again when its attempt %s', (_title, change) => {
    expect(decide({ automated: healing, at: '2026-01-01T15:00:00Z', ...change })).toEqual({
      sync: false,
      condition: {
        type: 'SyncError',
        message: expect.stringMatching(
          /^Failed last sync attempt to \[abc\]: .*\. Correct the source and push, or start a sync$/,
        ),
      },
    });
  });

  it.each<[string, SyncOperation]>([
    ['a dry run', { dryRun: true }],
    ['local manifests', { manifests: ['{}'] }],
    ['selected resources', { resources: [{ kind: 'ConfigMap', name: 'web' }] }],
  ])('does not take %s for an attempt of the revision', (_title, sync) => {
    const last = { operation: { sync } };
    expect(decide({ last })).toMatchObject({ sync: true, reason: 'new revision' });
    const history = [{ id: 0, deployedAt: '2026-01-01T11:00:00Z', revision: 'abc', source }];
    expect(decide({ last, history })).toEqual({ sync: false });
  });

  it('heals the drifted resources alone, at once the first time', () => {
    const resources = [resource('web'), resource('fine', { status: 'Synced' })];
    expect(decide({ automated: healing, last: {}, resources })).toMatchObject({
      sync: true,
      reason: 'self-heal',
      operation: {
        sync: {
          autoHealAttemptsCount: 1,
          resources: [{ group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }],
        },
      },
    });
  });

  it.each([
    [1, 2],
    [2, 6],
    [3, 18],
    [5, 162],
    [6, 300],
    [60, 300],
  ])('after %i heals in a row waits %i seconds', (autoHealAttemptsCount, seconds) => {
    const last = { operation: { sync: { autoHealAttemptsCount } } };
    const finishedAt = Date.parse('2026-01-01T12:00:00Z');
    expect(decide({ automated: healing, last })).toEqual({ sync: false, retryAt: finishedAt + seconds * 1000 });
    const at = new Date(finishedAt + seconds * 1000).toISOString();
    expect(decide({ automated: healing, last, at })).toMatchObject({ sync: true, reason: 'self-heal' });
  });

  it('with self-heal repeats a failed attempt whole, after a wait', () => {
    const last = { phase: 'Failed' as const, message: 'it broke' };
    expect(decide({ automated: healing, last })).toMatchObject({ sync: false, condition: { type: 'SyncError' } });
    const later = decide({ automated: healing, last, at: '2026-01-01T12:00:02Z' });
    expect(later).toMatchObject({ sync: true, reason: 'retry' });
    expect(later.sync && later.operation.sync?.resources).toBeUndefined();
  });

  it('refuses to prune everything, unless an empty application is meant', () => {
    expect(decide({ automated: { prune: true }, resources: pruneOnly })).toMatchObject({
      sync: false,
      condition: {
        message: expect.stringMatching(
          /^Skipping sync attempt to \[abc\]: auto-sync will wipe out all resources\. Set/,
        ),
      },
    });
    expect(decide({ automated: { prune: true, allowEmpty: true }, resources: pruneOnly })).toMatchObject({
      sync: true,
    });
  });
});
