/** Best to worst: Healthy, Suspended, Progressing, Missing, Degraded, Unknown. */
export type HealthStatus = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';

export interface Health {
  status: HealthStatus;
  message?: string;
}
