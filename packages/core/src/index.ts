/** The public surface of the GitOps domain. One section per folder, in the order the data flows. */

// application
export * from './application/app-project.ts';
export * from './application/application.ts';
export * from './application/application-set.ts';
export * from './application/crd.ts';
export * from './application/destination.ts';
export * from './application/generators.ts';
export { globMatch, globOrRegexMatch } from './application/glob.ts';
export * from './application/operation.ts';
export * from './application/project-permissions.ts';
export { canonicalRepositoryUrl } from './application/repository-url.ts';
export * from './application/source.ts';
export * from './application/sources.ts';
export * from './application/sync-service-account.ts';
export * from './application/validate-spec.ts';
// compare
export { type CompareInput, compareApplication } from './compare/compare-application.ts';
export type {
  Comparison,
  Condition,
  ConditionType,
  ResourceComparison,
  ResourcePair,
  SyncStatusCode,
} from './compare/comparison.ts';
export * from './compare/diff-settings-for.ts';
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
// diff
export { diffFields, type FieldChange } from './diff/diff-fields.ts';
export { diffKey } from './diff/diff-key.ts';
export { type DiffInput, diffResource, type ResourceDiff } from './diff/diff-resource.ts';
export {
  DEFAULT_DIFF_SETTINGS,
  type DiffSettings,
  type IgnoreRule,
  type KnownTypeField,
  ruleConcerns,
  rulesFor,
} from './diff/diff-settings.ts';
export {
  type DriftExplanation,
  type DriftInput,
  type DriftVerdict,
  explainDrift,
} from './diff/explain-drift.ts';
export { type FieldOwner, ownersOfPath, type PathSegment, valueAtPath } from './diff/field-path.ts';
export { type ImmutableChange, immutableChanges } from './diff/immutable-fields.ts';
export type { JqEvaluator, JqProblem, JqResult } from './diff/jq.ts';
export { formatPointer, pointerSegments, valueAt, withoutPath } from './diff/json-pointer.ts';
export { legacyManagers, migratedManagedFields } from './diff/legacy-managers.ts';
export { hasSecrets, type MaskOptions, maskSecrets } from './diff/mask-secrets.ts';
export { normalizeObject, normalizeTarget } from './diff/normalize.ts';
export { type LocalPrediction, lastApplied, predictLive } from './diff/predict-live.ts';
export { type Prediction, PredictionCache, predictionFromDryRun, predictionOf } from './diff/prediction.ts';
export { canonicalQuantity, milliValue } from './diff/quantity.ts';
export { restartsPods } from './diff/restarts-pods.ts';
export { updateHash, updateRulesFor } from './diff/update-hash.ts';
// errors
export { ClusterError, GitOpsError, RenderError, TerminalError, WaitingError } from './errors.ts';
// health
export { assessHealth } from './health/assess-health.ts';
export type { Health, HealthCheck, HealthStatus } from './health/health.ts';
export { healthOfLua } from './health/lua-health.ts';
export { isWorse, worstHealth } from './health/worst-health.ts';
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
export { type LabelSelector, matchesLabelSelector } from './kubernetes/label-selector.ts';
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
export * from './reconcile/plan-application.ts';
export * from './reconcile/reconcile-application.ts';
export { isDeletionFinalizer } from './reconcile/reconcile-deletion.ts';
export * from './reconcile/reconcile-facts.ts';
export * from './reconcile/reconcile-world.ts';
export * from './reconcile/render-targets.ts';
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
export type { ToolCommand, ToolRunner } from './render/tool-runner.ts';
export * from './render/tree-reader.ts';
// settings
export * from './settings/default-settings.ts';
export * from './settings/excluded-kinds.ts';
export * from './settings/go-duration.ts';
export * from './settings/lua-scripts.ts';
export * from './settings/parse-settings.ts';
export * from './settings/settings.ts';
// status
export * from './status/status-patch.ts';
// sync
export { ANNOTATION_AUTO_ROLLBACK, type RollbackPolicy, rollbackPolicyOf } from './sync/auto-rollback.ts';
export * from './sync/auto-sync.ts';
export * from './sync/hold.ts';
export * from './sync/operation-id.ts';
export * from './sync/plan-sync.ts';
export { retryDelay, retryDueAt } from './sync/retry.ts';
export * from './sync/sync-plan.ts';
export * from './sync/sync-windows.ts';
