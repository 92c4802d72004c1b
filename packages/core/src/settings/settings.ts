import type { GlobalProject } from '../application/project-permissions.ts';
import type { TrackingSettings } from '../kubernetes/tracking.ts';

/** One entry of resource.exclusions or resource.inclusions; every list holds globs and an empty one matches all. */
export interface ResourceFilter {
  apiGroups: string[];
  kinds: string[];
  clusters: string[];
}

export interface IgnoredFields {
  jsonPointers?: string[];
  jqPathExpressions?: string[];
}

/** The `actions` block of a kind: Lua that says which actions an object has, and what each does. */
export interface CustomActions {
  discoveryLua: string;
  definitions: { name: string; actionLua: string }[];
  mergeBuiltinActions: boolean;
}

/** What is said about the kinds that match `group` and `kind` (globs; `all` became `*`). */
export interface ResourceCustomization {
  group: string;
  kind: string;
  healthLua?: string;
  /** `string` and `math` are open to the scripts. */
  useOpenLibs?: boolean;
  actions?: CustomActions;
  ignoreDifferences?: IgnoredFields & { managedFieldsManagers?: string[] };
  ignoreResourceUpdates?: IgnoredFields;
  knownTypeFields?: { field: string; type: string }[];
}

export interface KustomizeVersion {
  path?: string;
  buildOptions?: string;
}

/** Everything `argocd-cm` and `argocd-cmd-params-cm` say to the controller and the renderer. Durations are seconds. */
export interface Settings {
  reconciliation: { timeoutSeconds: number; jitterSeconds: number; hardTimeoutSeconds: number };
  tracking: TrackingSettings;
  exclusions: ResourceFilter[];
  inclusions: ResourceFilter[];
  customizations: ResourceCustomization[];
  compareOptions: {
    ignoreAggregatedRoles: boolean;
    ignoreResourceStatusField: 'all' | 'crd' | 'none';
    ignoreDifferencesOnResourceUpdates: boolean;
  };
  ignoreResourceUpdatesEnabled: boolean;
  serverSideDiff: boolean;
  respectRBAC: '' | 'normal' | 'strict';
  sensitiveAnnotations: string[];
  customLabels: string[];
  includeEventLabelKeys: string[];
  excludeEventLabelKeys: string[];
  allowedNodeLabels: string[];
  inClusterEnabled: boolean;
  globalProjects: GlobalProject[];
  /** Namespaces besides our own where Applications may live; globs or `/regular expressions/`. */
  applicationNamespaces: string[];
  helm: { enabled: boolean; valuesFileSchemes: string[] };
  kustomize: { enabled: boolean; buildOptions: string; versions: Record<string, KustomizeVersion> };
  jsonnet: { enabled: boolean };
  impersonation: { enabled: boolean; enforced: boolean };
  selfHeal: { timeoutSeconds: number; backoff: { timeoutSeconds: number; factor: number; capSeconds: number } };
  /** 0: an operation may run for ever. */
  syncTimeoutSeconds: number;
  /**
   * What an automated sync may prune at once: at most this share of an application's live resources, unless it is fewer than
   * `minimum`. An application can have another share, see `ANNOTATION_PRUNE_LIMIT`.
   */
  pruneLimit: { percent: number; minimum: number };
  /** Between waves, for custom resources whose status does not say which generation it is about. Others are not delayed. */
  syncWaveDelaySeconds: number;
  /** How long the last good answer of a repository stands in for a failing one. */
  repositoryErrorGraceSeconds: number;
  /** Health of every resource is written to `status.resources`; else only to the cached tree. */
  persistResourceHealth: boolean;
  /** Combined size limit of the manifests of a directory source, in bytes. */
  maxDirectoryManifestBytes: number;
  /** Longest run of a rendering tool. */
  renderTimeoutSeconds: number;
}

/** An entry of a ConfigMap that could not be used. The default, or the entries around it, apply instead. */
export interface SettingsWarning {
  key: string;
  message: string;
}
