import type { Application } from '@lockstep/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControllerWorld, configMap, isSynced } from './support/controller-world.ts';
import { eventually } from './support/scripted-api-server.ts';

let world: ControllerWorld;
beforeAll(async () => {
  world = await ControllerWorld.create();
  await world.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } },
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    },
  );
  await eventually('the kind is served', async () => {
    await world.client.rediscover();
    return world.client.resourceFor('example.com', 'Widget') !== undefined;
  });
  await setting('resource.customizations.health.example.com_Widget', script);
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

const script = `
if obj.status == nil then return { status = "Progressing", message = "not started" } end
return { status = obj.status.phase, message = obj.status.ready .. "/" .. obj.spec.replicas .. " ready" }`;

async function setting(key: string, value: string | null): Promise<void> {
  await world.client.patch(
    { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'argocd', name: 'argocd-cm' },
    { type: 'merge', body: { data: { [key]: value } } },
  );
}

const widget = (name: string, wave: number, extra = ''): string =>
  `apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: ${name}\n  annotations:\n    argocd.argoproj.io/sync-wave: "${wave}"\n${extra}spec:\n  replicas: 2\n`;

async function report(name: string, phase: string, ready = 2): Promise<void> {
  await world.client.patch(
    { apiVersion: 'example.com/v1', kind: 'Widget', namespace: 'web', name },
    { type: 'merge', body: { status: { phase, ready } }, subresource: 'status' },
  );
}

const healthOf = (application: Application, name: string) =>
  application.status?.resources?.find((resource) => resource.name === name)?.health;

describe('a health script of argocd-cm', () => {
  it('holds the next wave until it says Healthy', async () => {
    world.git.commit({
      'gate/widget.yaml': widget('gate', 0),
      'gate/after.yaml': configMap('after', { v: '1' }).replace(
        '  name: after',
        '  name: after\n  annotations: {argocd.argoproj.io/sync-wave: "1"}',
      ),
    });
    await world.apply(world.application('gate'));
    await world.until('gate', ({ status }) => status?.operationState?.message?.includes('Widget') === true);
    await report('gate', 'Progressing', 1);
    expect(await world.configMap('after')).toBeUndefined();
    await report('gate', 'Healthy');
    const application = await world.until('gate', isSynced);
    expect(await world.configMap('after')).toEqual({ v: '1' });
    expect(healthOf(application, 'gate')).toMatchObject({ status: 'Healthy', message: '2/2 ready' });
  });

  it('decides the health of the application as the object changes', async () => {
    await report('gate', 'Degraded', 0);
    const degraded = await world.until('gate', ({ status }) => status?.health?.status === 'Degraded');
    expect(healthOf(degraded, 'gate')).toMatchObject({ message: '0/2 ready' });
    await report('gate', 'Healthy');
    await world.until('gate', isSynced);
  });

  it('fails a sync whose hook it calls Degraded', async () => {
    world.git.commit({
      'hook/hook.yaml': widget('prepare', 0, '    argocd.argoproj.io/hook: PreSync\n'),
      'hook/cm.yaml': configMap('hooked', { v: '1' }),
    });
    await world.apply(world.application('hook', { syncPolicy: { automated: {}, retry: { limit: 0 } } }));
    await eventually(
      'the hook exists',
      async () =>
        (await world.client.get({
          apiVersion: 'example.com/v1',
          kind: 'Widget',
          namespace: 'web',
          name: 'prepare',
        })) !== undefined,
    );
    await report('prepare', 'Degraded', 1);
    const failed = await world.until('hook', ({ status }) => status?.operationState?.phase === 'Failed');
    expect(failed.status?.operationState?.syncResult?.resources?.[0]).toMatchObject({
      name: 'prepare',
      hookPhase: 'Failed',
      message: '1/2 ready',
    });
    expect(await world.configMap('hooked')).toBeUndefined();
  });

  it('judges everything again when it is changed, and harms only its own kind when it is broken', async () => {
    await setting('resource.customizations.health.example.com_Widget', 'return { status = "Suspended" }');
    await world.until('gate', ({ status }) => status?.health?.status === 'Suspended');
    await setting('resource.customizations.health.example.com_Widget', 'while true do end');
    const unknown = await world.until('gate', ({ status }) => status?.health?.status === 'Unknown', 20_000);
    expect(healthOf(unknown, 'gate')?.message).toContain(
      'health script for example.com/Widget in argocd-cm: the script took longer than 1 s',
    );
    world.git.commit({ 'other/cm.yaml': configMap('other', { v: '1' }) });
    await world.apply(world.application('other'));
    await world.until('other', isSynced);
    await setting('resource.customizations.health.example.com_Widget', script);
    await world.until('gate', isSynced);
    await setting('resource.customizations.health.example.com_Widget', null);
    await world.until(
      'gate',
      ({ status }) => status?.health?.message === undefined && status?.health?.status === 'Healthy',
    );
  });
});
