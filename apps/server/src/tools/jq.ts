import { contentHash, type JqEvaluator, type JqResult, type KubernetesObject } from '@lockstep/core';
import { LRUCache } from 'lru-cache';
import { LimitedThread } from './limited-thread.ts';

const LIMIT_MS = 1_000;

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

/**
 * jq in a thread of its own: an expression comes from whoever may edit an application, and one that runs for ever must
 * cost a second and not the controller. An expression that fails is reported once and skipped.
 */
export class JqWorker implements JqEvaluator, AsyncDisposable {
  readonly #onProblem: (expression: string, problem: string) => void;
  readonly #results = new LRUCache<string, JqResult>({ max: 5_000 });
  readonly #reported = new LRUCache<string, true>({ max: 1_000 });
  readonly #thread = new LimitedThread<{ object: KubernetesObject; expression: string }, KubernetesObject>({
    source: WORKER_SOURCE,
    modules: { jq: 'jq-wasm' },
    limit: LIMIT_MS,
  });
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
    await this.#thread[Symbol.asyncDispose]();
  }

  /** One at a time, so that the limit of one never counts against another. */
  #one(object: KubernetesObject, expression: string): Promise<KubernetesObject> {
    const result = this.#queue.then(() => this.#thread.call({ object, expression }));
    this.#queue = result.catch(() => {});
    return result;
  }
}
