import type { HealthStatus } from './health.ts';

/** Best to worst, Argo CD's order. */
const ORDER: readonly HealthStatus[] = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'];

/** Whether a text is one of Argo CD's statuses, in its spelling. */
export function isHealthStatus(text: unknown): text is HealthStatus {
  return (ORDER as readonly unknown[]).includes(text);
}

/** Whether `a` is worse than `b`. */
export function isWorse(a: HealthStatus, b: HealthStatus): boolean {
  return ORDER.indexOf(a) > ORDER.indexOf(b);
}

/** The worst of several; Healthy when there is none. */
export function worstHealth(statuses: Iterable<HealthStatus>): HealthStatus {
  let worst: HealthStatus = 'Healthy';
  for (const status of statuses) if (isWorse(status, worst)) worst = status;
  return worst;
}
