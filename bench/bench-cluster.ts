import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubeCluster } from '@lockstep/embedded';
import { startSandbox } from '@lockstep/sandbox';
import { ClusterConnection } from '../apps/server/src/kubernetes/cluster-connection.ts';
import { loadKubeConfig } from '../apps/server/src/kubernetes/load-kube-config.ts';

/** An API server to measure against, with nothing in it that writes by itself. */
export interface BenchCluster extends AsyncDisposable {
  /** A connection as the controller has one. */
  connect(): ClusterConnection;
}

/** `kube`: etcd and kube-apiserver, each a process of its own; `sandbox`: in this process. */
export async function startBenchCluster(kind: string): Promise<BenchCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  const sandboxFile = join(folder, 'kubeconfig.yaml');
  const cluster =
    kind === 'kube'
      ? await startKubeCluster({ controllers: false, podStartupMs: false })
      : await startSandbox({ name: 'bench', controllers: false, kubeconfigPath: sandboxFile });
  const kubeconfig = 'kubeconfigPath' in cluster ? cluster.kubeconfigPath : sandboxFile;
  return {
    connect: () => new ClusterConnection(loadKubeConfig({ kubeconfig, context: undefined }), { name: kind }),
    async [Symbol.asyncDispose]() {
      await cluster.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
