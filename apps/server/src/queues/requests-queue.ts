import type { Application, ApplicationKey } from '@lockstep/core';
import type {
  ApiRequests,
  HistoryDiffAnswer,
  HistoryDiffRequest,
  ManifestsAnswer,
  ManifestsRequest,
  PlanAnswer,
  PlanRequest,
  RevisionMetadata,
  RevisionMetadataRequest,
} from '../api/requests.ts';
import { QueueCaller } from './queue-call.ts';
import type { RepositoryAnswers, RepositoryJob, RepositoryQuestion } from './repositories-queue.ts';

/** Questions that need the live state or the renderer, answered by the controller of the shard. */
export function requestsQueueName(shard: number): string {
  return `requests-${shard}`;
}

export type ControllerRequest =
  | { kind: 'plan'; request: PlanRequest }
  | { kind: 'manifests'; request: ManifestsRequest }
  | { kind: 'history-diff'; request: HistoryDiffRequest }
  | { kind: 'revision-metadata'; request: RevisionMetadataRequest }
  | { kind: 'repository'; project: string; question: RepositoryQuestion };

export interface ControllerAnswers {
  plan: PlanAnswer;
  manifests: ManifestsAnswer;
  'history-diff': HistoryDiffAnswer;
  'revision-metadata': RevisionMetadata;
  repository: RepositoryAnswers[RepositoryJob['kind']];
}

const TIMEOUT_MS = 90_000;

type Caller = QueueCaller<ControllerRequest, ControllerAnswers[ControllerRequest['kind']]>;

/** The API's side of the queues: a question about an application goes to the shard of its cluster. */
export class ControllerRequests implements ApiRequests, AsyncDisposable {
  readonly #redisUrl: string;
  readonly #shardOf: (application: ApplicationKey, unsaved: Application | undefined) => number;
  readonly #callers = new Map<number, Caller>();

  constructor(redisUrl: string, shardOf: (application: ApplicationKey, unsaved: Application | undefined) => number) {
    this.#redisUrl = redisUrl;
    this.#shardOf = shardOf;
  }

  async plan(request: PlanRequest): Promise<PlanAnswer> {
    return this.#ask({ kind: 'plan', request });
  }

  async manifests(request: ManifestsRequest): Promise<ManifestsAnswer> {
    return this.#ask({ kind: 'manifests', request });
  }

  async historyDiff(request: HistoryDiffRequest): Promise<HistoryDiffAnswer> {
    return this.#ask({ kind: 'history-diff', request });
  }

  async revisionMetadata(request: RevisionMetadataRequest): Promise<RevisionMetadata> {
    return this.#ask({ kind: 'revision-metadata', request });
  }

  /** Branches, tags, applications, charts of a repository, or whether it can be read at all. */
  async repository<Q extends RepositoryQuestion>(project: string, question: Q): Promise<RepositoryAnswers[Q['kind']]> {
    return (await this.#ask({ kind: 'repository', project, question })) as RepositoryAnswers[Q['kind']];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#callers.values()].map((caller) => caller[Symbol.asyncDispose]()));
  }

  async #ask<R extends ControllerRequest>(question: R): Promise<ControllerAnswers[R['kind']]> {
    const answer = await this.#caller(question).call(question, { timeout: TIMEOUT_MS });
    return answer as ControllerAnswers[R['kind']];
  }

  #caller(question: ControllerRequest): Caller {
    // Every controller can ask a repository; the one of shard 0 does.
    const shard =
      question.kind === 'repository'
        ? 0
        : this.#shardOf(
            question.request.application,
            question.kind === 'manifests' ? (question.request.unsaved as Application | undefined) : undefined,
          );
    const known = this.#callers.get(shard);
    if (known !== undefined) return known;
    const caller: Caller = new QueueCaller(requestsQueueName(shard), this.#redisUrl);
    this.#callers.set(shard, caller);
    return caller;
  }
}
