import { objectAt, objectsAt, stringAt, stringsAt, valueAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { type FieldError, fieldForbidden, invalid } from './field-error.ts';
import {
  asErrors,
  label1035Problems,
  labelProblems,
  pathSegmentProblems,
  qualifiedNameProblems,
  subdomainProblems,
  validateAnnotations,
  validateLabels,
} from './names.ts';

export function validateMetadata(type: ResourceType, object: StoredObject): FieldError[] {
  return [
    ...asErrors('metadata.name', object.metadata.name, nameProblems(type, object.metadata.name)),
    ...commonErrors(object),
  ];
}

export function validateMetadataUpdate(_type: ResourceType, object: StoredObject, live: StoredObject): FieldError[] {
  const errors = commonErrors(object);
  if (live.metadata.deletionTimestamp === undefined) return errors;
  const added = (object.metadata.finalizers ?? []).filter(
    (finalizer) => live.metadata.finalizers?.includes(finalizer) !== true,
  );
  if (added.length > 0) {
    const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
    errors.push(
      fieldForbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
      ),
    );
  }
  return errors;
}

function nameProblems(type: ResourceType, name: string): string[] {
  if (type.group === 'rbac.authorization.k8s.io') return pathSegmentProblems(name);
  switch (type.id) {
    case '/namespaces':
      return labelProblems(name);
    case '/services':
      return label1035Problems(name);
    default:
      return subdomainProblems(name);
  }
}

function commonErrors(object: StoredObject): FieldError[] {
  const { metadata } = object;
  return [
    ...validateLabels('metadata.labels', objectAt(metadata, 'labels')),
    ...validateAnnotations('metadata.annotations', objectAt(metadata, 'annotations')),
    ...ownerErrors(object),
    ...stringsAt(metadata, 'finalizers').flatMap((finalizer, index) =>
      finalizerErrors(`metadata.finalizers[${index}]`, finalizer),
    ),
  ];
}

function finalizerErrors(field: string, finalizer: string): FieldError[] {
  const errors = asErrors(field, finalizer, qualifiedNameProblems(finalizer));
  const standard = ['foregroundDeletion', 'orphan', 'kubernetes'];
  if (errors.length === 0 && !finalizer.includes('/') && !standard.includes(finalizer) && !finalizer.includes('.')) {
    errors.push(invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'));
  }
  return errors;
}

function ownerErrors(object: StoredObject): FieldError[] {
  const errors: FieldError[] = [];
  const owners = objectsAt(object, 'metadata', 'ownerReferences');
  for (const [index, owner] of owners.entries()) {
    const at = `metadata.ownerReferences[${index}]`;
    if ((stringAt(owner, 'apiVersion') ?? '') === '')
      errors.push(invalid(`${at}.apiVersion`, '', 'version must not be empty'));
    for (const field of ['kind', 'name', 'uid']) {
      if ((stringAt(owner, field) ?? '') === '') errors.push(invalid(`${at}.${field}`, '', 'must not be empty'));
    }
  }
  const controllers = owners.filter((owner) => valueAt(owner, 'controller') === true);
  if (controllers.length > 1) {
    errors.push(
      invalid(
        'metadata.ownerReferences',
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${stringAt(controllers[0], 'kind') ?? ''}/${stringAt(controllers[0], 'name') ?? ''} and ${stringAt(controllers[1], 'kind') ?? ''}/${stringAt(controllers[1], 'name') ?? ''}`,
      ),
    );
  }
  return errors;
}
