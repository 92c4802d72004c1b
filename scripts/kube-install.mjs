// pnpm kube:install: gets etcd, kube-apiserver and kube-controller-manager for the tests that want a real API server.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(root, 'packages/embedded/src/kube/install.ts')],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
