import {
  type ApplicationKey,
  type ApplicationSource,
  contentHash,
  GitOpsError,
  type RenderedManifests,
  type RenderRequest,
  type ResolvedSource,
  WaitingError,
} from '@lockstep/core';
import { LRUCache } from 'lru-cache';
import { errorFromWire, QueueCaller, type WireResult } from '../queues/queue-call.ts';
import {
  RENDER_QUEUE,
  type RenderAnswer,
  type RenderedInput,
  type RenderJob,
  type RenderJobResult,
  type StoredRender,
} from '../queues/render-queue.ts';
import type { RenderCache } from '../renderer/render-cache.ts';
import { textOfKey } from './control-plane.ts';
import type { RepositoryMove } from './repositories.ts';

interface Remembered {
  /** Everything of the request but the revisions. */
  facts: string;
  /** The newest revisions known to render to the same. */
  revisions: string[];
  /** The revisions it was rendered at; they are what is shown, until the manifests change or somebody asks anew. */
  shown: string[];
  sources: ApplicationSource[];
  inputs: RenderedInput[];
  rendered: RenderedManifests;
  /** Bytes, roughly. Counted once per render: a push is asked of every application of its repository. */
  size: number;
}

/** What survives a restart of the controller, sealed in Redis. */
type RenderRecord = Omit<Remembered, 'rendered' | 'size'> &
  Pick<RenderedManifests, 'contentKey' | 'sourceTypes' | 'warnings'>;

/** Plain manifests render in well under a millisecond: a job for each would cost more than they do. */
const BATCH = 16;
const CALL_TIMEOUT_MS = 120_000;

/**
 * Manifests of applications. What was rendered last is remembered with what it read, so that a commit which touches none
 * of it costs one look at a list of files, and no call. The rest goes to the renderer in batches.
 */
export class RenderClient implements AsyncDisposable {
  readonly #caller: QueueCaller<RenderJob, RenderJobResult>;
  readonly #cache: RenderCache;
  readonly #credentialsOf: (url: string, project: string) => string | undefined;
  readonly #changedFiles: (url: string, from: string, to: string) => Promise<string[] | null>;
  readonly #remembered: LRUCache<string, Remembered>;
  /** Applications whose record was looked up since the start. */
  readonly #recalled = new Set<string>();
  readonly #changes = new LRUCache<string, Promise<string[] | null>>({ max: 200 });
  #batch: { request: RenderRequest; resolve: (answer: RenderAnswer) => void; reject: (error: Error) => void }[] = [];

  constructor(options: {
    redisUrl: string;
    cache: RenderCache;
    credentialsOf: (url: string, project: string) => string | undefined;
    /** Files that differ between two commits; null when nobody can tell. */
    changedFiles: (url: string, from: string, to: string) => Promise<string[] | null>;
    maxBytes?: number;
  }) {
    this.#changedFiles = options.changedFiles;
    this.#caller = new QueueCaller(RENDER_QUEUE, options.redisUrl);
    this.#cache = options.cache;
    this.#credentialsOf = options.credentialsOf;
    this.#remembered = new LRUCache({
      maxSize: options.maxBytes ?? 512 * 1024 * 1024,
      sizeCalculation: ({ size }) => size,
    });
  }

  async ready(): Promise<void> {
    await this.#caller.ready();
  }

  /** See `ReconcileWorld.render`. */
  async render(request: RenderRequest): Promise<RenderedManifests> {
    const key = textOfKey(request.application);
    const facts = factsOf(request);
    const revisions = request.sources.map(({ revision }) => revision);
    const known = request.noCache ? undefined : this.#remembered.get(key);
    if (known !== undefined && known.facts === facts && isKnownRevision(known, revisions)) {
      if (!sameList(known.shown, revisions))
        this.#remembered.set(key, { ...known, shown: revisions, rendered: { ...known.rendered, revisions } });
      return { ...known.rendered, revisions };
    }
    const answer = await this.#ask(request);
    // Another revision of an application that reads the same: the same objects, so that nothing is compared anew.
    const manifests =
      known?.rendered.contentKey === answer.contentKey ? known.rendered.manifests : await this.#load(answer, request);
    const rendered: RenderedManifests = {
      manifests,
      revisions: answer.revisions,
      sourceTypes: answer.sourceTypes,
      contentKey: answer.contentKey,
      warnings: answer.warnings,
    };
    const record = {
      facts,
      revisions,
      shown: revisions,
      sources: request.sources.map(({ source }) => source),
      inputs: answer.inputs,
    };
    this.#remembered.set(key, { ...record, rendered, size: sizeOf(rendered) });
    const { contentKey, sourceTypes, warnings } = answer;
    this.#cache.putRecord(key, { ...record, contentKey, sourceTypes, warnings } satisfies RenderRecord);
    return rendered;
  }

  /**
   * A ref moved. Whether the application's manifests may be different now; when not, they are good for the new commit
   * without being rendered again.
   */
  isAffected(key: ApplicationKey, move: RepositoryMove): boolean {
    const text = textOfKey(key);
    const known = this.#remembered.get(text);
    if (known === undefined || move.files === null) return true;
    const read = known.inputs.filter((input) => input.repoURL === move.url && input.revision === move.from);
    if (read.length === 0 || read.some((input) => input.boundToRevision)) return true;
    const touched = touchedBy(move.files);
    if (read.some(({ paths }) => paths.some((path) => touched.has(path)))) return true;
    const moved = (revision: string, url: string | undefined): string =>
      revision === move.from && url === move.url ? move.to : revision;
    const revisions = known.revisions.map((revision, index) => moved(revision, known.sources[index]?.repoURL));
    this.#remembered.set(text, {
      ...known,
      revisions,
      inputs: known.inputs.map((input) => ({ ...input, revision: moved(input.revision, input.repoURL) })),
    });
    return false;
  }

  /**
   * The revision to compare with when a ref means `commit` now: the one the application was rendered at, as long as
   * nothing it reads changed since. A commit that touches others then changes nothing of this application, not even a line
   * of its status.
   */
  async revisionFor(key: ApplicationKey, index: number, { source, revision: commit }: ResolvedSource): Promise<string> {
    await this.#recall(key, { repoURL: source.repoURL, commit }, index);
    const known = this.#remembered.get(textOfKey(key));
    const rendered = known?.sources[index];
    if (known === undefined || rendered === undefined || known.revisions[index] !== commit) return commit;
    return contentHash(rendered) === contentHash(source) ? (known.shown[index] ?? commit) : commit;
  }

  /**
   * After a start nothing is remembered here. What the last controller kept is taken up, if the repository says that
   * nothing the application reads has changed since: a restart then renders and writes nothing.
   */
  async #recall(key: ApplicationKey, now: { repoURL: string; commit: string }, index: number): Promise<void> {
    const text = textOfKey(key);
    if (this.#remembered.has(text) || this.#recalled.has(text)) return;
    this.#recalled.add(text);
    const record = await this.#cache.getRecord<RenderRecord>(text).catch(() => undefined);
    const from = record?.revisions[index];
    if (record === undefined || from === undefined) return;
    const stored = await this.#cache.get(record.contentKey).catch(() => undefined);
    if (stored === undefined) return;
    const { contentKey, sourceTypes, warnings, ...facts } = record;
    const manifests = stored.manifests as RenderedManifests['manifests'];
    this.#remembered.set(text, {
      ...facts,
      rendered: { manifests, revisions: record.shown, sourceTypes, contentKey, warnings },
      size: sizeOf({ manifests }),
    });
    if (from === now.commit) return;
    const files = await this.#changesBetween(now.repoURL, from, now.commit);
    this.isAffected(key, {
      url: now.repoURL,
      target: { revision: '' },
      from,
      to: now.commit,
      files,
      applications: [key],
    });
  }

  #changesBetween(url: string, from: string, to: string): Promise<string[] | null> {
    const key = `${url} ${from} ${to}`;
    let files = this.#changes.get(key);
    if (files === undefined) {
      files = this.#changedFiles(url, from, to).catch(() => null);
      this.#changes.set(key, files);
    }
    return files;
  }

  forget(key: ApplicationKey): void {
    this.#remembered.delete(textOfKey(key));
    this.#recalled.delete(textOfKey(key));
  }

  /** Redis lost its data, and the calls in flight with it. */
  resendCalls(): void {
    this.#caller.resend();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#caller[Symbol.asyncDispose]();
  }

  async #load(answer: RenderAnswer, request: RenderRequest): Promise<RenderedManifests['manifests']> {
    const stored = await this.#cache.get(answer.contentKey);
    if (stored !== undefined) return stored.manifests as RenderedManifests['manifests'];
    // Evicted, or written by somebody who does not have the key: rendered once more, past the cache.
    const again = await this.#ask({ ...request, noCache: true });
    const fresh: StoredRender | undefined = await this.#cache.get(again.contentKey);
    if (fresh !== undefined) return fresh.manifests as RenderedManifests['manifests'];
    throw new WaitingError('RenderLost', 'the rendered manifests are not in Redis', {
      retryAfter: 2_000,
      fix: 'Check that controller and renderer have the same LOCKSTEP_RENDER_KEY and that Redis has memory left',
    });
  }

  async #ask(request: RenderRequest): Promise<RenderAnswer> {
    return new Promise((resolve, reject) => {
      this.#batch.push({ request, resolve, reject });
      if (this.#batch.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    for (const together of batchesOf(batch)) void this.#send(together);
  }

  async #send(
    batch: { request: RenderRequest; resolve: (answer: RenderAnswer) => void; reject: (error: Error) => void }[],
  ): Promise<void> {
    let results: WireResult<RenderAnswer>[];
    // Nobody awaits this: whatever goes wrong is told to those who wait for the batch.
    try {
      const credentials: Record<string, string> = {};
      for (const { request } of batch) {
        for (const { source } of request.sources) {
          const sealed = this.#credentialsOf(source.repoURL, request.application.project);
          if (sealed !== undefined) credentials[source.repoURL] = sealed;
        }
      }
      results = await this.#caller.call(
        { requests: batch.map(({ request }) => request), credentials },
        { timeout: CALL_TIMEOUT_MS },
      );
    } catch (error) {
      for (const { reject } of batch)
        reject(error instanceof Error ? error : new GitOpsError('RenderFailed', String(error)));
      return;
    }
    for (const [index, { resolve, reject }] of batch.entries()) {
      const result = results[index];
      if (result === undefined) reject(new GitOpsError('RenderFailed', 'the renderer gave no answer'));
      else if (result.ok) resolve(result.value);
      else reject(errorFromWire(result.error));
    }
  }
}

/** One project each: two projects may have different credentials for one repository, and neither may use the other's. */
export function batchesOf<T extends { request: RenderRequest }>(waiting: readonly T[]): T[][] {
  const full: T[][] = [];
  const open = new Map<string, T[]>();
  for (const item of waiting) {
    const { project } = item.request.application;
    const batch = open.get(project) ?? [];
    if (batch.push(item) === 1) open.set(project, batch);
    if (batch.length < BATCH) continue;
    full.push(batch);
    open.delete(project);
  }
  return [...full, ...open.values()];
}

function factsOf(request: RenderRequest): string {
  const { sources, noCache: _noCache, apiVersions, ...rest } = request;
  return `${contentHash({ ...rest, sources: sources.map(({ source }) => source) })} ${contentHash(apiVersions)}`;
}

function sizeOf({ manifests }: Pick<RenderedManifests, 'manifests'>): number {
  let size = 1_024;
  for (const { object } of manifests) size += 4 * roughSize(object);
  return size;
}

/** Bytes of JSON, roughly and cheaply: strings dominate. */
function roughSize(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 2;
  for (const [key, member] of Object.entries(value)) size += key.length + 3 + roughSize(member);
  return size;
}

/** The files and every folder above them; one set per move, however many applications are asked. */
function touchedBy(files: string[]): Set<string> {
  let touched = touchedByMove.get(files);
  if (touched === undefined) {
    touched = new Set(files.length === 0 ? [] : ['']);
    for (const file of files) {
      for (let path = file; !touched.has(path); path = path.slice(0, Math.max(0, path.lastIndexOf('/'))))
        touched.add(path);
    }
    touchedByMove.set(files, touched);
  }
  return touched;
}

const touchedByMove = new WeakMap<string[], Set<string>>();

/** Each source at the newest equal revision, or at the one it was rendered at. */
function isKnownRevision(known: Remembered, revisions: readonly string[]): boolean {
  return (
    revisions.length === known.revisions.length &&
    revisions.every((revision, index) => revision === known.revisions[index] || revision === known.shown[index])
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
