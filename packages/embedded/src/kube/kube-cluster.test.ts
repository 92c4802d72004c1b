import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../until.ts';
import { findKubeBinaries } from './kube-binaries.ts';
import { type KubeCluster, startKubeCluster } from './kube-cluster.ts';

const binaries = await findKubeBinaries();
const missing = binaries === undefined ? ' (no kube-apiserver; pnpm kube:install gets it)' : '';
const run = promisify(execFile);

interface Status {
  status?: {
    readyReplicas?: number;
    phase?: string;
    succeeded?: number;
    failed?: number;
    conditions?: { type: string; reason?: string }[];
    containerStatuses?: { state: { waiting?: { reason: string } } }[];
  };
}

describe.skipIf(binaries === undefined)(`a real control plane${missing}`, () => {
  let cluster: KubeCluster;
  beforeAll(async () => {
    cluster = await startKubeCluster({ podStartupMs: 50 });
  });
  afterAll(() => cluster.close());

  const pod = (name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
  const create = (resource: string, body: object) => cluster.api.post(`/api/v1/namespaces/default/${resource}`, body);
  const job = (name: string, script: string) =>
    cluster.api.post('/apis/batch/v1/namespaces/default/jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', script] }],
          },
        },
      },
    });
  const read = (path: string) => cluster.api.get<Status>(path);

  it('brings the Pods of a Deployment to Ready', async () => {
    await cluster.api.post('/apis/apps/v1/namespaces/default/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
        },
      },
    });
    await until(
      async () => (await read('/apis/apps/v1/namespaces/default/deployments/web')).status?.readyReplicas === 3,
      { what: 'three ready replicas' },
    );
  });

  it('ends Jobs as their commands do', async () => {
    await job('good', 'echo fine');
    await job('bad', 'exit 3');
    await until(async () => (await read('/apis/batch/v1/namespaces/default/jobs/good')).status?.succeeded === 1, {
      what: 'the success',
    });
    const failed = await until(
      async () => {
        const { status } = await read('/apis/batch/v1/namespaces/default/jobs/bad');
        return status?.conditions?.find(({ type }) => type === 'Failed');
      },
      { what: 'the failure' },
    );
    expect(failed.reason).toBe('BackoffLimitExceeded');
  });

  it('reports an image that does not exist, and a ConfigMap until it comes', async () => {
    await create('pods', pod('no-image', { containers: [{ name: 'c', image: 'app:does-not-exist' }] }));
    await create(
      'pods',
      pod('no-config', { containers: [{ name: 'c', image: 'app:1', envFrom: [{ configMapRef: { name: 'late' } }] }] }),
    );
    const waitsFor = (name: string, reason: string) =>
      until(
        async () =>
          (await read(`/api/v1/namespaces/default/pods/${name}`)).status?.containerStatuses?.[0]?.state.waiting
            ?.reason === reason,
        { what: reason },
      );
    await waitsFor('no-image', 'ImagePullBackOff');
    await waitsFor('no-config', 'CreateContainerConfigError');
    await create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' } });
    await until(async () => (await read('/api/v1/namespaces/default/pods/no-config')).status?.phase === 'Running', {
      what: 'the Pod to run',
    });
  });

  it('lets a deleted Pod go, and binds claims', async () => {
    await create('persistentvolumeclaims', {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    await create('pods', pod('store', { containers: [{ name: 'c', image: 'app:1' }], volumes }));
    await until(async () => (await read('/api/v1/namespaces/default/pods/store')).status?.phase === 'Running', {
      what: 'the Pod to run',
    });
    await cluster.api.delete('/api/v1/namespaces/default/pods/store');
    await until(
      async () =>
        (
          await cluster.api.get<{ items: { metadata: { name: string } }[] }>('/api/v1/namespaces/default/pods')
        ).items.every(({ metadata }) => metadata.name !== 'store'),
      { what: 'it to go' },
    );
  });

  it('serves what containers print through the API server', async () => {
    await create(
      'pods',
      pod('printer', {
        restartPolicy: 'Never',
        containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'echo one; echo two'] }],
      }),
    );
    await until(async () => (await read('/api/v1/namespaces/default/pods/printer')).status?.phase === 'Succeeded', {
      what: 'its end',
    });
    expect(await cluster.api.text('/api/v1/namespaces/default/pods/printer/log')).toBe('one\ntwo\n');
    expect(await cluster.api.text('/api/v1/namespaces/default/pods/printer/log?tailLines=1')).toBe('two\n');
  });

  it('keeps what it holds when the API server is killed and comes back', async () => {
    const before = cluster.pids['kube-apiserver'];
    await cluster.restartApiServer();
    expect(cluster.pids['kube-apiserver']).not.toBe(before);
    expect((await read('/apis/apps/v1/namespaces/default/deployments/web')).status?.readyReplicas).toBe(3);
    await cluster.api.patch('/apis/apps/v1/namespaces/default/deployments/web', { spec: { replicas: 4 } });
    await until(
      async () => (await read('/apis/apps/v1/namespaces/default/deployments/web')).status?.readyReplicas === 4,
      { what: 'the fourth replica' },
    );
  });

  it('is reached by kubectl with its kubeconfig', async (context) => {
    const answer = await run('kubectl', ['--kubeconfig', cluster.kubeconfigPath, 'get', 'nodes', '-o', 'name']).catch(
      (error: { code?: string }) => {
        if (error.code === 'ENOENT') context.skip('kubectl is not on PATH');
        throw error;
      },
    );
    expect(answer.stdout).toBe('node/node-1\n');
  });
});
