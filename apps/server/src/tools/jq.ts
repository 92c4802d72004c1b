import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { contentHash, type JqEvaluator, type JqResult, type KubernetesObject } from '@lockstep/core';
import { LRUCache } from 'lru-cache';

const LIMIT_MS = 1_000;
/** The first call loads the WebAssembly build. */
const START_MS = 10_000;

/** Plain JavaScript, so that it runs the same from source, under test and in the bundle. */
const WORKER_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const jq = require(workerData.jq);
parentPort.on('message', async ({ id, object, expression }) => {
  try {
    const result = await jq.json(object, 'del(' + expression + ')', ['-c']);
    parentPort.postMessage({ id, result });
  } catch (error) {
    parentPort.postMessage({ id, error: String(error && error.message || error) });
  }
});
jq.raw({}, '.').then(() => parentPort.postMessage({ ready: true }), (error) => parentPort.postMessage({ ready: true, error: String(error) }));
`;

interface Call {
  resolve: (object: KubernetesObject) => void;
  reject: (error: Error) => void;
}

/**
 * jq in a thread of its own: an expression comes from whoever may edit an application, and one that runs for ever must
 * cost a second and not the controller. An expression that fails is reported once and skipped.
 */
export class JqWorker implements JqEvaluator, AsyncDisposable {
  readonly #onProblem: (expression: string, problem: string) => void;
  readonly #results = new LRUCache<string, JqResult>({ max: 5_000 });
  readonly #reported = new LRUCache<string, true>({ max: 1_000 });
  #worker: { thread: Worker; ready: Promise<void> } | undefined;
  #calls = new Map<number, Call>();
  #nextId = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(onProblem: (expression: string, problem: string) => void = () => {}) {
    this.#onProblem = onProblem;
  }

  async deletePaths(object: KubernetesObject, expressions: string[]): Promise<JqResult> {
    const key = `${contentHash(object)} ${JSON.stringify(expressions)}`;
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const result: JqResult = { object, problems: [] };
    for (const expression of expressions) {
      try {
        result.object = await this.#one(result.object, expression);
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        result.problems.push({ expression, problem });
        if (!this.#reported.has(expression)) this.#onProblem(expression, problem);
        this.#reported.set(expression, true);
      }
    }
    this.#results.set(key, result);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.thread.terminate();
    this.#worker = undefined;
  }

  /** One at a time, so that the limit of one never counts against another. */
  #one(object: KubernetesObject, expression: string): Promise<KubernetesObject> {
    const result = this.#queue.then(() => this.#run(object, expression));
    this.#queue = result.catch(() => {});
    return result;
  }

  async #run(object: KubernetesObject, expression: string): Promise<KubernetesObject> {
    const { thread, ready } = this.#start();
    await ready;
    const id = this.#nextId++;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<KubernetesObject>((resolve, reject) => {
        this.#calls.set(id, { resolve, reject });
        timer = setTimeout(() => {
          this.#abandon(thread, new Error(`took longer than ${LIMIT_MS / 1000} s`));
        }, LIMIT_MS);
        thread.postMessage({ id, object, expression });
      });
    } finally {
      clearTimeout(timer);
      this.#calls.delete(id);
    }
  }

  #start(): { thread: Worker; ready: Promise<void> } {
    if (this.#worker !== undefined) return this.#worker;
    const jq = createRequire(import.meta.url).resolve('jq-wasm');
    const thread = new Worker(WORKER_SOURCE, {
      eval: true,
      workerData: { jq },
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    thread.unref();
    const ready = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, START_MS);
      thread.on('message', (message: { ready?: true; id?: number; result?: KubernetesObject; error?: string }) => {
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
        this.#abandon(thread, error);
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
