import { type Application, type ApplicationKey, ClusterError, type Operation } from '@lockstep/core';
import { ApiError, permissionDenied } from '../api/api-error.ts';
import type { ApplicationStore } from '../store/application-store.ts';

const ATTEMPTS = 10;

/**
 * Writes the request to run an operation, once nobody else's is in progress. `decide` sees the application as stored
 * and may refuse by throwing; it is asked again when somebody else wrote meanwhile. `more` is written in the same patch.
 */
export async function startOperation(
  store: ApplicationStore,
  key: ApplicationKey,
  decide: (application: Application) => Promise<{ operation: Operation; more?: Record<string, unknown> }>,
): Promise<Application> {
  for (let attempt = 1; ; attempt += 1) {
    const application = attempt === 1 ? store.get(key) : await store.read(key);
    if (application === undefined) throw permissionDenied();
    if (application.metadata.deletionTimestamp !== undefined) {
      throw new ApiError('FailedPrecondition', 'application is deleting');
    }
    if (isOperating(application)) {
      throw new ApiError('FailedPrecondition', 'another operation is already in progress', {
        fix: 'Wait until it ends, or terminate it',
      });
    }
    const { operation, more } = await decide(application);
    try {
      return await store.patch(key, { ...more, operation }, application.metadata.resourceVersion);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.reason !== 'Conflict' || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** Whether an operation was requested or runs. */
function isOperating({ operation, status }: Application): boolean {
  const phase = status?.operationState?.phase;
  return (operation !== undefined && operation !== null) || phase === 'Running' || phase === 'Terminating';
}
