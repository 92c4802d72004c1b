import type { OperationState } from '../application/operation.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';

/** On hook objects: the attempt that created them. A hook that carries the running attempt's id is never created again. */
export const ANNOTATION_OPERATION = 'lockstep.dev/operation';

/** Names one attempt of an operation: when it started, and which retry it is. */
export function operationId(state: Pick<OperationState, 'startedAt' | 'retryCount'>): string {
  return `${state.startedAt}#${state.retryCount ?? 0}`;
}

/** The attempt that created a hook object; undefined for one of another controller. */
export function operationOf(object: KubernetesObject): string | undefined {
  return object.metadata.annotations?.[ANNOTATION_OPERATION];
}
