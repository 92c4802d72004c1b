import { equalJson, objectAt, objectsAt, stringAt, stringsAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { type FieldError, invalid, notSupported, required } from '../field-error.ts';

const rbac = 'rbac.authorization.k8s.io';

export function validateRole(role: StoredObject, isNamespaced: boolean): FieldError[] {
  return objectsAt(role, 'rules').flatMap((rule, index) => ruleErrors(`rules[${index}]`, rule, isNamespaced));
}

function ruleErrors(field: string, rule: object, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (stringsAt(rule, 'verbs').length === 0)
    errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  const paths = stringsAt(rule, 'nonResourceURLs');
  if (paths.length > 0) {
    if (isNamespaced)
      errors.push(invalid(`${field}.nonResourceURLs`, paths, 'namespaced rules cannot apply to non-resource URLs'));
    if (stringsAt(rule, 'apiGroups').length + stringsAt(rule, 'resources').length > 0) {
      errors.push(
        invalid(
          `${field}.nonResourceURLs`,
          paths,
          'rules cannot apply to both regular resources and non-resource URLs',
        ),
      );
    }
    return errors;
  }
  if (stringsAt(rule, 'apiGroups').length === 0)
    errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
  if (stringsAt(rule, 'resources').length === 0)
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

export function validateBinding(binding: StoredObject, live: StoredObject | undefined): FieldError[] {
  return bindingErrors(binding, live, ['Role', 'ClusterRole']);
}

export function validateClusterRoleBinding(binding: StoredObject, live: StoredObject | undefined): FieldError[] {
  return bindingErrors(binding, live, ['ClusterRole']);
}

function bindingErrors(binding: StoredObject, live: StoredObject | undefined, kinds: string[]): FieldError[] {
  const role = objectAt(binding, 'roleRef');
  const errors: FieldError[] = [];
  if (role['apiGroup'] !== rbac) errors.push(notSupported('roleRef.apiGroup', role['apiGroup'] ?? '', [rbac]));
  if (!kinds.includes(stringAt(role, 'kind') ?? ''))
    errors.push(notSupported('roleRef.kind', role['kind'] ?? '', kinds));
  if ((stringAt(role, 'name') ?? '') === '') errors.push(required('roleRef.name'));
  for (const [index, subject] of objectsAt(binding, 'subjects').entries()) {
    errors.push(...subjectErrors(`subjects[${index}]`, subject, binding.metadata.namespace !== undefined));
  }
  if (live !== undefined && !equalJson(role, live['roleRef']))
    errors.push(invalid('roleRef', goNames(role), 'cannot change roleRef'));
  return errors;
}

/** A reference with its fields called as in Go, where the API server prints its own structs. */
function goNames(role: Record<string, unknown>): object {
  return { APIGroup: role['apiGroup'], Kind: role['kind'], Name: role['name'] };
}

function subjectErrors(field: string, subject: Record<string, unknown>, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if ((stringAt(subject, 'name') ?? '') === '') errors.push(required(`${field}.name`));
  switch (subject['kind']) {
    case 'ServiceAccount':
      if (!isNamespaced && (stringAt(subject, 'namespace') ?? '') === '') errors.push(required(`${field}.namespace`));
      return errors;
    case 'User':
    case 'Group':
      if ((subject['apiGroup'] ?? rbac) !== rbac)
        errors.push(notSupported(`${field}.apiGroup`, subject['apiGroup'], [rbac]));
      return errors;
    default:
      return [...errors, notSupported(`${field}.kind`, subject['kind'] ?? '', ['ServiceAccount', 'User', 'Group'])];
  }
}
