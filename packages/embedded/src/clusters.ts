import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StartArguments } from './arguments.ts';
import type { Cleanup } from './cleanup.ts';
import { waitForApiServer } from './kubeconfig-client.ts';
import { RoleProcess } from './role-process.ts';

export interface RunningClusters {
  /** At least one; the first is the cluster Lockstep lives in. */
  clusters: [RunningCluster, ...RunningCluster[]];
  processes: RoleProcess[];
  /** Ours, started for this run; the demonstration may write to them. */
  embedded: boolean;
}

export interface RunningCluster {
  name: string;
  kubeconfig: string;
}

/** The clusters to work on: a kubeconfig of the user's, or two sandboxes as processes of their own. */
export async function startClusters(context: {
  options: StartArguments;
  directory: string;
  logs: string;
  port(name: string): Promise<number>;
  cleanup: Cleanup;
}): Promise<RunningClusters> {
  const { kubeconfig } = context.options;
  if (kubeconfig !== undefined) {
    const file = resolve(kubeconfig);
    if (!existsSync(file)) throw new Error(`the kubeconfig ${file} does not exist`);
    return { clusters: [{ name: 'in-cluster', kubeconfig: file }], processes: [], embedded: false };
  }
  await mkdir(join(context.directory, 'clusters'), { recursive: true });
  const home = await startSandbox(context, 'in-cluster', 'sandbox');
  const second = await startSandbox(context, 'staging', 'sandbox-staging');
  await Promise.all([home.started, second.started]);
  return { clusters: [home.cluster, second.cluster], processes: [home.process, second.process], embedded: true };
}

async function startSandbox(
  context: Parameters<typeof startClusters>[0],
  name: string,
  role: string,
): Promise<{ cluster: RunningCluster; process: RoleProcess; started: Promise<void> }> {
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
  });
  context.cleanup.add(() => process.stop());
  return { cluster: { name, kubeconfig }, process, started: process.start() };
}
