import { ANNOTATION_IGNORE_RESTART_POLICY } from '../../kubernetes/annotations.ts';
import { isHookObject } from '../../kubernetes/hooks.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { conditionOf, type Fields, fieldsOf, listOf, numberOf, specOf, statusOf, textOf } from '../fields.ts';
import { degraded, type Health, type HealthCheck, healthy, progressing, unknown } from '../health.ts';

/**
 * A pod that should run for ever is healthy while all its containers are ready; one that should finish is healthy when
 * it succeeded. The `ignore-restart-policy` annotation makes the latter count as the former, except for hooks.
 */
export const podHealth: HealthCheck = (object) => {
  const status = statusOf(object);
  const runsForever = specOf(object)['restartPolicy'] === 'Always' || ignoresRestartPolicy(object);
  const containers = allContainers(status);
  if (runsForever) {
    const waiting = containers.map(({ state }) => fieldsOf(fieldsOf(state)['waiting'])).filter(isTrouble);
    if (waiting.length > 0)
      return degraded(
        waiting
          .map(({ message }) => textOf(message))
          .filter(Boolean)
          .join(', '),
      );
  }
  const message = textOf(status['message']);
  switch (status['phase']) {
    case 'Pending':
      return progressing(message);
    case 'Succeeded':
      return healthy(message);
    case 'Failed':
      return degraded(message === '' ? failureOf(containers) : message);
    case 'Running':
      return runsForever ? runningHealth(status, containers, message) : progressing(message);
    default:
      return unknown(message);
  }
};

function ignoresRestartPolicy(object: KubernetesObject): boolean {
  return object.metadata.annotations?.[ANNOTATION_IGNORE_RESTART_POLICY] === 'true' && !isHookObject(object);
}

function allContainers(status: Fields): Fields[] {
  return ['initContainerStatuses', 'containerStatuses'].flatMap((list) => listOf(status[list]).map(fieldsOf));
}

function isTrouble(waiting: Fields): boolean {
  const reason = textOf(waiting['reason']);
  return reason.startsWith('Err') || reason.endsWith('Error') || reason.endsWith('BackOff');
}

/** Why a failed pod without a message of its own failed, from the first container that tells. */
function failureOf(containers: readonly Fields[]): string | undefined {
  for (const { name, state } of containers) {
    const terminated = fieldsOf(fieldsOf(state)['terminated']);
    if (textOf(terminated['message']) !== '') return textOf(terminated['message']);
    if (terminated['reason'] === 'OOMKilled') return 'OOMKilled';
    const code = numberOf(terminated['exitCode']);
    if (code !== 0) return `container "${textOf(name)}" failed with exit code ${code}`;
  }
  return undefined;
}

function runningHealth(status: Fields, containers: readonly Fields[], message: string): Health {
  if (conditionOf(status, 'Ready')?.status === 'True') return healthy(message);
  const crashed = containers.some(
    ({ lastState, ready }) => ready !== true && fieldsOf(lastState)['terminated'] !== undefined,
  );
  return crashed ? degraded(message) : progressing(message);
}
