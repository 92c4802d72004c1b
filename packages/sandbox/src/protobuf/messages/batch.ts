/** Messages of batch/v1, in the notation of message-table.ts. */
export const batch = `
CronJob:
  1metadata:meta.ObjectMeta 2spec:CronJobSpec 3status:CronJobStatus
CronJobSpec:
  1schedule:s? 2startingDeadlineSeconds:i? 3concurrencyPolicy:s 4suspend:b? 5jobTemplate:JobTemplateSpec
  6successfulJobsHistoryLimit:i? 7failedJobsHistoryLimit:i? 8timeZone:s?
CronJobStatus:
  1active:[core.ObjectReference] 4lastScheduleTime:t 5lastSuccessfulTime:t
Job:
  1metadata:meta.ObjectMeta 2spec:JobSpec 3status:JobStatus
JobCondition:
  1type:s? 2status:s? 3lastProbeTime:t 4lastTransitionTime:t 5reason:s 6message:s
JobSpec:
  1parallelism:i? 2completions:i? 3activeDeadlineSeconds:i? 4selector:meta.LabelSelector? 5manualSelector:b?
  6template:core.PodTemplateSpec 7backoffLimit:i? 8ttlSecondsAfterFinished:i? 9completionMode:s? 10suspend:b?
  11podFailurePolicy:PodFailurePolicy? 12backoffLimitPerIndex:i? 13maxFailedIndexes:i?
  14podReplacementPolicy:s? 15managedBy:s? 16successPolicy:SuccessPolicy?
JobStatus:
  1conditions:[JobCondition] 2startTime:t 3completionTime:t 4active:i 5succeeded:i 6failed:i
  7completedIndexes:s 8uncountedTerminatedPods:UncountedTerminatedPods? 9ready:i? 10failedIndexes:s?
  11terminating:i?
JobTemplateSpec:
  1metadata:meta.ObjectMeta 2spec:JobSpec
PodFailurePolicy:
  1rules:[PodFailurePolicyRule]
PodFailurePolicyOnExitCodesRequirement:
  1containerName:s? 2operator:s? 3values:[i]
PodFailurePolicyOnPodConditionsPattern:
  1type:s? 2status:s?
PodFailurePolicyRule:
  1action:s? 2onExitCodes:PodFailurePolicyOnExitCodesRequirement?
  3onPodConditions:[PodFailurePolicyOnPodConditionsPattern]
SuccessPolicy:
  1rules:[SuccessPolicyRule]
SuccessPolicyRule:
  1succeededIndexes:s? 2succeededCount:i?
UncountedTerminatedPods:
  1succeeded:[s] 2failed:[s]
`;
