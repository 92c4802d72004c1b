import { numberAt, objectAt, stringAt, valueAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { intOrPercent, labelSelector, notMoreThanAll } from '../checks.ts';
import { type FieldError, invalid, required } from '../field-error.ts';

export function validateAutoscaler(autoscaler: StoredObject, _live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(autoscaler, 'spec');
  const minimum = numberAt(spec, 'minReplicas');
  const maximum = numberAt(spec, 'maxReplicas') ?? 0;
  const errors: FieldError[] = [];
  if (minimum !== undefined && minimum < 1)
    errors.push(invalid('spec.minReplicas', minimum, 'must be greater than or equal to 1'));
  if (spec['maxReplicas'] === undefined) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (maximum < 1) errors.push(invalid('spec.maxReplicas', maximum, 'must be greater than or equal to 1'));
  if (minimum !== undefined && maximum < minimum) {
    errors.push(invalid('spec.maxReplicas', maximum, 'must be greater than or equal to `minReplicas`'));
  }
  for (const field of ['kind', 'name']) {
    if ((stringAt(spec, 'scaleTargetRef', field) ?? '') === '') errors.push(required(`spec.scaleTargetRef.${field}`));
  }
  if ((stringAt(spec, 'scaleTargetRef', 'apiVersion') ?? '') === '') {
    errors.push(invalid('spec.scaleTargetRef.apiVersion', '', 'apiVersion must specify API group'));
  }
  return errors;
}

export function validateDisruptionBudget(budget: StoredObject, _live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(budget, 'spec');
  const errors: FieldError[] = [];
  if (spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined) {
    errors.push(invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable']) {
    errors.push(...intOrPercent(`spec.${field}`, spec[field]), ...notMoreThanAll(`spec.${field}`, spec[field]));
  }
  return [...errors, ...labelSelector('spec.selector', valueAt(spec, 'selector'))];
}
