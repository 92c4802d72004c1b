import { groupVersionOf, type KubernetesObject } from './object.ts';

/** Whether the object defines a custom resource. */
export function isCustomResourceDefinition(object: KubernetesObject): boolean {
  return (
    object.kind === 'CustomResourceDefinition' && groupVersionOf(object.apiVersion).group === 'apiextensions.k8s.io'
  );
}

export function isNamespaceObject(object: KubernetesObject): boolean {
  return object.kind === 'Namespace' && object.apiVersion === 'v1';
}

/** Whether the object is a core Secret, whose values never leave the process unmasked. */
export function isSecret(object: { apiVersion: string; kind: string }): boolean {
  return object.kind === 'Secret' && object.apiVersion === 'v1';
}

export type Scope = 'Namespaced' | 'Cluster';

/** The scope of a kind that ships with Kubernetes; undefined for any other. Serves until discovery has answered. */
export function builtInScope(group: string, kind: string): Scope | undefined {
  const scopes = Object.hasOwn(BUILT_IN_KINDS, group) ? BUILT_IN_KINDS[group] : undefined;
  if (scopes === undefined) return undefined;
  if (scopes.namespaced.includes(kind)) return 'Namespaced';
  return scopes.cluster.includes(kind) ? 'Cluster' : undefined;
}

/** The scopes that the CustomResourceDefinitions among `objects` declare: true namespaced, false cluster, undefined unknown. */
export function scopesOfDefinitions(
  objects: Iterable<KubernetesObject>,
): (group: string, kind: string) => boolean | undefined {
  const scopes = new Map<string, boolean>();
  for (const object of objects) {
    if (!isCustomResourceDefinition(object)) continue;
    const spec = object['spec'] as { group?: string; scope?: string; names?: { kind?: string } } | undefined;
    if (spec?.group === undefined || spec.names?.kind === undefined) continue;
    scopes.set(`${spec.group}/${spec.names.kind}`, spec.scope !== 'Cluster');
  }
  return (group, kind) => scopes.get(`${group}/${kind}`);
}

const BUILT_IN_KINDS: Record<string, { namespaced: readonly string[]; cluster: readonly string[] }> = {
  '': {
    namespaced: [
      'ConfigMap',
      'Endpoints',
      'Event',
      'LimitRange',
      'PersistentVolumeClaim',
      'Pod',
      'PodTemplate',
      'ReplicationController',
      'ResourceQuota',
      'Secret',
      'Service',
      'ServiceAccount',
    ],
    cluster: ['ComponentStatus', 'Namespace', 'Node', 'PersistentVolume'],
  },
  apps: { namespaced: ['ControllerRevision', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'], cluster: [] },
  batch: { namespaced: ['CronJob', 'Job'], cluster: [] },
  autoscaling: { namespaced: ['HorizontalPodAutoscaler'], cluster: [] },
  policy: { namespaced: ['PodDisruptionBudget'], cluster: ['PodSecurityPolicy'] },
  'networking.k8s.io': {
    namespaced: ['Ingress', 'NetworkPolicy'],
    cluster: ['IngressClass', 'IPAddress', 'ServiceCIDR'],
  },
  extensions: { namespaced: ['DaemonSet', 'Deployment', 'Ingress', 'NetworkPolicy', 'ReplicaSet'], cluster: [] },
  'rbac.authorization.k8s.io': {
    namespaced: ['Role', 'RoleBinding'],
    cluster: ['ClusterRole', 'ClusterRoleBinding'],
  },
  'storage.k8s.io': {
    namespaced: ['CSIStorageCapacity'],
    cluster: ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment', 'VolumeAttributesClass'],
  },
  'apiextensions.k8s.io': { namespaced: [], cluster: ['CustomResourceDefinition'] },
  'apiregistration.k8s.io': { namespaced: [], cluster: ['APIService'] },
  'admissionregistration.k8s.io': {
    namespaced: [],
    cluster: [
      'MutatingAdmissionPolicy',
      'MutatingAdmissionPolicyBinding',
      'MutatingWebhookConfiguration',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'ValidatingWebhookConfiguration',
    ],
  },
  'scheduling.k8s.io': { namespaced: [], cluster: ['PriorityClass'] },
  'coordination.k8s.io': { namespaced: ['Lease', 'LeaseCandidate'], cluster: [] },
  'discovery.k8s.io': { namespaced: ['EndpointSlice'], cluster: [] },
  'events.k8s.io': { namespaced: ['Event'], cluster: [] },
  'node.k8s.io': { namespaced: [], cluster: ['RuntimeClass'] },
  'certificates.k8s.io': { namespaced: [], cluster: ['CertificateSigningRequest', 'ClusterTrustBundle'] },
  'flowcontrol.apiserver.k8s.io': { namespaced: [], cluster: ['FlowSchema', 'PriorityLevelConfiguration'] },
  'resource.k8s.io': {
    namespaced: ['ResourceClaim', 'ResourceClaimTemplate'],
    cluster: ['DeviceClass', 'ResourceSlice'],
  },
};
