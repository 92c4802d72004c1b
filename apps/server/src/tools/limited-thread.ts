import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/** The first call loads a WebAssembly build. */
const START_MS = 10_000;

export interface LimitedThreadOptions {
  /**
   * Plain JavaScript, so that it runs the same from source, under test and in the bundle. It posts `{ ready: true }`
   * once, then answers each `{ id, ...request }` with `{ id, result }` or `{ id, error }`.
   */
  source: string;
  /** Modules the source needs: it finds their files in `workerData` by these names. */
  modules: Record<string, string>;
  data?: Record<string, unknown>;
  /** Longest time of one call, in milliseconds. */
  limit: number;
}

/** What ran took longer than it may, or took its thread down. */
export class ThreadLimitError extends Error {}

/**
 * A thread for expressions and scripts of users: one that runs for ever costs its time limit, one that takes all memory
 * costs the thread, and neither costs the process. It starts with the first call, and again after it was ended. Whoever
 * uses it makes one call at a time, so that the limit of one never counts against another.
 */
export class LimitedThread<Request extends object, Result> implements AsyncDisposable {
  readonly #options: LimitedThreadOptions;
  #worker: { thread: Worker; ready: Promise<void> } | undefined;
  readonly #calls = new Map<number, { resolve: (result: Result) => void; reject: (error: Error) => void }>();
  #nextId = 0;

  constructor(options: LimitedThreadOptions) {
    this.#options = options;
  }

  /** Throws `ThreadLimitError`, or what the thread answered as its error. */
  async call(request: Request): Promise<Result> {
    const { limit } = this.#options;
    const { thread, ready } = this.#start();
    await ready;
    const id = this.#nextId++;
    const clock = new Stopwatch(limit);
    try {
      return await new Promise<Result>((resolve, reject) => {
        this.#calls.set(id, { resolve, reject });
        clock.start(() => this.#abandon(thread, new ThreadLimitError(`took longer than ${limit / 1000} s`)));
        thread.postMessage({ id, ...request });
      });
    } finally {
      clock.stop();
      this.#calls.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.thread.terminate();
    this.#worker = undefined;
  }

  #start(): { thread: Worker; ready: Promise<void> } {
    if (this.#worker !== undefined) return this.#worker;
    const { source, modules, data } = this.#options;
    const { resolve: locate } = createRequire(import.meta.url);
    const files = Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, locate(module)]));
    const thread = new Worker(source, {
      eval: true,
      workerData: { ...data, ...files },
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    thread.unref();
    const ready = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, START_MS);
      thread.on('message', (message: { ready?: true; id?: number; result?: Result; error?: string }) => {
        if (message.ready === true) {
          clearTimeout(timer);
          resolve();
          return;
        }
        const call = this.#calls.get(message.id ?? -1);
        if (message.error !== undefined) call?.reject(new Error(message.error.trim()));
        else if (message.result !== undefined) call?.resolve(message.result);
      });
      thread.on('error', (error: Error) => {
        resolve();
        this.#abandon(thread, new ThreadLimitError(error.message, { cause: error }));
      });
    });
    this.#worker = { thread, ready };
    return this.#worker;
  }

  #abandon(thread: Worker, reason: Error): void {
    if (this.#worker?.thread === thread) this.#worker = undefined;
    void thread.terminate();
    for (const { reject } of this.#calls.values()) reject(reason);
    this.#calls.clear();
  }
}

/** How many times the limit a call may take while the machine gives this process no time to work. */
const PATIENCE = 5;

/**
 * Rings after `limit` milliseconds in which the call can have worked. On a machine that has no time for us, most of a
 * second passes without any of it going to the thread, which uses at most what the whole process used.
 */
class Stopwatch {
  readonly #limit: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  start(ring: () => void): void {
    const [startedAt, before] = [Date.now(), process.cpuUsage()];
    const check = (): void => {
      const { user, system } = process.cpuUsage(before);
      const worked = (user + system) / 1000;
      if (worked > this.#limit * 0.8 || Date.now() - startedAt > this.#limit * PATIENCE) ring();
      else this.#timer = setTimeout(check, this.#limit / 4);
    };
    this.#timer = setTimeout(check, this.#limit);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
