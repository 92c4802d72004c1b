import { until } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import {
  applicationPath,
  configMapPath,
  create,
  exists,
  type LiveObject,
  live,
  push,
  refresh,
  remove,
  repositoryURL,
  untilApplication,
  untilStatus,
  useRepository,
  world,
} from './applications.ts';
import { application, configMap } from './fixtures.ts';

/** Clusters that answer in part, late or not at all. */
useRepository('clusters');

test('a cluster that stops answering holds up no other, and catches up when it answers again', async () => {
  // More than the controller works on at once, so that waiting for the one would take all its hands.
  const names = Array.from({ length: 30 }, (_, index) => `hung-${index}`);
  await world.registerCluster('staging');
  const files = (v: string): Record<string, string> =>
    Object.fromEntries(names.map((name) => [`${name}/settings.yaml`, configMap('settings', { v })]));
  await push('many', files('1'));
  for (const name of names) {
    await world.api.post(
      '/api/v1/applications',
      application(name, {
        repoURL: repositoryURL(),
        path: `many/${name}`,
        automated: { selfHeal: true },
        destination: { name: 'staging', namespace: name },
      }),
    );
  }
  await create('unhurried', { 'settings.yaml': configMap('settings', { v: '1' }) }, { automated: { selfHeal: true } });
  for (const name of [...names, 'unhurried']) await untilStatus(name, 'Synced', 'Healthy');

  const wake = await world.suspend('sandbox-staging');
  try {
    await push('many', files('2'));
    await push('unhurried', { 'settings.yaml': configMap('settings', { v: '2' }) });
    // Requests to the other cluster are given up after a minute: later than this, they would hold up nobody anyway.
    await until(async () => (await live(configMapPath('unhurried', 'settings')))?.data?.['v'] === '2', {
      what: 'the push to be applied',
      timeoutMs: 45_000,
    });
    await untilStatus('unhurried', 'Synced', 'Healthy');

    // More plans than can be made at once, none of which gets an answer from the cluster.
    const plans = names.map((name) => world.api.post(`/api/v1/applications/${name}/plans`, {}).catch(() => undefined));
    const { summary } = await world.api.post<{ summary: { unchanged: number } }>(
      '/api/v1/applications/unhurried/plans',
      {},
    );
    expect(summary.unchanged).toBe(1);
    wake();
    await Promise.all(plans);
  } finally {
    wake();
  }
  const staging = await world.cluster('staging');
  for (const name of names) {
    await until(
      async () =>
        ((await staging.get(configMapPath(name, 'settings'))) as unknown as LiveObject | undefined)?.data?.['v'] ===
        '2',
      { what: `${name} to catch up`, timeoutMs: 60_000 },
    );
    await untilStatus(name, 'Synced', 'Healthy');
  }
});

test('kinds whose API server is down are unknown, not absent: nothing is deleted, and a deletion waits for them', async () => {
  const name = 'partial';
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: 'gadgets.partial.example.com',
      annotations: { 'argocd.argoproj.io/sync-options': 'Delete=false,Prune=false' },
    },
    spec: {
      group: 'partial.example.com',
      names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget', listKind: 'GadgetList' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
  const gadget = { apiVersion: 'partial.example.com/v1', kind: 'Gadget', metadata: { name: 'one' } };
  const gadgetPath = `/apis/partial.example.com/v1/namespaces/${name}/gadgets/one`;
  await push(name, {
    'definition.yaml': JSON.stringify(definition),
    'gadget.yaml': JSON.stringify(gadget),
    'settings.yaml': configMap('settings', { v: '1' }),
    'gone.yaml': configMap('gone', {}),
  });
  await world.api.post(
    '/api/v1/applications',
    application(name, {
      repoURL: repositoryURL(),
      automated: { prune: true, selfHeal: true },
      syncOptions: ['ApplyOutOfSyncOnly=true'],
    }),
  );
  await untilStatus(name, 'Synced', 'Healthy');

  const serviceName = 'v1.partial.example.com';
  const servicePath = `/apis/apiregistration.k8s.io/v1/apiservices/${serviceName}`;
  const isDown = (): Promise<boolean> =>
    live(gadgetPath).then(
      () => false,
      (error: Error) => error.message.includes('503'),
    );
  await (await world.cluster()).apply(servicePath, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    // Else the API server would put its own entry for the definition back.
    metadata: { name: serviceName, labels: { 'kube-aggregator.kubernetes.io/automanaged': 'false' } },
    spec: {
      group: 'partial.example.com',
      version: 'v1',
      groupPriorityMinimum: 1000,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { namespace: 'default', name: 'nobody', port: 443 },
    },
  });
  await until(isDown, { what: 'the group to be unavailable' });

  // What was known goes on being known: the rest of the application is synced and pruned.
  await push(name, { 'settings.yaml': configMap('settings', { v: '2' }), 'gone.yaml': undefined });
  await until(async () => (await live(configMapPath(name, 'settings')))?.data?.['v'] === '2', {
    what: 'the change to be applied',
  });
  await until(async () => !(await exists(configMapPath(name, 'gone'))), { what: 'the ConfigMap to be pruned' });

  // A controller that starts now knows nothing of the group. It must say so and must not finish a deletion.
  await world.kill('controller');
  await refresh(name);
  await untilApplication(
    name,
    'Unknown, and why',
    ({ status }) =>
      status?.sync?.status === 'Unknown' &&
      status.conditions?.some(({ message }) => message.includes('does not answer for API group "partial.example.com"')),
  );
  await world.api.delete(`/api/v1/applications/${name}?cascade=true`);
  await untilApplication(name, 'what the deletion waits for', ({ status }) =>
    status?.conditions?.some(({ message }) =>
      /nothing is deleted .* the kinds of API group partial\.example\.com cannot be read/.test(message),
    ),
  );
  expect(await isDown()).toBe(true);
  expect(await exists(configMapPath(name, 'settings'))).toBe(true);

  await remove(servicePath);
  await until(async () => !(await isDown()), { what: 'the group to be available' });
  await until(async () => !(await exists(applicationPath(name))), { what: 'the application to go' });
  expect([await exists(gadgetPath), await exists(configMapPath(name, 'settings'))]).toEqual([false, false]);
});
