import { availableParallelism } from 'node:os';
import path from 'node:path';
import pLimit from 'p-limit';
import type { Config } from '../config/config.ts';
import type { RepositoryCredentials } from '../git/credentials.ts';
import { findGit } from '../git/git-command.ts';
import type { Logger } from '../logger.ts';
import type { RendererMetrics } from '../metrics.ts';
import { answerCalls, errorToWire } from '../queues/queue-call.ts';
import type { QueueWorker } from '../queues/queue-worker.ts';
import { RENDER_QUEUE, type RenderJob, type RenderJobResult } from '../queues/render-queue.ts';
import { REPOSITORIES_QUEUE, type RepositoryJob } from '../queues/repositories-queue.ts';
import { openRedis } from '../redis/redis-connection.ts';
import { unseal } from '../redis/sealed-value.ts';
import { ToolBox } from '../tools/tool-box.ts';
import { Charts } from './charts.ts';
import { credentialsName } from './credentials-name.ts';
import { Mirrors } from './mirrors.ts';
import { type RendererParts, renderApplication } from './render-application.ts';
import { RenderCache } from './render-cache.ts';
import { answerRepositoryJob } from './repository-worker.ts';

/** The renderer role: runs git, helm and kustomize for the others. It has no access to a cluster. */
export class Renderer implements AsyncDisposable {
  readonly #parts: RendererParts;
  readonly #workers: QueueWorker<never>[];
  readonly #close: () => Promise<void>;

  private constructor(parts: RendererParts, workers: QueueWorker<never>[], close: () => Promise<void>) {
    this.#parts = parts;
    this.#workers = workers;
    this.#close = close;
  }

  /** `key` seals the cache and opens credentials. Resolves when the queues are served. */
  static async start(options: {
    config: Config;
    key: Buffer;
    logger: Logger;
    metrics: RendererMetrics;
  }): Promise<Renderer> {
    const { config, key, logger, metrics } = options;
    const redis = openRedis(config.redisUrl, { onError: (error) => logger.debug({ err: error }, 'redis') });
    const limit = pLimit(config.renderWorkers > 0 ? config.renderWorkers : availableParallelism());
    const mirrors = new Mirrors({
      git: findGit(config.tools.git),
      allowFile: config.allowFileRepositories,
      root: path.join(config.dataDirectory, 'git'),
      onRemoteCall: (url, call) => metrics.gitRequests.inc({ repo: url, request_type: call }),
    });
    const charts = new Charts({ cacheDirectory: path.join(config.dataDirectory, 'charts') });
    const tools = new ToolBox({ configured: config.tools, cacheDirectory: path.join(config.dataDirectory, 'tools') });
    const parts: RendererParts = {
      mirrors,
      charts,
      tools,
      cache: new RenderCache(redis, key),
      limit: (work) => limit(work),
    };

    const open = (url: string, sealed: string | undefined): RepositoryCredentials => {
      if (sealed === undefined) return {};
      const text = unseal(key, credentialsName(url), Buffer.from(sealed, 'base64'));
      if (text === undefined)
        throw new Error(
          `the credentials of ${url} were sealed with another key; controller and renderer need the same LOCKSTEP_RENDER_KEY`,
        );
      return JSON.parse(text.toString('utf8')) as RepositoryCredentials;
    };
    const onError = (error: Error): void => logger.warn({ err: error }, 'queue');
    const workers: QueueWorker<never>[] = [
      answerCalls<RenderJob, RenderJobResult>(
        RENDER_QUEUE,
        config.redisUrl,
        async (job) =>
          Promise.all(
            job.requests.map(async (request) => {
              const started = performance.now();
              try {
                const value = await renderApplication(parts, request, (url) => open(url, job.credentials[url]));
                if (value.rendered)
                  metrics.renders.inc({ type: value.sourceTypes[0] ?? 'Directory', result: 'rendered' });
                else metrics.renders.inc({ type: value.sourceTypes[0] ?? 'Directory', result: 'cached' });
                return { ok: true as const, value };
              } catch (error) {
                metrics.renders.inc({ type: 'unknown', result: 'failed' });
                logger.debug({ err: error, application: request.application.instanceName }, 'render failed');
                return { ok: false as const, error: errorToWire(error) };
              } finally {
                metrics.renderSeconds.observe((performance.now() - started) / 1000);
              }
            }),
          ),
        { concurrency: 16, onError },
      ),
      answerCalls<RepositoryJob, unknown>(
        REPOSITORIES_QUEUE,
        config.redisUrl,
        (job) => answerRepositoryJob(parts, job, open(job.url, job.credentials)),
        { concurrency: 32, onError },
      ),
    ];
    const renderer = new Renderer(parts, workers, async () => {
      await Promise.allSettled(workers.map((worker) => worker[Symbol.asyncDispose]()));
      await mirrors[Symbol.asyncDispose]();
      redis.disconnect();
    });
    await Promise.all(workers.map((worker) => worker.ready()));
    return renderer;
  }

  get isReady(): boolean {
    return this.#workers.every((worker) => worker.isRunning);
  }

  /** For tests and warm starts: finds the tools now instead of at the first render. */
  async findTools(): Promise<void> {
    await Promise.all([this.#parts.tools.find('helm'), this.#parts.tools.find('kubectl')]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
