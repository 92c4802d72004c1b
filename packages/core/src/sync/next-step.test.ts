import { describe, expect, it } from 'vitest';
import type { Health } from '../health/health.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey } from '../kubernetes/resource-key.ts';
import { nextStep, type SyncObservation } from './next-step.ts';
import type { ResourceResult, SyncPhase, SyncPlan, SyncTask } from './sync-plan.ts';
import { orderTasks } from './waves.ts';

const options: SyncTask['options'] = {
  replace: false,
  force: false,
  validate: true,
  skipDryRunOnMissingResource: false,
  clientSideApplyMigration: true,
  propagation: 'Foreground',
};

function task(name: string, wave = 0, more: Partial<SyncTask> = {}): SyncTask {
  return {
    key: { group: 'apps', kind: 'Deployment', namespace: 'shop', name },
    version: 'v1',
    phase: 'Sync',
    wave,
    action: 'update',
    target: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } },
    options,
    warnings: [],
    ...more,
  };
}

function hook(name: string, phase: SyncPhase): SyncTask {
  return task(name, 0, { phase, action: 'hook', hookType: phase, hookDeletePolicies: ['BeforeHookCreation'] });
}

function plan(...tasks: SyncTask[]): SyncPlan {
  return { revision: 'abc', phases: orderTasks(tasks, { pruneLast: false }), problems: [], runsHooks: true };
}

function result(name: string, more: Partial<ResourceResult> = {}): ResourceResult {
  return {
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    namespace: 'shop',
    name,
    syncPhase: 'Sync',
    status: 'Synced',
    hookPhase: 'Succeeded',
    ...more,
  };
}

function live(name: string, metadata: Partial<KubernetesObject['metadata']> = {}): KubernetesObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop', ...metadata } };
}

function observed(
  results: ResourceResult[],
  objects: KubernetesObject[] = [],
  health: Health['status'] | undefined = 'Healthy',
  more: Partial<SyncObservation> = {},
): SyncObservation {
  const byKey = new Map(objects.map((object) => [`apps/Deployment/shop/${object.metadata.name}`, object]));
  return {
    attemptId: 'attempt#0',
    startedAt: '2026-01-01T12:00:00Z',
    isTerminating: false,
    results,
    live: (key) => byKey.get(formatResourceKey(key)),
    assessHealth: () => (health === undefined ? undefined : { status: health, message: 'because' }),
    approvedAt: undefined,
    now: new Date('2026-01-01T12:00:10Z'),
    settleSeconds: 2,
    ...more,
  };
}

const running = (name: string): ResourceResult => result(name, { hookPhase: 'Running' });
const twoWaves = plan(task('one', 0), task('two', 1));

describe('nextStep', () => {
  it('begins with the lowest wave of the first phase', () => {
    const step = nextStep(plan(task('b', 1), task('a', -1), hook('h', 'PostSync')), observed([]));
    expect(step).toMatchObject({ do: 'run', phase: 'Sync', wave: -1, isLast: false });
  });

  it.each<[Health['status'] | undefined, string]>([
    ['Progressing', 'wait'],
    ['Suspended', 'wait'],
    ['Missing', 'wait'],
    ['Unknown', 'wait'],
    ['Degraded', 'finish'],
    ['Healthy', 'run'],
    [undefined, 'run'],
  ])('between waves, health %s means %s', (health, expected) => {
    expect(nextStep(twoWaves, observed([running('one')], [live('one')], health)).do).toBe(expected);
  });

  it("says in Argo CD's words what it waits for", () => {
    const step = nextStep(
      plan(task('one'), task('other'), task('two', 1)),
      observed([running('one'), running('other')], [live('one'), live('other')], 'Progressing'),
    );
    expect(step).toMatchObject({
      do: 'wait',
      message: 'waiting for healthy state of apps/Deployment/one and 1 more resources',
    });
    const hooks = observed(
      [result('h', { syncPhase: 'PreSync', hookType: 'PreSync', hookPhase: 'Running' })],
      [live('h')],
      'Progressing',
    );
    expect(nextStep(plan(hook('h', 'PreSync'), task('one')), hooks)).toMatchObject({
      do: 'wait',
      message: 'waiting for completion of hook apps/Deployment/h',
    });
  });

  it('finishes when the last wave is applied, without waiting for its health', () => {
    const done = observed([result('one'), result('two')], [live('one'), live('two')], 'Progressing');
    expect(nextStep(twoWaves, done)).toMatchObject({
      do: 'finish',
      phase: 'Succeeded',
      message: 'successfully synced (all tasks run)',
    });
  });

  it('with nothing to do at all says so', () => {
    expect(nextStep(plan(), observed([]))).toMatchObject({
      do: 'finish',
      message: 'successfully synced (no more tasks)',
    });
  });

  it('fails when what it waits for has disappeared', () => {
    expect(nextStep(twoWaves, observed([running('one')]))).toMatchObject({
      do: 'finish',
      phase: 'Failed',
      message: expect.stringContaining('is missing, it might have been deleted'),
    });
  });

  it('does not believe a status that is older than the change', () => {
    const stale = { ...live('one', { generation: 2 }), status: { observedGeneration: 1 } };
    expect(nextStep(twoWaves, observed([running('one')], [stale])).do).toBe('wait');
  });

  it('gives a custom resource that cannot tell some time, and asks to look again', () => {
    const managed = [{ manager: 'argocd-controller', operation: 'Apply' as const, time: '2026-01-01T12:00:09Z' }];
    const custom = {
      ...live('one', { generation: 2, managedFields: managed }),
      apiVersion: 'example.com/v1',
      status: {},
    };
    expect(nextStep(twoWaves, observed([running('one')], [custom]))).toMatchObject({ do: 'wait', recheckIn: 2_000 });
    const skewed = { now: new Date('2026-01-01T11:50:00Z') };
    expect(nextStep(twoWaves, observed([running('one')], [custom], 'Healthy', skewed)).do).toBe('run');
    const later = { now: new Date('2026-01-01T12:00:12Z') };
    expect(nextStep(twoWaves, observed([running('one')], [custom], 'Healthy', later)).do).toBe('run');
  });

  it('waits until what was pruned is gone before the next wave', () => {
    const pruned = result('old', { status: 'Pruned' });
    expect(nextStep(twoWaves, observed([pruned], [live('old')]))).toMatchObject({
      do: 'wait',
      message: 'waiting for deletion of apps/Deployment/old',
    });
    expect(nextStep(twoWaves, observed([pruned]))).toMatchObject({ do: 'run' });
  });

  it('knows a hook of this attempt whose result was lost, and leaves that of another alone', () => {
    const mine = live('h', { annotations: { 'lockstep.dev/operation': 'attempt#0' } });
    expect(nextStep(plan(hook('h', 'PreSync'), task('one')), observed([], [mine], 'Progressing')).do).toBe('wait');
    const other = live('h', { annotations: { 'lockstep.dev/operation': 'before#0' } });
    expect(nextStep(plan(hook('h', 'PreSync'), task('one')), observed([], [other], 'Progressing')).do).toBe('run');
  });

  it('runs SyncFail hooks after a failure, then fails', () => {
    const withClean = plan(task('one'), hook('clean', 'SyncFail'));
    const failed = result('one', { status: 'SyncFailed', hookPhase: 'Failed', message: 'denied' });
    expect(nextStep(withClean, observed([failed]))).toMatchObject({ do: 'run', phase: 'SyncFail' });
    const cleaned = result('clean', { syncPhase: 'SyncFail', hookType: 'SyncFail' });
    expect(nextStep(withClean, observed([failed, cleaned]))).toMatchObject({
      do: 'finish',
      phase: 'Failed',
      message: 'one or more objects failed to apply, reason: denied',
    });
  });

  it('leaves SyncFail hooks alone when all goes well', () => {
    expect(nextStep(plan(task('one'), hook('clean', 'SyncFail')), observed([result('one')])).do).toBe('finish');
  });

  it('waits for a confirmation given after the operation began', () => {
    const confirm = plan(task('old', 0, { action: 'prune', needsConfirmation: true }));
    expect(nextStep(confirm, observed([]))).toMatchObject({
      do: 'wait',
      message: 'waiting for pruning confirmation of apps/Deployment/old',
    });
    expect(nextStep(confirm, observed([], [], 'Healthy', { approvedAt: '2026-01-01T11:00:00Z' })).do).toBe('wait');
    expect(nextStep(confirm, observed([], [], 'Healthy', { approvedAt: '2026-01-01T12:00:00Z' })).do).toBe('run');
  });

  it('waits for an object that is being deleted before it creates it again', () => {
    const again = plan(task('one', 0, { action: 'recreate' }));
    const leaving = live('one', { deletionTimestamp: '2026-01-01T12:00:00Z' });
    expect(nextStep(again, observed([], [leaving]))).toMatchObject({
      do: 'wait',
      message: 'waiting for deletion of apps/Deployment/one',
    });
  });

  it('terminates before anything else', () => {
    expect(nextStep(twoWaves, observed([], [], 'Healthy', { isTerminating: true })).do).toBe('terminate');
  });
});
