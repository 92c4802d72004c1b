import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../src/index.ts';
import { type StockClient, stockClient } from './stock-client.ts';

describe.each(['v34', 'v32'] as const)('helm of lambda-layer %s', (version) => {
  let sandbox: Sandbox;
  let client: StockClient;
  let chart: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ name: 'helm-test', controllers: true, podStartupMs: 20 });
    client = await stockClient(sandbox, version);
    chart = join(client.folder, 'demo');
    await client.helm('create', chart);
  });

  afterAll(async () => {
    client.dispose();
    await sandbox.close();
  });

  const replicas = (): Promise<string> =>
    client.kubectl('get', 'deployment', 'release-demo', '-n', 'apps', '-o', 'jsonpath={.spec.replicas}');

  it('installs into a namespace it creates, and waits until Pods are ready', async () => {
    const output = await client.helm(
      'install',
      'release',
      chart,
      '-n',
      'apps',
      '--create-namespace',
      '--wait',
      '--timeout',
      '30s',
    );
    expect(output).toContain('STATUS: deployed');
    expect(await client.helm('list', '-n', 'apps')).toMatch(/release\s+apps\s+1/);
    expect(await client.kubectl('get', 'pods', '-n', 'apps')).toMatch(/release-demo-.*1\/1 +Running/);
  });

  it('upgrades and rolls back', async () => {
    await client.helm(
      'upgrade',
      'release',
      chart,
      '-n',
      'apps',
      '--set',
      'replicaCount=2',
      '--wait',
      '--timeout',
      '30s',
    );
    expect(await replicas()).toBe('2');
    await client.helm('rollback', 'release', '1', '-n', 'apps', '--wait', '--timeout', '30s');
    expect(await replicas()).toBe('1');
    expect(await client.helm('history', 'release', '-n', 'apps')).toContain('Rollback to 1');
  });

  it('runs the test hook and uninstalls without a trace', async () => {
    await client.helm('test', 'release', '-n', 'apps', '--timeout', '30s');
    await client.helm('uninstall', 'release', '-n', 'apps', '--wait', '--timeout', '30s');
    expect(await client.kubectl('get', 'deployments,services,secrets', '-n', 'apps', '-o', 'name')).toBe('');
  });
});
