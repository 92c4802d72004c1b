import { ruleProblem } from '../../crd/validation-rules.ts';
import { isObject, type JsonObject, objectAt, objectsAt, stringAt, valueAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { oneOf } from '../checks.ts';
import { duplicate, type FieldError, fieldForbidden, invalid, required } from '../field-error.ts';
import { asErrors, label1035Problems, subdomainProblems } from '../names.ts';

export function validateDefinition(definition: StoredObject, live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(definition, 'spec');
  const group = stringAt(spec, 'group') ?? '';
  const plural = stringAt(spec, 'names', 'plural') ?? '';
  const errors: FieldError[] = [];
  if (definition.metadata.name !== `${plural}.${group}`) {
    errors.push(invalid('metadata.name', definition.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (group === '') errors.push(required('spec.group'));
  else {
    errors.push(...asErrors('spec.group', group, subdomainProblems(group)));
    if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  }
  errors.push(...oneOf('spec.scope', spec['scope'] ?? '', ['Cluster', 'Namespaced']));
  const versions = objectsAt(spec, 'versions');
  errors.push(...protectedGroup(definition, group), ...storageErrors(versions), ...nameErrors(objectAt(spec, 'names')));
  for (const [index, version] of versions.entries()) errors.push(...versionErrors(version, index, versions));
  if (
    valueAt(spec, 'conversion', 'strategy') === 'Webhook' &&
    !isObject(valueAt(spec, 'conversion', 'webhook', 'clientConfig'))
  ) {
    errors.push(required('spec.conversion.webhook.clientConfig', 'required when strategy is set to Webhook'));
  }
  if (!objectsAt(spec, 'versions').some((version) => version['storage'] === true)) {
    errors.push(invalid('status.storedVersions', null, 'must have at least one stored version'));
  }
  return live === undefined ? errors : [...errors, ...updateErrors(spec, objectAt(live, 'spec'))];
}

function protectedGroup(definition: StoredObject, group: string): FieldError[] {
  if (!/(^|\.)(k8s\.io|kubernetes\.io)$/.test(group)) return [];
  const key = 'api-approved.kubernetes.io';
  if (definition.metadata.annotations?.[key] !== undefined) return [];
  return [
    required(
      `metadata.annotations[${key}]`,
      'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ),
  ];
}

function nameErrors(names: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['plural', 'singular', 'kind', 'listKind']) {
    const name = stringAt(names, field) ?? '';
    // The others are defaulted from the kind.
    if (name === '') errors.push(required(`spec.names.${field}`));
    else errors.push(...asErrors(`spec.names.${field}`, name, label1035Problems(name.toLowerCase())));
  }
  const kind = stringAt(names, 'kind') ?? '';
  if (kind !== '' && kind === stringAt(names, 'listKind')) {
    errors.push(invalid('spec.names.listKind', kind, 'kind and listKind may not be the same'));
  }
  return errors;
}

function storageErrors(versions: JsonObject[]): FieldError[] {
  const stored = versions.filter((version) => version['storage'] === true);
  return stored.length === 1
    ? []
    : [invalid('spec.versions', versions, 'must have exactly one version marked as storage version')];
}

function versionErrors(version: JsonObject, index: number, versions: JsonObject[]): FieldError[] {
  const at = `spec.versions[${index}]`;
  // What all versions have in common, the real server holds and names outside of them.
  const shared = versions.length === 1 ? 'spec' : at;
  const name = stringAt(version, 'name') ?? '';
  const errors = asErrors(`${at}.name`, name, label1035Problems(name));
  if (versions.findIndex((other) => other['name'] === name) < index) errors.push(duplicate(`${at}.name`, name));
  const schema = valueAt(version, 'schema', 'openAPIV3Schema');
  const schemaAt = versions.length === 1 ? 'spec.validation.openAPIV3Schema' : `${at}.schema.openAPIV3Schema`;
  if (!isObject(schema)) errors.push(required(schemaAt, 'schemas are required'));
  else errors.push(...schemaErrors(schemaAt, schema, true));
  for (const [position, column] of objectsAt(version, 'additionalPrinterColumns').entries()) {
    for (const field of ['name', 'jsonPath']) {
      if ((stringAt(column, field) ?? '') === '')
        errors.push(required(`${shared}.additionalPrinterColumns[${position}].${field}`));
    }
  }
  return errors;
}

/** Structural schemas name the type of every value, and rules must compile. */
function schemaErrors(field: string, schema: JsonObject, isRoot: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const type = stringAt(schema, 'type') ?? '';
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-int-or-string'] === true;
  if (!isRoot && type === '' && !isOpen)
    errors.push(required(`${field}.type`, 'must not be empty for specified object fields'));
  if (
    isObject(schema['properties']) &&
    schema['additionalProperties'] !== undefined &&
    schema['additionalProperties'] !== false
  ) {
    errors.push(
      fieldForbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  }
  if (type === 'array' && !isObject(schema['items'])) errors.push(required(`${field}.items`, 'must be specified'));
  for (const [index, rule] of objectsAt(schema, 'x-kubernetes-validations').entries()) {
    const expression = stringAt(rule, 'rule') ?? '';
    const at = `${field}.x-kubernetes-validations[${index}].rule`;
    if (expression.trim() === '') errors.push(required(at, 'rule is not specified'));
    else {
      const problem = ruleProblem(expression);
      if (problem !== undefined) errors.push(invalid(at, expression, `compilation failed: ${problem}`));
    }
  }
  for (const [name, property] of Object.entries(objectAt(schema, 'properties'))) {
    if (isObject(property)) errors.push(...schemaErrors(`${field}.properties[${name}]`, property, false));
  }
  if (isObject(schema['items'])) errors.push(...schemaErrors(`${field}.items`, schema['items'], false));
  if (isObject(schema['additionalProperties']))
    errors.push(...schemaErrors(`${field}.additionalProperties`, schema['additionalProperties'], false));
  if (isRoot && type !== 'object') {
    errors.push(
      type === ''
        ? required(`${field}.type`, 'must not be empty at the root')
        : invalid(`${field}.type`, type, 'must be object at the root'),
    );
  }
  return errors;
}

function updateErrors(spec: JsonObject, before: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const path of [['group'], ['names', 'plural'], ['scope'], ['names', 'kind']]) {
    const value = valueAt(spec, ...path);
    if (value !== valueAt(before, ...path)) errors.push(invalid(`spec.${path.join('.')}`, value, 'field is immutable'));
  }
  return errors;
}
