import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControllerWorld, configMap, isSynced } from './support/controller-world.ts';
import { eventually } from './support/scripted-api-server.ts';

let world: ControllerWorld;
beforeAll(async () => {
  world = await ControllerWorld.create();
  await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

describe('the controller', () => {
  it('deploys a new application and says so', async () => {
    const commit = world.git.commit({ 'first/cm.yaml': configMap('first', { v: '1' }) });
    await world.apply(world.application('first'));
    const application = await world.until('first', isSynced);
    expect(application.status?.sync?.revision).toBe(commit);
    expect(application.status?.history).toHaveLength(1);
    expect(application.status?.operationState?.phase).toBe('Succeeded');
    expect(await world.configMap('first')).toEqual({ v: '1' });
  });

  it('applies a pushed commit', async () => {
    const commit = world.git.commit({ 'first/cm.yaml': configMap('first', { v: '2' }) });
    await world.push(commit);
    await world.until('first', (application) => application.status?.sync?.revision === commit && isSynced(application));
    expect(await world.configMap('first')).toEqual({ v: '2' });
  });

  it('heals what somebody changed', async () => {
    await world.client.patch(
      { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'first' },
      { type: 'merge', body: { data: { v: 'drift' } } },
    );
    await eventually('the value of Git is back', async () => (await world.configMap('first'))?.['v'] === '2');
  });
});
