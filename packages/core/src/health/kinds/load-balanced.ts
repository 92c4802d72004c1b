import { fieldsOf, listOf, specOf, statusOf } from '../fields.ts';
import { type HealthCheck, healthy, progressing } from '../health.ts';

/** An Ingress waits until a load balancer answered. */
export const ingressHealth: HealthCheck = (object) =>
  listOf(fieldsOf(statusOf(object)['loadBalancer'])['ingress']).length > 0 ? healthy() : progressing();

/** A Service waits for its load balancer only when it asked for one. */
export const serviceHealth: HealthCheck = (object) =>
  specOf(object)['type'] === 'LoadBalancer' ? ingressHealth(object) : healthy();
