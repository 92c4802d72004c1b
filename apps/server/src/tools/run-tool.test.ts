import { describe, expect, it } from 'vitest';
import { printable, runTool } from './run-tool.ts';

const run = (args: string[], more: Partial<Parameters<typeof runTool>[0]> = {}) =>
  runTool({ file: '/bin/sh', args: ['-c', ...args], env: { PATH: '/usr/bin:/bin' }, timeout: 5_000, ...more });

describe('runTool', () => {
  it('gives output and exit code, and inherits no variable', async () => {
    process.env['LOCKSTEP_TEST_SECRET'] = 'leak';
    const result = await run(['env; echo problem >&2; exit 3'], { env: { ONLY: 'this' } });
    expect(result.stdout.toString()).toContain('ONLY=this');
    expect(result.stdout.toString()).not.toContain('leak');
    expect(result).toMatchObject({ exitCode: 3, stderr: 'problem\n' });
  });

  it('passes standard input', async () => {
    expect((await run(['cat'], { input: 'text' })).stdout.toString()).toBe('text');
  });

  it('ends a tool that takes too long, with everything it started', async () => {
    const started = Date.now();
    await expect(run(['sleep 60 & sleep 60'], { timeout: 200 })).rejects.toThrow(/ran longer than 0.2 s/);
    expect(Date.now() - started).toBeLessThan(4_000);
  });

  it('ends a tool that prints without end, and one that eats memory', async () => {
    await expect(run(['yes'], { maxOutput: 100_000 })).rejects.toThrow(/printed more than/);
    const greedy = await runTool({
      file: process.execPath,
      args: ['-e', 'const a = []; for (;;) a.push(new Uint8Array(1e8).fill(1))'],
      env: {},
      timeout: 20_000,
      maxMemory: 2 ** 31,
    });
    expect(greedy.exitCode).not.toBe(0);
  });

  it('names a tool that is not there', async () => {
    await expect(runTool({ file: '/nonexistent/helm', args: [], env: {}, timeout: 1_000 })).rejects.toThrow(
      /\/nonexistent\/helm cannot be started/,
    );
  });

  it('takes control characters out of what is shown', () => {
    expect(printable('a\u001b[31mred\u001b[0m\rb\u0007\n')).toBe('aredb\n');
  });
});
