import type { KubernetesObject } from '../kubernetes/object.ts';
import { conditionsOf, isSpecUnobserved, type StatusCondition, statusOf } from './fields.ts';
import { degraded, type Health, healthy, progressing, suspended } from './health.ts';
import { healthOfWord } from './words.ts';

/** How the conditions of a kind are read. Everything is optional; absent means the convention. */
export interface ConditionRules {
  /** Types that say it works when True, the most telling first; one that is absent does not count. */
  ready?: readonly string[];
  /** All of `ready` have to be there and True, not only those that are present. */
  needsAll?: boolean;
  /** Types that say it is broken when True. */
  failed?: readonly string[];
  /** Types that say it is on its way when True. */
  busy?: readonly string[];
  /** Types that say it rests when True. */
  paused?: readonly string[];
  /** What a `ready` type that is False means: by its reason (default), or always the same. */
  whenFalse?: 'by reason' | 'Degraded' | 'Progressing';
  /** Reasons of a False `ready` type, or a True `failed` one, that only mean "not yet". */
  busyReasons?: readonly string[];
  /** Reasons of a False `ready` type that mean trouble whatever `whenFalse` says. */
  failedReasons?: readonly string[];
  /** Ignore `status.observedGeneration` and that of conditions. */
  anyGeneration?: boolean;
}

const READY = [
  'Ready',
  'Available',
  'Healthy',
  'Synced',
  'Succeeded',
  'Accepted',
  'Established',
  'Complete',
  'Completed',
  'Deployed',
];
const FAILED = [
  'Stalled',
  'Failed',
  'Failure',
  'Error',
  'ErrorOccurred',
  'Degraded',
  'ReconcileError',
  'InvalidSpec',
  'ReplicaFailure',
];
const BUSY = ['Reconciling', 'Issuing', 'Updating', 'Deploying', 'Installing', 'Upgrading', 'Provisioning'];
const PAUSED = ['Suspended', 'Paused'];

/**
 * Reads the health off the conditions by the Kubernetes conventions, or by a kind's own rules. Undefined when there is no
 * condition that tells.
 */
export function conditionHealth(object: KubernetesObject, rules: ConditionRules = {}): Health | undefined {
  const status = statusOf(object);
  if (rules.anyGeneration !== true && isSpecUnobserved(object, status)) {
    return progressing('Waiting for the controller to observe the latest change');
  }
  const conditions = conditionsOf(status);
  const generation = rules.anyGeneration === true ? 0 : (object.metadata.generation ?? 0);

  const failed = firstTrue(conditions, rules.failed ?? FAILED);
  if (failed !== undefined) {
    return rules.busyReasons?.includes(failed.reason) === true
      ? progressing(messageOf(failed))
      : degraded(messageOf(failed));
  }
  const paused = firstTrue(conditions, rules.paused ?? PAUSED);
  if (paused !== undefined) return suspended(messageOf(paused));
  const busy = firstTrue(conditions, rules.busy ?? BUSY);
  if (busy !== undefined) return progressing(messageOf(busy));
  return readyHealth(conditions, rules, generation);
}

function readyHealth(conditions: StatusCondition[], rules: ConditionRules, generation: number): Health | undefined {
  const types = rules.ready ?? READY;
  const present = types
    .map((type) => conditions.find((condition) => condition.type === type))
    .filter((condition) => condition !== undefined);
  // By convention `Ready` sums up the others; a kind's own list is read as a whole.
  const told = rules.ready === undefined ? present.slice(0, 1) : present;
  const resting = told.find((condition) => condition.status === 'False' && isRest(condition, rules));
  if (resting !== undefined) return suspended(messageOf(resting));
  const trouble = told.find((condition) => condition.status === 'False' && isTrouble(condition, rules));
  if (trouble !== undefined) return degraded(messageOf(trouble));
  const waiting = told.find(
    (condition) => condition.status !== 'True' || (condition.observedGeneration ?? generation) < generation,
  );
  if (waiting !== undefined) return progressing(messageOf(waiting));
  if (told.length === 0) return undefined;
  if (rules.needsAll === true && told.length < types.length) return progressing();
  return healthy(messageOf(told[0] as StatusCondition));
}

/** A controller that was told to pause often says so only in the reason. */
function isRest(condition: StatusCondition, rules: ConditionRules): boolean {
  return (rules.whenFalse ?? 'by reason') === 'by reason' && healthOfWord(condition.reason) === 'Suspended';
}

function isTrouble(condition: StatusCondition, rules: ConditionRules): boolean {
  if (rules.failedReasons?.includes(condition.reason) === true) return true;
  if (rules.busyReasons?.includes(condition.reason) === true) return false;
  switch (rules.whenFalse ?? 'by reason') {
    case 'Degraded':
      return true;
    case 'Progressing':
      return false;
    case 'by reason':
      return healthOfWord(condition.reason) !== 'Progressing';
  }
}

function firstTrue(conditions: readonly StatusCondition[], types: readonly string[]): StatusCondition | undefined {
  return conditions.find((condition) => condition.status === 'True' && types.includes(condition.type));
}

/** What the condition says, for people. */
export function messageOf(condition: StatusCondition): string {
  return condition.message === '' ? condition.reason : condition.message;
}
