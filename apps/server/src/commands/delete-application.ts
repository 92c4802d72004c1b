import {
  type Application,
  FINALIZER_RESOURCES,
  FINALIZER_RESOURCES_BACKGROUND,
  FINALIZER_RESOURCES_FOREGROUND,
  isDeletionFinalizer,
} from '@lockstep/core';
import { ApiError } from '../api/api-error.ts';
import { type ApplicationStore, keyOfApplication } from '../store/application-store.ts';

const RESOURCE_FINALIZERS: string[] = [
  FINALIZER_RESOURCES,
  FINALIZER_RESOURCES_FOREGROUND,
  FINALIZER_RESOURCES_BACKGROUND,
];

/**
 * Deletes an application; with `cascade` its resources go first. Which it is stands in the finalizers, so they are set
 * before the deletion. The uid makes sure that it is the application the caller saw. One that is being deleted already and
 * does not get away, because its cluster is gone say, is let go of when it is deleted once more without `cascade`.
 */
export async function deleteApplication(
  store: ApplicationStore,
  application: Application,
  { cascade, propagationPolicy }: { cascade: boolean; propagationPolicy: string },
): Promise<void> {
  if (!cascade && propagationPolicy !== '') {
    throw new ApiError('InvalidArgument', 'cannot set propagation policy when cascading is disabled');
  }
  const key = keyOfApplication(application);
  if (isGivenUp({ application, cascade })) {
    const others = (application.metadata.finalizers ?? []).filter((name) => !isDeletionFinalizer(name));
    await store.patch(key, { metadata: { finalizers: others } }, application.metadata.resourceVersion);
    return;
  }
  const current = application.metadata.finalizers ?? [];
  const wanted = cascade
    ? withCascade(current, propagationPolicy)
    : current.filter((name) => !RESOURCE_FINALIZERS.includes(name));
  if (wanted.join() !== current.join()) {
    await store.patch(key, { metadata: { finalizers: wanted } }, application.metadata.resourceVersion);
  }
  await store.delete(key, application.metadata.uid);
}

/** Whether a deletion would leave resources and deletion hooks of an application behind that is being deleted already. */
export function isGivenUp({ application, cascade }: { application: Application; cascade: boolean }): boolean {
  return !cascade && application.metadata.deletionTimestamp !== undefined;
}

function withCascade(current: string[], propagationPolicy: string): string[] {
  const others = current.filter((name) => !RESOURCE_FINALIZERS.includes(name));
  switch (propagationPolicy) {
    case '':
      return current.some((name) => RESOURCE_FINALIZERS.includes(name)) ? current : [...others, FINALIZER_RESOURCES];
    case 'foreground':
      return [...others, FINALIZER_RESOURCES];
    case 'background':
      return [...others, FINALIZER_RESOURCES_BACKGROUND];
    default:
      throw new ApiError('InvalidArgument', `invalid propagation policy: ${propagationPolicy}`, {
        fix: 'Use foreground or background',
      });
  }
}
