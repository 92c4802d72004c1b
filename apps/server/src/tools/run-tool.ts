import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { RenderError } from '@lockstep/core';

export interface ToolRun {
  /** Absolute path of the executable. */
  file: string;
  args: string[];
  cwd?: string;
  /** The whole environment: nothing of ours is inherited. */
  env: Record<string, string>;
  input?: string | Buffer;
  /** Milliseconds until the process group is killed. */
  timeout: number;
  /** Bytes of standard output that are accepted; more is an error, never a cut result. */
  maxOutput?: number;
  /** Bytes of address space, where the system can limit it. */
  maxMemory?: number;
  signal?: AbortSignal;
}

export interface ToolResult {
  stdout: Buffer;
  /** The first 64 KiB, control characters removed. */
  stderr: string;
  exitCode: number;
}

const MAX_OUTPUT = 64 * 1024 * 1024;
const MAX_STDERR = 64 * 1024;
const MAX_FILE = 1024 * 1024 * 1024;
const KILL_AFTER_TERM_MS = 5_000;

const prlimit = ['/usr/bin/prlimit', '/bin/prlimit'].find((file) => existsSync(file));

/**
 * Runs one tool to its end: argv as given, never a shell, an environment of its own, limits on time, memory and output.
 * The tool gets a process group, so that what it started dies with it. Resolves also when the tool fails (`exitCode`);
 * throws `RenderError` when a limit was hit or it could not start.
 */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  const name = run.file.slice(run.file.lastIndexOf('/') + 1);
  const limits = run.maxMemory === undefined ? [] : [`--as=${run.maxMemory}`, `--fsize=${MAX_FILE}`, '--core=0'];
  const [file, args] =
    prlimit === undefined || limits.length === 0 ? [run.file, run.args] : [prlimit, [...limits, run.file, ...run.args]];
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: run.cwd,
      env: run.env,
      detached: true,
      shell: false,
      stdio: [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    let outLength = 0;
    let errorLength = 0;
    let broken: RenderError | undefined;
    const killGroup = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // The group ended meanwhile.
      }
    };
    const stop = (error: RenderError): void => {
      broken ??= error;
      killGroup('SIGTERM');
      setTimeout(() => killGroup('SIGKILL'), KILL_AFTER_TERM_MS).unref();
    };
    const timer = setTimeout(
      () =>
        stop(
          new RenderError('ToolTimeout', `${name} ran longer than ${run.timeout / 1000} s`, {
            fix: 'Make the source smaller, or raise the execution timeout',
          }),
        ),
      run.timeout,
    );
    const abort = (): void => stop(new RenderError('ToolCancelled', `${name} was cancelled`));
    run.signal?.addEventListener('abort', abort, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      outLength += chunk.length;
      if (outLength > (run.maxOutput ?? MAX_OUTPUT)) {
        stop(
          new RenderError(
            'ToolOutput',
            `${name} printed more than ${Math.round((run.maxOutput ?? MAX_OUTPUT) / 1024 / 1024)} MiB`,
            { fix: 'Split the application' },
          ),
        );
      } else out.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (errorLength < MAX_STDERR) errors.push(chunk.subarray(0, MAX_STDERR - errorLength));
      errorLength += chunk.length;
    });
    const finish = (): void => {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', abort);
    };
    child.once('error', (cause) => {
      finish();
      reject(new RenderError('ToolMissing', `${run.file} cannot be started: ${cause.message}`, { cause }));
    });
    child.once('close', (code, signal) => {
      finish();
      if (broken !== undefined) return reject(broken);
      resolve({
        stdout: Buffer.concat(out),
        stderr: printable(Buffer.concat(errors).toString('utf8')),
        exitCode: code ?? (signal === null ? 1 : 128),
      });
    });
    if (run.input !== undefined) {
      child.stdin?.on('error', () => {});
      child.stdin?.end(run.input);
    }
  });
}

/** Text of a tool may be written by whoever wrote the repository: no escape sequences, no carriage-return tricks. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}
