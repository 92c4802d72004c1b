import { describe, expect, it } from 'vitest';
import { tasksOf } from '../sync/sync-plan.ts';
import { FakeWorld } from './fake-world.ts';
import { planApplication } from './plan-application.ts';
import { reconcileApplication } from './reconcile-application.ts';

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: "${value}"}\n`;
}

async function deployed() {
  const world = new FakeWorld();
  world.push('aaaaaaa1', { 'deploy/a.yaml': configMap('a', '1'), 'deploy/b.yaml': configMap('b', '1') });
  const key = world.addApplication({ syncPolicy: { automated: {} } });
  await reconcileApplication(world, key);
  world.requests.length = 0;
  return { world, key };
}

describe('planApplication', () => {
  it('says what a sync would do and does nothing', async () => {
    const { world, key } = await deployed();
    world.push('bbbbbbb2', { 'deploy/a.yaml': configMap('a', '2'), 'deploy/c.yaml': configMap('c', '1') });
    const { plan, revisions } = await planApplication(world, key, { prune: true });
    expect(revisions).toEqual(['bbbbbbb2']);
    expect(tasksOf(plan).map(({ action, key: { name } }) => `${action} ${name}`)).toEqual([
      'prune b',
      'update a',
      'create c',
    ]);
    expect(world.requests).toEqual(['DRYRUN ConfigMap/a']);
  });

  it('plans a rollback to an earlier revision', async () => {
    const { world, key } = await deployed();
    world.push('bbbbbbb2', { 'deploy/a.yaml': configMap('a', '2') });
    await reconcileApplication(world, key);
    const { plan, revisions } = await planApplication(world, key, { revision: 'aaaaaaa1' });
    expect(revisions).toEqual(['aaaaaaa1']);
    expect(tasksOf(plan).map(({ action, key: { name } }) => `${action} ${name}`)).toEqual(['update a', 'unchanged b']);
  });

  it('keeps its id while nothing moves and changes it when something does', async () => {
    const { world, key } = await deployed();
    world.push('bbbbbbb2', { 'deploy/a.yaml': configMap('a', '2'), 'deploy/b.yaml': configMap('b', '1') });
    const first = await planApplication(world, key, {});
    world.advance(60);
    expect((await planApplication(world, key, {})).id).toBe(first.id);
    world.cluster.update('ConfigMap', 'a', { data: { value: 'hand' } });
    expect((await planApplication(world, key, {})).id).not.toBe(first.id);
  });

  it('refuses what cannot be compared, with the reason', async () => {
    const { world, key } = await deployed();
    world.push('bbbbbbb2', { 'deploy/a.yaml': 'kind: ConfigMap\n' });
    await expect(planApplication(world, key, {})).rejects.toThrow(/deploy\/a\.yaml:1: .*apiVersion/);
  });
});
