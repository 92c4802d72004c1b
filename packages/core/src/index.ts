/** The public surface of the GitOps domain. One section per folder, in the order the data flows. */

// application
export * from './application/app-project.ts';
export * from './application/application.ts';
export * from './application/application-set.ts';
export * from './application/crd.ts';
export * from './application/destination.ts';
export { globOrRegexMatch } from './application/glob.ts';
export * from './application/operation.ts';
export * from './application/project-permissions.ts';
export * from './application/source.ts';
export * from './application/sources.ts';
export * from './application/sync-service-account.ts';
export * from './application/validate-spec.ts';
// compare
export type {
  Comparison,
  Condition,
  ConditionType,
  ResourceComparison,
  ResourcePair,
  SyncStatusCode,
} from './compare/comparison.ts';
export type { NetworkingInfo } from './compare/networking-info.ts';
export { type OrphanInput, orphanedResources } from './compare/orphaned-resources.ts';
export {
  deletionHooks,
  type PairedResources,
  type PairingApplication,
  type PairingInput,
  pairResources,
  versionMismatches,
} from './compare/pair-resources.ts';
export { type PredictionsNeeded, predictionsNeeded } from './compare/predictions-needed.ts';
export { type InfoItem, podSummary } from './compare/resource-info.ts';
export { type ResourceNode, type ResourceRef, type TreeNode, treeNodeOf } from './compare/resource-node.ts';
export { buildResourceTree, OwnerIndex, treeSummary } from './compare/resource-tree.ts';
export { rollUpHealth } from './compare/roll-up-health.ts';
export { syncStatusOf } from './compare/sync-status.ts';
// errors
export { ClusterError, GitOpsError, RenderError, TerminalError, WaitingError } from './errors.ts';
// health
export type { Health, HealthStatus } from './health/health.ts';
// kubernetes
export * from './kubernetes/annotations.ts';
export type { ApiResource, ApplyOptions, ClusterClient, PropagationPolicy } from './kubernetes/cluster-client.ts';
export { type CompareOptions, compareOptionsOf, isExcludedFromHealth } from './kubernetes/compare-options.ts';
export { contentHash } from './kubernetes/content-hash.ts';
export { matchesGlob } from './kubernetes/glob.ts';
export {
  type HookDeletePolicy,
  type HookFacts,
  type HookType,
  hooksOf,
  isHookObject,
  isKeptByHelm,
  isSkipped,
  type SyncPhase,
  syncWaveOf,
  syncWaveProblem,
} from './kubernetes/hooks.ts';
export { imagesOf } from './kubernetes/images.ts';
export {
  apiVersionOf,
  type GroupVersionKind,
  groupVersionOf,
  gvkOf,
  type KubernetesObject,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
} from './kubernetes/object.ts';
export {
  describeResourceKey,
  formatResourceKey,
  parseResourceKey,
  type ResourceKey,
  resourceKeyOf,
} from './kubernetes/resource-key.ts';
export {
  type ParsedSyncOptions,
  parseSyncOptions,
  type SyncOptions,
  syncOptionsOf,
} from './kubernetes/sync-options.ts';
export {
  appInstanceName,
  DEFAULT_TRACKING,
  parseTrackingId,
  setTracking,
  type TrackingMethod,
  type TrackingOwner,
  type TrackingSettings,
  trackedBy,
} from './kubernetes/tracking.ts';
export {
  builtInScope,
  isCustomResourceDefinition,
  isNamespaceObject,
  isSecret,
  type Scope,
  scopesOfDefinitions,
} from './kubernetes/well-known-kinds.ts';
// reconcile
export * from './reconcile/reconcile-application.ts';
export * from './reconcile/reconcile-facts.ts';
export * from './reconcile/reconcile-world.ts';
// render
export * from './render/build-environment.ts';
export * from './render/content-key.ts';
export * from './render/directory.ts';
export * from './render/effective-source.ts';
export * from './render/helm.ts';
// render
export { parseKubernetesYaml, toYaml, type YamlDocument } from './render/kubernetes-yaml.ts';
export * from './render/kustomize.ts';
export * from './render/parse-manifests.ts';
export * from './render/render-inputs.ts';
export * from './render/render-request.ts';
export * from './render/rendered-manifests.ts';
export * from './render/source-type.ts';
export * from './render/tree-reader.ts';
// settings
export * from './settings/default-settings.ts';
export * from './settings/diff-settings-for.ts';
export * from './settings/excluded-kinds.ts';
export * from './settings/go-duration.ts';
export * from './settings/parse-settings.ts';
export * from './settings/settings.ts';
// status
export * from './status/status-patch.ts';
// sync
export * from './sync/auto-sync.ts';
export * from './sync/hold.ts';
export * from './sync/operation-id.ts';
export * from './sync/plan-sync.ts';
export * from './sync/sync-plan.ts';
export * from './sync/sync-windows.ts';
