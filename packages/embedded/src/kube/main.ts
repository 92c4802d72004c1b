import { copyFile, rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startKubeCluster } from './kube-cluster.ts';

// A real control plane as a process of its own. It keeps nothing: the next start begins with an empty cluster.
const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'kube' },
    port: { type: 'string', default: '0' },
    'kubeconfig-out': { type: 'string' },
    /** Receives the process ids by program, as JSON, after every start of one. */
    'pids-out': { type: 'string' },
    /** Receives the address of etcd. */
    'etcd-out': { type: 'string' },
    'pod-startup-ms': { type: 'string', default: '1000' },
  },
});

let written = Promise.resolve();
const cluster = await startKubeCluster({
  name: values.name,
  podStartupMs: Number(values['pod-startup-ms']),
  keepApiServer: true,
  ...(values.port === '0' ? {} : { port: Number(values.port) }),
  onStart: (pids) => {
    const file = values['pids-out'];
    if (file === undefined) return;
    const text = JSON.stringify(pids);
    written = written.then(() => writeWhole(file, text)).catch((error: unknown) => console.error(error));
  },
});
await written;
if (values['etcd-out'] !== undefined) await writeWhole(values['etcd-out'], cluster.etcdUrl);
const kubeconfigFile = values['kubeconfig-out'];
if (kubeconfigFile !== undefined) {
  await copyFile(cluster.kubeconfigPath, `${kubeconfigFile}.new`);
  await rename(`${kubeconfigFile}.new`, kubeconfigFile);
}
let isClosing = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (isClosing) return;
    isClosing = true;
    void cluster.close().then(() => process.exit(0));
  });
}
console.log(`cluster ${values.name} listens on ${cluster.url}`);

async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
