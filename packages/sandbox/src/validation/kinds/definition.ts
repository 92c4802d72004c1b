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
  errors.push(
    ...protectedGroup(definition, group),
    ...nameErrors(objectAt(spec, 'names')),
    ...versionErrors(objectsAt(spec, 'versions')),
  );
  if (
    valueAt(spec, 'conversion', 'strategy') === 'Webhook' &&
    !isObject(valueAt(spec, 'conversion', 'webhook', 'clientConfig'))
  ) {
    errors.push(required('spec.conversion.webhook.clientConfig', 'required when strategy is set to Webhook'));
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
    const isOptional = field === 'singular' || field === 'listKind';
    if (name === '') {
      if (!isOptional) errors.push(required(`spec.names.${field}`));
    } else errors.push(...asErrors(`spec.names.${field}`, name, label1035Problems(name.toLowerCase())));
  }
  const kind = stringAt(names, 'kind') ?? '';
  if (kind !== '' && kind === stringAt(names, 'listKind')) {
    errors.push(invalid('spec.names.listKind', kind, 'kind and listKind may not be the same'));
  }
  return errors;
}

function versionErrors(versions: JsonObject[]): FieldError[] {
  const errors: FieldError[] = [];
  if (versions.length === 0)
    errors.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  const seen = new Set<string>();
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}]`;
    const name = stringAt(version, 'name') ?? '';
    errors.push(...asErrors(`${at}.name`, name, label1035Problems(name)));
    if (seen.has(name)) errors.push(duplicate(`${at}.name`, name));
    seen.add(name);
    const schema = valueAt(version, 'schema', 'openAPIV3Schema');
    if (!isObject(schema)) errors.push(required(`${at}.schema.openAPIV3Schema`, 'schemas are required'));
    else errors.push(...schemaErrors(`${at}.schema.openAPIV3Schema`, schema, true));
    for (const [position, column] of objectsAt(version, 'additionalPrinterColumns').entries()) {
      for (const field of ['name', 'jsonPath']) {
        if ((stringAt(column, field) ?? '') === '')
          errors.push(required(`${at}.additionalPrinterColumns[${position}].${field}`));
      }
    }
  }
  if (versions.length > 0 && versions.filter((version) => version['storage'] === true).length !== 1) {
    errors.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  return errors;
}

/** Structural schemas name the type of every value, and rules must compile. */
function schemaErrors(field: string, schema: JsonObject, isRoot: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const type = stringAt(schema, 'type') ?? '';
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-int-or-string'] === true;
  if (isRoot && type !== 'object')
    errors.push(
      type === ''
        ? required(`${field}.type`, 'must not be empty at the root')
        : invalid(`${field}.type`, type, 'must be object at the root'),
    );
  else if (type === '' && !isOpen)
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
