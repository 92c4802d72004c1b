// npm test: installs what is missing, then runs every test, the browser suite included.
import { spawnSync } from 'node:child_process';
import { buildAll } from './build.mjs';
import { installWorkspace, requireSystemCommand, requireTools, which } from './prepare.mjs';

process.chdir(new URL('..', import.meta.url).pathname);
requireTools();
requireSystemCommand(['redis-server', 'valkey-server'], {
  debianPackage: 'redis-server',
  why: 'the tests run against a real Redis',
  elsewhere: 'Install Redis 6.2 or later (macOS: brew install redis; Fedora: dnf install valkey).',
});
const browser =
  process.env.CHROMIUM_PATH ??
  which('google-chrome') ??
  requireSystemCommand(['chromium', 'chromium-browser'], {
    debianPackage: 'chromium',
    why: 'the end-to-end suite drives a real browser',
    elsewhere: 'Install Chromium or Chrome, or set CHROMIUM_PATH to its executable.',
  });
installWorkspace();
await buildAll();
const environment = { ...process.env, CHROMIUM_PATH: browser };
const suites = [
  ['unit and integration', ['run']],
  ['end to end', ['run', '--config', 'e2e/vitest.config.ts']],
];
let failed = 0;
for (const [name, args] of suites) {
  console.log(`\n== ${name} ==`);
  const { status } = spawnSync('node_modules/.bin/vitest', args, { stdio: 'inherit', env: environment });
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
