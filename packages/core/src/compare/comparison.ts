import type { Condition, SyncStatusCode } from '../application/status-words.ts';
import type { Health } from '../health/health.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { ResourceKey } from '../kubernetes/resource-key.ts';

export type { Condition, ConditionType, SyncStatusCode } from '../application/status-words.ts';

/** A target and its live object travel together. At least one of the two is present. */
export interface ResourcePair {
  key: ResourceKey;
  version: string;
  /** The target, normalised: namespace filled, tracking metadata set. Absent when Git no longer has it. */
  target?: KubernetesObject;
  live?: KubernetesObject;
  /** File of the target, where known. */
  file?: string;
  /** First line of the target in `file`, 1-based. */
  line?: number;
  /** The live object belongs to this other application (a SharedResourceWarning tells). */
  sharedWith?: string;
  /**
   * The target stands for `managedNamespaceMetadata`: a difference makes the application OutOfSync, but the namespace is no
   * resource of the application.
   */
  isManagedNamespace?: true;
}

/** One resource of an application, compared. */
export interface ResourceComparison extends ResourcePair {
  /** Absent for hooks and for what is not compared (Skip, ignored). */
  status?: SyncStatusCode;
  health?: Health;
  isHook: boolean;
  requiresPruning: boolean;
  requiresDeletionConfirmation: boolean;
  syncWave: number;
  /** Both sides after every normaliser and ignore rule; equal means Synced. Absent when a side is. */
  normalizedLive?: KubernetesObject;
  predictedLive?: KubernetesObject;
}

/** All resources of an application, compared. Hooks come last, with `isHook`. */
export interface Comparison {
  status: SyncStatusCode;
  resources: ResourceComparison[];
  health: Health;
  conditions: Condition[];
  /** The destination namespace, when the application looks after its metadata. It is no resource of the application. */
  managedNamespace?: ResourceComparison;
}
