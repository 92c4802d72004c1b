/** Messages of storage.k8s.io/v1, in the notation of message-table.ts. */
export const storage = `
CSIDriver:
  1metadata:meta.ObjectMeta 2spec:CSIDriverSpec
CSIDriverSpec:
  1attachRequired:b? 2podInfoOnMount:b? 3volumeLifecycleModes:[s] 4storageCapacity:b? 5fsGroupPolicy:s?
  6tokenRequests:[TokenRequest] 7requiresRepublish:b? 8seLinuxMount:b? 9nodeAllocatableUpdatePeriodSeconds:i?
  10serviceAccountTokenInSecrets:b? 11preventPodSchedulingIfMissing:b?
CSINode:
  1metadata:meta.ObjectMeta 2spec:CSINodeSpec
CSINodeDriver:
  1name:s? 2nodeID:s? 3topologyKeys:[s] 4allocatable:VolumeNodeResources?
CSINodeSpec:
  1drivers:[CSINodeDriver]
CSIStorageCapacity:
  1metadata:meta.ObjectMeta 2nodeTopology:meta.LabelSelector? 3storageClassName:s? 4capacity:q
  5maximumVolumeSize:q
StorageClass:
  1metadata:meta.ObjectMeta 2provisioner:s? 3parameters:{s} 4reclaimPolicy:s? 5mountOptions:[s]
  6allowVolumeExpansion:b? 7volumeBindingMode:s? 8allowedTopologies:[core.TopologySelectorTerm]
TokenRequest:
  1audience:s? 2expirationSeconds:i?
VolumeAttachment:
  1metadata:meta.ObjectMeta 2spec:VolumeAttachmentSpec 3status:VolumeAttachmentStatus
VolumeAttachmentSource:
  1persistentVolumeName:s? 2inlineVolumeSpec:core.PersistentVolumeSpec?
VolumeAttachmentSpec:
  1attacher:s? 2source:VolumeAttachmentSource 3nodeName:s?
VolumeAttachmentStatus:
  1attached:b? 2attachmentMetadata:{s} 3attachError:VolumeError? 4detachError:VolumeError?
VolumeAttributesClass:
  1metadata:meta.ObjectMeta 2driverName:s? 3parameters:{s}
VolumeError:
  1time:t 2message:s 3errorCode:i?
VolumeNodeResources:
  1count:i?
`;
