import type { OperationState } from '../application/operation.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';

/** On hook objects: the attempt that created them. A hook that carries the running attempt's id is never created again. */
export const ANNOTATION_OPERATION = 'lockstep.dev/operation';

/**
 * Names one attempt of an operation: whose it is, when it started, and which retry it is. Two applications may have a hook
 * of one name in one namespace, and begin in the same second.
 */
export function operationId(instanceName: string, state: Pick<OperationState, 'startedAt' | 'retryCount'>): string {
  return `${instanceName} ${state.startedAt}#${state.retryCount ?? 0}`;
}

/** The attempt that created a hook object; undefined for one of another controller. */
export function operationOf(object: KubernetesObject): string | undefined {
  return object.metadata.annotations?.[ANNOTATION_OPERATION];
}
