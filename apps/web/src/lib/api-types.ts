import type { ApplicationRow, components, paths } from '@lockstep/contract';

/*
 * The shapes of the REST API that the dashboard reads, taken from the contract. Where the contract says "any object" or
 * nothing, the shape is written here and says so.
 */

type Schemas = components['schemas'];
type Answer<Path extends keyof paths, Method extends 'get' | 'post' = 'get'> = paths[Path][Method] extends {
  responses: { 200: { content: { 'application/json': infer Body } } };
}
  ? Body
  : never;

/** Health is a plain string in the contract, because a custom check may say anything. */
export type HealthStatus = 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Missing' | 'Unknown';

export type ApplicationSource = Schemas['ApplicationSource'];
type Status = Schemas['ApplicationStatus'];
/** Argo CD leaves out what is empty; a resource without a kind or a name does not exist. */
export type ResourceStatus = NonNullable<Status['resources']>[number] & { kind: string; name: string };
/** Whatever the API answers has a namespace; only what is sent to it may go without. */
export type Application = Omit<Schemas['Application'], 'metadata' | 'status'> & {
  metadata: Schemas['Application']['metadata'] & { namespace: string };
  status?: Omit<Status, 'resources'> & { resources?: ResourceStatus[] };
};
export type Health = NonNullable<Status['health']>;
export type Condition = NonNullable<Status['conditions']>[number];
export type HistoryEntry = NonNullable<Status['history']>[number];
export type OperationState = Schemas['OperationState'];
export type ResourceResult = NonNullable<NonNullable<OperationState['syncResult']>['resources']>[number];

/** A rollback that holds the application at one deployment until it is resumed; JSON in an annotation, so not in the contract. */
export interface Hold {
  historyId: number;
  revision: string;
  by: string;
  at: string;
  reason?: string;
  /** `manual`, `next-commit` or a time. */
  resume: string;
}

export type Facets = Record<string, Record<string, number>>;

/** The list as asked for with `view=rows`; the contract leaves its items open. */
export interface ApplicationListPage {
  items: ApplicationRow[];
  total?: number;
  cursor?: string;
  facets?: Facets;
}

/** What names a resource wherever one is named. */
export interface ResourceRef {
  group?: string;
  version?: string;
  kind: string;
  namespace?: string;
  name: string;
  uid?: string;
}

/** The contract leaves networking open. */
export type ResourceNode = Omit<Schemas['ResourceNode'], 'networkingInfo'> & {
  networkingInfo?: {
    labels?: Record<string, string>;
    ingress?: { hostname?: string; ip?: string }[];
    externalURLs?: string[];
  };
};

/** Also what the stream sends, where empty lists may be absent. */
export interface ApplicationTree {
  nodes?: ResourceNode[];
  orphanedNodes?: ResourceNode[];
}

/** Bodies are JSON text, as Argo CD sends them. */
export type ManagedResource = Schemas['ResourceDiff'];

/** Kubernetes' Event; the contract leaves it open. */
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

/** One line of a log; logs are a stream, which the contract does not describe. */
export interface LogEntry {
  content: string;
  timeStamp?: string;
  podName?: string;
  last?: boolean;
}

export type RevisionMetadata = Answer<'/api/v1/applications/{name}/revisions/{revision}/metadata'>;

export type Plan = Answer<'/api/v1/applications/{name}/plans', 'post'>;
export type PlanTask = Plan['phases'][number]['waves'][number]['tasks'][number];
export type PlanAction = 'create' | 'update' | 'recreate' | 'replace' | 'prune' | 'hook' | 'unchanged';

export type HistoryDiff = Answer<'/api/v1/applications/{name}/history/{id}/diff'>;

export type AppProject = Schemas['AppProject'];
type SyncWindow = NonNullable<AppProject['spec']['syncWindows']>[number];

/** The contract has no shape for this answer. */
export interface SyncWindows {
  activeWindows?: SyncWindow[];
  assignedWindows?: SyncWindow[];
  canSync?: boolean;
  /** When that changes next. */
  changesAt?: string;
}

export type ResourceAction = Answer<'/api/v1/applications/{name}/resource/actions'>['actions'][number];

export type UserInfo = Answer<'/api/v1/session/userinfo'>;

/** The contract leaves settings open. */
export interface Settings {
  url?: string;
  oidcConfig?: { name?: string; issuer?: string };
  dexConfig?: { connectors?: { name?: string; type?: string }[] };
  userLoginsDisabled?: boolean;
  uiBannerContent?: string;
  uiBannerURL?: string;
  help?: { chatUrl?: string; chatText?: string };
}

export type ServerVersion = Answer<'/api/version'>;
export type Cluster = Answer<'/api/v1/clusters'>['items'][number];
export type Repository = Answer<'/api/v1/repositories'>['items'][number];

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
