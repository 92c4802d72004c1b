/** The public surface of the GitOps domain. One section per folder, in the order the data flows. */

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
// render
export { parseKubernetesYaml, toYaml, type YamlDocument } from './render/kubernetes-yaml.ts';
