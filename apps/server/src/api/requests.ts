import type {
  ApplicationKey,
  KubernetesObject,
  SourceType,
  SyncOperation,
  SyncOperationResource,
  SyncPhase,
  TaskAction,
} from '@lockstep/core';

/**
 * Questions the API hands to the controller, which has the live state and the renderer. Answers are plain data: they
 * cross a queue. Secrets are masked by whoever answers.
 */
export interface ApiRequests {
  plan(request: PlanRequest): Promise<PlanAnswer>;
  manifests(request: ManifestsRequest): Promise<ManifestsAnswer>;
  historyDiff(request: HistoryDiffRequest): Promise<HistoryDiffAnswer>;
  revisionMetadata(request: RevisionMetadataRequest): Promise<RevisionMetadata>;
}

/** What would a sync (or, with `historyId`, a rollback) do. */
export interface PlanRequest {
  application: ApplicationKey;
  revision?: string;
  revisions?: string[];
  prune?: boolean;
  dryRun?: boolean;
  resources?: SyncOperationResource[];
  syncOptions?: string[];
  strategy?: SyncOperation['syncStrategy'];
  historyId?: number;
}

export interface PlannedTask {
  group: string;
  version: string;
  kind: string;
  namespace: string;
  name: string;
  action: TaskAction;
  hookType?: string;
  warnings: string[];
  skipReason?: string;
  /** YAML, masked. */
  before?: string;
  after?: string;
}

export interface PlanAnswer {
  planId: string;
  /** Changes when Git, the live objects or the options do. */
  inputsHash: string;
  revision: string;
  computedAt: string;
  summary: { create: number; update: number; recreate: number; prune: number; hook: number; unchanged: number };
  warnings: string[];
  problems: string[];
  /** What a person must agree to, see `SyncPlan`. */
  confirmation?: string;
  phases: { phase: SyncPhase; waves: { wave: number; tasks: PlannedTask[] }[] }[];
}

export interface ManifestsRequest {
  application: ApplicationKey;
  /** The application to render when it is not stored (yet), as a create request checks it. */
  unsaved?: KubernetesObject;
  revision?: string;
  revisions?: string[];
  noCache?: boolean;
}

export interface ManifestsAnswer {
  manifests: KubernetesObject[];
  revisions: string[];
  sourceTypes: SourceType[];
  namespace: string;
  server: string;
  commands?: string[];
}

export interface HistoryDiffRequest {
  application: ApplicationKey;
  from: number;
  to: number | 'now';
}

export interface HistoryDiffAnswer {
  from: { id: number; revision: string };
  to: { id: number | 'now'; revision: string };
  resources: {
    group: string;
    kind: string;
    namespace: string;
    name: string;
    change: 'added' | 'removed' | 'changed' | 'unchanged';
    before?: string;
    after?: string;
  }[];
}

export interface RevisionMetadataRequest {
  application: ApplicationKey;
  sourceIndex: number;
  revision: string;
}

export interface RevisionMetadata {
  author?: string;
  date?: string;
  message?: string;
  tags?: string[];
}
