import { fieldsOf, numberOf, specOf, statusOf } from '../fields.ts';
import { type HealthCheck, healthy, progressing } from '../health.ts';

export const daemonSetHealth: HealthCheck = (object) => {
  const status = statusOf(object);
  if ((object.metadata.generation ?? 0) > numberOf(status['observedGeneration'])) {
    return progressing('Waiting for rollout to finish: observed daemon set generation less than desired generation');
  }
  const desired = numberOf(status['desiredNumberScheduled']);
  const updated = numberOf(status['updatedNumberScheduled']);
  const available = numberOf(status['numberAvailable']);
  if (fieldsOf(specOf(object)['updateStrategy'])['type'] === 'OnDelete') {
    return healthy(`daemon set ${updated} out of ${desired} new pods have been updated`);
  }
  if (updated < desired) {
    return progressing(
      `Waiting for daemon set "${object.metadata.name ?? ''}" rollout to finish: ${updated} out of ${desired} new pods have been updated...`,
    );
  }
  if (available < desired) {
    return progressing(
      `Waiting for daemon set "${object.metadata.name ?? ''}" rollout to finish: ${available} of ${desired} updated pods are available...`,
    );
  }
  return healthy();
};
