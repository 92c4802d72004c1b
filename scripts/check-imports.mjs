// Checks who may import whom (ARCHITECTURE.md, Dependencies) and that relative imports stay inside their package.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Per folder: what its sources may import besides their own files and npm packages; `io: false` forbids the outside world. */
const rules = [
  { folder: 'packages/structured-merge/src', workspace: [], io: false },
  { folder: 'packages/core/src', workspace: ['structured-merge'], io: false },
  { folder: 'packages/rbac/src', workspace: [], io: false },
  { folder: 'packages/contract/src', workspace: [], io: false },
  { folder: 'packages/sandbox/src', workspace: ['structured-merge'], io: true },
  { folder: 'packages/embedded/src', workspace: ['sandbox'], io: true },
  { folder: 'packages/testkit/src', workspace: ['core', 'sandbox', 'embedded', 'structured-merge'], io: true },
  { folder: 'apps/server/src', workspace: ['core', 'rbac', 'contract', 'structured-merge'], io: true },
  { folder: 'apps/web/src', workspace: ['contract'], io: true },
];
/** Stages of packages/core in their order: a folder may import those before it and itself. `render`, `diff` and `health` do not know each other. */
const coreMayImport = {
  kubernetes: [],
  application: ['kubernetes'],
  settings: ['kubernetes', 'application'],
  render: ['kubernetes', 'application', 'settings'],
  diff: ['kubernetes', 'application', 'settings'],
  health: ['kubernetes', 'application', 'settings'],
  compare: ['kubernetes', 'application', 'settings', 'render', 'diff', 'health'],
  sync: ['kubernetes', 'application', 'settings', 'render', 'diff', 'health', 'compare'],
  status: ['kubernetes', 'application', 'settings', 'render', 'diff', 'health', 'compare', 'sync'],
  reconcile: ['kubernetes', 'application', 'settings', 'render', 'diff', 'health', 'compare', 'sync', 'status'],
};
const ioPackages = /^(fastify|@fastify\/|bullmq|ioredis|@kubernetes\/client-node|react|undici|ws$|execa|simple-git)/;
const importPattern =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

const problems = [];
for (const rule of rules) {
  for (const file of sourceFiles(rule.folder)) {
    const isTest = /\.test\.tsx?$/.test(file) || file.includes('/fixtures/');
    for (const specifier of importsOf(file)) check(rule, file, specifier, isTest);
  }
}
checkFeatures();
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'imports: every rule holds' : `imports: ${problems.length} broken rules`);
process.exit(problems.length === 0 ? 0 : 1);

function check(rule, file, specifier, isTest) {
  if (specifier.startsWith('.')) {
    const target = join(dirname(file), specifier);
    if (relative(dirname(rule.folder), target).startsWith('..'))
      problems.push(`${file}: ${specifier} leaves its package`);
    if (rule.folder === 'packages/core/src' && !isTest) checkStage(file, target);
    return;
  }
  if (specifier.startsWith('@lockstep/')) {
    const name = specifier.split('/')[1];
    if (!rule.workspace.includes(name) && !isTest) problems.push(`${file}: may not import ${specifier}`);
    return;
  }
  if (!rule.io && !isTest && (specifier.startsWith('node:') || ioPackages.test(specifier))) {
    problems.push(`${file}: ${specifier} is I/O; declare an interface here and implement it in apps/server`);
  }
}

function checkStage(file, target) {
  const stageOf = (path) => relative('packages/core/src', path).split('/');
  const [from, ...below] = stageOf(file);
  const [to, ...rest] = stageOf(target);
  if (below.length === 0 || rest.length === 0 || from === to) return;
  if (!coreMayImport[from]?.includes(to)) problems.push(`${file}: core/${from} may not import core/${to}`);
}

/** Features of the dashboard do not import each other; shared code moves to components, hooks or lib. */
function checkFeatures() {
  for (const file of sourceFiles('apps/web/src')) {
    const own = /apps\/web\/src\/features\/([^/]+)\//.exec(file)?.[1];
    if (own === undefined) continue;
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue;
      const other = /apps\/web\/src\/features\/([^/]+)\//.exec(join(dirname(file), specifier))?.[1];
      if (other !== undefined && other !== own) problems.push(`${file}: feature ${own} imports feature ${other}`);
    }
  }
}

function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2]);
}

function sourceFiles(folder) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
