import { describe, expect, it } from 'vitest';
import type { Application, ResourceResult } from '../../../lib/api-types.ts';
import { operationBoard } from './operation-board.ts';

const result = (name: string, rest: Partial<ResourceResult> = {}): ResourceResult => ({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'n',
  name,
  status: 'Synced',
  syncPhase: 'Sync',
  ...rest,
});
const app = (phase: 'Running' | 'Failed', results: ResourceResult[]): Application => ({
  metadata: { name: 'shop', namespace: 'argocd' },
  spec: { project: 'default', destination: {} },
  status: {
    resources: [
      {
        kind: 'Deployment',
        version: 'v1',
        name: 'api',
        namespace: 'n',
        syncWave: 1,
        health: { status: 'Progressing', message: '1 of 3 ready' },
      },
      { kind: 'ConfigMap', version: 'v1', name: 'late', namespace: 'n', syncWave: 2 },
    ],
    operationState: {
      operation: { sync: {} },
      phase,
      startedAt: '2026-01-01T00:00:00Z',
      syncResult: { revision: 'x', resources: results },
    },
  },
});
const hook = result('migrate', { kind: 'Job', syncPhase: 'PreSync', hookType: 'PreSync', hookPhase: 'Succeeded' });
const api = result('api', { kind: 'Deployment', hookPhase: 'Running' });

describe('operationBoard', () => {
  it('orders phases and waves and shows what has not been reached', () => {
    const board = operationBoard(app('Running', [api, hook, result('a')]));
    expect(board.phases.map(({ phase, waves }) => [phase, waves.map((wave) => wave.wave)])).toEqual([
      ['PreSync', [0]],
      ['Sync', [0, 1, 2]],
    ]);
    expect(board.phases[1]?.waves[2]?.cards[0]).toMatchObject({ state: 'queued' });
    expect([board.done, board.total]).toEqual([2, 4]);
  });

  it('says what the wave waits for', () => {
    expect(operationBoard(app('Running', [api])).blockedBy).toBe('Sync wave 1 waits for Deployment api: 1 of 3 ready');
  });

  it('puts failures first and queues nothing once it ended', () => {
    const board = operationBoard(
      app('Failed', [result('a'), result('b', { status: 'SyncFailed', message: 'denied' })]),
    );
    expect(board.phases[0]?.waves[0]?.cards.map((card) => card.state)).toEqual(['failed', 'done']);
    expect(board.blockedBy).toBeUndefined();
    expect(board.total).toBe(2);
  });
});
