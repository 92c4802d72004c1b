import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export interface RoleProcessOptions {
  name: string;
  script: string;
  args: string[];
  env?: Record<string, string>;
  /** Standard output and error are appended here. */
  logFile: string;
  /** Resolves when the process serves; called after every start. */
  ready(signal: AbortSignal): Promise<void>;
  /** Called with the new process id after each start. */
  onStart?(pid: number): void;
}

/**
 * Keeps one child process running: restarts it when it ends without being asked, at once when it was ready, else with
 * a growing pause. Every process of ours converges after a crash, so a restart is always safe.
 */
export class RoleProcess {
  readonly name: string;
  readonly #options: RoleProcessOptions;
  #child: ChildProcess | undefined;
  #stopping = new AbortController();
  #failures = 0;

  constructor(options: RoleProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts the process; resolves when it is ready for the first time, rejects when it ends before that. */
  start(): Promise<void> {
    const child = this.#spawn();
    const ended = new Promise<never>((_, reject) => {
      child.once('exit', (code, signal) =>
        reject(new Error(`${this.name} ended (${signal ?? code}) before it was ready; see ${this.#options.logFile}`)),
      );
    });
    return Promise.race([this.#untilReady(), ended]);
  }

  /** SIGTERM, then SIGKILL after 10 s. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  async #untilReady(): Promise<void> {
    await this.#options.ready(this.#stopping.signal);
    this.#failures = 0;
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, ['--enable-source-maps', this.#options.script, ...this.#options.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#options.env },
    });
    const log = createWriteStream(this.#options.logFile, { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('exit', () => {
      log.end();
      if (this.#stopping.signal.aborted) return;
      const delay = Math.min(10_000, 100 * 2 ** Math.min(this.#failures, 7));
      this.#failures += 1;
      setTimeout(() => {
        if (this.#stopping.signal.aborted) return;
        this.#spawn();
        this.#untilReady().then(
          () => this.#options.onStart?.(this.pid),
          () => undefined,
        );
      }, delay);
    });
    this.#child = child;
    return child;
  }
}
