import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The folder of the Go module that pins what is built; this file is run both as source and bundled into `dist`. */
const moduleFolder = folderAbove(import.meta.dirname, 'tools/kube');

/** The programs of a control plane, by what a real cluster calls them. */
const kubePrograms = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const;
type KubeProgram = (typeof kubePrograms)[number];
export type KubeBinaries = Record<KubeProgram, string>;

interface Source {
  goPackage: string;
  /** The first version line that will do: older ones lack what the others need. */
  isUsable(versionText: string): boolean;
}

const sources: Record<KubeProgram, Source> = {
  etcd: {
    goPackage: 'go.etcd.io/etcd/server/v3',
    isUsable: (text) => isAtLeast(text, /etcd Version: (\d+)\.(\d+)/, [3, 5]),
  },
  'kube-apiserver': {
    goPackage: 'k8s.io/kubernetes/cmd/kube-apiserver',
    isUsable: (text) => isAtLeast(text, /v(\d+)\.(\d+)/, [1, 32]),
  },
  'kube-controller-manager': {
    goPackage: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    isUsable: (text) => isAtLeast(text, /v(\d+)\.(\d+)/, [1, 32]),
  },
};

/** The programs, or undefined when one is missing: from KUBEBUILDER_ASSETS, PATH, or what was built before, in this order. */
export async function findKubeBinaries(): Promise<KubeBinaries | undefined> {
  const found = await locate();
  return isComplete(found) ? found : undefined;
}

/** The programs. Throws with the way to get them when one is missing. */
export async function kubeBinaries(): Promise<KubeBinaries> {
  const found = await locate();
  if (isComplete(found)) return found;
  const missing = kubePrograms.filter((program) => found[program] === undefined);
  throw new Error(
    `${missing.join(', ')} not found. Run pnpm kube:install, or set KUBEBUILDER_ASSETS to a folder that holds them`,
  );
}

/**
 * Puts what is missing into the cache folder, built with Go from pinned and checksummed modules. Takes minutes the first
 * time and nothing after that. Throws with what to do when Go is not there.
 */
export async function installKubeBinaries(log: (line: string) => void): Promise<KubeBinaries> {
  const found = await locate();
  const missing = kubePrograms.filter((program) => found[program] === undefined);
  for (const program of kubePrograms) if (found[program] !== undefined) log(`${program}: ${found[program]}`);
  if (missing.length > 0) {
    await requireGo(missing);
    const folder = await cacheFolder();
    await mkdir(folder, { recursive: true });
    for (const program of missing) {
      log(`${program}: building (a few minutes, once)`);
      await build(program, folder);
      log(`${program}: ${join(folder, program)}`);
    }
  }
  return kubeBinaries();
}

function folderAbove(start: string, name: string): string {
  for (let folder = start; dirname(folder) !== folder; folder = dirname(folder))
    if (existsSync(join(folder, name))) return join(folder, name);
  throw new Error(`no folder above ${start} holds ${name}`);
}

async function locate(): Promise<Partial<KubeBinaries>> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const cache = await cacheFolder();
  const folders = [
    ...(assets === undefined || assets === '' ? [] : [assets]),
    ...(process.env['PATH'] ?? '').split(delimiter),
    cache,
  ];
  const found: Partial<KubeBinaries> = {};
  for (const program of kubePrograms) {
    for (const folder of folders) {
      const path = join(folder, program);
      if (folder === '' || !(await isExecutable(path))) continue;
      if (folder !== cache && !(await isUsable(program, path))) continue;
      found[program] = path;
      break;
    }
  }
  return found;
}

function isComplete(found: Partial<KubeBinaries>): found is KubeBinaries {
  return kubePrograms.every((program) => found[program] !== undefined);
}

/** One folder per pinned set of modules, so that a new pin is built anew. */
async function cacheFolder(): Promise<string> {
  const root = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const pin = createHash('sha256')
    .update(await readFile(join(moduleFolder, 'go.mod')))
    .digest('hex')
    .slice(0, 12);
  return join(root, 'lockstep', 'kube', `${process.platform}-${process.arch}-${pin}`);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isUsable(program: KubeProgram, path: string): Promise<boolean> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    return sources[program].isUsable(stdout);
  } catch {
    return false;
  }
}

async function requireGo(missing: KubeProgram[]): Promise<void> {
  try {
    await run('go', ['version']);
  } catch (cause) {
    throw new Error(
      `${missing.join(', ')} must be built, and Go is not on PATH. Install Go 1.24 or later (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder that holds them`,
      { cause },
    );
  }
}

/** Built beside and moved into place, so that an interrupted build leaves no half program. */
async function build(program: KubeProgram, folder: string): Promise<void> {
  const workFolder = await mkdtemp(join(folder, 'build-'));
  try {
    const output = join(workFolder, program);
    const version = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/.exec(
      await readFile(join(moduleFolder, 'go.mod'), 'utf8'),
    );
    const [, gitVersion = '', major = '', minor = ''] = version ?? [];
    const stamps = Object.entries({ gitVersion, gitMajor: major, gitMinor: minor }).map(
      ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
    );
    await run(
      'go',
      ['build', '-trimpath', '-ldflags', ['-s', '-w', ...stamps].join(' '), '-o', output, sources[program].goPackage],
      {
        cwd: moduleFolder,
        env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    await rename(output, join(folder, program));
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

function isAtLeast(text: string, pattern: RegExp, [major, minor]: [number, number]): boolean {
  const match = pattern.exec(text);
  if (match === null) return false;
  const [, found = '0', foundMinor = '0'] = match;
  return Number(found) > major || (Number(found) === major && Number(foundMinor) >= minor);
}
