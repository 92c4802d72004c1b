import { equalJson, objectAt, stringAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { immutable } from '../checks.ts';
import { type FieldError, fieldForbidden, invalid, required, tooLong } from '../field-error.ts';
import { asErrors, configKeyProblems } from '../names.ts';

const maxBytes = 1024 * 1024;

export function validateConfigMap(configMap: StoredObject, live: StoredObject | undefined): FieldError[] {
  const data = objectAt(configMap, 'data');
  const binary = objectAt(configMap, 'binaryData');
  const errors: FieldError[] = [];
  let size = 0;
  for (const [field, entries] of [
    ['data', data],
    ['binaryData', binary],
  ] as const) {
    for (const [key, value] of Object.entries(entries)) {
      errors.push(...asErrors(`${field}[${key}]`, key, configKeyProblems(key)));
      if (field === 'data' && binary[key] !== undefined)
        errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
      size += String(value).length;
    }
  }
  if (size > maxBytes) errors.push(tooLong('', maxBytes));
  return live === undefined ? errors : [...errors, ...frozenData(configMap, live, ['data', 'binaryData'])];
}

const requiredKeys: Record<string, string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export function validateSecret(secret: StoredObject, live: StoredObject | undefined): FieldError[] {
  const data = objectAt(secret, 'data');
  const type = stringAt(secret, 'type') ?? 'Opaque';
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...asErrors(`data[${key}]`, key, configKeyProblems(key)));
    size += String(value).length;
  }
  if (size * 0.75 > maxBytes) errors.push(tooLong('data', maxBytes));
  for (const key of requiredKeys[type] ?? []) if (data[key] === undefined) errors.push(required(`data[${key}]`));
  if (type === 'kubernetes.io/basic-auth' && data['username'] === undefined && data['password'] === undefined) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  if (
    type === 'kubernetes.io/service-account-token' &&
    secret.metadata.annotations?.['kubernetes.io/service-account.name'] === undefined
  ) {
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  if (type === 'kubernetes.io/dockerconfigjson' && !isJson(stringAt(data, '.dockerconfigjson'))) {
    errors.push(invalid('data[.dockerconfigjson]', '<secret contents redacted>', 'invalid character'));
  }
  if (live === undefined) return errors;
  return [...immutable('type', secret['type'], live['type']), ...errors, ...frozenData(secret, live, ['data'])];
}

function isJson(encoded: string | undefined): boolean {
  if (encoded === undefined) return true;
  try {
    JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

function frozenData(object: StoredObject, live: StoredObject, fields: string[]): FieldError[] {
  if (live['immutable'] !== true) return [];
  const message = 'field is immutable when `immutable` is set';
  return [
    ...(object['immutable'] === true ? [] : [fieldForbidden('immutable', message)]),
    ...fields.filter((field) => !equalJson(object[field], live[field])).map((field) => fieldForbidden(field, message)),
  ];
}
