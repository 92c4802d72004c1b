import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

describe('the sandbox as a process', () => {
  let folder: string;
  let child: ChildProcess;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-main-'));
  });

  afterEach(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'writes a kubeconfig, says where it listens, and ends cleanly on %s',
    async (signal) => {
      const kubeconfig = join(folder, 'config', 'kubeconfig');
      const args = [
        '--name',
        'west',
        '--data-dir',
        join(folder, 'data'),
        '--kubeconfig-out',
        kubeconfig,
        '--pod-startup-ms',
        '10',
      ];
      child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      const line = await new Promise<string>((resolve) => {
        child.stdout?.setEncoding('utf8').once('data', resolve);
      });
      expect(line).toMatch(/^sandbox west listens on https:\/\/127\.0\.0\.1:\d+\n$/);
      expect(readFileSync(kubeconfig, 'utf8')).toContain('current-context: west');
      const ended = new Promise<number | null>((resolve) => {
        child.once('exit', (code) => resolve(code));
      });
      child.kill(signal);
      expect(await ended).toBe(0);
      expect(existsSync(join(folder, 'data', 'objects'))).toBe(true);
    },
  );
});
