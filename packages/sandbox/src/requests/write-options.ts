import { invalidObject, notSupported } from '../validation/field-error.ts';
import type { Verb } from './request-info.ts';

const validations = ['', 'Ignore', 'Strict', 'Warn'];

/** `dryRun` and `fieldValidation` of a write; throws 422 when they have a value that nobody knows. */
export function writeOptions(
  verb: Verb,
  query: URLSearchParams,
): { dryRun: boolean; fieldValidation: 'Ignore' | 'Strict' | 'Warn' } {
  const kind = { group: 'meta.k8s.io', kind: `${optionsNames[verb] ?? 'Create'}Options` };
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) throw invalidObject(kind, '', [notSupported('dryRun', dryRun, ['All'])]);
  const validation = query.get('fieldValidation') ?? '';
  if (!validations.includes(validation))
    throw invalidObject(kind, '', [notSupported('fieldValidation', validation, validations)]);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: validation === 'Strict' || validation === 'Ignore' ? validation : 'Warn',
  };
}

const optionsNames: Partial<Record<Verb, string>> = { update: 'Update', patch: 'Patch', delete: 'Delete' };
