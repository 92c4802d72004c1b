import { describe, expect, it } from 'vitest';
import { FINALIZER_HOOK } from '../kubernetes/annotations.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { AUTOMATED, configMap, deployment, hook, job, requestSync, setUp, synced, wave } from './fake-scene.ts';

const FOREIGN = 'example.com/keep';

describe('the delete policy of a hook', () => {
  it.each([
    ['HookFailed', 'good', true],
    ['HookFailed', 'bad', false],
    ['HookSucceeded', 'good', false],
    ['HookSucceeded', 'bad', true],
    [undefined, 'good', true],
    [undefined, 'bad', true],
  ] as const)('%s, after a %s end: kept is %s', async (policy, outcome, isKept) => {
    const { world, key, run, cluster, status } = setUp({}, { 'deploy/job.yaml': job('migrate', hook('Sync', policy)) });
    requestSync(world, key);
    await run();
    cluster.complete('Job', 'migrate', outcome);
    await run();
    expect(status().operationState?.phase).toBe(outcome === 'good' ? 'Succeeded' : 'Failed');
    expect(cluster.names()).toEqual(isKept ? ['Job/migrate'] : []);
    if (isKept) expect(cluster.get('Job', 'migrate')?.metadata.finalizers ?? []).not.toContain(FINALIZER_HOOK);
  });

  it('goes by the operation and not by the hook: HookFailed deletes one that succeeded before another failed', async () => {
    const { world, key, run, cluster, status } = setUp(
      {},
      {
        'deploy/first.yaml': job('first', { ...hook('PreSync', 'HookFailed'), ...wave(0) }),
        'deploy/second.yaml': job('second', { ...hook('PreSync', 'HookSucceeded'), ...wave(1) }),
      },
    );
    requestSync(world, key);
    await run();
    cluster.complete('Job', 'first');
    await run();
    cluster.complete('Job', 'second', 'bad');
    await run();
    expect(status().operationState?.phase).toBe('Failed');
    expect(cluster.names()).toEqual(['Job/second']);
  });
});

it.each([undefined, 'BeforeHookCreation'])(
  'waits for the old hook while the finalizer of somebody else holds it, with the policy %s',
  async (policy) => {
    const { world, key, run, cluster, status } = setUp({}, { 'deploy/job.yaml': job('migrate', hook('Sync', policy)) });
    requestSync(world, key);
    await run();
    cluster.complete('Job', 'migrate');
    await run();
    cluster.update('Job', 'migrate', { metadata: { finalizers: [FOREIGN] } });
    const uid = cluster.get('Job', 'migrate')?.metadata.uid;
    world.advance(60);
    requestSync(world, key);
    for (let pass = 0; pass < 3; pass += 1) {
      await run();
      expect(status().operationState).toMatchObject({
        phase: 'Running',
        message: 'waiting for deletion of batch/Job/migrate',
      });
    }
    expect(cluster.get('Job', 'migrate')?.metadata).toMatchObject({ uid, finalizers: [FOREIGN] });
    cluster.remove(cluster.get('Job', 'migrate') as KubernetesObject);
    await run();
    expect(cluster.get('Job', 'migrate')?.metadata.uid).not.toBe(uid);
    cluster.complete('Job', 'migrate');
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
  },
);

it('runs every hook of one generateName, each under its own name', async () => {
  const generated = (image: string) =>
    job('migrate', hook('PreSync')).replace('name: migrate', 'generateName: migrate-').replace('job:1', image);
  const { world, key, run, cluster, status } = setUp(
    {},
    {
      'deploy/a.yaml': generated('first:1'),
      'deploy/b.yaml': generated('second:1'),
    },
  );
  requestSync(world, key);
  await run();
  expect(cluster.names()).toHaveLength(2);
  expect(status().conditions ?? []).toEqual([]);
  for (const name of cluster.names()) cluster.complete('Job', name.slice('Job/'.length));
  await run();
  expect(status().operationState?.phase).toBe('Succeeded');
});

it('of a hook and a resource of one name the last one counts, and the other is warned about', async () => {
  const { status, cluster } = await synced(AUTOMATED, {
    'deploy/a.yaml': job('migrate', { ...hook('PreSync'), ...wave(-1) }),
    'deploy/b.yaml': job('migrate', wave(3)),
  });
  expect(status().resources).toMatchObject([{ kind: 'Job', name: 'migrate', syncWave: 3 }]);
  expect(status().conditions?.map(({ type }) => type)).toEqual(['RepeatedResourceWarning']);
  expect(cluster.get('Job', 'migrate')?.metadata.annotations).not.toHaveProperty(['argocd.argoproj.io/hook']);
});

it('a kind that something of an earlier wave brings is planned anew before it is applied', async () => {
  const widget = configMap('w', 'x', {
    ...wave(1),
    'argocd.argoproj.io/sync-options': 'SkipDryRunOnMissingResource=true',
  })
    .replace('apiVersion: v1', 'apiVersion: example.com/v1')
    .replace('ConfigMap', 'Widget');
  const { world, run, cluster, status } = setUp(AUTOMATED, {
    'deploy/operator.yaml': deployment('operator', wave(0)),
    'deploy/widget.yaml': widget,
  });
  await run();
  cluster.store({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', names: { kind: 'Widget' } },
  });
  cluster.complete('Deployment', 'operator');
  const found = await run();
  expect(found.requeueAfter).toBe(0);
  expect(world.requests).not.toContain('APPLY Widget/w');
  await run();
  expect(world.requests).toContain('APPLY Widget/w');
  expect(status().operationState?.phase).toBe('Succeeded');
});
