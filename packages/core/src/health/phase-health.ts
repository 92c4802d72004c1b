import type { KubernetesObject } from '../kubernetes/object.ts';
import { type Fields, fieldsOf, statusOf, textOf } from './fields.ts';
import type { Health, HealthStatus } from './health.ts';
import { healthOfWord } from './words.ts';

/** How the one word that sums up a status is read. */
export interface PhaseRules {
  /** Members of status that lead to the word; the first that is a text counts. Dots go deeper. */
  at?: readonly string[];
  /** Words by what they mean; any other goes by the common vocabulary. */
  words?: Readonly<Record<string, HealthStatus>>;
  /** What a word nobody knows means; undefined by default. */
  otherwise?: HealthStatus;
  /** Members of status that hold the explanation. */
  message?: readonly string[];
}

const PLACES = ['phase', 'state', 'status', 'currentState', 'health'];
const MESSAGES = ['message', 'reason', 'error', 'errorMessage', 'statusMessage'];

/** Reads the health off a phase, by the common vocabulary or a kind's own words. Undefined when there is none. */
export function phaseHealth(object: KubernetesObject, rules: PhaseRules = {}): Health | undefined {
  const status = statusOf(object);
  const phase = firstText(status, rules.at ?? PLACES);
  if (phase === '') return undefined;
  const own = rules.words !== undefined && Object.hasOwn(rules.words, phase) ? rules.words[phase] : undefined;
  const result = own ?? healthOfWord(phase) ?? rules.otherwise;
  if (result === undefined) return undefined;
  const message = firstText(status, rules.message ?? MESSAGES);
  return { status: result, message: message === '' ? phase : message };
}

/** The first non-empty text at one of the dotted paths. */
function firstText(fields: Fields, paths: readonly string[]): string {
  for (const path of paths) {
    let value: unknown = fields;
    for (const segment of path.split('.')) value = fieldsOf(value)[segment];
    if (textOf(value) !== '') return textOf(value);
  }
  return '';
}
