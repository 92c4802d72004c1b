import type { HealthStatus } from './api-types.ts';

/** What a status looks like. Each tone has one colour and one shape, so it also reads without colour. */
export type Tone = 'healthy' | 'progressing' | 'degraded' | 'outofsync' | 'missing' | 'suspended' | 'unknown' | 'prune';

export function healthTone(status: string | undefined): Tone {
  switch (status) {
    case 'Healthy':
      return 'healthy';
    case 'Progressing':
      return 'progressing';
    case 'Degraded':
      return 'degraded';
    case 'Suspended':
      return 'suspended';
    case 'Missing':
      return 'missing';
    default:
      return 'unknown';
  }
}

export function syncTone(status: string | undefined): Tone {
  switch (status) {
    case 'Synced':
      return 'healthy';
    case 'OutOfSync':
      return 'outofsync';
    default:
      return 'unknown';
  }
}

/** Argo CD's words, which people search for; with the number of differing resources where it is known. */
export function syncLabel(status: string | undefined, differing = 0): string {
  if (status === 'OutOfSync' && differing > 0) return `OutOfSync (${differing})`;
  return status ?? 'Unknown';
}

export function phaseTone(phase: string | undefined): Tone {
  switch (phase) {
    case 'Running':
      return 'progressing';
    case 'Terminating':
      return 'suspended';
    case 'Failed':
    case 'Error':
      return 'degraded';
    case 'Succeeded':
      return 'healthy';
    default:
      return 'unknown';
  }
}

const severity: Record<HealthStatus, number> = {
  Degraded: 0,
  Missing: 1,
  Progressing: 2,
  Unknown: 3,
  Suspended: 4,
  Healthy: 5,
};

/** Sorts what needs a person first. */
export function compareHealth(a: string | undefined, b: string | undefined): number {
  return rank(a) - rank(b);
}

function rank(status: string | undefined): number {
  return severity[(status ?? 'Unknown') as HealthStatus] ?? severity.Unknown;
}
