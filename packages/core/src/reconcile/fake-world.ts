import { applyPatch, jsonMergePatch, trackUpdate, untyped } from '@lockstep/structured-merge';
import type { AppProject } from '../application/app-project.ts';
import type { Application, ApplicationKey, ApplicationSpec } from '../application/application.ts';
import { type ClusterFacts, IN_CLUSTER_NAME, IN_CLUSTER_SERVER } from '../application/destination.ts';
import type { ApplicationSource } from '../application/source.ts';
import { PredictionCache } from '../diff/prediction.ts';
import { ClusterError, RenderError } from '../errors.ts';
import { assessHealth } from '../health/assess-health.ts';
import type { Health } from '../health/health.ts';
import type { ApiResource, ApplyOptions, ClusterClient } from '../kubernetes/cluster-client.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, type ResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { trackedBy } from '../kubernetes/tracking.ts';
import { builtInScope } from '../kubernetes/well-known-kinds.ts';
import { parseManifests } from '../render/parse-manifests.ts';
import type { RenderRequest, ResolvedSource } from '../render/render-request.ts';
import type { RenderedManifest, RenderedManifests } from '../render/rendered-manifests.ts';
import { DEFAULT_SETTINGS } from '../settings/default-settings.ts';
import type { Settings } from '../settings/settings.ts';
import type {
  Deployment,
  DestinationCluster,
  ReconcileEvent,
  ReconcileWorld,
  UnreadableKind,
} from './reconcile-world.ts';

/**
 * A world in memory for tests of whole behaviours: Git is a table of revisions, the cluster a map of objects behind a
 * client that applies like the API server (without schema), and every request is written down.
 */
export class FakeWorld implements ReconcileWorld {
  readonly controlPlaneNamespace = 'argocd';
  readonly cluster = new FakeCluster(this);
  readonly events: ReconcileEvent[] = [];
  readonly deployments: Deployment[] = [];
  /** `PATCH Application`, `APPLY ConfigMap/web`, `DRYRUN …`, `DELETE …`, in order. */
  readonly requests: string[] = [];
  readonly jq = { deletePaths: (object: KubernetesObject) => Promise.resolve({ object, problems: [] }) };
  currentSettings: Settings = DEFAULT_SETTINGS;
  /** Refuses to store a custom resource that is longer. */
  maxStoredLength = Number.POSITIVE_INFINITY;
  /** The identities under which clusters were asked for. */
  readonly serviceAccounts: (string | undefined)[] = [];
  time = Date.parse('2026-01-01T12:00:00Z');
  /** Revision to files, or to the error that rendering it is. */
  readonly revisions = new Map<string, Record<string, string> | Error>();
  readonly branches = new Map<string, string>();
  readonly applications = new Map<string, Application>();
  projectList: AppProject[] = [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'default', namespace: 'argocd' },
      spec: {
        sourceRepos: ['*'],
        destinations: [{ server: '*', namespace: '*' }],
        clusterResourceWhitelist: [{ group: '*', kind: '*' }],
      },
    },
  ];
  clusterList: ClusterFacts[] = [{ server: IN_CLUSTER_SERVER, name: IN_CLUSTER_NAME }];
  brake: string | undefined;
  /** Simulates a killed process: the request with this prefix is carried out, then the pass dies. */
  crashAfter: string | undefined;
  /** As `crashAfter`, for the request with this number (1 is the first). */
  crashAt: number | undefined;
  /** Called with a write that is about to be carried out: what others do at that moment. */
  beforeRequest: ((request: string) => Promise<void> | void) | undefined;
  renders = 0;
  #version = 100;
  readonly #rendered = new Map<string, RenderedManifests>();

  now(): Date {
    return new Date(this.time);
  }

  advance(seconds: number): void {
    this.time += seconds * 1000;
  }

  nextVersion(): string {
    this.#version += 1;
    return String(this.#version);
  }

  throwIfCancelled(): void {}

  settings(): Settings {
    return this.currentSettings;
  }

  projects(): readonly AppProject[] {
    return this.projectList;
  }

  clusters(): readonly ClusterFacts[] {
    return this.clusterList;
  }

  deletionBrake(): string | undefined {
    return this.brake;
  }

  application(key: ApplicationKey): Application | undefined {
    return this.applications.get(`${key.namespace}/${key.name}`);
  }

  allApplications(): Iterable<Application> {
    return this.applications.values();
  }

  destination(_server: string, { serviceAccount }: { serviceAccount?: string }): Promise<DestinationCluster> {
    this.serviceAccounts.push(serviceAccount);
    return Promise.resolve(this.cluster);
  }

  resolveRevisions({ sources }: { sources: ApplicationSource[] }): Promise<ResolvedSource[]> {
    return Promise.resolve(
      sources.map((source) => {
        const name = source.targetRevision ?? 'HEAD';
        const revision = this.branches.get(name) ?? name;
        if (!this.revisions.has(revision)) {
          throw new RenderError('UnknownRevision', `revision ${name} does not exist`, {
            fix: 'Push it, or correct targetRevision',
          });
        }
        return { source, revision };
      }),
    );
  }

  async render(request: RenderRequest): Promise<RenderedManifests> {
    const cacheKey = JSON.stringify(request.sources.map(({ revision, source }) => [revision, source.path]));
    const known = this.#rendered.get(cacheKey);
    if (known !== undefined && !request.noCache) return known;
    this.renders += 1;
    const manifests: RenderedManifest[] = [];
    for (const { revision, source } of request.sources) {
      const files = this.revisions.get(revision);
      if (files instanceof Error) throw files;
      const inPath = Object.entries(files ?? {}).filter(([file]) => file.startsWith(`${source.path ?? '.'}/`));
      if (inPath.length === 0 && !Object.hasOwn(files ?? {}, `${source.path ?? '.'}`)) {
        throw new RenderError('MissingPath', `${source.path ?? ''}: app path does not exist`, {
          fix: 'Restore the directory',
        });
      }
      for (const [file, text] of inPath) manifests.push(...parseManifests(text, { file }));
    }
    const rendered: RenderedManifests = {
      manifests,
      revisions: request.sources.map(({ revision }) => revision),
      sourceTypes: request.sources.map(() => 'Directory'),
      contentKey: cacheKey,
      warnings: [],
    };
    this.#rendered.set(cacheKey, rendered);
    return rendered;
  }

  readApplication(key: ApplicationKey): Promise<Application | undefined> {
    this.requests.push('GET Application');
    return Promise.resolve(this.application(key));
  }

  async patchApplication(key: ApplicationKey, patch: Record<string, unknown>): Promise<Application | undefined> {
    const id = `${key.namespace}/${key.name}`;
    await this.beforeRequest?.('PATCH Application');
    const stored = this.applications.get(id);
    if (stored === undefined) return undefined;
    const { resourceVersion } = (patch['metadata'] ?? {}) as { resourceVersion?: string };
    if (resourceVersion !== undefined && resourceVersion !== stored.metadata.resourceVersion) {
      throw new ClusterError('the object has been modified', { status: 409, reason: 'Conflict' });
    }
    const next = jsonMergePatch(stored, structuredClone(patch)) as Application;
    if (JSON.stringify(next).length > this.maxStoredLength) {
      throw new ClusterError('etcdserver: request is too large', { status: 500, reason: 'InternalError' });
    }
    next.metadata = { ...next.metadata, resourceVersion: this.nextVersion() };
    const isGone = next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0;
    if (isGone) this.applications.delete(id);
    else this.applications.set(id, next);
    this.note('PATCH Application');
    return isGone ? undefined : next;
  }

  saveDeployment(deployment: Deployment): Promise<void> {
    this.deployments.push(deployment);
    this.note('SAVE deployment');
    return Promise.resolve();
  }

  record(event: ReconcileEvent): void {
    this.events.push(event);
  }

  publish(): void {}

  note(request: string): void {
    this.requests.push(request);
    if (this.crashAt === this.requests.length) throw new Error(`killed after ${request}`);
    if (this.crashAfter !== undefined && request.startsWith(this.crashAfter)) {
      this.crashAfter = undefined;
      throw new Error(`killed after ${request}`);
    }
  }

  /** Pushes a commit to HEAD. */
  push(revision: string, files: Record<string, string> | Error): void {
    this.revisions.set(revision, files);
    this.branches.set('HEAD', revision);
  }

  addApplication(spec: Partial<ApplicationSpec> = {}, metadata: Partial<Application['metadata']> = {}): ApplicationKey {
    const application: Application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'web', namespace: 'argocd', uid: 'app-uid', resourceVersion: this.nextVersion(), ...metadata },
      spec: {
        project: 'default',
        source: { repoURL: 'https://git.example.com/team/app', path: 'deploy' },
        destination: { server: IN_CLUSTER_SERVER, namespace: 'shop' },
        ...spec,
      },
    };
    const { namespace = '', name = '' } = application.metadata;
    this.applications.set(`${namespace}/${name}`, application);
    return { namespace, name };
  }

  edit(key: ApplicationKey, patch: Record<string, unknown>): void {
    const id = `${key.namespace}/${key.name}`;
    const next = jsonMergePatch(this.applications.get(id), patch) as Application;
    this.applications.set(id, { ...next, metadata: { ...next.metadata, resourceVersion: this.nextVersion() } });
  }
}

class FakeCluster implements DestinationCluster {
  readonly objects = new Map<string, KubernetesObject>();
  readonly predictions = new PredictionCache();
  readonly kubeVersion = '1.34.0';
  readonly apiVersions = ['v1', 'apps/v1', 'batch/v1'];
  facts: ClusterFacts = { server: IN_CLUSTER_SERVER, name: IN_CLUSTER_NAME };
  /** Kinds beyond the built-in ones, `group/Kind`. */
  readonly customKinds = new Set<string>();
  /** Answers of the server to writes, by `Kind/name`. */
  readonly refusals = new Map<string, ClusterError>();
  readonly images: string[] = [];
  readonly unreadable: UnreadableKind[] = [];
  /** Whether the kind of a definition is served once discovery is read again. */
  isServed: (kind: string) => boolean = () => true;
  readonly client: ClusterClient;
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
    this.client = new FakeClient(world, this);
  }

  isNamespaced(group: string, kind: string): boolean | undefined {
    const scope = builtInScope(group, kind);
    if (scope !== undefined) return scope === 'Namespaced';
    return this.customKinds.has(`${group}/${kind}`) ? true : undefined;
  }

  liveObjects(keys: readonly ResourceKey[]): Promise<Map<string, KubernetesObject>> {
    const found = new Map<string, KubernetesObject>();
    for (const key of keys) {
      const object = this.objects.get(formatResourceKey(key));
      if (object !== undefined) found.set(formatResourceKey(key), object);
    }
    return Promise.resolve(found);
  }

  ownedObjects(instanceName: string): Iterable<KubernetesObject> {
    return [...this.objects.values()].filter(
      (object) => trackedBy(object, this.#world.currentSettings.tracking) === instanceName,
    );
  }

  orphanCandidates(): Iterable<{ key: ResourceKey; hasOwner: boolean }> {
    return [];
  }

  unreadableKinds(): Iterable<UnreadableKind> {
    return this.unreadable;
  }

  typeOf(): undefined {
    return undefined;
  }

  assessHealth(object: KubernetesObject): Health | undefined {
    return assessHealth(object);
  }

  treeFacts(): { images: string[]; externalURLs: string[] } {
    return { images: this.images, externalURLs: [] };
  }

  get(kind: string, name: string): KubernetesObject | undefined {
    return [...this.objects.values()].find((object) => object.kind === kind && object.metadata.name === name);
  }

  names(): string[] {
    return [...this.objects.values()].map((object) => `${object.kind}/${object.metadata.name}`).sort();
  }

  /** As a person or another controller would change it. */
  update(kind: string, name: string, change: Record<string, unknown>, manager = 'kubectl-edit'): void {
    const live = this.get(kind, name);
    if (live === undefined) throw new Error(`no ${kind}/${name}`);
    const next = jsonMergePatch(live, change) as KubernetesObject;
    this.store(
      trackUpdate({ type: untyped, live, next, manager, now: this.#world.now().toISOString() })
        .object as KubernetesObject,
    );
  }

  /** The controller of the kind has done its work. */
  complete(kind: string, name: string, outcome: 'good' | 'bad' = 'good'): void {
    const status =
      kind === 'Job'
        ? {
            conditions: [
              {
                type: outcome === 'good' ? 'Complete' : 'Failed',
                status: 'True',
                message: outcome === 'good' ? '' : 'it broke',
              },
            ],
          }
        : {
            observedGeneration: this.get(kind, name)?.metadata.generation ?? 1,
            replicas: 1,
            updatedReplicas: 1,
            availableReplicas: 1,
            readyReplicas: 1,
          };
    const live = this.get(kind, name);
    if (live !== undefined) this.store({ ...live, status });
  }

  store(object: KubernetesObject): KubernetesObject {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: this.#world.nextVersion() } };
    this.objects.set(formatResourceKey(resourceKeyOf(stored)), stored);
    return stored;
  }

  remove(object: KubernetesObject): void {
    this.objects.delete(formatResourceKey(resourceKeyOf(object)));
  }
}

class FakeClient implements ClusterClient {
  readonly #world: FakeWorld;
  readonly #cluster: FakeCluster;

  constructor(world: FakeWorld, cluster: FakeCluster) {
    this.#world = world;
    this.#cluster = cluster;
  }

  resourceFor(group: string, kind: string): ApiResource | undefined {
    const namespaced = this.#cluster.isNamespaced(group, kind);
    if (namespaced === undefined) return undefined;
    return { group, version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced, verbs: [] };
  }

  rediscover(): Promise<void> {
    for (const object of this.#cluster.objects.values()) {
      if (object.kind !== 'CustomResourceDefinition') continue;
      const spec = object['spec'] as { group: string; names: { kind: string } };
      if (this.#cluster.isServed(spec.names.kind)) this.#cluster.customKinds.add(`${spec.group}/${spec.names.kind}`);
    }
    this.#world.note('DISCOVER');
    return Promise.resolve();
  }

  get(ref: {
    apiVersion: string;
    kind: string;
    namespace: string;
    name: string;
  }): Promise<KubernetesObject | undefined> {
    const { group } = groupVersionOf(ref.apiVersion);
    return Promise.resolve(this.#cluster.objects.get(formatResourceKey({ ...ref, group })));
  }

  async apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    const name = `${object.kind}/${object.metadata.name ?? ''}`;
    await this.#world.beforeRequest?.(`${options.dryRun === true ? 'DRYRUN' : 'APPLY'} ${name}`);
    this.#refuse(name);
    const live = this.#cluster.objects.get(formatResourceKey(resourceKeyOf(object)));
    const { object: next, changed } = applyPatch({
      type: untyped,
      live,
      config: object,
      manager: options.fieldManager,
      force: options.force,
      now: this.#world.now().toISOString(),
    });
    if (options.dryRun === true) {
      this.#world.note(`DRYRUN ${name}`);
      return next as KubernetesObject;
    }
    const stored = live !== undefined && !changed ? live : this.#save(next as KubernetesObject, live);
    this.#world.note(`APPLY ${name}`);
    return stored;
  }

  async create(object: KubernetesObject, options?: { fieldManager?: string }): Promise<KubernetesObject> {
    const name = `${object.kind}/${object.metadata.name ?? ''}`;
    await this.#world.beforeRequest?.(`CREATE ${name}`);
    this.#refuse(name);
    if (this.#cluster.objects.has(formatResourceKey(resourceKeyOf(object)))) {
      throw new ClusterError(`${name} already exists`, { status: 409, reason: 'AlreadyExists' });
    }
    const manager = options?.fieldManager ?? 'unknown';
    const tracked = trackUpdate({
      type: untyped,
      live: undefined,
      next: object,
      manager,
      now: this.#world.now().toISOString(),
    });
    const stored = this.#save(tracked.object as KubernetesObject, undefined);
    this.#world.note(`CREATE ${name}`);
    return stored;
  }

  async replace(object: KubernetesObject): Promise<KubernetesObject> {
    const live = this.#cluster.objects.get(formatResourceKey(resourceKeyOf(object)));
    const stored = this.#save(object, live);
    this.#world.note(`REPLACE ${object.kind}/${object.metadata.name ?? ''}`);
    return stored;
  }

  async patch(
    ref: { apiVersion: string; kind: string; namespace: string; name: string },
    patch: { body: unknown },
  ): Promise<KubernetesObject> {
    await this.#world.beforeRequest?.(`PATCH ${ref.kind}/${ref.name}`);
    const live = await this.get(ref);
    if (live === undefined)
      throw new ClusterError(`${ref.kind}/${ref.name} not found`, { status: 404, reason: 'NotFound' });
    const { resourceVersion = live.metadata.resourceVersion } =
      (patch.body as { metadata?: { resourceVersion?: string } }).metadata ?? {};
    if (resourceVersion !== live.metadata.resourceVersion) {
      throw new ClusterError('the object has been modified', { status: 409, reason: 'Conflict' });
    }
    const next = jsonMergePatch(live, patch.body) as KubernetesObject;
    const isGone = next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0;
    if (isGone) this.#cluster.remove(next);
    const stored = isGone ? next : this.#cluster.store(next);
    this.#world.note(`PATCH ${ref.kind}/${ref.name}`);
    return stored;
  }

  async delete(key: ResourceKey, expected: { uid?: string; resourceVersion?: string }): Promise<void> {
    await this.#world.beforeRequest?.(`DELETE ${key.kind}/${key.name}`);
    this.#refuse(`${key.kind}/${key.name}`);
    const live = this.#cluster.objects.get(formatResourceKey(key));
    if (live !== undefined) {
      const { uid = live.metadata.uid, resourceVersion = live.metadata.resourceVersion } = expected;
      if (uid !== live.metadata.uid || resourceVersion !== live.metadata.resourceVersion) {
        throw new ClusterError('the precondition does not match', { status: 409, reason: 'Conflict' });
      }
      if ((live.metadata.finalizers ?? []).length === 0) this.#cluster.remove(live);
      else
        this.#cluster.store({
          ...live,
          metadata: { ...live.metadata, deletionTimestamp: this.#world.now().toISOString() },
        });
    }
    this.#world.note(`DELETE ${key.kind}/${key.name}`);
  }

  #save(object: KubernetesObject, live: KubernetesObject | undefined): KubernetesObject {
    return this.#cluster.store({
      ...object,
      metadata: {
        ...object.metadata,
        uid: live?.metadata.uid ?? `uid-${this.#world.nextVersion()}`,
        generation: (live?.metadata.generation ?? 0) + 1,
        creationTimestamp: live?.metadata.creationTimestamp ?? this.#world.now().toISOString(),
      },
    });
  }

  #refuse(name: string): void {
    const refusal = this.#cluster.refusals.get(name);
    if (refusal !== undefined) throw refusal;
  }
}
