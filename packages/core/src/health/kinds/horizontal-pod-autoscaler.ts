import type { KubernetesObject } from '../../kubernetes/object.ts';
import { conditionsOf, type StatusCondition, statusOf } from '../fields.ts';
import { degraded, type Health, type HealthCheck, healthy, progressing } from '../health.ts';

const CONDITIONS_ANNOTATION = 'autoscaling.alpha.kubernetes.io/conditions';

/** Reasons with which the autoscaler says that it cannot work, by condition type. */
const FAILURES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    AbleToScale: ['FailedGetScale', 'FailedUpdateScale'],
    ScalingActive: [
      'FailedGetResourceMetric',
      'FailedGetObjectMetric',
      'FailedGetPodsMetric',
      'FailedGetExternalMetric',
      'FailedGetContainerResourceMetric',
      'FailedComputeMetricsReplicas',
      'InvalidSelector',
      'InvalidMetricSourceType',
    ],
  }),
);

export const horizontalPodAutoscalerHealth: HealthCheck = (object) => {
  const conditions = autoscalerConditions(object);
  let result: Health | undefined;
  for (const condition of conditions) {
    if (condition.status === 'False' && FAILURES.get(condition.type)?.includes(condition.reason) === true) {
      return degraded(condition.message);
    }
    if (condition.status === 'True' && (condition.type === 'AbleToScale' || condition.type === 'ScalingLimited')) {
      result ??= healthy(condition.message);
    }
  }
  return result ?? progressing('Waiting to Autoscale');
};

/** `autoscaling/v1` has no conditions and carries those of later versions in an annotation. */
function autoscalerConditions(object: KubernetesObject): StatusCondition[] {
  const conditions = conditionsOf(statusOf(object));
  if (conditions.length > 0) return conditions;
  const text = object.metadata.annotations?.[CONDITIONS_ANNOTATION];
  if (text === undefined) return [];
  try {
    return conditionsOf({ conditions: JSON.parse(text) });
  } catch {
    return [];
  }
}
