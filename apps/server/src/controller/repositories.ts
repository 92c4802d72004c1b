import {
  type Application,
  type ApplicationKey,
  type ApplicationSource,
  type AppProject,
  GitOpsError,
  type ResolvedSource,
  type Settings,
  sourcesOf,
  TerminalError,
} from '@lockstep/core';
import { isVersionConstraint, type RevisionTarget } from '../git/repository-mirror.ts';
import { isSameRepository, normalizeRepositoryUrl } from '../git/repository-url.ts';
import type { Logger } from '../logger.ts';
import { QueueCaller } from '../queues/queue-call.ts';
import {
  REPOSITORIES_QUEUE,
  type RepositoryAnswers,
  type RepositoryJob,
  type RepositoryQuestion,
  type ResolvedTargets,
  targetKey,
} from '../queues/repositories-queue.ts';
import type { RepositoryPush } from '../redis/event-stream.ts';
import { seal } from '../redis/sealed-value.ts';
import { credentialsName } from '../renderer/credentials-name.ts';
import { keyOfApplication, textOfKey } from './control-plane.ts';
import type { RepositorySettings } from './repository-credentials.ts';

/** One ref that now means another commit, and the files that differ; null: all may. */
export interface RepositoryMove {
  url: string;
  target: RevisionTarget;
  from: string;
  to: string;
  files: string[] | null;
  /** Applications that track the target. */
  applications: ApplicationKey[];
}

export interface RepositoriesOptions {
  redisUrl: string;
  key: Buffer;
  logger: Logger;
  settings: () => Settings;
  settingsOf: (url: string, project: string) => RepositorySettings;
  onMove: (move: RepositoryMove) => void;
  /** A repository answered after it did not, or the other way round. */
  onState: (url: string, state: { status: 'Successful' | 'Failed'; message: string; attemptedAt: string }) => void;
}

interface Tracked {
  target: RevisionTarget;
  commit: string;
}

interface Repository {
  url: string;
  project: string;
  targets: Map<string, Tracked>;
  /** The remote was asked since we started. */
  isChecked: boolean;
  failure: { error: Error; since: number } | undefined;
  /** When the remote last answered. */
  contactedAt: number;
  suspicion: NodeJS.Timeout | undefined;
  isReported: boolean;
  running: Promise<void> | undefined;
  /** Work that waits for the running call; one call serves all of it. */
  waiting:
    | { freshness: 'cached' | 'check'; targets: Map<string, RevisionTarget>; done: Promise<void>; start: () => void }
    | undefined;
  poll: NodeJS.Timeout | undefined;
}

const CALL_TIMEOUT_MS = 310_000;
const SUSPICION_INTERVAL_MS = 1_000;
/** A new application was often pushed a moment before it was created. */
const NEW_APPLICATION_FRESHNESS_MS = 3_000;
const FULL_ID = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * What the refs that applications track mean now. Answers come from memory; a repository is asked when it is new, when
 * somebody wants it fresh, when a webhook says that it moved, and once per `timeout.reconciliation`: one call each, however
 * many applications track it.
 */
export class Repositories implements AsyncDisposable {
  readonly #options: RepositoriesOptions;
  readonly #caller: QueueCaller<RepositoryJob, RepositoryAnswers[RepositoryJob['kind']]>;
  readonly #repositories = new Map<string, Repository>();
  /** Applications by normalised URL. */
  readonly #users = new Map<string, Map<string, Application>>();
  readonly #urlsOf = new Map<string, Set<string>>();
  readonly #charts = new Map<string, { version: Promise<string>; at: number }>();

  constructor(options: RepositoriesOptions) {
    this.#options = options;
    this.#caller = new QueueCaller(REPOSITORIES_QUEUE, options.redisUrl);
  }

  async ready(): Promise<void> {
    await this.#caller.ready();
  }

  /** Keeps the index of who uses what. Called for every change of an Application; undefined: it is gone. */
  track(key: ApplicationKey, application: Application | undefined): void {
    const text = textOfKey(key);
    const urls = new Set(
      application === undefined
        ? []
        : sourcesOf(application.spec).map(({ repoURL }) => normalizeRepositoryUrl(repoURL)),
    );
    for (const url of this.#urlsOf.get(text) ?? []) {
      if (urls.has(url)) continue;
      const users = this.#users.get(url);
      users?.delete(text);
      if (users?.size === 0) {
        this.#users.delete(url);
        this.#stopPolling(url);
      }
    }
    for (const url of urls) {
      const users = this.#users.get(url) ?? new Map<string, Application>();
      users.set(text, application as Application);
      this.#users.set(url, users);
    }
    if (urls.size === 0) this.#urlsOf.delete(text);
    else this.#urlsOf.set(text, urls);
  }

  /** See `ReconcileWorld.resolveRevisions`. */
  async resolve(request: {
    application: Application;
    project: AppProject;
    sources: ApplicationSource[];
    fresh: boolean;
  }): Promise<ResolvedSource[]> {
    return Promise.all(
      request.sources.map(async (source, index) => ({
        source,
        revision: await this.#revisionOf(source, index, request),
      })),
    );
  }

  /** A webhook came: the repositories it means fetch at once. */
  pushed(push: RepositoryPush): void {
    for (const repository of this.#repositories.values()) {
      if (!push.urls.some((url) => isSameRepository(repository.url, url))) continue;
      const targets = [...repository.targets.values()].filter(({ target }) => concerns(target, push));
      if (targets.length === 0) continue;
      void this.#fetch(repository, push).catch((error: unknown) =>
        this.#options.logger.warn({ err: error, repository: repository.url }, 'fetch after a webhook failed'),
      );
    }
  }

  /**
   * Something is not where an application expects it: perhaps it was pushed and nobody told us. The remote is asked, but
   * not more often than every second.
   */
  suspect(urls: readonly string[]): void {
    for (const repository of this.#repositories.values()) {
      if (!urls.includes(repository.url) || repository.suspicion !== undefined) continue;
      repository.suspicion = setTimeout(
        () => {
          repository.suspicion = undefined;
          this.#refresh(repository, 'check').catch(() => {});
        },
        Math.max(0, repository.contactedAt + SUSPICION_INTERVAL_MS - Date.now()),
      );
      repository.suspicion.unref();
    }
  }

  /** Asks all repositories again, for instance after credentials changed. */
  forgetFailures(): void {
    for (const repository of this.#repositories.values()) {
      repository.failure = undefined;
      repository.isChecked = false;
    }
    this.#charts.clear();
  }

  /** Asks every remote, because what told us of pushes may have been lost. */
  recheck(): void {
    for (const repository of this.#repositories.values()) {
      repository.isReported = false;
      this.#refresh(repository, 'check').catch(() => {});
    }
  }

  /** One question to the renderer about a repository, with its credentials. */
  async ask<Q extends RepositoryQuestion>(
    project: string,
    question: Q,
    timeout = CALL_TIMEOUT_MS,
  ): Promise<RepositoryAnswers[Q['kind']]> {
    const credentials = this.sealedCredentials(question.url, project);
    const job = { ...question, ...(credentials === undefined ? {} : { credentials }) } as RepositoryJob;
    return (await this.#caller.call(job, { timeout })) as RepositoryAnswers[Q['kind']];
  }

  /** The credentials of a repository, sealed for the renderer; undefined when it needs none. */
  sealedCredentials(url: string, project: string): string | undefined {
    const { credentials } = this.#options.settingsOf(url, project);
    if (Object.keys(credentials).length === 0) return undefined;
    return seal(this.#options.key, credentialsName(url), Buffer.from(JSON.stringify(credentials))).toString('base64');
  }

  /** Redis lost its data, and the calls in flight with it. */
  resendCalls(): void {
    this.#caller.resend();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { poll, suspicion } of this.#repositories.values()) {
      clearTimeout(poll);
      clearTimeout(suspicion);
    }
    this.#repositories.clear();
    await this.#caller[Symbol.asyncDispose]();
  }

  async #revisionOf(
    source: ApplicationSource,
    index: number,
    request: { application: Application; project: AppProject; fresh: boolean },
  ): Promise<string> {
    const project = request.project.metadata.name ?? '';
    if (source.chart !== undefined && source.chart !== '') return this.#chartVersion(source, project, request.fresh);
    const target = targetOf(source);
    if (FULL_ID.test(target.revision)) return target.revision;
    const repository = this.#repository(source.repoURL, project);
    const key = targetKey(target);
    const known = repository.targets.get(key);
    const isNew = request.application.status?.sync === undefined;
    const isStale = isNew && Date.now() - repository.contactedAt > NEW_APPLICATION_FRESHNESS_MS;
    const mustAsk = request.fresh || isStale || !repository.isChecked || repository.failure !== undefined;
    if (known !== undefined && !mustAsk) return known.commit;
    if (known !== undefined && !request.fresh && repository.failure !== undefined && !this.#isRetryDue(repository))
      return this.#lastGood(repository, known.commit);
    try {
      await this.#refresh(repository, mustAsk ? 'check' : 'cached', target);
    } catch (error) {
      const last = known?.commit ?? lastComparedRevision(request.application, source, index);
      if (last !== undefined && !request.fresh) return this.#lastGood(repository, last);
      throw error;
    }
    const found = repository.targets.get(key);
    if (found !== undefined) return found.commit;
    throw new TerminalError(
      'RevisionUnknown',
      `repository ${source.repoURL} has no revision "${target.revision === '' ? 'HEAD' : target.revision}"`,
      {
        fix: 'Set targetRevision to a branch, a tag, a commit or a version constraint that exists',
      },
    );
  }

  /** The last good answer stands in for a failing repository during the grace period; then the failure shows. */
  #lastGood(repository: Repository, commit: string): string {
    const { failure } = repository;
    if (
      failure === undefined ||
      Date.now() - failure.since < this.#options.settings().repositoryErrorGraceSeconds * 1000
    )
      return commit;
    throw failure.error;
  }

  /** A failing repository is asked again at most every ten seconds, whoever wants it. */
  #isRetryDue(repository: Repository): boolean {
    return (
      repository.running === undefined &&
      repository.waiting === undefined &&
      Date.now() - lastFailure(repository) > 10_000
    );
  }

  async #chartVersion(source: ApplicationSource, project: string, fresh: boolean): Promise<string> {
    const { repoURL, chart = '', targetRevision = '' } = source;
    const key = `${repoURL}\n${chart}\n${targetRevision}`;
    const known = this.#charts.get(key);
    const lifetime = this.#options.settings().reconciliation.timeoutSeconds * 1000;
    if (known !== undefined && !fresh && Date.now() - known.at < lifetime) return known.version;
    const settings = this.#options.settingsOf(repoURL, project);
    const version = this.ask(
      project,
      {
        kind: 'resolve-chart',
        url: repoURL,
        chart,
        revision: targetRevision,
        isOci: settings.enableOCI || settings.type === 'oci',
      },
      60_000,
    ).then(({ version: found }) => found);
    this.#charts.set(key, { version, at: Date.now() });
    version.catch(() => {
      if (known === undefined) this.#charts.delete(key);
      else this.#charts.set(key, { ...known, at: Date.now() - lifetime + 10_000 });
    });
    return known === undefined || fresh ? version : version.catch(() => known.version);
  }

  #repository(url: string, project: string): Repository {
    const key = `${url} ${project}`;
    let repository = this.#repositories.get(key);
    if (repository === undefined) {
      repository = {
        url,
        project,
        targets: new Map(),
        isChecked: false,
        failure: undefined,
        contactedAt: 0,
        suspicion: undefined,
        isReported: false,
        running: undefined,
        waiting: undefined,
        poll: undefined,
      };
      this.#repositories.set(key, repository);
      this.#schedulePoll(repository);
    }
    return repository;
  }

  /**
   * Joins the next call for this repository. A call that runs already may have read the refs before the push that somebody
   * wants to see, so `check` waits for the one after it; everything that waits shares that one.
   */
  async #refresh(repository: Repository, freshness: 'cached' | 'check', target?: RevisionTarget): Promise<void> {
    if (repository.waiting === undefined) {
      let start = (): void => {};
      const started = new Promise<void>((resolve) => {
        start = resolve;
      });
      const targets = new Map<string, RevisionTarget>();
      const waiting: NonNullable<Repository['waiting']> = {
        freshness,
        targets,
        start: () => start(),
        done: started.then(() => this.#call(repository, waiting)),
      };
      waiting.done.catch(() => {});
      repository.waiting = waiting;
      // A turn of the event loop lets all applications of one sweep join.
      if (repository.running === undefined) setImmediate(() => this.#startWaiting(repository));
    }
    const waiting = repository.waiting;
    if (freshness === 'check') waiting.freshness = 'check';
    if (target !== undefined) waiting.targets.set(targetKey(target), target);
    await waiting.done;
  }

  #startWaiting(repository: Repository): void {
    const { waiting } = repository;
    if (waiting === undefined || repository.running !== undefined) return;
    repository.waiting = undefined;
    repository.running = waiting.done
      .catch(() => {})
      .finally(() => {
        repository.running = undefined;
        this.#startWaiting(repository);
      });
    waiting.start();
  }

  async #call(
    repository: Repository,
    { freshness, targets }: { freshness: 'cached' | 'check' | 'fetch'; targets: Map<string, RevisionTarget> },
    push?: RepositoryPush,
  ): Promise<void> {
    const all = new Map([...[...repository.targets].map(([key, { target }]) => [key, target] as const), ...targets]);
    const known = Object.fromEntries([...repository.targets].map(([key, { commit }]) => [key, commit]));
    try {
      const answer = await this.ask(repository.project, {
        kind: 'resolve',
        url: repository.url,
        targets: [...all.values()],
        freshness,
        ...(push?.ref === undefined ? {} : { ref: push.ref }),
        ...(push?.after === undefined ? {} : { commit: push.after }),
        known,
      });
      // What was read from the mirror alone may be as old as the mirror.
      if (answer.contacted) {
        repository.isChecked = true;
        repository.contactedAt = Date.now();
        if (repository.failure !== undefined || !repository.isReported) this.#report(repository, undefined);
        repository.failure = undefined;
      }
      this.#learn(repository, all, answer);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      if (repository.failure?.error.message !== failure.message) this.#report(repository, failure);
      repository.failure = { error: failure, since: repository.failure?.since ?? Date.now() };
      lastFailures.set(repository, Date.now());
      if (!(error instanceof GitOpsError)) throw error;
      throw failure;
    }
  }

  #report(repository: Repository, failure: Error | undefined): void {
    repository.isReported = true;
    this.#options.onState(repository.url, {
      status: failure === undefined ? 'Successful' : 'Failed',
      message: failure?.message ?? '',
      attemptedAt: new Date().toISOString(),
    });
  }

  #learn(repository: Repository, targets: Map<string, RevisionTarget>, { commits, changes }: ResolvedTargets): void {
    for (const [key, target] of targets) {
      const commit = commits[key];
      // A branch that is gone keeps its last commit for the grace period of nobody: the application must hear of it.
      if (commit === undefined) repository.targets.delete(key);
      else repository.targets.set(key, { target, commit });
    }
    for (const [key, { from, to, files }] of Object.entries(changes)) {
      const target = targets.get(key);
      if (target === undefined) continue;
      this.#options.onMove({
        url: repository.url,
        target,
        from,
        to,
        files,
        applications: this.#usersOf(repository, key),
      });
    }
  }

  #usersOf(repository: Repository, key: string): ApplicationKey[] {
    const users = this.#users.get(normalizeRepositoryUrl(repository.url));
    return [...(users?.values() ?? [])]
      .filter(({ spec }) =>
        sourcesOf(spec).some((source) => source.repoURL === repository.url && targetKey(targetOf(source)) === key),
      )
      .map(keyOfApplication);
  }

  async #fetch(repository: Repository, push: RepositoryPush): Promise<void> {
    const isKnown =
      push.after !== undefined &&
      [...repository.targets.values()].every(({ target, commit }) => !concerns(target, push) || commit === push.after);
    if (isKnown) return;
    await this.#call(repository, { freshness: 'fetch', targets: new Map() }, push);
  }

  #schedulePoll(repository: Repository): void {
    const { timeoutSeconds, jitterSeconds } = this.#options.settings().reconciliation;
    clearTimeout(repository.poll);
    if (timeoutSeconds <= 0) return;
    repository.poll = setTimeout(
      () => {
        if (!this.#users.has(normalizeRepositoryUrl(repository.url))) return;
        this.#refresh(repository, 'check')
          .catch((error: unknown) =>
            this.#options.logger.debug({ err: error, repository: repository.url }, 'poll failed'),
          )
          .finally(() => this.#schedulePoll(repository));
      },
      (timeoutSeconds + Math.random() * jitterSeconds) * 1000,
    );
    repository.poll.unref();
  }

  #stopPolling(normalized: string): void {
    for (const [key, repository] of this.#repositories) {
      if (normalizeRepositoryUrl(repository.url) !== normalized) continue;
      clearTimeout(repository.poll);
      this.#repositories.delete(key);
    }
  }
}

const lastFailures = new WeakMap<Repository, number>();

function lastFailure(repository: Repository): number {
  return lastFailures.get(repository) ?? 0;
}

function targetOf(source: ApplicationSource): RevisionTarget {
  const revision = source.targetRevision === 'HEAD' ? '' : (source.targetRevision ?? '');
  return source.tagPrefix === undefined || source.tagPrefix === ''
    ? { revision }
    : { revision, tagPrefix: source.tagPrefix };
}

/** Whether a push to a ref can change what a target means. */
function concerns({ revision, tagPrefix }: RevisionTarget, push: RepositoryPush): boolean {
  if (push.ref === undefined || FULL_ID.test(revision)) return push.ref === undefined;
  if (push.ref.startsWith('refs/tags/'))
    return (
      isVersionConstraint(revision) ||
      tagPrefix !== undefined ||
      push.ref === revision ||
      push.ref === `refs/tags/${revision}`
    );
  if (revision === '') return push.defaultBranch === undefined || push.ref === `refs/heads/${push.defaultBranch}`;
  return push.ref === revision || push.ref === `refs/heads/${revision}`;
}

/** What the application was compared with before we started: good enough while its repository cannot be asked. */
function lastComparedRevision(application: Application, source: ApplicationSource, index: number): string | undefined {
  const sync = application.status?.sync;
  const compared = sync?.comparedTo?.sources?.[index] ?? sync?.comparedTo?.source;
  if (
    compared === undefined ||
    compared.repoURL !== source.repoURL ||
    (compared.targetRevision ?? '') !== (source.targetRevision ?? '')
  )
    return undefined;
  const revision = sync?.revisions?.[index] ?? sync?.revision;
  return revision === undefined || revision === '' ? undefined : revision;
}
