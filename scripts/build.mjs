// Builds what runs: one bundle per process, the dashboard, the sandbox's API description. Skips a part whose inputs did not change.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Every part: the folders and files it is made of, the file that proves it was made, and how to make it. */
const parts = [
  {
    name: 'Kubernetes API description',
    inputs: [
      'packages/sandbox/scripts',
      'packages/sandbox/src/openapi',
      'packages/sandbox/package.json',
      'pnpm-lock.yaml',
    ],
    output: 'packages/sandbox/generated',
    make: () => run('packages/sandbox', 'node_modules/.bin/tsx', ['scripts/generate-openapi.ts']),
  },
  {
    name: 'sandbox',
    inputs: ['packages/sandbox/src', 'packages/sandbox/generated', 'packages/structured-merge/src', 'pnpm-lock.yaml'],
    output: 'packages/sandbox/dist/main.js',
    make: async () => {
      await bundle('packages/sandbox', 'src/main.ts', 'dist/main.js');
      copyFileSync(
        'packages/sandbox/generated/kubernetes-openapi.json',
        'packages/sandbox/dist/kubernetes-openapi.json',
      );
    },
  },
  {
    name: 'server',
    inputs: [
      'apps/server/src',
      'packages/core/src',
      'packages/rbac/src',
      'packages/contract',
      'packages/structured-merge/src',
      'pnpm-lock.yaml',
    ],
    output: 'apps/server/dist/main.js',
    make: () => bundle('apps/server', 'src/main.ts', 'dist/main.js'),
  },
  {
    name: 'launcher',
    inputs: ['packages/embedded/src', 'pnpm-lock.yaml'],
    output: 'packages/embedded/dist/main.js',
    make: () => bundle('packages/embedded', 'src/main.ts', 'dist/main.js'),
  },
  {
    name: 'real control plane',
    inputs: [
      'packages/embedded/src',
      'packages/sandbox/src/controllers',
      'packages/structured-merge/src',
      'pnpm-lock.yaml',
    ],
    output: 'packages/embedded/dist/kube/main.js',
    make: () => bundle('packages/embedded', 'src/kube/main.ts', 'dist/kube/main.js'),
  },
  {
    name: 'dashboard',
    inputs: [
      'apps/web/src',
      'apps/web/index.html',
      'apps/web/public',
      'apps/web/vite.config.ts',
      'packages/contract',
      'pnpm-lock.yaml',
    ],
    output: 'apps/web/dist/index.html',
    make: () => run('apps/web', 'node_modules/.bin/vite', ['build', '--logLevel', 'warn']),
  },
];

function run(folder, command, args) {
  const local = join(folder, command);
  const { status } = spawnSync(existsSync(local) ? command : join(process.cwd(), command), args, {
    cwd: folder,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`build: ${command} ${args.join(' ')} failed in ${folder}`);
}

/** One ES module per process. npm packages stay outside: each resolves from the folder that declares it. */
async function bundle(folder, entry, output) {
  const esbuild = createRequire(import.meta.url)('esbuild');
  await esbuild.build({
    absWorkingDir: join(process.cwd(), folder),
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    // Comments would stay in memory with the text of the script, two bytes a letter.
    minifyWhitespace: true,
    logLevel: 'warning',
    // CommonJS packages that are bundled require Node's own modules.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
    },
    plugins: [onlyTheKubeConfig, npmPackagesStayOutside],
  });
}

/**
 * Of `@kubernetes/client-node` we use `KubeConfig`. The index of its generated part loads the models of every Kubernetes
 * kind, 34 MB of heap in each process, so the kubeconfig is bundled with the two names that it takes from there.
 */
const onlyTheKubeConfig = {
  name: 'only-the-kube-config',
  setup(build) {
    build.onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ resolveDir, kind }) =>
      build.resolve('@kubernetes/client-node/dist/config.js', { resolveDir, kind }),
    );
    build.onLoad({ filter: /client-node\/dist\/gen\/index\.js$/ }, () => ({
      contents:
        "export { createConfiguration } from './configuration.js'; export { ServerConfiguration } from './servers.js';",
    }));
  },
};

/** What the process's own package.json lists stays outside; packages of this workspace, and what only they list, are bundled. */
const npmPackagesStayOutside = {
  name: 'npm-packages-stay-outside',
  setup(build) {
    const folder = build.initialOptions.absWorkingDir;
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
      if (kind === 'entry-point' || path.startsWith('@lockstep/')) return undefined;
      if (path.startsWith('@kubernetes/client-node/')) return undefined;
      // What a bundled package imports comes in the version it asks for. It never uses the undici it loads.
      if (importer.includes('/node_modules/') && path !== 'undici' && !path.startsWith('node:')) return undefined;
      if (path.startsWith('node:') || packageName(path) in dependencies) return { path, external: true };
      return undefined;
    });
  },
};

const packageName = (path) =>
  path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');

function fingerprint(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort())
        if (name !== 'node_modules' && name !== 'dist') visit(join(path, name));
      return;
    }
    if (path.includes('.test.')) return;
    hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}

/** Builds every part whose inputs changed since it was last built. */
export async function buildAll({ only, log = console.log } = {}) {
  mkdirSync('node_modules/.cache/lockstep', { recursive: true });
  for (const part of parts) {
    if (only !== undefined && !only.includes(part.name)) continue;
    const stampFile = join('node_modules/.cache/lockstep', `${part.name.replaceAll(' ', '-')}.stamp`);
    const stamp = fingerprint([...part.inputs, 'scripts/build.mjs']);
    if (existsSync(part.output) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) continue;
    const started = Date.now();
    await part.make();
    writeFileSync(stampFile, stamp);
    log(`built ${part.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
}

if (import.meta.url === `file://${process.argv[1]}`)
  await buildAll(process.argv[2] === undefined ? {} : { only: process.argv.slice(2) });
