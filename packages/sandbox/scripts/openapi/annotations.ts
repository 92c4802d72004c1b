/** What the API server publishes about a list or map beyond its type, and the models of the client do not carry. */
export type Annotation = Record<`x-kubernetes-${string}`, string | string[]>;

/** A list told apart by these keys; strategic merge uses the first of them. */
const keyed = (...keys: string[]): Annotation => ({
  ...keyedOnlyWhenApplied(...keys),
  'x-kubernetes-patch-merge-key': keys[0] ?? '',
  'x-kubernetes-patch-strategy': 'merge',
});

/** A keyed list that strategic merge replaces. */
function keyedOnlyWhenApplied(...keys: string[]): Annotation {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys };
}

/** A keyed list whose items are unions: what a patch does not name is cleared. */
const keyedUnion = (key: string): Annotation => ({ ...keyed(key), 'x-kubernetes-patch-strategy': 'merge,retainKeys' });

/** A list that strategic merge tells apart by a key, while server-side apply replaces it. */
const mergedOnlyWhenPatched = (key: string): Annotation => ({
  'x-kubernetes-patch-merge-key': key,
  'x-kubernetes-patch-strategy': 'merge',
});

const set: Annotation = { 'x-kubernetes-list-type': 'set' };
const mergedSet: Annotation = { ...set, 'x-kubernetes-patch-strategy': 'merge' };
const atomicMap: Annotation = { 'x-kubernetes-map-type': 'atomic' };
const union: Annotation = { 'x-kubernetes-patch-strategy': 'retainKeys' };
const replaced: Annotation = { 'x-kubernetes-patch-strategy': 'replace' };

/** Properties by component. A list that is not here is atomic, a map is merged per key. */
export const propertyAnnotations: Record<string, Record<string, Annotation>> = {
  'admissionregistration.v1.MutatingAdmissionPolicySpec': { matchConditions: keyed('name') },
  'admissionregistration.v1.MutatingWebhook': { matchConditions: keyed('name') },
  'admissionregistration.v1.MutatingWebhookConfiguration': { webhooks: keyed('name') },
  'admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec': { validationActions: set },
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': {
    matchConditions: keyed('name'),
    variables: keyed('name'),
  },
  'admissionregistration.v1.ValidatingAdmissionPolicyStatus': { conditions: keyedOnlyWhenApplied('type') },
  'admissionregistration.v1.ValidatingWebhook': { matchConditions: keyed('name') },
  'admissionregistration.v1.ValidatingWebhookConfiguration': { webhooks: keyed('name') },
  'apps.v1.DaemonSetStatus': { conditions: keyed('type') },
  'apps.v1.DeploymentSpec': { strategy: union },
  'apps.v1.DeploymentStatus': { conditions: keyed('type') },
  'apps.v1.ReplicaSetStatus': { conditions: keyed('type') },
  'apps.v1.StatefulSetStatus': { conditions: keyed('type') },
  'autoscaling.v2.HorizontalPodAutoscalerStatus': { conditions: keyed('type') },
  'batch.v1.JobStatus': { conditions: mergedOnlyWhenPatched('type') },
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': { values: set },
  'batch.v1.UncountedTerminatedPods': { failed: set, succeeded: set },
  'certificates.v1.CertificateSigningRequestStatus': { conditions: keyedOnlyWhenApplied('type') },
  'core.v1.ComponentStatus': { conditions: keyed('type') },
  'core.v1.Container': {
    env: keyed('name'),
    ports: keyed('containerPort', 'protocol'),
    volumeDevices: keyed('devicePath'),
    volumeMounts: keyed('mountPath'),
  },
  'core.v1.ContainerRestartRuleOnExitCodes': { values: set },
  'core.v1.ContainerStatus': { allocatedResourcesStatus: keyed('name'), volumeMounts: keyed('mountPath') },
  'core.v1.EphemeralContainer': {
    env: keyed('name'),
    ports: keyed('containerPort', 'protocol'),
    volumeDevices: keyed('devicePath'),
    volumeMounts: keyed('mountPath'),
  },
  'core.v1.NamespaceStatus': { conditions: keyed('type') },
  'core.v1.NodeAllocatableResourceClaimStatus': { containers: set },
  'core.v1.NodeSpec': { podCIDRs: mergedSet },
  'core.v1.NodeStatus': { addresses: keyed('type'), conditions: keyed('type') },
  'core.v1.PersistentVolumeClaimStatus': { conditions: keyed('type') },
  'core.v1.PodSpec': {
    containers: keyed('name'),
    ephemeralContainers: keyed('name'),
    hostAliases: keyed('ip'),
    imagePullSecrets: keyed('name'),
    initContainers: keyed('name'),
    nodeSelector: atomicMap,
    resourceClaims: keyedUnion('name'),
    schedulingGates: keyed('name'),
    topologySpreadConstraints: keyed('topologyKey', 'whenUnsatisfiable'),
    volumes: keyedUnion('name'),
  },
  'core.v1.PodStatus': {
    conditions: keyed('type'),
    hostIPs: mergedOnlyWhenPatched('ip'),
    podIPs: keyed('ip'),
    resourceClaimStatuses: keyedUnion('name'),
  },
  'core.v1.ReplicationControllerSpec': { selector: atomicMap },
  'core.v1.ReplicationControllerStatus': { conditions: keyed('type') },
  'core.v1.ResourceRequirements': { claims: keyedOnlyWhenApplied('name') },
  'core.v1.ResourceStatus': { resources: keyedOnlyWhenApplied('resourceID') },
  'core.v1.ServiceAccount': { secrets: keyed('name') },
  'core.v1.ServiceSpec': { ports: keyed('port', 'protocol'), selector: atomicMap },
  'core.v1.ServiceStatus': { conditions: keyed('type') },
  'discovery.v1.Endpoint': { addresses: set },
  'flowcontrol.v1.FlowSchemaStatus': { conditions: keyed('type') },
  'flowcontrol.v1.NonResourcePolicyRule': { nonResourceURLs: set, verbs: set },
  'flowcontrol.v1.PriorityLevelConfigurationStatus': { conditions: keyed('type') },
  'flowcontrol.v1.ResourcePolicyRule': { apiGroups: set, namespaces: set, resources: set, verbs: set },
  'networking.v1.ServiceCIDRStatus': { conditions: keyed('type') },
  'node.v1.Scheduling': { nodeSelector: atomicMap },
  'policy.v1.PodDisruptionBudgetSpec': { selector: replaced },
  'policy.v1.PodDisruptionBudgetStatus': { conditions: keyed('type') },
  'resource.v1.AllocatedDeviceStatus': { conditions: keyedOnlyWhenApplied('type') },
  'resource.v1.ResourceClaimStatus': {
    devices: keyedOnlyWhenApplied('driver', 'device', 'pool', 'shareID'),
    reservedFor: keyed('uid'),
  },
  'storage.v1.CSIDriverSpec': { volumeLifecycleModes: set },
  'storage.v1.CSINodeSpec': { drivers: keyed('name') },
  'apiextensions.v1.CustomResourceDefinitionStatus': { conditions: keyedOnlyWhenApplied('type') },
  'apiextensions.v1.JSONSchemaProps': { 'x-kubernetes-validations': keyed('rule') },
  'meta.v1.ObjectMeta': { finalizers: mergedSet, ownerReferences: keyed('uid') },
  'apiregistration.v1.APIServiceStatus': { conditions: keyed('type') },
};

/** Structs that server-side apply takes or leaves as a whole. */
export const atomicStructs: ReadonlySet<string> = new Set([
  'admissionregistration.v1.MatchResources',
  'admissionregistration.v1.NamedRuleWithOperations',
  'admissionregistration.v1.ParamKind',
  'admissionregistration.v1.ParamRef',
  'admissionregistration.v1.Variable',
  'autoscaling.v1.CrossVersionObjectReference',
  'core.v1.ConfigMapKeySelector',
  'core.v1.EndpointAddress',
  'core.v1.EndpointPort',
  'core.v1.FileKeySelector',
  'core.v1.LocalObjectReference',
  'core.v1.NodeSelector',
  'core.v1.NodeSelectorTerm',
  'core.v1.ObjectFieldSelector',
  'core.v1.ObjectReference',
  'core.v1.ResourceFieldSelector',
  'core.v1.ScopeSelector',
  'core.v1.SecretKeySelector',
  'core.v1.SecretReference',
  'core.v1.TopologySelectorTerm',
  'core.v1.TypedLocalObjectReference',
  'discovery.v1.EndpointPort',
  'networking.v1.ServiceBackendPort',
  'rbac.v1.RoleRef',
  'rbac.v1.Subject',
  'meta.v1.LabelSelector',
  'meta.v1.OwnerReference',
]);

/** Defaults that the schema itself publishes (list keys need them; all others are applied in code). */
export const schemaDefaults: Record<string, Record<string, unknown>> = {
  'core.v1.AzureDiskVolumeSource': { cachingMode: 'ReadWrite', fsType: 'ext4', kind: 'Shared' },
  'core.v1.ContainerPort': { protocol: 'TCP' },
  'core.v1.ISCSIPersistentVolumeSource': { iscsiInterface: 'default' },
  'core.v1.ISCSIVolumeSource': { iscsiInterface: 'default' },
  // The key of a Pod's imagePullSecrets.
  'core.v1.LocalObjectReference': { name: '' },
  'core.v1.RBDPersistentVolumeSource': { keyring: '/etc/ceph/keyring', pool: 'rbd', user: 'admin' },
  'core.v1.RBDVolumeSource': { keyring: '/etc/ceph/keyring', pool: 'rbd', user: 'admin' },
  'core.v1.ReplicationControllerSpec': { replicas: 1 },
  'core.v1.ScaleIOPersistentVolumeSource': { fsType: 'xfs', storageMode: 'ThinProvisioned' },
  'core.v1.ScaleIOVolumeSource': { fsType: 'xfs', storageMode: 'ThinProvisioned' },
  'core.v1.ServicePort': { protocol: 'TCP' },
  'resource.v1.DeviceToleration': { operator: 'Equal' },
};

/** Quantities, which the models show as strings; in JSON a number is as good (`cpu: 1`). Maps have quantities as values. */
export const quantities: Record<string, string[]> = {
  'autoscaling.v2.HPAScalingRules': ['tolerance'],
  'autoscaling.v2.MetricTarget': ['averageValue', 'value'],
  'autoscaling.v2.MetricValueStatus': ['averageValue', 'value'],
  'core.v1.ContainerStatus': ['allocatedResources'],
  'core.v1.EmptyDirVolumeSource': ['sizeLimit'],
  'core.v1.LimitRangeItem': ['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'],
  'core.v1.NodeAllocatableResourceClaimStatus': ['resources'],
  'core.v1.NodeStatus': ['allocatable', 'capacity'],
  'core.v1.PersistentVolumeClaimStatus': ['allocatedResources', 'capacity'],
  'core.v1.PersistentVolumeSpec': ['capacity'],
  'core.v1.PodSpec': ['overhead'],
  'core.v1.PodStatus': ['allocatedResources'],
  'core.v1.ResourceFieldSelector': ['divisor'],
  'core.v1.ResourceQuotaSpec': ['hard'],
  'core.v1.ResourceQuotaStatus': ['hard', 'used'],
  'core.v1.ResourceRequirements': ['limits', 'requests'],
  'core.v1.VolumeResourceRequirements': ['limits', 'requests'],
  'node.v1.Overhead': ['podFixed'],
  'resource.v1.CapacityRequestPolicy': ['default', 'validValues'],
  'resource.v1.CapacityRequestPolicyRange': ['max', 'min', 'step'],
  'resource.v1.CapacityRequirements': ['requests'],
  'resource.v1.Counter': ['value'],
  'resource.v1.DeviceCapacity': ['value'],
  'resource.v1.DeviceRequestAllocationResult': ['consumedCapacity'],
  'resource.v1.NodeAllocatableResourceMapping': ['allocationMultiplier'],
  'storage.v1.CSIStorageCapacity': ['capacity', 'maximumVolumeSize'],
};
