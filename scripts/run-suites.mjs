// Runs vitest suites one after the other and closes with one line that counts all their tests.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';

const reports = 'node_modules/.cache/lockstep';

/**
 * Runs every suite, also after one failed. A suite is a title and vitest's arguments. Returns the exit code: 0 when
 * everything passed and there was at least one. The counts also go to the file that LOCKSTEP_TEST_TOTALS names.
 */
export function runSuites(suites, environment) {
  mkdirSync(reports, { recursive: true });
  const total = { passed: 0, failed: 0, skipped: 0 };
  const skipped = new Map();
  let isGreen = true;
  for (const [title, ...args] of suites) {
    console.log(`\n== ${title} ==`);
    const report = `${reports}/tests.json`;
    rmSync(report, { force: true });
    const { status } = spawnSync(
      'node_modules/.bin/vitest',
      ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      { stdio: 'inherit', env: environment },
    );
    if (status !== 0) isGreen = false;
    const counts = readReport(report);
    total.passed += counts.numPassedTests;
    total.failed += counts.numFailedTests;
    total.skipped += counts.numPendingTests;
    for (const { assertionResults } of counts.testResults) {
      for (const { status: outcome, ancestorTitles, title: name } of assertionResults) {
        if (outcome !== 'skipped' && outcome !== 'pending') continue;
        const group = ancestorTitles[0] ?? name;
        skipped.set(group, (skipped.get(group) ?? 0) + 1);
      }
    }
  }
  console.log();
  for (const [group, count] of skipped) console.log(`skipped: ${group}: ${count}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  const totals = environment.LOCKSTEP_TEST_TOTALS;
  if (totals) appendFileSync(totals, `${total.passed} ${total.failed} ${total.skipped}\n`);
  return isGreen && total.passed > 0 && total.failed === 0 ? 0 : 1;
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };
  }
}
