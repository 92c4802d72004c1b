// npm test: installs what is missing, then runs every test, the browser suite included.
import { buildAll } from './build.mjs';
import { installWorkspace, requireSystemCommand, requireTools, which } from './prepare.mjs';
import { runSuites } from './run-suites.mjs';

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
process.exit(
  runSuites([['unit and integration'], ['end to end', '--config', 'e2e/vitest.config.ts']], {
    ...process.env,
    CHROMIUM_PATH: browser,
  }),
);
