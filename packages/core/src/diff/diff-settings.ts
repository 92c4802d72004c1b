import { FIELD_MANAGER } from '../kubernetes/annotations.ts';
import { compareOptionsOf } from '../kubernetes/compare-options.ts';
import { matchesGlob } from '../kubernetes/glob.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { ResourceKey } from '../kubernetes/resource-key.ts';
import { syncOptionsOf } from '../kubernetes/sync-options.ts';

/** One entry of `ignoreDifferences`, of the application or of the system settings. */
export interface IgnoreRule {
  /** Shell pattern; '' is the core group. */
  group: string;
  /** Shell pattern. */
  kind: string;
  name?: string;
  namespace?: string;
  jsonPointers?: readonly string[];
  jqPathExpressions?: readonly string[];
  /** Field managers whose changes are accepted. */
  managedFieldsManagers?: readonly string[];
  /** Where the rule was written, for explanations. */
  origin?: 'application' | 'project' | 'system';
}

/** A field of a custom resource whose value has a known Kubernetes type, so that its quantities can be normalised. */
export interface KnownTypeField {
  /** Shell pattern. */
  group: string;
  /** Shell pattern. */
  kind: string;
  /** Dotted path, such as `spec.template.spec`. */
  field: string;
  /** Such as `core/v1/PodSpec`, `core/Quantity` or `meta/v1/Duration`. */
  type: string;
}

export interface DiffSettings {
  ignoreDifferences: readonly IgnoreRule[];
  /** Leave out the rules of aggregated cluster roles. */
  ignoreAggregatedRoles: boolean;
  ignoreResourceStatusField: 'all' | 'crd' | 'none';
  knownTypeFields: readonly KnownTypeField[];
  /** Ask the API server with a dry run where the local merge sees a difference. */
  serverSideDiff: boolean;
  /** Show fields that admission webhooks change as differences. */
  includeMutationWebhook: boolean;
  /** A sync first takes over the fields that were applied on the client. */
  clientSideApplyMigration: boolean;
  fieldManager: string;
}

export const DEFAULT_DIFF_SETTINGS: DiffSettings = {
  ignoreDifferences: [],
  ignoreAggregatedRoles: false,
  ignoreResourceStatusField: 'all',
  knownTypeFields: [],
  serverSideDiff: true,
  includeMutationWebhook: false,
  clientSideApplyMigration: true,
  fieldManager: FIELD_MANAGER,
};

/** The rules that concern a resource, in the order given. */
export function rulesFor(settings: DiffSettings, key: ResourceKey): IgnoreRule[] {
  if (settings.ignoreDifferences.length === 0) return NO_RULES;
  return settings.ignoreDifferences.filter((rule) => ruleConcerns(rule, key));
}

/** Whether an ignore rule is about this resource. */
export function ruleConcerns(rule: IgnoreRule, key: ResourceKey): boolean {
  if (rule.name !== undefined && rule.name !== '' && rule.name !== key.name) return false;
  if (rule.namespace !== undefined && rule.namespace !== '' && rule.namespace !== key.namespace) return false;
  return matchesGlob(rule.kind, key.kind) && matchesGlob(rule.group, key.group);
}

const NO_RULES: IgnoreRule[] = [];

/** How one resource is diffed: what its own annotations say wins over the application. */
export interface ResourceDiffMode {
  serverSideDiff: boolean;
  includeMutationWebhook: boolean;
  clientSideApplyMigration: boolean;
}

export function diffModeOf(target: KubernetesObject, settings: DiffSettings): ResourceDiffMode {
  if (target.metadata.annotations === undefined) return settings;
  const compare = compareOptionsOf(target).options;
  return {
    serverSideDiff: compare.serverSideDiff ?? settings.serverSideDiff,
    includeMutationWebhook: compare.includeMutationWebhook ?? settings.includeMutationWebhook,
    clientSideApplyMigration:
      syncOptionsOf(target).options.clientSideApplyMigration ?? settings.clientSideApplyMigration,
  };
}
