import {
  ANNOTATION_IGNORE_RESOURCE_UPDATES,
  type ApiResource,
  apiVersionOf,
  type ClusterError,
  type ClusterFacts,
  formatResourceKey,
  type Health,
  isCustomResourceDefinition,
  isExcludedKind,
  type JqEvaluator,
  type KubernetesObject,
  OwnerIndex,
  type ResourceKey,
  resourceKeyOf,
  type Settings,
  type TreeNode,
  trackedBy,
  treeNodeOf,
  type UnreadableKind,
  updateHash,
  updateRulesFor,
} from '@lockstep/core';
import type { Discovery } from './discovery.ts';
import type { KubernetesClient } from './kubernetes-client.ts';
import { type Change, Reflector } from './reflector.ts';
import { collectionPath } from './resource-path.ts';
import { versionOf } from './version-of.ts';

/** Kept of every live object: what the tree shows. The body stays only where somebody compares it. */
export interface LiveItem {
  tree: TreeNode;
  /** Instance name of the application it is tracked by. */
  application: string | undefined;
  object: KubernetesObject | undefined;
  /** Hash without what changes by itself; only of objects that keep their body. */
  hash: string | undefined;
  /** Names the health script it is judged by; undefined for the built-in checks. */
  check: string | undefined;
}

/** Health where scripts of users judge some kinds: they answer later. */
export interface HealthView {
  /** The health to show; `before` stands while a script has not answered. */
  show(object: KubernetesObject, before: Health | undefined): Health | undefined;
  /** Names the script that judges a kind, if any. */
  checkOf(object: Pick<KubernetesObject, 'apiVersion' | 'kind'>): string | undefined;
}

const STRICT_RETRY_MS = 10_000;

interface WatchedKind {
  resource: ApiResource;
  /** One, or one per namespace of a namespaced cluster. */
  reflectors: Reflector<LiveItem>[];
  /** Why it cannot be listed or watched at the moment. */
  trouble: { message: string; isRefused: boolean } | undefined;
}

export interface LiveChange {
  key: ResourceKey;
  /** Instance names of the applications to compare again: they track the object, tracked it, or have a target for it. */
  managedBy: Set<string>;
  /** Instance names of the applications in whose tree it hangs. */
  treeOf: Set<string>;
  /** It came from the answer to a write of ours. */
  own: boolean;
  /** Of the object that is news, see `versionOf`; undefined when it is gone, or not itself what changed. */
  version: string | undefined;
  type: 'added' | 'modified' | 'deleted';
}

export interface LiveCacheOptions {
  client: KubernetesClient;
  facts: () => ClusterFacts;
  settings: () => Settings;
  /** Without it, the built-in checks judge everything. */
  health?: HealthView;
  /** For the jq expressions of `ignoreResourceUpdates`. */
  jq?: JqEvaluator | undefined;
  onChange(change: LiveChange): void;
  onEvent?(): void;
  /** The API server answered, after it may not have. */
  onConnected?(): void;
  onError?(error: unknown, resource: ApiResource): void;
  onRefused?(error: ClusterError, resource: ApiResource): void;
  /** Milliseconds until a kind is listed again that we may list and were refused. Tests shorten it. */
  strictRetry?: number;
}

/** Our own saved manifests are large, change with every sync and belong to no application. */
const SECRET_SELECTOR = 'type!=lockstep.dev/deployments';

/**
 * The live state of one cluster, fed by one watch per kind. It is indexed by key, application, owner and namespace, so
 * that what an application needs costs what it has, whatever else the cluster holds. Objects are shared and never changed.
 */
export class LiveCache implements AsyncDisposable {
  readonly #options: LiveCacheOptions;
  readonly #watched = new Map<string, WatchedKind>();
  readonly #items = new Map<string, LiveItem>();
  readonly #byUid = new Map<string, LiveItem>();
  readonly #byApplication = new Map<string, Map<string, LiveItem>>();
  readonly #byNamespace = new Map<string, Map<string, LiveItem>>();
  readonly #owners = new OwnerIndex();
  /** Keys that have a target without being tracked by that application: their body is kept, their change is told. */
  readonly #interest = new Map<string, Set<string>>();
  readonly #interestOf = new Map<string, Set<string>>();
  #stopDiscovery: (() => void) | undefined;
  #rediscovery: NodeJS.Timeout | undefined;
  #rejudging: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LiveCacheOptions) {
    this.#options = options;
  }

  /** Discovers and lists everything; resolves when the first lists are complete. Throws `ClusterError` when unreachable. */
  async start(): Promise<void> {
    const { client } = this.#options;
    const discovery = await client.known.refresh();
    this.#stopDiscovery = client.known.onDiscovered((found) => this.#watchKinds(found));
    this.#watchKinds(discovery);
    await Promise.all(this.#reflectors().map((reflector) => reflector.synced));
  }

  /** Settings changed: kinds may be excluded now, or no longer. */
  reconfigure(): void {
    const discovery = this.#options.client.known.current;
    if (discovery !== undefined) this.#watchKinds(discovery);
  }

  get size(): number {
    return this.#items.size;
  }

  get kinds(): number {
    return this.#watched.size;
  }

  item(key: ResourceKey): LiveItem | undefined {
    return this.#items.get(formatResourceKey(key));
  }

  /** Whether the kind is watched and its list complete: only then does a missing key mean an absent object. */
  isWatched(group: string, kind: string): boolean {
    return this.#watched.get(`${group}/${kind}`)?.reflectors.every(({ isListed }) => isListed) === true;
  }

  /** Kinds whose objects are not all held: see `DestinationCluster.unreadableKinds`. */
  *unreadable(): IterableIterator<UnreadableKind> {
    for (const { resource, reflectors, trouble } of this.#watched.values()) {
      if (reflectors.every(({ isListed }) => isListed)) continue;
      const { group, kind } = resource;
      yield {
        group,
        kind,
        reason: trouble?.message ?? 'it is still being listed',
        isRefused: trouble?.isRefused === true,
      };
    }
    for (const group of this.#options.client.known.current?.unknownGroups ?? [])
      yield { group, reason: 'discovery of the group fails; check its APIService', isRefused: false };
  }

  /**
   * The live objects behind these keys. Bodies that were not kept, and kinds that are not watched, cost one GET each; from
   * then on they are kept up to date for this application.
   */
  async objects(application: string, keys: readonly ResourceKey[]): Promise<Map<string, KubernetesObject>> {
    const found = new Map<string, KubernetesObject>();
    const interest = new Set<string>();
    const missing: ResourceKey[] = [];
    for (const key of keys) {
      const text = formatResourceKey(key);
      const item = this.#items.get(text);
      if (item?.application !== application) interest.add(text);
      if (item?.object !== undefined) found.set(text, item.object);
      else if (item !== undefined || this.#needsLookup(key)) missing.push(key);
    }
    this.#setInterest(application, interest);
    await Promise.all(
      missing.map(async (key) => {
        const object = await this.#read(key);
        if (object !== undefined) found.set(formatResourceKey(key), object);
      }),
    );
    return found;
  }

  /** Every object tracked by an application. */
  *owned(application: string): IterableIterator<KubernetesObject> {
    for (const item of this.#byApplication.get(application)?.values() ?? []) {
      if (item.object !== undefined) yield item.object;
    }
  }

  /** Objects of a namespace that no application tracks. */
  *untracked(namespace: string): IterableIterator<LiveItem> {
    for (const item of this.#byNamespace.get(namespace)?.values() ?? []) if (item.application === undefined) yield item;
  }

  childrenOf(node: TreeNode): TreeNode[] {
    return this.#owners.childrenOf(node);
  }

  /** Takes the answer to a write of ours. */
  absorb(object: KubernetesObject): void {
    const { group, kind, namespace } = resourceKeyOf(object);
    const reflectors = this.#watched.get(`${group}/${kind}`)?.reflectors;
    const reflector =
      reflectors === undefined || reflectors.length <= 1
        ? reflectors?.[0]
        : reflectors[this.#namespaces().indexOf(namespace)];
    reflector?.absorb(object);
  }

  /**
   * A health script answered for this version of an object. `wasMissed`: a comparison could not wait for it. Bodies are
   * told apart by identity, so a body that is judged otherwise becomes another one.
   */
  judged(object: KubernetesObject, wasMissed: boolean): void {
    const item = this.#items.get(formatResourceKey(resourceKeyOf(object)));
    if (!this.#closed && item !== undefined && isVersion(item, object)) this.#judge(item, object, wasMissed);
  }

  /** Judges again whatever another check applies to since the settings changed or, given one, whatever it judged. */
  rejudge(check?: string): void {
    const { health } = this.#options;
    if (health === undefined) return;
    for (const item of this.#items.values()) {
      const { node } = item.tree;
      const now = health.checkOf({ apiVersion: apiVersionOf(node), kind: node.kind });
      if (check === undefined ? item.check === now : item.check !== check) continue;
      item.check = now;
      if (item.object === undefined) this.#rejudging = this.#rejudging.then(() => this.#readAndJudge(item));
      else this.#judge(item, item.object, false);
    }
  }

  /** The application is gone: nothing is kept for it any more. */
  forget(application: string): void {
    this.#setInterest(application, new Set());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#rediscovery);
    this.#stopDiscovery?.();
    await Promise.all(this.#reflectors().map((reflector) => reflector.stop()));
    this.#watched.clear();
  }

  #reflectors(): Reflector<LiveItem>[] {
    return [...this.#watched.values()].flatMap(({ reflectors }) => reflectors);
  }

  /** Starts and stops watches so that they match what is served and not excluded. Kinds of an unknown group stay. */
  #watchKinds(discovery: Discovery): void {
    if (this.#closed) return;
    const { server } = this.#options.facts();
    const wanted = new Map<string, ApiResource>();
    for (const resource of discovery.resources) {
      const id = `${resource.group}/${resource.kind}`;
      const isReadable = resource.verbs.includes('list') && resource.verbs.includes('watch');
      if (!isReadable || wanted.has(id) || isExcludedKind(this.#options.settings(), { ...resource, server })) continue;
      if (!resource.namespaced && this.#namespaces().length > 0 && this.#options.facts().clusterResources !== true)
        continue;
      wanted.set(id, resource);
    }
    const { known } = this.#options.client;
    for (const [id, { resource, reflectors }] of this.#watched) {
      // A version that is not served any more brings no events: what it brought last would stay for ever.
      const versions = known.versionsOf(resource.group, resource.kind);
      if (wanted.has(id) && versions.some(({ version }) => version === resource.version)) continue;
      this.#watched.delete(id);
      for (const reflector of reflectors) {
        void reflector.stop();
        for (const item of reflector.values()) this.#forgetItem(item);
      }
    }
    for (const [id, resource] of wanted) {
      if (this.#watched.has(id)) continue;
      const watched: WatchedKind = { resource, reflectors: [], trouble: undefined };
      this.#watched.set(id, watched);
      watched.reflectors.push(...this.#startWatching(resource, watched));
    }
  }

  #startWatching(resource: ApiResource, watched: WatchedKind): Reflector<LiveItem>[] {
    const namespaces = resource.namespaced && this.#namespaces().length > 0 ? this.#namespaces() : [''];
    const { onConnected, onError, onRefused } = this.#options;
    return namespaces.map((namespace) =>
      new Reflector<LiveItem>({
        connection: this.#options.client.connection,
        path: collectionPath(resource, namespace),
        apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
        kind: resource.kind,
        fieldSelector: resource.group === '' && resource.kind === 'Secret' ? SECRET_SELECTOR : undefined,
        keep: (object) => this.#itemOf(object),
        onChange: (change) => this.#apply(change),
        onConnected: () => {
          watched.trouble = undefined;
          onConnected?.();
        },
        onError: (error) => {
          watched.trouble = { message: error instanceof Error ? error.message : String(error), isRefused: false };
          onError?.(error, resource);
        },
        onRefused: (error, again) => {
          watched.trouble = { message: error.message, isRefused: true };
          onRefused?.(error, resource);
          if (this.#options.settings().respectRBAC === 'strict' && error.status === 403)
            void this.#askAgain(resource, namespace, watched, again);
        },
      }).start(),
    );
  }

  /**
   * `respectRBAC: strict`: a refusal counts only when the API server's own answer about our permissions agrees. A proxy or a
   * webhook may refuse what we are allowed to do, and then the kind is unknown for now and not left out.
   */
  async #askAgain(resource: ApiResource, namespace: string, watched: WatchedKind, again: () => void): Promise<void> {
    const { group, version, plural } = resource;
    try {
      const review = (await this.#options.client.create({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        metadata: {},
        spec: { resourceAttributes: { group, version, resource: plural, verb: 'list', namespace } },
      })) as KubernetesObject & { status?: { allowed?: boolean } };
      if (review.status?.allowed !== true || this.#closed || watched.trouble === undefined) return;
      watched.trouble = { ...watched.trouble, isRefused: false };
      setTimeout(again, this.#options.strictRetry ?? STRICT_RETRY_MS).unref();
    } catch {
      // The next refusal asks once more.
    }
  }

  #itemOf(object: KubernetesObject): LiveItem {
    const { settings, health } = this.#options;
    const { tracking, customLabels } = settings();
    const check = health?.checkOf(object);
    const tree = treeNodeOf(object, {
      customLabels,
      ...(health === undefined || check === undefined
        ? {}
        : { assessHealth: () => health.show(object, this.#healthOf(object)) }),
    });
    const application = trackedBy(object, tracking);
    const keepsBody =
      application !== undefined ||
      isCustomResourceDefinition(object) ||
      this.#interest.has(formatResourceKey(tree.key));
    return {
      tree,
      application,
      object: keepsBody ? object : undefined,
      hash: this.#hashOf(object, keepsBody),
      check,
    };
  }

  /** What is shown of an object so far. */
  #healthOf(object: KubernetesObject): Health | undefined {
    const node = this.#items.get(formatResourceKey(resourceKeyOf(object)))?.tree.node;
    return node?.uid === object.metadata.uid ? node?.health : undefined;
  }

  #judge(item: LiveItem, object: KubernetesObject, wasMissed: boolean): void {
    const { health: before, ...node } = item.tree.node;
    const health = this.#options.health?.show(object, before);
    if (!wasMissed && health?.status === before?.status && health?.message === before?.message) return;
    item.tree = { ...item.tree, node: health === undefined ? node : { ...node, health } };
    this.#owners.set(item.tree);
    if (item.object !== undefined) item.object = { ...item.object };
    this.#tell(item, { type: 'modified', own: false });
  }

  async #readAndJudge(item: LiveItem): Promise<void> {
    const object = await this.#read(item.tree.key).catch(() => undefined);
    if (object !== undefined && !this.#closed && isVersion(item, object)) this.#judge(item, object, false);
  }

  #apply(change: Change<LiveItem>): void {
    const { item, type, own } = change;
    const key = formatResourceKey(item.tree.key);
    const previous = type === 'modified' ? change.previous : undefined;
    if (previous !== undefined) this.#unlink(key, previous, item);
    if (type === 'deleted') this.#forgetItem(item);
    else this.#link(key, item);
    if (
      isCustomResourceDefinition({ apiVersion: `${item.tree.key.group}/v1`, kind: item.tree.key.kind, metadata: {} }) ||
      item.tree.key.kind === 'APIService'
    ) {
      this.#rediscoverSoon();
    }
    this.#options.onEvent?.();
    const version = type === 'deleted' ? undefined : versionOf(item.tree.node);
    const isQuiet = previous !== undefined && item.hash !== undefined && sameHealth(previous, item);
    if (isQuiet && item.hash !== previous.hash && this.#mayBeNoiseByJq(item, previous)) {
      void this.#tellUnlessNoiseByJq(item, { type, own, version, previous });
    } else this.#tell(item, { type, own, version, isNoise: isQuiet && item.hash === previous.hash, previous });
  }

  /** Undefined: every change of the object counts. */
  #hashOf(object: KubernetesObject, keepsBody: boolean): string | undefined {
    const isAsked = object.metadata.annotations?.[ANNOTATION_IGNORE_RESOURCE_UPDATES] === 'true';
    if (!keepsBody && !isAsked) return undefined;
    const rules = updateRulesFor(this.#options.settings(), resourceKeyOf(object));
    return rules === undefined ? undefined : updateHash(object, rules);
  }

  #mayBeNoiseByJq({ tree, object }: LiveItem, previous: LiveItem): boolean {
    if (this.#options.jq === undefined || object === undefined || previous.object === undefined) return false;
    return (updateRulesFor(this.#options.settings(), tree.key)?.jqPathExpressions.length ?? 0) > 0;
  }

  /** jq takes a moment; what it does not ignore is told a little later. */
  async #tellUnlessNoiseByJq(
    item: LiveItem,
    change: Pick<LiveChange, 'type' | 'own' | 'version'> & { previous: LiveItem },
  ): Promise<void> {
    const rules = updateRulesFor(this.#options.settings(), item.tree.key);
    const hashes = await Promise.all(
      [change.previous.object, item.object].map(async (object) => {
        const result = await this.#options.jq?.deletePaths(object as KubernetesObject, [
          ...(rules?.jqPathExpressions ?? []),
        ]);
        return result === undefined || rules === undefined ? undefined : updateHash(result.object, rules);
      }),
    ).catch(() => []);
    if (this.#closed) return;
    this.#tell(item, { ...change, isNoise: hashes[0] !== undefined && hashes[0] === hashes[1] });
  }

  #tell(
    item: LiveItem,
    change: Pick<LiveChange, 'type' | 'own'> & {
      version?: string | undefined;
      isNoise?: boolean;
      previous?: LiveItem | undefined;
    },
  ): void {
    const { type, own, version, isNoise, previous } = change;
    const { key } = item.tree;
    // An object that asks for it is as good as unseen.
    if (isNoise === true && item.object === undefined) return;
    const managedBy = new Set<string>();
    if (isNoise !== true) {
      for (const application of [item.application, previous?.application])
        if (application !== undefined) managedBy.add(application);
      for (const application of this.#interest.get(formatResourceKey(key)) ?? []) managedBy.add(application);
    }
    const treeOf = this.#treesOf(item);
    if (managedBy.size > 0 || treeOf.size > 0) this.#options.onChange({ key, managedBy, treeOf, own, version, type });
  }

  /** The applications above an object: its own, and those of the owners it hangs under. */
  #treesOf(item: LiveItem): Set<string> {
    const found = new Set<string>();
    const seen = new Set<LiveItem>();
    const pending = [item];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      if (next.application !== undefined) found.add(next.application);
      for (const uid of next.tree.ownerUids) {
        const owner = this.#byUid.get(uid);
        if (owner !== undefined) pending.push(owner);
      }
      for (const key of next.tree.inferredOwners) {
        const owner = this.#items.get(formatResourceKey(key));
        if (owner !== undefined) pending.push(owner);
      }
    }
    return found;
  }

  #link(key: string, item: LiveItem): void {
    this.#items.set(key, item);
    this.#byUid.set(item.tree.node.uid, item);
    this.#owners.set(item.tree);
    if (item.application !== undefined) put(this.#byApplication, item.application, key, item);
    if (item.tree.key.namespace !== '') put(this.#byNamespace, item.tree.key.namespace, key, item);
  }

  #unlink(key: string, previous: LiveItem, next: LiveItem): void {
    if (previous.application !== undefined && previous.application !== next.application)
      drop(this.#byApplication, previous.application, key);
    // Deleted and created again between two looks: same key, another object.
    if (previous.tree.node.uid !== next.tree.node.uid) {
      this.#byUid.delete(previous.tree.node.uid);
      this.#owners.delete(previous.tree.node.uid);
    }
  }

  #forgetItem(item: LiveItem): void {
    const key = formatResourceKey(item.tree.key);
    this.#items.delete(key);
    this.#byUid.delete(item.tree.node.uid);
    this.#owners.delete(item.tree.node.uid);
    if (item.application !== undefined) drop(this.#byApplication, item.application, key);
    if (item.tree.key.namespace !== '') drop(this.#byNamespace, item.tree.key.namespace, key);
  }

  #setInterest(application: string, keys: Set<string>): void {
    const before = this.#interestOf.get(application);
    for (const key of before ?? []) {
      if (keys.has(key)) continue;
      const applications = this.#interest.get(key);
      applications?.delete(application);
      if (applications?.size === 0) this.#interest.delete(key);
    }
    for (const key of keys) {
      const applications = this.#interest.get(key);
      if (applications === undefined) this.#interest.set(key, new Set([application]));
      else applications.add(application);
    }
    if (keys.size === 0) this.#interestOf.delete(application);
    else this.#interestOf.set(application, keys);
  }

  /** A kind that is served but not watched says nothing by being absent here. */
  #needsLookup(key: ResourceKey): boolean {
    if (
      this.isWatched(key.group, key.kind) &&
      (this.#namespaces().length === 0 || this.#namespaces().includes(key.namespace))
    )
      return false;
    return this.#options.client.resourceFor(key.group, key.kind) !== undefined;
  }

  async #read(key: ResourceKey): Promise<KubernetesObject | undefined> {
    const { client } = this.#options;
    const resource = client.resourceFor(key.group, key.kind);
    if (resource === undefined) return undefined;
    const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
    const object = await client.get({ ...key, apiVersion });
    const item = this.#items.get(formatResourceKey(key));
    if (
      object !== undefined &&
      item !== undefined &&
      item.object === undefined &&
      item.tree.node.resourceVersion === object.metadata.resourceVersion
    ) {
      item.object = object;
      item.hash = this.#hashOf(object, true);
    }
    return object;
  }

  #namespaces(): string[] {
    return this.#options.facts().namespaces ?? [];
  }

  /** Definitions come in bursts (an operator installs twenty); one look serves all of them. */
  #rediscoverSoon(): void {
    this.#rediscovery ??= setTimeout(() => {
      this.#rediscovery = undefined;
      this.#options.client.rediscover().catch(() => {});
    }, 500);
  }
}

function sameHealth(a: LiveItem, b: LiveItem): boolean {
  return (
    a.tree.node.health?.status === b.tree.node.health?.status &&
    a.tree.node.health?.message === b.tree.node.health?.message
  );
}

function isVersion({ tree: { node } }: LiveItem, { metadata }: KubernetesObject): boolean {
  return node.uid === (metadata.uid ?? '') && node.resourceVersion === (metadata.resourceVersion ?? '');
}

function put(index: Map<string, Map<string, LiveItem>>, group: string, key: string, item: LiveItem): void {
  const members = index.get(group);
  if (members === undefined) index.set(group, new Map([[key, item]]));
  else members.set(key, item);
}

function drop(index: Map<string, Map<string, LiveItem>>, group: string, key: string): void {
  const members = index.get(group);
  members?.delete(key);
  if (members?.size === 0) index.delete(group);
}
