import { FINALIZER_HOOK } from '../kubernetes/annotations.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { customHealth } from './custom-health.ts';
import { type Health, type HealthCheck, progressing, unknown } from './health.ts';
import { apiServiceHealth } from './kinds/api-service.ts';
import { daemonSetHealth } from './kinds/daemon-set.ts';
import { deploymentHealth } from './kinds/deployment.ts';
import { horizontalPodAutoscalerHealth } from './kinds/horizontal-pod-autoscaler.ts';
import { cronJobHealth, jobHealth } from './kinds/job.ts';
import { ingressHealth, serviceHealth } from './kinds/load-balanced.ts';
import { persistentVolumeClaimHealth } from './kinds/persistent-volume-claim.ts';
import { podHealth } from './kinds/pod.ts';
import { replicaSetHealth } from './kinds/replica-set.ts';
import { statefulSetHealth } from './kinds/stateful-set.ts';

/**
 * The health of a live object, or undefined when its kind has none (a ConfigMap): it then does not count. What is being
 * deleted is Progressing, unless only our hook finalizer holds it. `override` is asked first (a configured Lua check);
 * its 'none' means that the administrator wants no check. Never throws.
 */
export function assessHealth(
  object: KubernetesObject,
  override?: (object: KubernetesObject) => Health | 'none' | undefined,
): Health | undefined {
  if (isBeingDeleted(object)) return progressing('Pending deletion');
  const overridden = override?.(object);
  if (overridden !== undefined) return overridden === 'none' ? undefined : overridden;
  const { group, version } = groupVersionOf(object.apiVersion);
  const builtIn = BUILT_IN[`${group}/${object.kind}`];
  if (builtIn === undefined) return customHealth(object);
  if (builtIn.versions !== undefined && !builtIn.versions.includes(version)) {
    return unknown(`unsupported ${object.kind} version ${object.apiVersion}`);
  }
  return builtIn.check(object);
}

/** A hook that finished and waits for us to take its finalizer off still has its result. */
function isBeingDeleted(object: KubernetesObject): boolean {
  if (object.metadata.deletionTimestamp === undefined || object.metadata.deletionTimestamp === null) return false;
  const finalizers = object.metadata.finalizers ?? [];
  return !(finalizers.length === 1 && finalizers[0] === FINALIZER_HOOK);
}

interface BuiltInCheck {
  check: HealthCheck;
  /** The versions the check knows; any when absent. */
  versions?: readonly string[];
}

const BUILT_IN: Record<string, BuiltInCheck> = {
  'apps/Deployment': { check: deploymentHealth, versions: ['v1'] },
  'apps/StatefulSet': { check: statefulSetHealth, versions: ['v1'] },
  'apps/ReplicaSet': { check: replicaSetHealth, versions: ['v1'] },
  'apps/DaemonSet': { check: daemonSetHealth, versions: ['v1'] },
  'extensions/Ingress': { check: ingressHealth },
  'networking.k8s.io/Ingress': { check: ingressHealth },
  '/Service': { check: serviceHealth },
  '/PersistentVolumeClaim': { check: persistentVolumeClaimHealth },
  '/Pod': { check: podHealth },
  'batch/Job': { check: jobHealth, versions: ['v1'] },
  'batch/CronJob': { check: cronJobHealth },
  'autoscaling/HorizontalPodAutoscaler': {
    check: horizontalPodAutoscalerHealth,
    versions: ['v1', 'v2', 'v2beta1', 'v2beta2'],
  },
  'apiregistration.k8s.io/APIService': { check: apiServiceHealth, versions: ['v1', 'v1beta1'] },
};
