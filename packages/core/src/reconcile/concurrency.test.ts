import { describe, expect, it } from 'vitest';
import type { ApplicationSpec } from '../application/application.ts';
import { ClusterError } from '../errors.ts';
import { AUTOMATED, configMap, deployment, hook, job, requestSync, setUp, wave } from './fake-scene.ts';
import type { FakeWorld } from './fake-world.ts';

/** Does something at the moment a certain write is about to be carried out, once. */
function meanwhile(world: FakeWorld, request: string, act: () => void): void {
  world.beforeRequest = (next) => {
    if (next !== request) return;
    world.beforeRequest = undefined;
    act();
  };
}

describe('what somebody writes while a pass runs', () => {
  it.each(['APPLY ConfigMap/web', 'PATCH Application'])('an operation requested before %s is done next', async (at) => {
    const { world, key, run, app, status } = setUp(AUTOMATED);
    meanwhile(world, at, () => requestSync(world, key, { dryRun: true }));
    const outcome = await run();
    expect(status().operationState).toMatchObject({
      phase: 'Succeeded',
      operation: { initiatedBy: { automated: true } },
    });
    expect(app().operation).toMatchObject({ initiatedBy: { username: 'ada' } });
    expect(outcome.requeueAfter).toBe(0);
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Succeeded', operation: { sync: { dryRun: true } } });
    expect(app().operation).toBeUndefined();
    expect(status().history).toHaveLength(1);
  });

  it('an operation requested while another one waits for the cluster is kept until that one ends', async () => {
    const { world, key, run, app, status, cluster } = setUp(
      {},
      { 'deploy/before.yaml': job('before', hook('PreSync')) },
    );
    requestSync(world, key);
    await run();
    world.edit(key, { operation: { sync: { dryRun: true }, initiatedBy: { username: 'bob' } } });
    await run();
    expect(status().operationState?.operation.initiatedBy?.username).toBe('ada');
    cluster.complete('Job', 'before');
    await run();
    expect(status().operationState).toMatchObject({
      phase: 'Succeeded',
      operation: { initiatedBy: { username: 'ada' } },
    });
    expect(app().operation?.initiatedBy?.username).toBe('bob');
  });

  it('an operation that was withdrawn before it began does not begin', async () => {
    const { world, key, run, app, status, cluster } = setUp({});
    requestSync(world, key);
    meanwhile(world, 'PATCH Application', () => world.edit(key, { operation: null }));
    await expect(run()).rejects.toMatchObject({ reason: 'Conflict' });
    await run();
    expect(cluster.names()).toEqual([]);
    expect(app().operation).toBeUndefined();
    expect(status().operationState).toBeUndefined();
  });

  it('a termination stays asked for', async () => {
    const { world, key, run, status, cluster } = setUp(
      {},
      { 'deploy/a.yaml': deployment('a', wave(0)), 'deploy/b.yaml': configMap('b', 'x', wave(1)) },
    );
    requestSync(world, key);
    meanwhile(world, 'APPLY Deployment/a', () =>
      world.edit(key, { status: { operationState: { phase: 'Terminating' } } }),
    );
    await run();
    expect(status().operationState?.phase).toBe('Terminating');
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Failed', message: 'Operation terminated' });
    expect(cluster.names()).toEqual(['Deployment/a']);
  });

  it('an annotation and a finalizer of others are left as they are', async () => {
    const { world, key, run, app } = setUp(AUTOMATED);
    meanwhile(world, 'PATCH Application', () =>
      world.edit(key, { metadata: { annotations: { team: 'shop' }, finalizers: ['example.com/guard'] } }),
    );
    await run();
    expect(app().metadata).toMatchObject({ annotations: { team: 'shop' }, finalizers: ['example.com/guard'] });
    expect(app().status?.sync?.status).toBe('Synced');
  });
});

describe('two controllers at once', () => {
  const simple = { 'deploy/a.yaml': configMap('a'), 'deploy/b.yaml': configMap('b') };
  const staged = {
    'deploy/before.yaml': job('before', hook('PreSync', 'HookSucceeded')),
    'deploy/a.yaml': configMap('a', 'x', wave(-1)),
    'deploy/web.yaml': deployment('web', wave(1)),
    'deploy/after.yaml': job('after', hook('PostSync')),
  };

  /** Runs until the operation is done; before write number `at` of the one controller, the other makes a whole pass. */
  async function deploy(spec: Partial<ApplicationSpec>, files: Record<string, string>, at: number | undefined) {
    const scene = setUp(spec, files);
    if (spec.syncPolicy?.automated === undefined) requestSync(scene.world, scene.key);
    let writes = 0;
    const pass = () =>
      scene.run().catch((error: unknown) => {
        if (!(error instanceof ClusterError && error.reason === 'Conflict')) throw error;
      });
    scene.world.beforeRequest = async () => {
      writes += 1;
      if (writes !== at) return;
      const { beforeRequest } = scene.world;
      scene.world.beforeRequest = undefined;
      await pass();
      scene.world.beforeRequest = beforeRequest;
    };
    let settled = 0;
    for (let times = 0; times < 20 && settled < 3; times++) {
      if (scene.status().operationState?.phase === 'Succeeded') settled += 1;
      scene.world.advance(1);
      await pass();
      for (const name of ['before', 'after']) scene.cluster.complete('Job', name);
      scene.cluster.complete('Deployment', 'web');
    }
    return { ...scene, writes };
  }

  it.each<[string, Partial<ApplicationSpec>, Record<string, string>]>([
    ['an automated sync', AUTOMATED, simple],
    ['a requested sync', {}, simple],
    ['an automated sync with hooks and waves', AUTOMATED, staged],
    ['a requested sync with hooks and waves', {}, staged],
  ])('do no harm to %s', async (_title, spec, files) => {
    const alone = await deploy(spec, files, undefined);
    expect(alone.writes).toBeGreaterThan(2);
    for (let at = 1; at <= alone.writes; at++) {
      const { world, cluster, status, app } = await deploy(spec, files, at);
      const where = `the other came before write ${at}\n${world.requests.join('\n')}`;
      expect(cluster.names(), where).toEqual(alone.cluster.names());
      expect(status().operationState?.phase, where).toBe('Succeeded');
      expect(status().history, where).toHaveLength(1);
      expect(app().operation, where).toBeUndefined();
      for (const name of ['before', 'after']) {
        expect(world.requests.filter((request) => request === `CREATE Job/${name}`).length, where).toBeLessThan(2);
        expect(cluster.get('Job', name)?.metadata.finalizers ?? [], where).toEqual([]);
      }
    }
  });
});
