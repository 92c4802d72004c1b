/** The words that an Application's status is written in, as Argo CD's users know them. */

export type SyncStatusCode = 'Synced' | 'OutOfSync' | 'Unknown';

/** Best to worst: Healthy, Suspended, Progressing, Missing, Degraded, Unknown. */
export type HealthStatus = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';

export type OperationPhase = 'Running' | 'Terminating' | 'Failed' | 'Error' | 'Succeeded';

/** What became of one resource in a sync. */
export type ResultCode = 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped';

/** The suffix decides the colour: `Error` or `Warning`. */
export type ConditionType =
  | 'DeletionError'
  | 'InvalidSpecError'
  | 'ComparisonError'
  | 'SyncError'
  | 'UnknownError'
  | 'SharedResourceWarning'
  | 'RepeatedResourceWarning'
  | 'ExcludedResourceWarning'
  | 'OrphanedResourceWarning'
  | 'InvalidAnnotationWarning'
  | 'SelfHealLoopWarning'
  | 'SyncStalledWarning'
  | 'IgnoreDifferencesWarning'
  | 'UnknownKindWarning';

/** Something people should know about an application, with what to do about it. */
export interface Condition {
  type: ConditionType;
  message: string;
  lastTransitionTime?: string;
}
