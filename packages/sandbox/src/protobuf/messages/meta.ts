/** Messages of the API machinery, in the notation of message-table.ts. */
export const meta = `
Condition:
  1type:s? 2status:s? 3observedGeneration:i 4lastTransitionTime:t 5reason:s? 6message:s?
DeleteOptions:
  1gracePeriodSeconds:i? 2preconditions:Preconditions? 3orphanDependents:b? 4propagationPolicy:s? 5dryRun:[s]
  6ignoreStoreReadErrorWithClusterBreakingPotential:b?
FieldSelectorRequirement:
  1key:s? 2operator:s? 3values:[s]
LabelSelector:
  1matchLabels:{s} 2matchExpressions:[LabelSelectorRequirement]
LabelSelectorRequirement:
  1key:s? 2operator:s? 3values:[s]
ManagedFieldsEntry:
  1manager:s 2operation:s 3apiVersion:s 4time:t 6fieldsType:s 7fieldsV1:r? 8subresource:s
ObjectMeta:
  1name:s 2generateName:s 3namespace:s 4selfLink:s 5uid:s 6resourceVersion:s 7generation:i
  8creationTimestamp:t 9deletionTimestamp:t 10deletionGracePeriodSeconds:i? 11labels:{s} 12annotations:{s}
  13ownerReferences:[OwnerReference] 14finalizers:[s] 17managedFields:[ManagedFieldsEntry]
OwnerReference:
  1kind:s? 3name:s? 4uid:s? 5apiVersion:s? 6controller:b? 7blockOwnerDeletion:b?
Preconditions:
  1uid:s? 2resourceVersion:s?
`;
