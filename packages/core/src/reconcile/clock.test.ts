import { describe, expect, it } from 'vitest';
import type { SyncWindow } from '../application/app-project.ts';
import { ClusterError } from '../errors.ts';
import { ANNOTATION_HOLD } from '../sync/hold.ts';
import { AUTOMATED, configMap, HEALING, requestSync, setUp, synced } from './fake-scene.ts';
import type { FakeWorld } from './fake-world.ts';

const HOUR = 3_600;
const DENIED = new ClusterError('denied', { status: 403, reason: 'Forbidden' });

function withWindows(world: FakeWorld, ...windows: Partial<SyncWindow>[]): void {
  const [project] = world.projectList;
  if (project === undefined) throw new Error('no project');
  const syncWindows = windows.map(
    (window): SyncWindow => ({ applications: ['*'], duration: '1h', ...window }) as SyncWindow,
  );
  world.projectList = [{ ...project, spec: { ...project.spec, syncWindows } }];
}

describe('sync windows under a clock that is set', () => {
  it('a clock set forward into a denied time starts nothing, set back out of it everything', async () => {
    const { world, run, cluster } = await synced(AUTOMATED);
    withWindows(world, { kind: 'deny', schedule: '0 13 * * *' });
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
    world.advance(HOUR);
    const blocked = await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
    expect(blocked.requeueAfter).toBe(HOUR * 1000);
    world.advance(-HOUR);
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'two' });
  });

  it('a clock set back out of an allowed time starts nothing, and waits no longer than until it comes again', async () => {
    const { world, key, run, cluster, status } = setUp({});
    withWindows(world, { kind: 'allow', schedule: '0 12 * * *', timeZone: 'UTC' });
    world.advance(-60);
    requestSync(world, key);
    const blocked = await run();
    expect(status().operationState).toMatchObject({
      phase: 'Running',
      message: 'Sync operation blocked by sync window',
    });
    expect(cluster.names()).toEqual([]);
    expect(blocked.requeueAfter).toBe(60_000);
    // The timer fires, and the clock was set back meanwhile.
    world.advance(60 - HOUR);
    expect((await run()).requeueAfter).toBe(HOUR * 1000);
    expect(cluster.names()).toEqual([]);
    world.advance(HOUR);
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
  });

  it('over the change to summer time a window of local time opens once, at the right moment', async () => {
    const { world, key, run, cluster } = setUp({});
    withWindows(world, { kind: 'allow', schedule: '30 3 * * *', timeZone: 'Europe/Berlin' });
    // 01:59 in Berlin; the clocks go from 02:00 to 03:00 a minute later.
    world.time = Date.parse('2026-03-29T00:59:00Z');
    requestSync(world, key);
    const blocked = await run();
    expect(blocked.requeueAfter).toBe(31 * 60_000);
    world.time += blocked.requeueAfter ?? 0;
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/web']);
  });

  it('over the change to winter time a window that was open stays as long as it says', async () => {
    const { world, key, run, cluster } = setUp({});
    withWindows(world, { kind: 'deny', schedule: '0 2 * * *', duration: '2h', timeZone: 'Europe/Berlin' });
    // The first 02:30 of that night; two hours after the first 02:00 it is 03:00.
    world.time = Date.parse('2026-10-25T00:30:00Z');
    requestSync(world, key);
    const blocked = await run();
    expect(cluster.names()).toEqual([]);
    expect(blocked.requeueAfter).toBe(90 * 60_000);
    world.time += blocked.requeueAfter ?? 0;
    await run();
    expect(cluster.names()).toEqual(['ConfigMap/web']);
  });

  it('ten minutes between the clocks of two controllers move a window by as much, and never open it twice', async () => {
    const { world, key, run, cluster, status } = setUp({});
    withWindows(world, { kind: 'allow', schedule: '0 12 * * *', duration: '5m', syncOverrun: true });
    requestSync(world, key);
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
    world.advance(-600);
    requestSync(world, key);
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
    world.advance(600);
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'two' });
  });
});

describe('waits under a clock that is set', () => {
  const retried = (limit: number) => ({ operation: { sync: {}, retry: { limit, backoff: { duration: '30s' } } } });

  it('a retry does not wait for the hour that the clock was set back by, and the next one waits as usual', async () => {
    const { world, key, run, cluster, status } = setUp({});
    cluster.refusals.set('ConfigMap/web', DENIED);
    world.edit(key, retried(2));
    expect((await run()).requeueAfter).toBe(30_000);
    world.advance(-HOUR);
    const second = await run();
    expect(status().operationState).toMatchObject({ phase: 'Running', retryCount: 2 });
    expect(second.requeueAfter).toBe(60_000);
    await run();
    expect(status().operationState?.retryCount).toBe(2);
    cluster.refusals.clear();
    world.advance(60);
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
  });

  it('a retry is due at once when the clock was set forward', async () => {
    const { world, key, run, cluster, status } = setUp({});
    cluster.refusals.set('ConfigMap/web', DENIED);
    world.edit(key, retried(1));
    await run();
    cluster.refusals.clear();
    world.advance(HOUR);
    await run();
    expect(status().operationState?.phase).toBe('Succeeded');
  });

  it('a clock that is off by seconds only makes a retry as much later', async () => {
    const { world, key, run, cluster, status } = setUp({});
    cluster.refusals.set('ConfigMap/web', DENIED);
    world.edit(key, retried(1));
    await run();
    world.advance(-20);
    expect((await run()).requeueAfter).toBe(50_000);
    expect(status().operationState?.retryCount).toBe(1);
  });

  it('drift is healed though the last operation ended later by the clock of then', async () => {
    const { world, run, cluster } = await synced(HEALING);
    for (const value of ['by hand', 'again']) {
      cluster.update('ConfigMap', 'web', { data: { value } });
      world.advance(-HOUR);
      await run();
      expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'one' });
    }
    cluster.update('ConfigMap', 'web', { data: { value: 'and again' } });
    const { requeueAfter = 0 } = await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'and again' });
    expect(requeueAfter).toBeLessThanOrEqual(60_000);
  });

  it('a hold ends when the clock says so, however it came there, and once', async () => {
    const { world, key, run, app, cluster } = await synced(AUTOMATED);
    const hold = { historyId: 0, revision: 'aaaaaaa1', by: 'ada', at: '', resume: '2026-01-01T14:00:00Z' };
    world.edit(key, { metadata: { annotations: { [ANNOTATION_HOLD]: JSON.stringify(hold) } } });
    world.push('bbbbbbb2', { 'deploy/web.yaml': configMap('web', 'two') });
    expect((await run()).requeueAfter).toBe(2 * HOUR * 1000);
    world.advance(-HOUR);
    expect((await run()).requeueAfter).toBe(3 * HOUR * 1000);
    world.advance(3 * HOUR);
    await run();
    expect(cluster.get('ConfigMap', 'web')?.['data']).toEqual({ value: 'two' });
    world.advance(-HOUR);
    await run();
    expect(app().metadata.annotations).not.toHaveProperty([ANNOTATION_HOLD]);
  });
});

describe('how often an operation was retried', () => {
  it.each([
    [0, 'Operation terminated'],
    [1, 'Operation terminated (retried 1 times).'],
  ])('counts the %i that began, and not the one it waits for', async (began, message) => {
    const { world, key, run, cluster, status } = setUp({});
    cluster.refusals.set('ConfigMap/web', DENIED);
    world.edit(key, { operation: { sync: {}, retry: { limit: 5, backoff: { duration: '30s' } } } });
    await run();
    for (let retry = 0; retry < began; retry += 1) {
      world.advance(HOUR);
      await run();
    }
    world.edit(key, { status: { operationState: { phase: 'Terminating' } } });
    await run();
    expect(status().operationState).toMatchObject({ phase: 'Failed', message });
  });
});
