import type { ApplicationRow } from '@lockstep/contract';

/** The shapes of the REST API and of the stream that the dashboard reads. Argo CD's names, unchanged. */

export type HealthStatus = 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Missing' | 'Unknown';
type SyncStatusCode = 'Synced' | 'OutOfSync' | 'Unknown';
type OperationPhase = 'Running' | 'Terminating' | 'Failed' | 'Error' | 'Succeeded';

export interface Health {
  status?: HealthStatus;
  message?: string;
  lastTransitionTime?: string;
}

export interface ApplicationSource {
  repoURL: string;
  path?: string;
  chart?: string;
  targetRevision?: string;
  ref?: string;
  name?: string;
  helm?: {
    releaseName?: string;
    valueFiles?: string[];
    values?: string;
    parameters?: { name: string; value: string; forceString?: boolean }[];
  };
  kustomize?: { namePrefix?: string; nameSuffix?: string; images?: string[]; commonLabels?: Record<string, string> };
  directory?: { recurse?: boolean; include?: string; exclude?: string };
  plugin?: { name?: string };
}

interface Destination {
  server?: string;
  name?: string;
  namespace?: string;
}

interface SyncPolicy {
  automated?: { prune?: boolean; selfHeal?: boolean; allowEmpty?: boolean; enabled?: boolean };
  syncOptions?: string[];
  retry?: { limit?: number; backoff?: { duration?: string; factor?: number; maxDuration?: string } };
}

export interface Condition {
  type: string;
  message: string;
  lastTransitionTime?: string;
}

interface ResourceStatus {
  group?: string;
  version: string;
  kind: string;
  namespace?: string;
  name: string;
  status?: SyncStatusCode;
  health?: Health;
  hook?: boolean;
  requiresPruning?: boolean;
  syncWave?: number;
}

export interface ResourceResult {
  group: string;
  version: string;
  kind: string;
  namespace: string;
  name: string;
  status?: 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped';
  message?: string;
  hookType?: string;
  hookPhase?: OperationPhase;
  syncPhase?: string;
  images?: string[];
}

interface OperationInitiator {
  username?: string;
  automated?: boolean;
}

interface SyncOperation {
  revision?: string;
  prune?: boolean;
  dryRun?: boolean;
  resources?: { group?: string; kind: string; name: string; namespace?: string }[];
  syncOptions?: string[];
}

export interface OperationState {
  operation: { sync?: SyncOperation; initiatedBy?: OperationInitiator; retry?: { limit?: number } };
  phase: OperationPhase;
  message?: string;
  syncResult?: { revision: string; revisions?: string[]; resources?: ResourceResult[]; source?: ApplicationSource };
  startedAt: string;
  finishedAt?: string;
  retryCount?: number;
}

export interface HistoryEntry {
  id: number;
  revision?: string;
  revisions?: string[];
  deployedAt: string;
  deployStartedAt?: string;
  initiatedBy?: OperationInitiator;
  source?: ApplicationSource;
  sources?: ApplicationSource[];
}

/** A rollback that holds the application at one deployment until it is resumed. */
export interface Hold {
  historyId: number;
  revision: string;
  by: string;
  at: string;
  reason?: string;
  /** `manual`, `next-commit` or a time. */
  resume: string;
}

export interface Application {
  metadata: {
    name: string;
    namespace: string;
    uid?: string;
    resourceVersion?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
  };
  spec: {
    project: string;
    source?: ApplicationSource;
    sources?: ApplicationSource[];
    destination: Destination;
    syncPolicy?: SyncPolicy;
    ignoreDifferences?: unknown[];
    info?: { name: string; value: string }[];
    revisionHistoryLimit?: number;
  };
  status?: {
    health?: Health;
    sync?: { status: SyncStatusCode; revision?: string; revisions?: string[] };
    resources?: ResourceStatus[];
    conditions?: Condition[];
    history?: HistoryEntry[];
    operationState?: OperationState;
    reconciledAt?: string;
    sourceType?: string;
    summary?: { images?: string[]; externalURLs?: string[] };
  };
  operation?: unknown;
  can?: Can;
}

/** What the signed-in subject may do with the object; an absent verb counts as allowed and the server has the last word. */
type Can = Record<string, boolean>;

export type Facets = Record<string, Record<string, number>>;

export interface ApplicationListPage {
  items: ApplicationRow[];
  total?: number;
  cursor?: string;
  facets?: Facets;
}

export interface ResourceRef {
  group?: string;
  version?: string;
  kind: string;
  namespace?: string;
  name: string;
  uid?: string;
}

export interface ResourceNode extends ResourceRef {
  parentRefs?: ResourceRef[];
  info?: { name: string; value: string }[];
  networkingInfo?: {
    labels?: Record<string, string>;
    ingress?: { hostname?: string; ip?: string }[];
    externalURLs?: string[];
  };
  resourceVersion?: string;
  images?: string[];
  health?: Health;
  createdAt?: string;
}

export interface ApplicationTree {
  nodes?: ResourceNode[];
  orphanedNodes?: ResourceNode[];
  hosts?: unknown[];
}

/** Bodies are JSON text, as Argo CD sends them. */
export interface ManagedResource {
  group?: string;
  kind: string;
  namespace?: string;
  name: string;
  targetState?: string;
  liveState?: string;
  normalizedLiveState?: string;
  predictedLiveState?: string;
  resourceVersion?: string;
  modified?: boolean;
  hook?: boolean;
}

export interface KubernetesEvent {
  metadata?: { name?: string; uid?: string };
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  involvedObject?: { kind?: string; name?: string; namespace?: string };
  source?: { component?: string };
}

export interface LogEntry {
  content: string;
  timeStamp?: string;
  podName?: string;
  last?: boolean;
}

export interface RevisionMetadata {
  author?: string;
  date?: string;
  message?: string;
  tags?: string[];
  signatureInfo?: string;
}

export type PlanAction = 'create' | 'update' | 'recreate' | 'replace' | 'prune' | 'hook' | 'unchanged';

export interface PlanTask {
  group: string;
  version: string;
  kind: string;
  namespace: string;
  name: string;
  action: PlanAction;
  hookType?: string;
  warnings: string[];
  skipReason?: string;
  before?: string;
  after?: string;
}

export interface Plan {
  planId: string;
  inputsHash: string;
  revision: string;
  computedAt: string;
  summary: { create: number; update: number; recreate: number; prune: number; hook: number; unchanged: number };
  warnings: string[];
  problems: string[];
  phases: { phase: string; waves: { wave: number; tasks: PlanTask[] }[] }[];
}

export interface HistoryDiff {
  from: { id: number; revision?: string };
  to: { id?: number | 'now'; revision?: string };
  resources: {
    group?: string;
    kind: string;
    namespace?: string;
    name: string;
    change: 'added' | 'removed' | 'changed' | 'unchanged';
    before?: string;
    after?: string;
  }[];
}

interface SyncWindow {
  kind: 'allow' | 'deny';
  schedule: string;
  duration: string;
  applications?: string[];
  namespaces?: string[];
  clusters?: string[];
  manualSync?: boolean;
  timeZone?: string;
  description?: string;
}

export interface SyncWindows {
  activeWindows?: SyncWindow[];
  assignedWindows?: SyncWindow[];
  canSync?: boolean;
  /** When that changes next. */
  changesAt?: string;
}

export interface ResourceAction {
  name: string;
  displayName?: string;
  disabled?: boolean;
}

export interface UserInfo {
  loggedIn?: boolean;
  username?: string;
  iss?: string;
  groups?: string[];
}

export interface Settings {
  url?: string;
  oidcConfig?: { name?: string; issuer?: string };
  dexConfig?: { connectors?: { name?: string; type?: string }[] };
  userLoginsDisabled?: boolean;
  uiBannerContent?: string;
  uiBannerURL?: string;
  help?: { chatUrl?: string; chatText?: string };
}

export interface ServerVersion {
  Version?: string;
  BuildDate?: string;
  GitCommit?: string;
  KubectlVersion?: string;
  HelmVersion?: string;
  KustomizeVersion?: string;
}

export interface Cluster {
  server: string;
  name: string;
  namespaces?: string[];
  project?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  serverVersion?: string;
  connectionState?: { status?: string; message?: string; attemptedAt?: string };
  info?: {
    serverVersion?: string;
    applicationsCount?: number;
    connectionState?: { status?: string; message?: string; attemptedAt?: string };
    cacheInfo?: { resourcesCount?: number; apisCount?: number; lastCacheSyncTime?: string };
  };
}

export interface Repository {
  repo: string;
  name?: string;
  type?: string;
  project?: string;
  username?: string;
  insecure?: boolean;
  enableLfs?: boolean;
  enableOCI?: boolean;
  inheritedCreds?: boolean;
  connectionState?: { status?: string; message?: string; attemptedAt?: string };
}

export interface AppProject {
  metadata: { name: string; namespace?: string; creationTimestamp?: string };
  spec: {
    description?: string;
    sourceRepos?: string[];
    sourceNamespaces?: string[];
    destinations?: { server?: string; name?: string; namespace?: string }[];
    clusterResourceWhitelist?: { group: string; kind: string }[];
    clusterResourceBlacklist?: { group: string; kind: string }[];
    namespaceResourceWhitelist?: { group: string; kind: string }[];
    namespaceResourceBlacklist?: { group: string; kind: string }[];
    roles?: { name: string; description?: string; policies?: string[]; groups?: string[] }[];
    syncWindows?: SyncWindow[];
    orphanedResources?: { warn?: boolean } | null;
    signatureKeys?: { keyID: string }[];
  };
}

export interface ItemList<T> {
  items?: T[] | null;
}

/** A live or target manifest in a cluster's words; unknown fields are kept. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    creationTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string; apiVersion: string }[];
    managedFields?: { manager?: string; operation?: string; time?: string; subresource?: string }[];
    [field: string]: unknown;
  };
  [field: string]: unknown;
}
