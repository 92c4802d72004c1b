import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StartArguments } from './arguments.ts';
import type { Cleanup } from './cleanup.ts';
import { kubeBinaries } from './kube/kube-binaries.ts';
import { waitForApiServer } from './kubeconfig-client.ts';
import { RoleProcess } from './role-process.ts';

export interface RunningClusters {
  /** At least one; the first is the cluster Lockstep lives in. */
  clusters: [RunningCluster, ...RunningCluster[]];
  processes: RoleProcess[];
  /** Ours, started for this run; the demonstration may write to them. */
  embedded: boolean;
}

interface RunningCluster {
  name: string;
  kubeconfig: string;
}

/**
 * The clusters to work on: a kubeconfig of the user's, or two of our own as processes: two sandboxes, or a real
 * control plane and a sandbox. Throws with the way to install the control plane when it is not there.
 */
export async function startClusters(context: {
  options: StartArguments;
  directory: string;
  logs: string;
  port(name: string): Promise<number>;
  cleanup: Cleanup;
  /** Called with the new process id when a cluster's process was started again. */
  onRestart(name: string, pid: number): void;
}): Promise<RunningClusters> {
  const { kubeconfig } = context.options;
  if (kubeconfig !== undefined) {
    const file = resolve(kubeconfig);
    if (!existsSync(file)) throw new Error(`the kubeconfig ${file} does not exist`);
    return { clusters: [{ name: 'in-cluster', kubeconfig: file }], processes: [], embedded: false };
  }
  await mkdir(join(context.directory, 'clusters'), { recursive: true });
  const home =
    context.options.cluster === 'kube'
      ? await startKube(context, 'in-cluster')
      : await startSandbox(context, 'in-cluster', 'sandbox');
  const second = await startSandbox(context, 'staging', 'sandbox-staging');
  await Promise.all([home.started, second.started]);
  return { clusters: [home.cluster, second.cluster], processes: [home.process, second.process], embedded: true };
}

interface StartingCluster {
  cluster: RunningCluster;
  process: RoleProcess;
  started: Promise<void>;
}

type Context = Parameters<typeof startClusters>[0];

async function startKube(context: Context, name: string): Promise<StartingCluster> {
  await kubeBinaries();
  const kubeconfig = join(context.directory, 'clusters', `${name}.kubeconfig`);
  const pidsFile = join(context.directory, 'clusters', `${name}.pids.json`);
  // Those of an earlier cluster would pass for this one's.
  await Promise.all([rm(kubeconfig, { force: true }), rm(pidsFile, { force: true })]);
  const process = new RoleProcess({
    name: 'kube',
    script: 'packages/embedded/dist/kube/main.js',
    args: [
      `--name=${name}`,
      `--port=${await context.port('kube')}`,
      `--kubeconfig-out=${kubeconfig}`,
      `--pids-out=${pidsFile}`,
      `--etcd-out=${join(context.directory, 'clusters', `${name}.etcd`)}`,
      `--pod-startup-ms=${context.options.podStartupMs}`,
    ],
    logFile: join(context.logs, 'kube.log'),
    ready: (signal) => waitForApiServer(kubeconfig, { timeoutMs: 60_000, signal }),
    onStart: (pid) => context.onRestart('kube', pid),
  });
  context.cleanup.add(() => process.stop());
  return { cluster: { name, kubeconfig }, process, started: process.start() };
}

async function startSandbox(context: Context, name: string, role: string): Promise<StartingCluster> {
  const port = await context.port(role);
  const kubeconfig = join(context.directory, 'clusters', `${name}.kubeconfig`);
  const process = new RoleProcess({
    name: role,
    script: 'packages/sandbox/dist/main.js',
    args: [
      `--name=${name}`,
      `--port=${port}`,
      `--data-dir=${join(context.directory, 'clusters', name)}`,
      `--kubeconfig-out=${kubeconfig}`,
      `--pod-startup-ms=${context.options.podStartupMs}`,
    ],
    logFile: join(context.logs, `${role}.log`),
    ready: (signal) => waitForApiServer(kubeconfig, { timeoutMs: 60_000, signal }),
    onStart: (pid) => context.onRestart(role, pid),
  });
  context.cleanup.add(() => process.stop());
  return { cluster: { name, kubeconfig }, process, started: process.start() };
}
