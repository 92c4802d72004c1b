import { type Application, type ApplicationKey, ClusterError } from '@lockstep/core';
import { ApiError, permissionDenied } from '../api/api-error.ts';
import type { ApplicationStore } from '../store/application-store.ts';

const ATTEMPTS = 10;

/** Asks the controller to end the running operation; one that has not begun is withdrawn. */
export async function terminateOperation(store: ApplicationStore, key: ApplicationKey): Promise<Application> {
  for (let attempt = 1; ; attempt += 1) {
    const application = attempt === 1 ? store.get(key) : await store.read(key);
    if (application === undefined) throw permissionDenied();
    const phase = application.status?.operationState?.phase;
    const isWaiting = application.operation !== undefined && phase !== 'Running' && phase !== 'Terminating';
    if (!isWaiting && phase !== 'Running' && phase !== 'Terminating') {
      throw new ApiError('InvalidArgument', 'Unable to terminate operation. No operation is in progress');
    }
    if (phase === 'Terminating') return application;
    const patch = isWaiting ? { operation: null } : { status: { operationState: { phase: 'Terminating' } } };
    try {
      return await store.patch(key, patch, application.metadata.resourceVersion);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.reason !== 'Conflict' || attempt >= ATTEMPTS) throw error;
    }
  }
}
