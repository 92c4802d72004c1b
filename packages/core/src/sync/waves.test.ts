import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { SyncPlan, SyncTask } from './sync-plan.ts';
import { orderTasks } from './waves.ts';

function task(text: string, more: Partial<SyncTask> = {}): SyncTask {
  const [kind = '', name = '', wave = '0', action = 'update'] = text.split(' ');
  const group = kind === 'CustomResourceDefinition' ? 'apiextensions.k8s.io' : '';
  const object: KubernetesObject = { apiVersion: group === '' ? 'v1' : `${group}/v1`, kind, metadata: { name } };
  return {
    key: { group, kind, namespace: kind === 'Namespace' ? '' : 'shop', name },
    version: 'v1',
    phase: 'Sync',
    wave: Number(wave),
    action: action as SyncTask['action'],
    ...(action === 'prune' ? { live: object } : { target: object }),
    options: {
      replace: false,
      force: false,
      validate: true,
      skipDryRunOnMissingResource: false,
      clientSideApplyMigration: true,
      propagation: 'Foreground',
    },
    warnings: [],
    ...more,
  };
}

function described(phases: SyncPlan['phases']): string[] {
  return phases.flatMap(({ phase, waves }) =>
    waves.map(
      ({ wave, tasks }) =>
        `${phase} ${wave}: ${tasks.map(({ key, action }) => `${action === 'prune' ? '-' : ''}${key.name}`).join(' ')}`,
    ),
  );
}

function order(tasks: SyncTask[], pruneLast = false): string[] {
  return described(orderTasks(tasks, { pruneLast }));
}

describe('orderTasks', () => {
  it('orders phases, then waves, then kinds, then names', () => {
    expect(
      order([
        task('Service s'),
        task('Deployment d'),
        task('ConfigMap b'),
        task('ConfigMap a'),
        task('Widget w'),
        task('Secret early -1'),
        task('Job after', { phase: 'PostSync' }),
        task('Job before 7', { phase: 'PreSync' }),
      ]),
    ).toEqual(['PreSync 7: before', 'Sync -1: early', 'Sync 0: a b s d w', 'PostSync 0: after']);
  });

  it('prunes before it applies within a wave', () => {
    expect(order([task('ConfigMap new'), task('Deployment old 0 prune')])).toEqual(['Sync 0: -old new']);
  });

  it('prunes in the mirror image of creation', () => {
    expect(order([task('A first 0 prune'), task('A second 1 prune'), task('A fifth 5 prune')])).toEqual([
      'Sync 0: -fifth',
      'Sync 1: -second',
      'Sync 5: -first',
    ]);
  });

  it('prunes last when asked to, by the application or by the resource', () => {
    expect(order([task('A x 3'), task('A old 0 prune')], true)).toEqual(['Sync 3: x', 'Sync 4: -old']);
    const annotated = task('A old 0 prune');
    const live: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'A',
      metadata: { name: 'old', annotations: { 'argocd.argoproj.io/sync-options': 'PruneLast=true' } },
    };
    expect(order([task('A x 3'), { ...annotated, live }])).toEqual(['Sync 3: x', 'Sync 4: -old']);
  });

  it('moves a namespace up to the first task inside it', () => {
    expect(order([task('Namespace shop 5'), task('Job hook -2', { phase: 'PreSync' }), task('ConfigMap a')])).toEqual([
      'PreSync -2: shop hook',
      'Sync 0: a',
    ]);
  });

  it('moves a definition up to its first object', () => {
    const definition = task('CustomResourceDefinition widgets 3');
    (definition.target as KubernetesObject)['spec'] = { group: '', names: { kind: 'Widget' } };
    expect(order([definition, task('Widget w -1')])).toEqual(['Sync -1: widgets w']);
  });
});
