import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { isGone, processIdentity } from './process-identity.ts';

it.runIf(process.platform === 'linux')('knows of a process of its own machine whether it ended', async () => {
  const identity = processIdentity();
  expect(isGone(identity)).toBe(false);
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    `import { processIdentity } from ${JSON.stringify(new URL('./process-identity.ts', import.meta.url).href)};
     console.log(processIdentity()); setInterval(() => {}, 1000);`,
  ]);
  const other = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data).trim())),
  );
  expect(other).toContain(`_${child.pid}_`);
  expect(isGone(other)).toBe(false);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  expect(isGone(other)).toBe(true);
});

it.runIf(process.platform === 'linux')(
  'takes nobody for gone whom it cannot see: another namespace, another kernel',
  () => {
    const [host, , random, place, start] = processIdentity().split('_');
    const [boot, namespace] = (place as string).split('.');
    // No process has such a number here, and each of these containers has a process 1.
    for (const pid of ['4194999', '1']) {
      expect(isGone(`${host}_${pid}_${random}_${boot}.${Number(namespace) + 1}_${start}`)).toBe(false);
      expect(isGone(`${host}_${pid}_${random}_0${boot}.${namespace}_${start}`)).toBe(false);
      expect(isGone(`${host}_${pid}_${random}`)).toBe(false);
    }
    expect(isGone(`${host}_4194999_${random}_${place}_${start}`)).toBe(true);
    expect(isGone(`${host}_1_${random}_${place}_${Number(start) + 1}`)).toBe(true);
  },
);
