import { contentHash, type KubernetesObject, type LuaAnswer, type LuaScript } from '@lockstep/core';
import { LRUCache } from 'lru-cache';
import { LimitedThread, ThreadLimitError } from './limited-thread.ts';
import { LUA_THREAD, LUA_THREAD_DATA } from './lua-thread.ts';

const LIMIT_MS = 1_000;
/** A script that hit a limit rests, longer each time it does so again. */
const FIRST_REST_MS = 5_000;
const MAX_REST_MS = 10 * 60_000;
/** Lua's own words. */
const OUT_OF_MEMORY = 'not enough memory';

/** What the thread gets, all of it text. */
interface Inputs {
  script: string;
  name: string;
  openLibs: string;
  object?: string;
  parameters?: string;
}

interface Waiting {
  /** Made when its turn comes: thousands of objects may wait. */
  inputs: () => Inputs;
  resolve: (answer: string) => void;
  reject: (error: Error) => void;
}

/**
 * A script did not give an answer: `reason` says why, in words for whoever wrote it. `retryAt` is set when it took too
 * long or too much: until then it is not run again, for any object.
 */
export class LuaError extends Error {
  readonly retryAt: number | undefined;

  constructor(reason: string, options: { retryAt?: number; cause?: unknown } = {}) {
    super(reason, { cause: options.cause });
    this.retryAt = options.retryAt;
  }
}

/**
 * Lua of users, in a thread of its own with limits on time and memory, and a fresh machine for each call. Scripts take
 * turns, so that a slow one with many objects holds up another by one call at most.
 */
export class LuaWorker implements AsyncDisposable {
  readonly #thread = new LimitedThread<{ inputs: Inputs }, string>({
    source: LUA_THREAD,
    modules: { lua: 'lua-wasm-bindings/dist/lua.52.js' },
    data: LUA_THREAD_DATA,
    limit: LIMIT_MS,
  });
  /** By script, in the order of their turns. */
  readonly #queues = new Map<string, Waiting[]>();
  readonly #resting = new LRUCache<string, { until: number; rest: number; reason: string }>({ max: 1_000 });
  #isRunning = false;

  /** Runs a script on an object. Throws `LuaError`. */
  async run(
    script: LuaScript,
    object: KubernetesObject,
    parameters?: Readonly<Record<string, string>>,
  ): Promise<LuaAnswer> {
    const answer = await this.#enqueue(script.source, () => ({
      script: script.source,
      name: script.name,
      openLibs: String(script.openLibs),
      object: JSON.stringify(object),
      ...(parameters === undefined ? {} : { parameters: JSON.stringify(parameters) }),
    }));
    const space = answer.indexOf(' ');
    switch (answer[0]) {
      case 'r': {
        const type = answer.slice(1, space);
        return type === 'table' ? { type, value: JSON.parse(answer.slice(space + 1)) as unknown } : { type };
      }
      case 's':
        throw new LuaError(`the script does not parse: ${answer.slice(1)}`);
      default:
        throw new LuaError(answer.slice(1));
    }
  }

  /** What is wrong with the text of a script, if anything. */
  async problemOf(script: LuaScript): Promise<string | undefined> {
    const { source, name } = script;
    const answer = await this.#enqueue(source, () => ({ script: source, name, openLibs: 'false' })).catch(
      (error: Error) => `s${error.message}`,
    );
    return answer.startsWith('s') ? answer.slice(1) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { reject } of [...this.#queues.values()].flat()) reject(new LuaError('the process is stopping'));
    this.#queues.clear();
    await this.#thread[Symbol.asyncDispose]();
  }

  #enqueue(script: string, inputs: Waiting['inputs']): Promise<string> {
    return new Promise((resolve, reject) => {
      const id = contentHash(script);
      const queue = this.#queues.get(id);
      if (queue === undefined) this.#queues.set(id, [{ inputs, resolve, reject }]);
      else queue.push({ inputs, resolve, reject });
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let turn = this.#nextTurn(); turn !== undefined; turn = this.#nextTurn()) {
      const { id, inputs, resolve, reject } = turn;
      await this.#call(id, inputs).then(resolve, reject);
    }
    this.#isRunning = false;
  }

  /** The next script's first call; the script goes to the end of the line. */
  #nextTurn(): (Waiting & { id: string }) | undefined {
    for (const [id, queue] of this.#queues) {
      this.#queues.delete(id);
      const next = queue.shift();
      if (queue.length > 0) this.#queues.set(id, queue);
      if (next !== undefined) return { id, ...next };
    }
    return undefined;
  }

  async #call(id: string, inputs: Waiting['inputs']): Promise<string> {
    const resting = this.#resting.get(id);
    if (resting !== undefined && resting.until > Date.now())
      throw new LuaError(resting.reason, { retryAt: resting.until });
    try {
      const answer = await this.#thread.call({ inputs: inputs() });
      // A script may catch this error and go on; only one that ends with it is told.
      if (answer === `e${OUT_OF_MEMORY}`) throw new ThreadLimitError(OUT_OF_MEMORY);
      this.#resting.delete(id);
      return answer;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const isMemory = text === OUT_OF_MEMORY || (error instanceof ThreadLimitError && text.includes('memory'));
      if (!(error instanceof ThreadLimitError) && !isMemory) throw new LuaError(text, { cause: error });
      const rest = Math.min(MAX_REST_MS, (resting?.rest ?? FIRST_REST_MS / 4) * 4);
      const until = Date.now() + rest;
      const reason = isMemory ? 'the script took more than 64 MB of memory' : `the script ${text}`;
      this.#resting.set(id, { until, rest, reason });
      throw new LuaError(reason, { retryAt: until, cause: error });
    }
  }
}
