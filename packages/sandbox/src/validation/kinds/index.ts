import type { ResourceType } from '../../resources/resource-type.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import type { FieldError } from '../field-error.ts';
import { validateAutoscaler, validateDisruptionBudget } from './autoscaling.ts';
import { validateConfigMap, validateSecret } from './configuration.ts';
import { validateDefinition } from './definition.ts';
import { validateCronJob, validateJob } from './jobs.ts';
import { validateIngress, validateNetworkPolicy } from './networking.ts';
import { validatePod } from './pod.ts';
import { validateBinding, validateClusterRoleBinding, validateRole } from './rbac.ts';
import { validateService } from './service.ts';
import { validateClaim, validateVolume } from './storage.ts';
import { validateDaemonSet, validateDeployment, validateReplicaSet, validateStatefulSet } from './workloads.ts';

type Validator = (object: StoredObject, live: StoredObject | undefined) => FieldError[];

const validators: Record<string, Validator> = {
  '/configmaps': validateConfigMap,
  '/persistentvolumeclaims': validateClaim,
  '/persistentvolumes': validateVolume,
  '/pods': validatePod,
  '/secrets': validateSecret,
  '/services': validateService,
  'apiextensions.k8s.io/customresourcedefinitions': validateDefinition,
  'apps/daemonsets': validateDaemonSet,
  'apps/deployments': validateDeployment,
  'apps/replicasets': validateReplicaSet,
  'apps/statefulsets': validateStatefulSet,
  'autoscaling/horizontalpodautoscalers': validateAutoscaler,
  'batch/cronjobs': validateCronJob,
  'batch/jobs': validateJob,
  'networking.k8s.io/ingresses': validateIngress,
  'networking.k8s.io/networkpolicies': validateNetworkPolicy,
  'policy/poddisruptionbudgets': validateDisruptionBudget,
  'rbac.authorization.k8s.io/clusterrolebindings': validateClusterRoleBinding,
  'rbac.authorization.k8s.io/clusterroles': (role, _live) => validateRole(role, false),
  'rbac.authorization.k8s.io/rolebindings': validateBinding,
  'rbac.authorization.k8s.io/roles': (role, _live) => validateRole(role, true),
};

/** What a built-in kind checks beyond its types. */
export function validateBuiltIn(
  type: ResourceType,
  object: StoredObject,
  live: StoredObject | undefined,
): FieldError[] {
  return validators[type.id]?.(object, live) ?? [];
}
