import { fieldsOf, numberOf, specOf, statusOf, textOf } from '../fields.ts';
import { type HealthCheck, healthy, progressing } from '../health.ts';

export const statefulSetHealth: HealthCheck = (object) => {
  const spec = specOf(object);
  const status = statusOf(object);
  const observed = numberOf(status['observedGeneration']);
  if (observed === 0 || (object.metadata.generation ?? 0) > observed) {
    return progressing('Waiting for statefulset spec update to be observed...');
  }
  const replicas = numberOf(spec['replicas'], 1);
  const ready = numberOf(status['readyReplicas']);
  if (ready < replicas) return progressing(`Waiting for ${replicas - ready} pods to be ready...`);

  const strategy = fieldsOf(spec['updateStrategy']);
  const updated = numberOf(status['updatedReplicas']);
  const rollingUpdate = fieldsOf(strategy['rollingUpdate']);
  if (strategy['type'] === 'RollingUpdate' && typeof rollingUpdate['partition'] === 'number') {
    const wanted = replicas - rollingUpdate['partition'];
    if (updated < wanted) {
      return progressing(
        `Waiting for partitioned roll out to finish: ${updated} out of ${wanted} new pods have been updated...`,
      );
    }
    return healthy(`partitioned roll out complete: ${updated} new pods have been updated...`);
  }
  if (strategy['type'] === 'OnDelete') return healthy(`statefulset has ${ready} ready pods`);
  if (status['updateRevision'] !== status['currentRevision']) {
    return progressing(
      `waiting for statefulset rolling update to complete ${updated} pods at revision ${textOf(status['updateRevision'])}...`,
    );
  }
  return healthy(
    `statefulset rolling update complete ${numberOf(status['currentReplicas'])} pods at revision ${textOf(status['currentRevision'])}...`,
  );
};
