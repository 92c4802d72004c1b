import type { JsonObject } from '@lockstep/structured-merge';
import { defaultAutoscalerV1, defaultAutoscalerV2 } from './autoscaling.ts';
import { defaultCronJob, defaultJob } from './batch.ts';
import { defaultNamespace, defaultNode, defaultSecret, defaultTokenRequest } from './core.ts';
import { objectAt } from './fill.ts';
import { defaultPod, defaultPodTemplate } from './pod.ts';
import {
  defaultAdmissionPolicy,
  defaultAdmissionPolicyBinding,
  defaultBinding,
  defaultFlowSchema,
  defaultLimitRange,
  defaultPriorityClass,
  defaultPriorityLevel,
  defaultWebhooks,
} from './policy.ts';
import {
  defaultEndpointSlice,
  defaultEndpoints,
  defaultIngress,
  defaultIngressClass,
  defaultNetworkPolicy,
  defaultService,
} from './service.ts';
import { defaultClaim, defaultCsiDriver, defaultPersistentVolume, defaultStorageClass } from './storage.ts';
import {
  defaultControllerRevision,
  defaultDaemonSet,
  defaultDeployment,
  defaultReplicaSet,
  defaultReplicationController,
  defaultStatefulSet,
} from './workloads.ts';

const defaults: Record<string, (object: JsonObject) => void> = {
  'v1/Endpoints': defaultEndpoints,
  'v1/LimitRange': defaultLimitRange,
  'v1/Namespace': defaultNamespace,
  'v1/Node': defaultNode,
  'v1/PersistentVolume': defaultPersistentVolume,
  'v1/PersistentVolumeClaim': defaultClaim,
  'v1/Pod': defaultPod,
  'v1/PodTemplate': (object) => defaultPodTemplate(objectAt(object, 'template')),
  'v1/ReplicationController': defaultReplicationController,
  'v1/Secret': defaultSecret,
  'v1/Service': defaultService,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': defaultAdmissionPolicy,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': defaultAdmissionPolicyBinding,
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': defaultWebhooks,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': defaultAdmissionPolicy,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': defaultAdmissionPolicyBinding,
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': defaultWebhooks,
  'apps/v1/ControllerRevision': defaultControllerRevision,
  'apps/v1/DaemonSet': defaultDaemonSet,
  'apps/v1/Deployment': defaultDeployment,
  'apps/v1/ReplicaSet': defaultReplicaSet,
  'apps/v1/StatefulSet': defaultStatefulSet,
  'authentication.k8s.io/v1/TokenRequest': defaultTokenRequest,
  'autoscaling/v1/HorizontalPodAutoscaler': defaultAutoscalerV1,
  'autoscaling/v2/HorizontalPodAutoscaler': defaultAutoscalerV2,
  'batch/v1/CronJob': defaultCronJob,
  'batch/v1/Job': defaultJob,
  'discovery.k8s.io/v1/EndpointSlice': defaultEndpointSlice,
  'flowcontrol.apiserver.k8s.io/v1/FlowSchema': defaultFlowSchema,
  'flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration': defaultPriorityLevel,
  'networking.k8s.io/v1/Ingress': defaultIngress,
  'networking.k8s.io/v1/IngressClass': defaultIngressClass,
  'networking.k8s.io/v1/NetworkPolicy': defaultNetworkPolicy,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': defaultBinding,
  'rbac.authorization.k8s.io/v1/RoleBinding': defaultBinding,
  'scheduling.k8s.io/v1/PriorityClass': defaultPriorityClass,
  'storage.k8s.io/v1/CSIDriver': defaultCsiDriver,
  'storage.k8s.io/v1/StorageClass': defaultStorageClass,
};

/**
 * Fills in what the API server fills in for built-in kinds, in place, and returns the object. Fields that are set stay;
 * other kinds are left alone. What needs the cluster is not done here: addresses, a Job's generated selector, service
 * accounts and priorities of Pods.
 */
export function applyDefaults(object: JsonObject): JsonObject {
  defaults[`${String(object['apiVersion'])}/${String(object['kind'])}`]?.(object);
  return object;
}
