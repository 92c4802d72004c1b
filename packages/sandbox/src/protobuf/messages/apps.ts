/** Messages of apps/v1, in the notation of message-table.ts. */
export const apps = `
ControllerRevision:
  1metadata:meta.ObjectMeta 2data:r? 3revision:i?
DaemonSet:
  1metadata:meta.ObjectMeta 2spec:DaemonSetSpec 3status:DaemonSetStatus
DaemonSetCondition:
  1type:s? 2status:s? 3lastTransitionTime:t 4reason:s 5message:s
DaemonSetSpec:
  1selector:meta.LabelSelector? 2template:core.PodTemplateSpec 3updateStrategy:DaemonSetUpdateStrategy
  4minReadySeconds:i 6revisionHistoryLimit:i?
DaemonSetStatus:
  1currentNumberScheduled:i? 2numberMisscheduled:i? 3desiredNumberScheduled:i? 4numberReady:i?
  5observedGeneration:i 6updatedNumberScheduled:i 7numberAvailable:i 8numberUnavailable:i 9collisionCount:i?
  10conditions:[DaemonSetCondition]
DaemonSetUpdateStrategy:
  1type:s 2rollingUpdate:RollingUpdateDaemonSet?
Deployment:
  1metadata:meta.ObjectMeta 2spec:DeploymentSpec 3status:DeploymentStatus
DeploymentCondition:
  1type:s? 2status:s? 4reason:s 5message:s 6lastUpdateTime:t 7lastTransitionTime:t
DeploymentSpec:
  1replicas:i? 2selector:meta.LabelSelector? 3template:core.PodTemplateSpec 4strategy:DeploymentStrategy
  5minReadySeconds:i 6revisionHistoryLimit:i? 7paused:b 9progressDeadlineSeconds:i?
DeploymentStatus:
  1observedGeneration:i 2replicas:i 3updatedReplicas:i 4availableReplicas:i 5unavailableReplicas:i
  6conditions:[DeploymentCondition] 7readyReplicas:i 8collisionCount:i? 9terminatingReplicas:i?
DeploymentStrategy:
  1type:s 2rollingUpdate:RollingUpdateDeployment?
ReplicaSet:
  1metadata:meta.ObjectMeta 2spec:ReplicaSetSpec 3status:ReplicaSetStatus
ReplicaSetCondition:
  1type:s? 2status:s? 3lastTransitionTime:t 4reason:s 5message:s
ReplicaSetSpec:
  1replicas:i? 2selector:meta.LabelSelector? 3template:core.PodTemplateSpec 4minReadySeconds:i
ReplicaSetStatus:
  1replicas:i? 2fullyLabeledReplicas:i 3observedGeneration:i 4readyReplicas:i 5availableReplicas:i
  6conditions:[ReplicaSetCondition] 7terminatingReplicas:i?
RollingUpdateDaemonSet:
  1maxUnavailable:x? 2maxSurge:x?
RollingUpdateDeployment:
  1maxUnavailable:x? 2maxSurge:x?
RollingUpdateStatefulSetStrategy:
  1partition:i? 2maxUnavailable:x?
StatefulSet:
  1metadata:meta.ObjectMeta 2spec:StatefulSetSpec 3status:StatefulSetStatus
StatefulSetCondition:
  1type:s? 2status:s? 3lastTransitionTime:t 4reason:s 5message:s
StatefulSetOrdinals:
  1start:i?
StatefulSetPersistentVolumeClaimRetentionPolicy:
  1whenDeleted:s 2whenScaled:s
StatefulSetSpec:
  1replicas:i? 2selector:meta.LabelSelector? 3template:core.PodTemplateSpec
  4volumeClaimTemplates:[core.PersistentVolumeClaim] 5serviceName:s? 6podManagementPolicy:s
  7updateStrategy:StatefulSetUpdateStrategy 8revisionHistoryLimit:i? 9minReadySeconds:i
  10persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy?
  11ordinals:StatefulSetOrdinals?
StatefulSetStatus:
  1observedGeneration:i 2replicas:i? 3readyReplicas:i 4currentReplicas:i 5updatedReplicas:i 6currentRevision:s
  7updateRevision:s 9collisionCount:i? 10conditions:[StatefulSetCondition] 11availableReplicas:i?
StatefulSetUpdateStrategy:
  1type:s 2rollingUpdate:RollingUpdateStatefulSetStrategy?
`;
