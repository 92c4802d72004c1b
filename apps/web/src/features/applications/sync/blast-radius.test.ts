import { describe, expect, it } from 'vitest';
import type { Plan, PlanTask } from '../../../lib/api-types.ts';
import { blastRadius, movedTasks } from './blast-radius.ts';

const task = (rest: Partial<PlanTask>): PlanTask => ({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'n',
  name: 'x',
  action: 'prune',
  warnings: [],
  ...rest,
});
const plan = (...tasks: PlanTask[]) => ({ phases: [{ phase: 'Sync', waves: [{ wave: 0, tasks }] }] }) as Plan;

describe('blastRadius', () => {
  it('lets a few namespaced deletions through with a button', () => {
    expect(blastRadius(plan(task({}), task({ action: 'update', kind: 'Namespace' }))).confirm).toBe('button');
  });

  it('asks to type the name when data or a namespace goes', () => {
    expect(blastRadius(plan(task({ kind: 'PersistentVolumeClaim', name: 'db' })))).toEqual({
      confirm: 'typed',
      reasons: ['PersistentVolumeClaim db and what it holds will be deleted'],
    });
    expect(blastRadius(plan(task({ kind: 'StatefulSet', action: 'recreate' }))).confirm).toBe('typed');
  });

  it('asks to type the name when many go', () => {
    expect(blastRadius(plan(...Array.from({ length: 6 }, (_, index) => task({ name: `c${index}` })))).confirm).toBe(
      'typed',
    );
  });

  it('asks to type the name when nothing would be left, and says that and not the number', () => {
    const all = plan(...Array.from({ length: 6 }, (_, index) => task({ name: `c${index}` })));
    expect(blastRadius({ ...all, confirmation: 'the source renders to nothing' })).toEqual({
      confirm: 'typed',
      reasons: ['The source renders to nothing'],
    });
  });

  it('does not count what will be left alone', () => {
    expect(blastRadius(plan(task({ kind: 'Namespace', skipReason: 'ignored (requires pruning)' }))).confirm).toBe(
      'button',
    );
  });
});

describe('movedTasks', () => {
  it('names what is new or different, and nothing that stayed', () => {
    const before = plan(task({ name: 'a', after: '1' }), task({ name: 'b', after: '1' }));
    const after = plan(task({ name: 'a', after: '1' }), task({ name: 'b', after: '2' }), task({ name: 'c' }));
    expect([...movedTasks(before, after)]).toEqual(['/ConfigMap/n/b', '/ConfigMap/n/c']);
  });
});
