import type { HealthStatus, OperationPhase, PlanAction, SyncStatusCode } from './api-types.ts';

/** What a status looks like. Each tone has one colour and one shape, so it also reads without colour. */
export type Tone = 'healthy' | 'progressing' | 'degraded' | 'outofsync' | 'missing' | 'suspended' | 'unknown' | 'prune';

export function healthTone(status: HealthStatus | undefined): Tone {
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
    case 'Unknown':
    case undefined:
      return 'unknown';
  }
}

export function syncTone(status: SyncStatusCode | undefined): Tone {
  switch (status) {
    case 'Synced':
      return 'healthy';
    case 'OutOfSync':
      return 'outofsync';
    case 'Unknown':
    case undefined:
      return 'unknown';
  }
}

/** "OutOfSync" is the wire's word; people read "Out of sync". */
export function syncLabel(status: SyncStatusCode | undefined): string {
  return status === 'OutOfSync' ? 'Out of sync' : (status ?? 'Unknown');
}

export function phaseTone(phase: OperationPhase | undefined): Tone {
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
    case undefined:
      return 'unknown';
  }
}

export function actionTone(action: PlanAction): Tone {
  switch (action) {
    case 'create':
      return 'healthy';
    case 'update':
    case 'replace':
      return 'outofsync';
    case 'recreate':
      return 'degraded';
    case 'prune':
      return 'prune';
    case 'hook':
      return 'progressing';
    case 'unchanged':
      return 'unknown';
  }
}

const severity: Record<HealthStatus, number> = { Degraded: 0, Missing: 1, Progressing: 2, Unknown: 3, Suspended: 4, Healthy: 5 };

/** Sorts what needs a person first. */
export function compareHealth(a: HealthStatus | undefined, b: HealthStatus | undefined): number {
  return severity[a ?? 'Unknown'] - severity[b ?? 'Unknown'];
}
