import { conditionOf, numberOf, specOf, statusOf } from '../fields.ts';
import { degraded, type HealthCheck, healthy, progressing, suspended } from '../health.ts';

/** The rules of `kubectl rollout status`, and paused is Suspended. */
export const deploymentHealth: HealthCheck = (object) => {
  const spec = specOf(object);
  const status = statusOf(object);
  if (spec['paused'] === true) return suspended('Deployment is paused');
  if ((object.metadata.generation ?? 0) > numberOf(status['observedGeneration'])) {
    return progressing('Waiting for rollout to finish: observed deployment generation less than desired generation');
  }
  if (conditionOf(status, 'Progressing')?.reason === 'ProgressDeadlineExceeded') {
    return degraded(`Deployment "${object.metadata.name ?? ''}" exceeded its progress deadline`);
  }
  const replicas = numberOf(spec['replicas'], 1);
  const updated = numberOf(status['updatedReplicas']);
  const current = numberOf(status['replicas']);
  const available = numberOf(status['availableReplicas']);
  if (updated < replicas) {
    return progressing(
      `Waiting for rollout to finish: ${updated} out of ${replicas} new replicas have been updated...`,
    );
  }
  if (current > updated) {
    return progressing(`Waiting for rollout to finish: ${current - updated} old replicas are pending termination...`);
  }
  if (available < updated) {
    return progressing(`Waiting for rollout to finish: ${available} of ${updated} updated replicas are available...`);
  }
  return healthy();
};
