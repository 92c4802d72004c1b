import { conditionOf, numberOf, specOf, statusOf } from '../fields.ts';
import { degraded, type HealthCheck, healthy, progressing } from '../health.ts';

export const replicaSetHealth: HealthCheck = (object) => {
  const status = statusOf(object);
  if ((object.metadata.generation ?? 0) > numberOf(status['observedGeneration'])) {
    return progressing('Waiting for rollout to finish: observed replica set generation less than desired generation');
  }
  const failure = conditionOf(status, 'ReplicaFailure');
  if (failure?.status === 'True') return degraded(failure.message);
  const replicas = numberOf(specOf(object)['replicas'], 1);
  const available = numberOf(status['availableReplicas']);
  if (available < replicas) {
    return progressing(`Waiting for rollout to finish: ${available} out of ${replicas} new replicas are available...`);
  }
  return healthy();
};
