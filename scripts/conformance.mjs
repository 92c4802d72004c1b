// npm run conformance -- DIR [--verbose]: runs the recorded vectors in DIR; exits 1 unless every one agrees.
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { verbose: { type: 'boolean' } } });
const [folder] = positionals;
if (folder === undefined) {
  console.error('usage: npm run conformance -- DIR [--verbose]');
  process.exit(2);
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Inside the package, so that what stays external resolves from its node_modules.
const output = mkdtempSync(join(root, 'packages/testkit/.conformance-'));
let isGood = false;
try {
  const outfile = join(output, 'run.mjs');
  await build({
    entryPoints: [join(root, 'packages/testkit/src/conformance/run.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const { runConformance } = await import(pathToFileURL(outfile).href);
  isGood = await runConformance(resolve(process.env.INIT_CWD ?? process.cwd(), folder), {
    verbose: values.verbose ?? false,
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
} finally {
  rmSync(output, { recursive: true, force: true });
}
process.exit(isGood ? 0 : 1);
