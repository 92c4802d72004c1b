import type { ValueType } from '@lockstep/structured-merge';
import type { AppProject } from '../application/app-project.ts';
import type { Application, ApplicationKey } from '../application/application.ts';
import type { ClusterFacts } from '../application/destination.ts';
import type { ApplicationSource } from '../application/source.ts';
import type { Comparison } from '../compare/comparison.ts';
import type { JqEvaluator } from '../diff/jq.ts';
import type { PredictionCache } from '../diff/prediction.ts';
import type { Health } from '../health/health.ts';
import type { ClusterClient } from '../kubernetes/cluster-client.ts';
import type { GroupVersionKind, KubernetesObject } from '../kubernetes/object.ts';
import type { ResourceKey } from '../kubernetes/resource-key.ts';
import type { RenderRequest, ResolvedSource } from '../render/render-request.ts';
import type { RenderedManifests } from '../render/rendered-manifests.ts';
import type { Settings } from '../settings/settings.ts';

/**
 * The world as one reconciliation sees it. The controller implements it; tests use a fake. Reads come from watch-fed
 * caches and cost no request unless said otherwise; writes are one request each.
 *
 * Read your writes: what `patchApplication` or a `ClusterClient` answered is visible at once in `application`,
 * `liveObjects` and `ownedObjects`, although the watch has not brought it yet. Without this a second pass would repeat
 * what the first did.
 */
export interface ReconcileWorld {
  /** Namespace of our own objects; applications elsewhere get `<namespace>_<name>` as instance name. */
  readonly controlPlaneNamespace: string;
  now(): Date;
  /** Throws when this job lost its lock or the process stops. Called before every write. */
  throwIfCancelled(): void;
  settings(): Settings;
  application(key: ApplicationKey): Application | undefined;
  /** Every Application of this control plane. */
  allApplications(): Iterable<Application>;
  /** All AppProjects; `effectiveProject` merges the global ones into an application's own. */
  projects(): readonly AppProject[];
  clusters(): readonly ClusterFacts[];
  /**
   * The cache and client of a cluster. Waits for the cache's first list and for its identity check. Throws
   * `ClusterError` when it cannot be reached. `serviceAccount` (`system:serviceaccount:ns:name`) makes the client
   * impersonate it; reads keep our own identity.
   */
  destination(server: string, options: { serviceAccount?: string }): Promise<DestinationCluster>;
  /**
   * Resolves every source to a revision, in order. Serves the last known answer of the repository queue unless `fresh`;
   * an answer that fails serves the last good one for the grace period. May answer the earlier commit
   * while nothing that the source reads has changed since: a commit elsewhere in a repository then writes no status. Throws `RenderError` or `WaitingError`.
   */
  resolveRevisions(request: {
    application: Application;
    project: AppProject;
    sources: ApplicationSource[];
    fresh: boolean;
  }): Promise<ResolvedSource[]>;
  /**
   * Renders through the cache, then the renderer. Equal content must give the same manifest objects again (keep the last
   * result per content key in memory): every later memo holds on their identity. For revisions that were
   * deployed before, the saved manifests may stand in when the repository is gone. Throws `RenderError`.
   */
  render(request: RenderRequest): Promise<RenderedManifests>;
  /** The newest Application, by a request: asked only after a write was refused because somebody else had written. */
  readApplication(key: ApplicationKey): Promise<Application | undefined>;
  /**
   * One JSON merge patch of the custom resource (it has no status subresource). Answers the stored object; undefined
   * when it is gone. Never retries on its own.
   */
  patchApplication(key: ApplicationKey, patch: Record<string, unknown>): Promise<Application | undefined>;
  /** Keeps the manifests of a finished deployment for diff and rollback. Failing to is an event, not an error. */
  saveDeployment(deployment: Deployment): Promise<void>;
  /** Something people or machines should hear of; never fails, never blocks. */
  record(event: ReconcileEvent): void;
  /** Hands the comparison to the read side (resource tree, managed resources with masked diffs) when it changed. */
  publish(facts: { application: Application; comparison: Comparison; cluster: DestinationCluster | undefined }): void;
  /**
   * Why no resource may be deleted in a cascade now, or undefined. Set while our own namespace or the Application
   * definition is being deleted: removing the tool must not remove the workloads.
   */
  deletionBrake(): string | undefined;
  readonly jq: JqEvaluator;
}

/** One destination cluster. */
export interface DestinationCluster {
  readonly facts: ClusterFacts;
  readonly client: ClusterClient;
  /** As `kubectl version` says it, without the `v`: `1.34.3`. */
  readonly kubeVersion: string;
  /** Every `group/version` and `group/version/Kind` served, for Helm's Capabilities. */
  readonly apiVersions: string[];
  /** From discovery; undefined when the cluster does not serve the kind. */
  isNamespaced(group: string, kind: string): boolean | undefined;
  /**
   * The live objects with these keys, by `formatResourceKey`. Tracked ones come from the cache, and so do all Namespaces
   * and CustomResourceDefinitions (these are never tracked). One that exists but is tracked by nobody may cost a GET, since
   * only tracked objects keep their body; that nothing exists is known without asking.
   */
  liveObjects(keys: readonly ResourceKey[]): Promise<Map<string, KubernetesObject>>;
  /** Every live object that carries this application's tracking metadata. */
  ownedObjects(instanceName: string): Iterable<KubernetesObject>;
  /** Namespaced top-level objects no application tracks; for orphan warnings. */
  orphanCandidates(namespace: string): Iterable<{ key: ResourceKey; hasOwner: boolean }>;
  /** Kinds of which objects may exist that nothing above shows: what is missing of them is unknown, never absent. */
  unreadableKinds(): Iterable<UnreadableKind>;
  /** The structured-merge type of a kind from the cluster's own OpenAPI v3. */
  typeOf(kind: GroupVersionKind): ValueType | undefined;
  /** Health by the configured Lua and the built-in checks; undefined for a kind without one. */
  assessHealth(object: KubernetesObject): Health | undefined;
  /** Images and links of everything below these roots, children included. */
  treeFacts(roots: readonly ResourceKey[]): { images: string[]; externalURLs: string[] };
  /** Dry-run answers, shared by all applications of this cluster. */
  readonly predictions: PredictionCache;
}

export interface UnreadableKind {
  group: string;
  /** Absent: discovery cannot read the group, so its kinds are unknown. */
  kind?: string;
  /** What the server said. */
  reason: string;
  /** We may not list it; otherwise its list failed, or is not complete yet. */
  isRefused: boolean;
}

/** What one finished sync put into the cluster. */
export interface Deployment {
  application: ApplicationKey;
  uid: string;
  /** Id in `status.history`. */
  historyId: number;
  revisions: string[];
  sources: ApplicationSource[];
  deployedAt: string;
  initiatedBy: { username?: string; automated?: boolean };
  manifests: KubernetesObject[];
}

export type ReconcileEventReason =
  | 'OperationStarted'
  | 'OperationCompleted'
  | 'OperationTerminated'
  | 'ResourceUpdated'
  | 'StatusRefreshed'
  | 'ResourceDeleted'
  | 'HoldReleased'
  | 'RolledBack';

/** Emitted as a Kubernetes Event on the Application and to the event stream. */
export interface ReconcileEvent {
  application: ApplicationKey;
  type: 'Normal' | 'Warning';
  reason: ReconcileEventReason;
  message: string;
}

/** What a reconciliation left behind. */
export interface ReconcileOutcome {
  /** The Application as last written; undefined when it is gone. */
  application: Application | undefined;
  comparison: Comparison | undefined;
  /** The custom resource was written. */
  wrote: boolean;
  /** What an unfinished operation waits for, in words; the watch wakes it. */
  waitingFor: string | undefined;
  /** Look again after this many milliseconds even if nothing happens (back-off, window, hold, timeout). */
  requeueAfter: number | undefined;
}
