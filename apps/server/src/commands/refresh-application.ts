import { ANNOTATION_REFRESH, type Application, type ApplicationKey } from '@lockstep/core';
import type { ApplicationStore } from '../store/application-store.ts';

const REFRESH_TIMEOUT_MS = 60_000;

/** Asks for a comparison and waits until it was made; `hard` also drops what was rendered before. */
export async function refreshApplication(
  store: ApplicationStore,
  key: ApplicationKey,
  type: 'normal' | 'hard',
): Promise<Application | undefined> {
  await store.patch(key, { metadata: { annotations: { [ANNOTATION_REFRESH]: type } } });
  return store.until(key, {
    what: 'refreshed',
    isSo: (application) =>
      application === undefined || application.metadata.annotations?.[ANNOTATION_REFRESH] === undefined,
    timeoutMs: REFRESH_TIMEOUT_MS,
  });
}
