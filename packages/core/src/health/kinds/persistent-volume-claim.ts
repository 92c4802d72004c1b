import { statusOf } from '../fields.ts';
import { degraded, type HealthCheck, healthy, progressing, unknown } from '../health.ts';

export const persistentVolumeClaimHealth: HealthCheck = (object) => {
  switch (statusOf(object)['phase']) {
    case 'Lost':
      return degraded();
    case 'Pending':
      return progressing();
    case 'Bound':
      return healthy();
    default:
      return unknown();
  }
};
