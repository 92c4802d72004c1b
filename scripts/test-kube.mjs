// pnpm test:kube: the end-to-end suite with a real kube-apiserver as the cluster Lockstep lives in. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { buildAll } from './build.mjs';
import { installWorkspace, requireTools, which } from './prepare.mjs';
import { runSuites } from './run-suites.mjs';

process.chdir(new URL('..', import.meta.url).pathname);
requireTools();
installWorkspace();
const install = spawnSync(process.execPath, ['scripts/kube-install.mjs'], { stdio: 'inherit' });
if (install.status !== 0) process.exit(1);
await buildAll();
const browser = process.env.CHROMIUM_PATH ?? which('google-chrome') ?? which('chromium') ?? which('chromium-browser');
process.exit(
  runSuites([['end to end on kube-apiserver', '--config', 'e2e/vitest.config.ts', ...process.argv.slice(2)]], {
    ...process.env,
    LOCKSTEP_TEST_CLUSTER: 'kube',
    ...(browser === undefined ? {} : { CHROMIUM_PATH: browser }),
  }),
);
