import { pino } from 'pino';
import { expect, it } from 'vitest';
import { json, ScriptedApiServer } from '../../tests/support/scripted-api-server.ts';
import { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { ControlPlane } from './control-plane.ts';

it('knows of no applications before the first list, which the first cluster Secrets may precede', async () => {
  await using server = await new ScriptedApiServer((_request, response) => json(response, {}, 503)).listen();
  await using connection = server.connect();
  const controlPlane = new ControlPlane({
    client: new KubernetesClient(connection),
    namespace: 'argocd',
    logger: pino({ level: 'silent' }),
  });
  expect([...controlPlane.allApplications()]).toEqual([]);
});
