import { describe, expect, it } from 'vitest';
import { AUTOMATED, configMap, hook, job, requestSync, setUp, synced } from './fake-scene.ts';
import { planApplication } from './plan-application.ts';

const local = (...manifests: string[]) => ({ manifests });

describe('a sync with local manifests', () => {
  it('applies them with hooks and options, deletes nothing unasked, and is a deployment of no revision', async () => {
    const { world, key, run, cluster, status } = await synced(AUTOMATED, {
      'deploy/web.yaml': configMap('web'),
      'deploy/old.yaml': configMap('old'),
    });
    world.edit(key, { spec: { syncPolicy: { automated: null, syncOptions: ['CreateNamespace=true'] } } });
    requestSync(world, key, local(configMap('web', 'local'), job('migrate', hook('PreSync'))));
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/old', 'ConfigMap/web', 'Job/migrate', 'Namespace/shop']);
    cluster.complete('Job', 'migrate');
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'local' });
    expect(status().operationState).toMatchObject({ phase: 'Succeeded', operation: { sync: { manifests: [{}, {}] } } });
    expect(status().operationState?.syncResult).not.toHaveProperty('revision');
    expect(status().sync).toMatchObject({ status: 'OutOfSync', revision: 'aaaaaaa1' });
    expect(status().history?.map(({ revision }) => revision)).toEqual(['aaaaaaa1', undefined]);
    expect(world.deployments.at(-1)).toMatchObject({
      revisions: [],
      manifests: [{ kind: 'ConfigMap' }, { kind: 'Job' }],
    });
  });

  it('is undone by the deployment before it, and by automated sync once that is on', async () => {
    const { world, key, run, cluster, status } = await synced(AUTOMATED);
    world.edit(key, { spec: { syncPolicy: { automated: null } } });
    requestSync(world, key, local(configMap('web', 'local')));
    await run();
    const [before] = status().history ?? [];
    requestSync(world, key, {
      revision: before?.revision,
      source: before?.source,
      syncStrategy: { apply: {} },
    });
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });

    requestSync(world, key, local(configMap('web', 'local')));
    await run();
    requestSync(world, key, { dryRun: true });
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'local' });
    world.edit(key, { spec: AUTOMATED });
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
    expect(status().sync?.status).toBe('Synced');
  });

  it('prunes what they lack only when asked to, and says so in the plan', async () => {
    const { world, key, run, cluster, status } = await synced(AUTOMATED, {
      'deploy/web.yaml': configMap('web'),
      'deploy/old.yaml': configMap('old'),
    });
    world.edit(key, { spec: { syncPolicy: { automated: null } } });
    const sync = { ...local(configMap('web', 'local')), prune: true };
    const { plan, revisions } = await planApplication(world, key, sync);
    expect(revisions).toEqual([]);
    expect(plan.phases.flatMap(({ waves }) => waves.flatMap(({ tasks }) => tasks.map(({ action }) => action)))).toEqual(
      ['prune', 'update'],
    );
    requestSync(world, key, sync);
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
    expect(cluster.names()).toEqual(['ConfigMap/web']);
  });

  it('asks no repository, so that it works while that is away', async () => {
    const { world, key, run, cluster, status } = setUp({});
    world.branches.clear();
    requestSync(world, key, local(configMap('web', 'local')));
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
    expect(cluster.names()).toEqual(['ConfigMap/web']);
  });

  it('is repeated with the same manifests', async () => {
    const { world, key, run, cluster, status } = setUp({});
    const { ClusterError } = await import('../errors.ts');
    cluster.refusals.set('ConfigMap/web', new ClusterError('denied', { status: 403, reason: 'Forbidden' }));
    world.edit(key, { operation: { sync: local(configMap('web', 'local')), retry: { limit: 1 } } });
    await run();
    cluster.refusals.clear();
    world.advance(10);
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'local' });
  });

  it.each([
    [
      { signatureKeys: [{ keyID: '4AEE18F83AFDEB23' }] },
      configMap('web'),
      /: Cannot use local manifests when source integrity is enforced$/,
    ],
    [{}, 'kind: [', /: Failed to load local manifests: local manifest 1/],
  ])('ends in an error with %j', async (spec, manifest, message) => {
    const { world, key, run, cluster, status } = setUp({});
    const [project] = world.projectList;
    if (project === undefined) throw new Error('no project');
    world.projectList = [{ ...project, spec: { ...project.spec, ...spec } }];
    requestSync(world, key, local(manifest));
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Error', message: expect.stringMatching(message) });
    expect(cluster.names()).toEqual([]);
  });
});

describe('automatic rollback', () => {
  it('does not go back to local manifests, which no repository has', async () => {
    const { world, key, run, cluster, status } = await synced(AUTOMATED);
    world.edit(key, { spec: { syncPolicy: { automated: null } } });
    requestSync(world, key, local(configMap('web', 'local')));
    await run();
    world.edit(key, { metadata: { annotations: { 'lockstep.dev/auto-rollback': 'true' } } });
    const { ClusterError } = await import('../errors.ts');
    cluster.refusals.set('ConfigMap/web', new ClusterError('denied', { status: 403, reason: 'Forbidden' }));
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
    requestSync(world, key);
    await run();
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Failed', syncResult: { revision: 'bbbbbbb2' } });
  });
});
