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

/** The API's side of the queue. */
export class ControllerRequests implements ApiRequests, AsyncDisposable {
  readonly #caller: QueueCaller<ControllerRequest, ControllerAnswers[ControllerRequest['kind']]>;

  constructor(redisUrl: string, shard = 0) {
    this.#caller = new QueueCaller(requestsQueueName(shard), redisUrl);
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
    await this.#caller[Symbol.asyncDispose]();
  }

  async #ask<R extends ControllerRequest>(request: R): Promise<ControllerAnswers[R['kind']]> {
    return (await this.#caller.call(request, { timeout: TIMEOUT_MS })) as ControllerAnswers[R['kind']];
  }
}
