import type { HealthStatus } from '../application/status-words.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';

export type { HealthStatus } from '../application/status-words.ts';

export interface Health {
  status: HealthStatus;
  message?: string;
}

/** Reads the health of one live object of the kind it was written for. Never throws. */
export type HealthCheck = (object: KubernetesObject) => Health | undefined;

export function healthy(message?: string): Health {
  return withMessage('Healthy', message);
}
export function suspended(message?: string): Health {
  return withMessage('Suspended', message);
}
export function progressing(message?: string): Health {
  return withMessage('Progressing', message);
}
export function degraded(message?: string): Health {
  return withMessage('Degraded', message);
}
export function unknown(message?: string): Health {
  return withMessage('Unknown', message);
}
export function missing(message?: string): Health {
  return withMessage('Missing', message);
}

function withMessage(status: HealthStatus, message: string | undefined): Health {
  return message === undefined || message === '' ? { status } : { status, message };
}
