import { customResourceDefinitions } from '@lockstep/core';
import { startSandbox } from '@lockstep/sandbox';
import { expect, it } from 'vitest';
import { connectionTo } from '../../tests/support/controller-world.ts';
import { eventually } from '../../tests/support/scripted-api-server.ts';
import { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { createLogger } from '../logger.ts';
import { bootstrap } from './bootstrap.ts';

it('starts on a cluster where another process has created only some of the definitions so far', async () => {
  const sandbox = await startSandbox({ name: 'half', controllers: false });
  await using connection = connectionTo(sandbox);
  try {
    const client = new KubernetesClient(connection);
    const [first] = customResourceDefinitions().filter(({ metadata }) => metadata.name?.startsWith('applications.'));
    await client.create(first as NonNullable<typeof first>);
    await eventually('Application is served', async () => {
      await client.rediscover();
      return client.resourceFor('argoproj.io', 'Application') !== undefined;
    });
    await bootstrap(client, 'argocd', createLogger({ level: 'silent', role: 'test' }));
    const project = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', namespace: 'argocd', name: 'default' };
    expect(await client.get(project)).toBeDefined();
  } finally {
    await sandbox.close();
  }
});
