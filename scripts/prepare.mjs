// What both commands need before anything else: a supported Node, git, and the installed workspace.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The one place that names the package manager; `npx` fetches it. */
export const pnpm = 'pnpm@12.21.0';

const stampFile = 'node_modules/.cache/lockstep/installed.stamp';

/** Ends the process with what to do when the machine lacks something we cannot install. */
export function requireTools() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (!((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22)) {
    fail(`Node ${process.versions.node} is not supported. Install Node 24 (or ^20.19, >=22.12).`);
  }
  if (spawnSync('git', ['--version']).status !== 0) {
    fail(
      'git was not found on the PATH. Install it (Debian and Ubuntu: apt-get install git; macOS: xcode-select --install).',
    );
  }
}

/** Installs the workspace with the pinned pnpm when the lock file or a package.json changed since the last time. */
export function installWorkspace() {
  const stamp = manifestsHash();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  console.log(`Installing dependencies with ${pnpm} …`);
  const { status } = spawnSync(
    'npx',
    ['--yes', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    },
  );
  if (status !== 0)
    fail(
      'The dependencies could not be installed; the message above says why. A proxy or a package registry of your own is set in .npmrc.',
    );
  mkdirSync('node_modules/.cache/lockstep', { recursive: true });
  writeFileSync(stampFile, stamp);
}

/**
 * Makes sure one of `commands` is on the PATH: installs the Debian package when we are root on Debian or Ubuntu,
 * else ends with the instruction. Returns the path of the command.
 */
export function requireSystemCommand(commands, { debianPackage, why, elsewhere }) {
  const found = commands.map(which).find((path) => path !== undefined);
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && which('apt-get') !== undefined) {
    console.log(`Installing ${debianPackage} (${why}) …`);
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args) =>
      spawnSync('apt-get', ['-qq', ...args], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
    // policy-rc.d keeps the package from starting a service of its own.
    const marker = '/usr/sbin/policy-rc.d';
    const ours = !existsSync(marker);
    if (ours) writeFileSync(marker, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    try {
      if (apt('install', '-y', '--no-install-recommends', debianPackage).status !== 0) {
        apt('update');
        apt('install', '-y', '--no-install-recommends', debianPackage);
      }
    } finally {
      if (ours) spawnSync('rm', ['-f', marker]);
    }
    const installed = commands.map(which).find((path) => path !== undefined);
    if (installed !== undefined) return installed;
  }
  return fail(`${commands.join(' or ')} was not found (${why}). ${elsewhere}`);
}

/** The path of a command, or undefined. */
export function which(command) {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    if (folder !== '' && existsSync(`${folder}/${command}`)) return `${folder}/${command}`;
  }
  return undefined;
}

function manifestsHash() {
  const hash = createHash('sha256');
  const folders = ['apps', 'packages'].flatMap((group) => readdirSync(group).map((name) => `${group}/${name}`));
  for (const folder of ['.', ...folders, 'e2e', 'bench']) {
    const file = `${folder}/package.json`;
    if (existsSync(file)) hash.update(file).update(readFileSync(file));
  }
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(file));
  return hash.update(process.versions.node).digest('hex');
}

function fail(message) {
  console.error(`\n${message}\n`);
  process.exit(1);
}

// On its own it only prepares.
if (import.meta.url === `file://${process.argv[1]}`) {
  process.chdir(new URL('..', import.meta.url).pathname);
  requireTools();
  installWorkspace();
}
