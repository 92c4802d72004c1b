import { conditionOf, statusOf } from '../fields.ts';
import { type HealthCheck, healthy, progressing } from '../health.ts';

export const apiServiceHealth: HealthCheck = (object) => {
  const available = conditionOf(statusOf(object), 'Available');
  if (available === undefined) return progressing('Waiting to be processed');
  const message = available.reason === '' ? available.message : `${available.reason}: ${available.message}`;
  return available.status === 'True' ? healthy(message) : progressing(message);
};
