import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { healthSuite } from './health-suite.ts';
import { structuredMergeSuite } from './structured-merge-suite.ts';
import type { VectorSuite } from './vector-suite.ts';
import { yamlScalarsSuite } from './yaml-scalars-suite.ts';

/** Recorded truth by file name. Everything else in the folder is reported as skipped, companions excepted. */
const suites: Record<string, VectorSuite> = {
  'health-builtin-kinds.jsonl': healthSuite,
  'health-custom-kinds.jsonl': healthSuite,
  'smd-steps.jsonl': structuredMergeSuite,
  'yaml-scalars.jsonl': yamlScalarsSuite,
};

const companions = new Set(['smd-openapi.json', 'README.md']);

/**
 * Runs every known vector file of a folder and prints `file: agreed/total`. Resolves to true when all agree; a folder
 * without any known file is an error too.
 */
export async function runConformance(folder: string, options: { verbose: boolean }): Promise<boolean> {
  if (!existsSync(folder)) throw new Error(`no folder ${folder}. Pass the folder that holds the vector files`);
  let ran = 0;
  let isGood = true;
  for (const file of readdirSync(folder).sort()) {
    if (companions.has(file)) continue;
    const suite = suites[file];
    if (suite === undefined) {
      console.log(`${file}: skipped (no suite of that name)`);
      continue;
    }
    const lines = readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    const result = await suite(
      lines.map((line) => JSON.parse(line) as unknown),
      folder,
    );
    ran += 1;
    console.log(`${file}: ${result.agreed}/${result.total}`);
    if (result.agreed !== result.total) isGood = false;
    if (options.verbose) for (const line of result.disagreements) console.log(`  ${line}`);
  }
  if (ran === 0)
    console.error(`no vector file of a known name in ${folder} (known: ${Object.keys(suites).join(', ')})`);
  return isGood && ran > 0;
}
