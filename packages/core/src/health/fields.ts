import type { KubernetesObject } from '../kubernetes/object.ts';

/** A JSON object read field by field. Live objects come from any controller: nothing about their shape is certain. */
export type Fields = Record<string, unknown>;

/** An entry of `status.conditions`. */
export interface StatusCondition {
  type: string;
  status: string;
  reason: string;
  message: string;
  observedGeneration?: number;
}

const NOTHING: Fields = Object.freeze({});

/** The value as an object; empty when it is none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NOTHING;
}

/** The value as a list; empty when it is none. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as a text; '' when it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The value as a number; `otherwise` when it is none. */
export function numberOf(value: unknown, otherwise = 0): number {
  return typeof value === 'number' ? value : otherwise;
}

export function specOf(object: KubernetesObject): Fields {
  return fieldsOf(object['spec']);
}

export function statusOf(object: KubernetesObject): Fields {
  return fieldsOf(object['status']);
}

/** The conditions of a status, those without a type left out. */
export function conditionsOf(status: Fields): StatusCondition[] {
  const conditions: StatusCondition[] = [];
  for (const entry of listOf(status['conditions'])) {
    const fields = fieldsOf(entry);
    if (typeof fields['type'] !== 'string') continue;
    const condition: StatusCondition = {
      type: fields['type'],
      status: typeof fields['status'] === 'boolean' ? (fields['status'] ? 'True' : 'False') : textOf(fields['status']),
      reason: textOf(fields['reason']),
      message: textOf(fields['message']),
    };
    if (typeof fields['observedGeneration'] === 'number') condition.observedGeneration = fields['observedGeneration'];
    conditions.push(condition);
  }
  return conditions;
}

/** The condition of a type, or undefined. */
export function conditionOf(status: Fields, type: string): StatusCondition | undefined {
  return conditionsOf(status).find((condition) => condition.type === type);
}

/** Whether the controller has not looked at the latest spec yet. Some write `observedGeneration` as text. */
export function isSpecUnobserved(object: KubernetesObject, status: Fields): boolean {
  const observed = status['observedGeneration'];
  if (observed === undefined || observed === null || observed === '') return false;
  return Number(observed) < (object.metadata.generation ?? 0);
}
