import { type ConditionRules, conditionHealth, messageOf } from '../condition-health.ts';
import { conditionsOf, type StatusCondition, specOf, statusOf, textOf } from '../fields.ts';
import { degraded, type Health, type HealthCheck, healthy, progressing, suspended } from '../health.ts';
import { type PhaseRules, phaseHealth } from '../phase-health.ts';
import { healthOfWord } from '../words.ts';

/**
 * The checks of one family of kinds, by `group/Kind`, `group/*`, or `*.suffix/*`. A check that answers undefined has
 * nothing to go by: a kind with an entry of its own then is Progressing until its controller reports, one that is only
 * covered by `*` has no health. Give every kind that always gets a status an entry (`forKinds`).
 */
export type HealthChecks = Readonly<Record<string, HealthCheck>>;

export function byConditions(rules: ConditionRules = {}): HealthCheck {
  return (object) => conditionHealth(object, rules);
}

export function byPhase(rules: PhaseRules = {}): HealthCheck {
  return (object) => phaseHealth(object, rules);
}

/** Reads a member of status that is only true or false; the explanation is at `message`. */
export function byFlag(member: string, message: readonly string[] = ['message', 'error', 'reason']): HealthCheck {
  return (object) => {
    const status = statusOf(object);
    if (typeof status[member] !== 'boolean') return undefined;
    const told = message.map((name) => textOf(status[name])).find((text) => text !== '');
    return status[member] ? healthy(told) : degraded(told);
  };
}

/** Suspended when a member of spec says so (`suspend`, `paused`); else the answer of the check. */
export function unlessPaused(member: string, check: HealthCheck): HealthCheck {
  return (object) => (specOf(object)[member] === true ? suspended(`spec.${member} is true`) : check(object));
}

/** The first answer. */
export function firstOf(...checks: HealthCheck[]): HealthCheck {
  return (object) => {
    for (const check of checks) {
      const health = check(object);
      if (health !== undefined) return health;
    }
    return undefined;
  };
}

/** The answer of the first check when it is trouble or movement; else that of the second. */
export function worstFirst(first: HealthCheck, then: HealthCheck): HealthCheck {
  return (object) => {
    const health = first(object);
    return health !== undefined && health.status !== 'Healthy' ? health : (then(object) ?? health);
  };
}

/** Every condition has to be True: False is trouble (unless its reason says "not yet"), anything else is movement. */
export const everyCondition: HealthCheck = (object) => allTrue(conditionsOf(statusOf(object)));

/** As `everyCondition`, over conditions found elsewhere. */
function allTrue(conditions: readonly StatusCondition[]): Health | undefined {
  if (conditions.length === 0) return undefined;
  const failed = conditions.find(({ status, reason }) => status === 'False' && healthOfWord(reason) !== 'Progressing');
  if (failed !== undefined) return degraded(messageOf(failed));
  const waiting = conditions.find(({ status }) => status !== 'True');
  if (waiting !== undefined) return progressing(messageOf(waiting));
  return healthy(messageOf(conditions[0] as StatusCondition));
}

/** The same check for several kinds of a group. */
export function forKinds(group: string, kinds: readonly string[], check: HealthCheck): HealthChecks {
  return Object.fromEntries(kinds.map((kind) => [`${group}/${kind}`, check]));
}

/** The same check for everything in several groups. */
export function forGroups(groups: readonly string[], check: HealthCheck): HealthChecks {
  return Object.fromEntries(groups.map((group) => [`${group}/*`, check]));
}
