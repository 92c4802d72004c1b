import { describe, expect, it } from 'vitest';
import type { Application } from '../../../lib/api-types.ts';
import { sentenceText, truthSentence } from './truth-sentence.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const revision = 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678';
const app = (status: Application['status'], auto = false): Application => ({
  metadata: { name: 'shop', namespace: 'argocd' },
  spec: { project: 'default', destination: {}, ...(auto && { syncPolicy: { automated: {} } }) },
  ...(status && { status }),
});
const deployed = { history: [{ id: 1, revision, deployedAt: '2026-03-01T10:00:00Z' }] };
const say = (value: Application) =>
  sentenceText(
    truthSentence(value, { message: 'Fix tax rounding\n\nLong text', author: 'Ada <ada@example.com>' }, now),
  );

describe('truthSentence', () => {
  it('says what runs, by whom and since when', () => {
    expect(say(app({ ...deployed, health: { status: 'Healthy' }, sync: { status: 'Synced' } }))).toBe(
      'Healthy. Running a1b2c3d “Fix tax rounding” by Ada, deployed 2 h ago. That is what Git wants.',
    );
  });

  it('names the unhealthy resource and what will happen about drift', () => {
    const status = {
      ...deployed,
      health: { status: 'Degraded' as const },
      sync: { status: 'OutOfSync' as const },
      resources: [
        {
          kind: 'Deployment',
          name: 'api',
          version: 'v1',
          status: 'OutOfSync' as const,
          health: { status: 'Degraded' as const },
        },
      ],
    };
    expect(say(app(status))).toMatch(/^Degraded: Deployment api\. .* Git wants 1 change; automatic sync is off\.$/);
    expect(say(app(status, true))).toMatch(/automatic sync will apply it\.$/);
    const held = app(status, true);
    held.metadata.annotations = { 'lockstep.dev/hold': '{"historyId":1,"reason":"bug"}' };
    expect(say(held)).toMatch(/automatic sync is held\.$/);
  });

  it('says that nothing was deployed and that Git could not be compared', () => {
    expect(say(app(undefined))).toBe(
      'Health is not known. Nothing has been deployed yet. It could not be compared with Git.',
    );
  });

  it('follows a running operation instead of the last deployment', () => {
    const status = {
      ...deployed,
      operationState: {
        operation: { initiatedBy: { username: 'ada' } },
        phase: 'Running' as const,
        startedAt: '2026-03-01T11:59:00Z',
        syncResult: { revision },
      },
    };
    expect(say(app(status))).toContain('Syncing to a1b2c3d, started 1 min ago by ada.');
  });

  it('does not promise what automatic sync will not do', () => {
    const status = { ...deployed, health: { status: 'Healthy' as const }, sync: { status: 'OutOfSync' as const } };
    const refused = app({ ...status, conditions: [{ type: 'SyncError', message: 'Skipping sync attempt' }] }, true);
    expect(say(refused)).toMatch(/automatic sync did not apply it\.$/);
    expect(sentenceText(truthSentence(app(status, true), undefined, now, false))).toMatch(
      /automatic sync waits for a sync window to apply it\.$/,
    );
  });

  it('says what a running operation waits for, and that the application goes away', () => {
    const waiting = (message: string, finishedAt?: string) =>
      app({
        ...deployed,
        sync: { status: 'OutOfSync' },
        operationState: {
          operation: {},
          phase: 'Running',
          startedAt: '2026-03-01T11:50:00Z',
          message,
          ...(finishedAt && { finishedAt }),
          syncResult: { revision },
        },
      });
    expect(say(waiting('x failed. Retrying attempt #2 at 12:10PM.', '2026-03-01T11:55:00Z'))).toMatch(
      /The sync to a1b2c3d, started 10 min ago automatically, failed and is tried again in 10 min\. $/,
    );
    expect(say(waiting('waiting for pruning confirmation of /ConfigMap/a'))).toMatch(/waits for a confirmation\. $/);
    const going = app({ ...deployed, sync: { status: 'Synced' } });
    going.metadata.deletionTimestamp = '2026-03-01T11:00:00Z';
    expect(say(going)).toMatch(/It is being deleted\.$/);
  });
});
