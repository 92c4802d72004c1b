import {
  type ApiResource,
  type ApplyOptions,
  buildResourceTree,
  type ClusterClient,
  ClusterError,
  type ClusterFacts,
  type DestinationCluster,
  GitOpsError,
  type GroupVersionKind,
  type Health,
  type JqEvaluator,
  type KubernetesObject,
  PredictionCache,
  type ResourceKey,
  type Settings,
  TerminalError,
  type TreeNode,
  treeSummary,
} from '@lockstep/core';
import type { ValueType } from '@lockstep/structured-merge';
import type { ClusterConnection } from '../kubernetes/cluster-connection.ts';
import { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { LiveCache, type LiveChange } from '../kubernetes/live-cache.ts';
import type { Logger } from '../logger.ts';
import { Cancelled } from './cancelled.ts';
import { ClusterIdentity, type IdentityMemory } from './cluster-identity.ts';
import { HealthAssessor, type HealthAssessorOptions } from './health-assessor.ts';

export type ClusterState = 'idle' | 'starting' | 'ready' | 'unreachable';

export interface ClusterInfo {
  status: 'Successful' | 'Failed' | 'Unknown';
  message: string;
  attemptedAt: string | null;
  serverVersion: string;
  resourcesCount: number;
  apisCount: number;
  lastCacheSyncTime: string | null;
  /** Of its namespace kube-system; null while unknown or not readable. */
  uid: string | null;
  /** What a person should know although it works. */
  warnings: string[];
}

export interface ClusterOptions {
  connection: ClusterConnection;
  /** Our own cluster's connection outlives this object. */
  ownsConnection: boolean;
  facts: ClusterFacts;
  memory: IdentityMemory;
  settings: () => Settings;
  /** Runs health scripts. */
  lua: HealthAssessorOptions['lua'];
  logger: Logger;
  jq?: JqEvaluator;
  onChange: (cluster: Cluster, change: LiveChange) => void;
  onEvent: (cluster: Cluster) => void;
  /** It became ready or unreachable. */
  onState: (cluster: Cluster) => void;
  /** Milliseconds until the applications are told that the first lists are not complete. Tests shorten it. */
  patience?: number;
  /** Milliseconds until one that is unreachable is tried again. Tests shorten it. */
  retry?: number;
}

const RETRY_MS = 10_000;
const PATIENCE_MS = 30_000;
/** A burst of writes opens sockets while others are looked at. */
const IDENTITY_ATTEMPTS = 10;

/**
 * One destination cluster: its connection, client, live cache and the answers of its dry runs. It starts when the first
 * application needs it and never makes another cluster wait: as long as it is starting or unreachable, asking fails at once.
 */
export class Cluster implements AsyncDisposable {
  facts: ClusterFacts;
  readonly client: KubernetesClient;
  readonly predictions = new PredictionCache();
  readonly #options: ClusterOptions;
  readonly #identity: ClusterIdentity;
  readonly #stopListening: () => void;
  readonly #health: HealthAssessor;
  #cache: LiveCache | undefined;
  #state: ClusterState = 'idle';
  #failure: GitOpsError | undefined;
  /** Lists for the first time. */
  #startingCache: LiveCache | undefined;
  /** Why a first list is not complete yet. */
  #trouble: string | undefined;
  #attemptedAt: Date | undefined;
  #syncedAt: Date | undefined;
  #kubeVersion = '';
  /** `readingOf` the settings that the cache was filled by. */
  #readBy = '';
  #stopClearing: (() => void) | undefined;
  #starting: Promise<void> | undefined;
  /** Until it fires, nobody's asking starts it: each failure tells its applications, and they ask at once. */
  #retry: NodeJS.Timeout | undefined;
  /** Somebody did not wait for a look at its identity and has to be told of the end. */
  #isAwaited = false;
  #closed = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.facts = options.facts;
    this.#health = new HealthAssessor({
      settings: options.settings,
      lua: options.lua,
      onAnswer: (object, wasMissed) => (this.#cache ?? this.#startingCache)?.judged(object, wasMissed),
      onRested: (check) => this.#cache?.rejudge(check),
    });
    this.client = new KubernetesClient(options.connection);
    this.#identity = new ClusterIdentity({ connection: options.connection, memory: options.memory });
    this.#stopListening = options.connection.onWatchSocket(() => {
      if (this.#cache !== undefined) void this.#verify();
    });
  }

  get state(): ClusterState {
    return this.#state;
  }

  get kubeVersion(): string {
    return this.#kubeVersion;
  }

  get cache(): LiveCache | undefined {
    return this.#cache;
  }

  /** As the API shows it. */
  get info(): ClusterInfo {
    return {
      // One that is tried again goes on having failed.
      status: this.#state === 'ready' ? 'Successful' : this.#failure === undefined ? 'Unknown' : 'Failed',
      message: this.#failure?.message ?? '',
      attemptedAt: this.#attemptedAt?.toISOString() ?? null,
      serverVersion: this.#kubeVersion,
      resourcesCount: this.#cache?.size ?? 0,
      apisCount: this.#cache?.kinds ?? 0,
      lastCacheSyncTime: this.#syncedAt?.toISOString() ?? null,
      uid: this.#identity.uid ?? null,
      warnings: this.#warnings(),
    };
  }

  #warnings(): string[] {
    const unreadable = [...(this.#cache?.unreadable() ?? [])];
    // With `resource.respectRBAC` it is meant that some may not be listed.
    const isMeant = this.#options.settings().respectRBAC !== '';
    return unreadable
      .filter(({ isRefused }) => !(isRefused && isMeant))
      .map(
        ({ group, kind, reason }) =>
          `${kind ?? 'API group'}${group === '' ? '' : ` ${group}`} cannot be read: ${reason}`,
      );
  }

  /** Starts watching, in the background. Asked again while it runs, serves or rests after a failure, it does nothing. */
  wake(): void {
    if (this.#closed || this.#starting !== undefined || this.#cache !== undefined || this.#retry !== undefined) return;
    this.#starting = this.#start().finally(() => {
      this.#starting = undefined;
    });
    this.#setState('starting');
  }

  /** The remembered identity was changed: another cluster may be accepted now. */
  reconsider(): void {
    this.#identity.forget();
    if (this.#state === 'ready') return void this.#verify();
    // A start under way may have looked already.
    void Promise.resolve(this.#starting).then(() => {
      if (this.#state !== 'unreachable') return;
      clearTimeout(this.#retry);
      this.#retry = undefined;
      this.wake();
    });
  }

  /** Resolves when it is ready or known to be unreachable, at the latest after `timeout` ms. */
  async settled(timeout: number): Promise<ClusterState> {
    this.wake();
    if (this.#starting !== undefined) await inTime(this.#starting, timeout);
    // Its watches were cut and go on: whether with the same cluster must be known before anything is decided.
    const { pending } = this.#identity;
    if (pending === undefined || (await inTime(pending, timeout))) return this.#state;
    this.#isAwaited = true;
    return 'starting';
  }

  /**
   * What one reconciliation works with; `fence` is asked before every write (see `KubernetesClient.fenced`), `onWritten`
   * gets what came of it. Throws `ClusterError` while the cluster cannot be used.
   */
  destination(
    application: string,
    options: { serviceAccount?: string; fence: () => void; onWritten: (object: KubernetesObject) => void },
  ): DestinationCluster {
    const cache = this.#cache;
    if (this.#state !== 'ready' || cache === undefined) {
      throw (
        this.#failure ??
        new ClusterError(`the live state of ${this.facts.name} is still being read`, {
          status: 503,
          reason: 'Starting',
        })
      );
    }
    const own = this.client.fenced(() => {
      options.fence();
      if (this.#cache !== cache) throw this.#failure ?? new Cancelled(`${this.facts.name} is closed`);
      // Our own Applications come over the same connection: should it lead elsewhere, they are other ones too.
      if (this.#options.ownsConnection && !this.#identity.isCurrent) throw new UnverifiedSocket();
    });
    const plain = options.serviceAccount === undefined ? own : own.impersonating(options.serviceAccount);
    return {
      facts: this.facts,
      client: new AbsorbingClient(plain, {
        verify: () => this.#verified(),
        onWritten: (object) => {
          options.onWritten(object);
          cache.absorb(object);
        },
      }),
      kubeVersion: this.#kubeVersion,
      apiVersions: this.client.known.current?.apiVersions ?? [],
      isNamespaced: (group, kind) => this.client.resourceFor(group, kind)?.namespaced,
      liveObjects: async (keys) => {
        await this.#loadSchemas(keys);
        const objects = await cache.objects(application, keys);
        await this.#health.ready(objects.values(), cache.owned(application));
        return objects;
      },
      ownedObjects: (instanceName) => cache.owned(instanceName),
      orphanCandidates: (namespace) => orphanCandidates(cache, namespace),
      unreadableKinds: () => cache.unreadable(),
      typeOf: (kind: GroupVersionKind): ValueType | undefined => this.client.schemas.knownTypeOf(kind),
      assessHealth: (object: KubernetesObject): Health | undefined => this.#health.assess(object),
      treeFacts: (roots) =>
        treeSummary(buildResourceTree({ roots: nodesOf(cache, roots), childrenOf: (node) => cache.childrenOf(node) })),
      predictions: this.predictions,
    };
  }

  /**
   * Settings changed. What is read off every object once (who tracks it, what the tree shows of it) is read again from the
   * start: as long as that lasts nothing is compared, because half of the cache would speak of other owners.
   */
  reconfigure(): void {
    const cache = this.#cache;
    if (cache === undefined || this.#readBy === readingOf(this.#options.settings())) {
      cache?.reconfigure();
      cache?.rejudge();
      return;
    }
    this.#cache = undefined;
    void cache[Symbol.asyncDispose]();
    this.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    clearTimeout(this.#retry);
    this.#health[Symbol.dispose]();
    await Promise.all([this.#cache?.[Symbol.asyncDispose](), this.#startingCache?.[Symbol.asyncDispose]()]);
    this.#cache = undefined;
    if (this.#options.ownsConnection) await this.#options.connection[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    const { onChange, onEvent, settings, logger } = this.#options;
    const readBy = readingOf(settings());
    const cache = new LiveCache({
      client: this.client,
      facts: () => this.facts,
      settings,
      health: this.#health,
      jq: this.#options.jq,
      onChange: (change) => onChange(this, change),
      onEvent: () => onEvent(this),
      onConnected: () => this.#connected(),
      onError: (error, resource) => this.#failed(error, resource),
      onRefused: (error, resource: ApiResource) =>
        logger.info(
          { cluster: this.facts.name, kind: resource.kind, group: resource.group, reason: error.message },
          'kind is not watched',
        ),
    });
    this.#startingCache = cache;
    this.#attemptedAt = new Date();
    const impatience = setTimeout(() => this.#startsSlowly(), this.#options.patience ?? PATIENCE_MS);
    impatience.unref();
    try {
      const version = await this.client.version();
      this.#kubeVersion = version.gitVersion.replace(/^v/, '').replace(/[+-].*$/, '');
      await this.#identity.verify();
      await cache.start();
      if (this.#closed) return await cache[Symbol.asyncDispose]();
      if (readBy !== readingOf(settings())) {
        await cache[Symbol.asyncDispose]();
        this.#retryIn(0);
        return;
      }
      this.#cache = cache;
      this.#readBy = readBy;
      this.#failure = undefined;
      this.#syncedAt = new Date();
      // A schema that changed with a definition may change what a dry run would answer.
      this.#stopClearing ??= this.client.known.onDiscovered(() => this.predictions.clear());
      this.#setState('ready');
    } catch (error) {
      await cache[Symbol.asyncDispose]();
      if (this.#closed) return;
      this.#failure =
        error instanceof GitOpsError
          ? error
          : new ClusterError(error instanceof Error ? error.message : String(error), {
              status: 0,
              reason: 'Unreachable',
              cause: error,
            });
      logger.warn({ cluster: this.facts.name, err: this.#failure.message }, 'cluster cannot be read');
      this.#retryIn(this.#options.retry ?? RETRY_MS);
      this.#setState('unreachable');
    } finally {
      clearTimeout(impatience);
      this.#startingCache = undefined;
      this.#trouble = undefined;
    }
  }

  /** It goes on starting, but whoever waits for it must hear why: one kind that cannot be listed holds up all others. */
  #startsSlowly(): void {
    if (this.#closed) return;
    this.#failure = this.#incomplete();
    this.#options.logger.warn({ cluster: this.facts.name, err: this.#failure.message }, 'cluster starts slowly');
    this.#setState('unreachable');
  }

  #incomplete(): ClusterError {
    const why = this.#trouble === undefined ? '' : `; ${this.#trouble}`;
    return new ClusterError(`the live state of ${this.facts.name} is not complete${why}`, {
      status: 503,
      reason: 'Starting',
    });
  }

  #connected(): void {
    const cache = this.#cache;
    if (this.#state !== 'unreachable' || cache === undefined) return;
    void this.#verify().then((isSame) => {
      if (!isSame || this.#cache !== cache || this.#state !== 'unreachable') return;
      this.#failure = undefined;
      this.#attemptedAt = new Date();
      this.#setState('ready');
    });
  }

  /** Whether it answers and is the cluster it was. Everything that was read of another is dropped at once. */
  async #verify(): Promise<boolean> {
    const isSame = await this.#isSame();
    if (this.#isAwaited && !this.#closed && this.#identity.pending === undefined) {
      this.#isAwaited = false;
      this.#options.onState(this);
    }
    return isSame;
  }

  async #isSame(): Promise<boolean> {
    const cache = this.#cache;
    try {
      await this.#identity.verify();
      return true;
    } catch (error) {
      if (!(error instanceof TerminalError) || this.#closed || cache === undefined || this.#cache !== cache)
        return false;
      this.#options.logger.error({ cluster: this.facts.name, err: error.message }, 'another cluster answers');
      this.#cache = undefined;
      this.predictions.clear();
      this.client.schemas.invalidate();
      this.#failure = error;
      this.#attemptedAt = new Date();
      this.#retryIn(this.#options.retry ?? RETRY_MS);
      this.#setState('unreachable');
      await cache[Symbol.asyncDispose]();
      return false;
    }
  }

  /** Throws unless this is the cluster it was. */
  async #verified(): Promise<void> {
    if (!(await this.#verify())) throw this.#failure ?? new Cancelled(`${this.facts.name} cannot be verified`);
  }

  #retryIn(milliseconds: number): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.wake();
    }, milliseconds);
    this.#retry.unref();
  }

  /** The watches go on by themselves; until one is open again, what they brought is old and must not be acted on. */
  #failed(error: unknown, resource: ApiResource): void {
    const isUnreachable = error instanceof ClusterError && error.status === 0;
    this.#options.logger.debug({ cluster: this.facts.name, kind: resource.kind, err: error }, 'watch failed');
    this.#trouble = `${resource.kind} cannot be listed: ${error instanceof Error ? error.message : String(error)}`;
    // Patience may have ended before the reason was known.
    if (this.#startingCache !== undefined && this.#state === 'unreachable') this.#failure = this.#incomplete();
    if (!isUnreachable || this.#state !== 'ready' || error.message.includes('terminated')) return;
    // A watch that was cut says nothing; a request that is refused a connection does.
    this.client.version().catch((cause: unknown) => {
      if (!(cause instanceof ClusterError) || cause.status !== 0 || this.#state !== 'ready') return;
      this.#failure = cause;
      this.#attemptedAt = new Date();
      this.#setState('unreachable');
    });
  }

  #setState(state: ClusterState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState(this);
  }

  /** `typeOf` must answer at once, so the schemas of what is about to be compared are read before. */
  async #loadSchemas(keys: readonly ResourceKey[]): Promise<void> {
    const wanted = new Map<string, GroupVersionKind>();
    for (const { group, kind } of keys) {
      for (const { version } of this.client.known.versionsOf(group, kind)) {
        if (this.client.schemas.knownTypeOf({ group, version, kind }) === undefined)
          wanted.set(`${group}/${version}`, { group, version, kind });
      }
    }
    await Promise.all([...wanted.values()].map((gvk) => this.client.typeOf(gvk)));
  }
}

/** The settings by which an object that arrives is read. */
function readingOf({ tracking, customLabels }: Settings): string {
  return JSON.stringify([tracking, customLabels]);
}

/** Whether it ended, well or badly, within `timeout` ms. */
async function inTime(work: Promise<unknown>, timeout: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeout);
  });
  const ended = await Promise.race([work.then(() => true).catch(() => true), late]);
  clearTimeout(timer);
  return ended;
}

/** The write would have left by a socket opened after the identity of the cluster was looked at. */
class UnverifiedSocket extends Error {}

/**
 * Writes through, and lets the cache see the answer before the watch brings it: a second pass must not repeat the first.
 * A write that would leave by a new socket waits until it is known where that leads.
 */
class AbsorbingClient implements ClusterClient {
  readonly #client: KubernetesClient;
  readonly #onWritten: (object: KubernetesObject) => void;
  readonly #verify: () => Promise<void>;

  constructor(
    client: KubernetesClient,
    { verify, onWritten }: { verify: () => Promise<void>; onWritten: (object: KubernetesObject) => void },
  ) {
    this.#client = client;
    this.#verify = verify;
    this.#onWritten = onWritten;
  }

  resourceFor(group: string, kind: string, version?: string): ApiResource | undefined {
    return this.#client.resourceFor(group, kind, version);
  }

  async rediscover(): Promise<void> {
    await this.#client.rediscover();
  }

  async get(ref: {
    apiVersion: string;
    kind: string;
    namespace: string;
    name: string;
  }): Promise<KubernetesObject | undefined> {
    return this.#client.get(ref);
  }

  async apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    return this.#absorb(await this.#write(() => this.#client.apply(object, options)), options.dryRun);
  }

  async create(
    object: KubernetesObject,
    options: { dryRun?: boolean; fieldManager?: string } = {},
  ): Promise<KubernetesObject> {
    return this.#absorb(await this.#write(() => this.#client.create(object, options)), options.dryRun);
  }

  async replace(
    object: KubernetesObject,
    options: { dryRun?: boolean; fieldManager?: string } = {},
  ): Promise<KubernetesObject> {
    return this.#absorb(await this.#write(() => this.#client.replace(object, options)), options.dryRun);
  }

  async patch(...args: Parameters<ClusterClient['patch']>): Promise<KubernetesObject> {
    return this.#absorb(await this.#write(() => this.#client.patch(...args)), false);
  }

  async delete(...args: Parameters<ClusterClient['delete']>): Promise<void> {
    await this.#write(() => this.#client.delete(...args));
  }

  async #write<T>(send: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await send();
      } catch (error) {
        if (!(error instanceof UnverifiedSocket) || attempt === IDENTITY_ATTEMPTS) throw error;
        await this.#verify();
      }
    }
  }

  #absorb(object: KubernetesObject, isDryRun: boolean | undefined): KubernetesObject {
    if (isDryRun !== true) this.#onWritten(object);
    return object;
  }
}

export function nodesOf(cache: LiveCache, keys: readonly ResourceKey[]): TreeNode[] {
  return keys.flatMap((key) => {
    const item = cache.item(key);
    return item === undefined ? [] : [item.tree];
  });
}

function* orphanCandidates(
  cache: LiveCache,
  namespace: string,
): IterableIterator<{ key: ResourceKey; hasOwner: boolean }> {
  for (const { tree } of cache.untracked(namespace))
    yield { key: tree.key, hasOwner: tree.ownerUids.length > 0 || tree.inferredOwners.length > 0 };
}
