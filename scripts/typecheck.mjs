// Type-checks every workspace folder that has a tsconfig.json, one after the other; prints what failed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const folders = ['apps', 'packages'].flatMap((group) => readdirSync(group).map((name) => `${group}/${name}`));
const projects = [...folders, 'e2e', 'bench'].filter((folder) => existsSync(`${folder}/tsconfig.json`));
const wanted = process.argv.slice(2);
let failed = 0;
for (const project of wanted.length > 0 ? wanted : projects) {
  const { status } = spawnSync('node_modules/.bin/tsc', ['-p', project, '--pretty', 'false'], { stdio: 'inherit' });
  if (status !== 0) {
    failed += 1;
    console.error(`typecheck: ${project} failed`);
  }
}
process.exit(failed === 0 ? 0 : 1);
