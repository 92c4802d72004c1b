import { isIP } from 'node:net';
import { isObject, type JsonObject, objectAt, objectsAt, stringAt, stringsAt, valueAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { labelSelector, oneOf, portNumber, portNumberOrName } from '../checks.ts';
import { type FieldError, invalid, notSupported, required } from '../field-error.ts';
import { asErrors, label1035Problems, subdomainProblems } from '../names.ts';

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

export function validateIngress(ingress: StoredObject, _live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(ingress, 'spec');
  const rules = objectsAt(spec, 'rules');
  const errors: FieldError[] = [];
  if (rules.length === 0 && spec['defaultBackend'] === undefined) {
    errors.push(invalid('spec', spec['rules'] ?? null, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (isObject(spec['defaultBackend'])) errors.push(...backendErrors('spec.defaultBackend', spec['defaultBackend']));
  for (const [index, rule] of rules.entries()) errors.push(...ruleErrors(`spec.rules[${index}]`, rule));
  for (const [index, tls] of objectsAt(spec, 'tls').entries()) {
    for (const [position, host] of stringsAt(tls, 'hosts').entries())
      errors.push(...hostErrors(`spec.tls[${index}].hosts[${position}]`, host));
  }
  return errors;
}

function hostErrors(field: string, host: string): FieldError[] {
  if (isIP(host) !== 0) return [invalid(field, host, 'must be a DNS name, not an IP address')];
  return asErrors(field, host, subdomainProblems(host.startsWith('*.') ? host.slice(2) : host));
}

function ruleErrors(field: string, rule: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const host = stringAt(rule, 'host') ?? '';
  if (host !== '') errors.push(...hostErrors(`${field}.host`, host));
  if (!isObject(rule['http'])) return errors;
  const paths = objectsAt(rule, 'http', 'paths');
  if (paths.length === 0) errors.push(required(`${field}.http.paths`));
  for (const [index, path] of paths.entries()) {
    const at = `${field}.http.paths[${index}]`;
    const pathType = stringAt(path, 'pathType');
    const text = stringAt(path, 'path') ?? '';
    if (pathType === undefined) {
      errors.push(required(`${at}.pathType`, 'pathType must be specified'));
      continue;
    }
    if (!pathTypes.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, pathTypes));
    else if (pathType !== 'ImplementationSpecific' && !text.startsWith('/'))
      errors.push(invalid(`${at}.path`, text, 'must be an absolute path'));
    errors.push(...backendErrors(`${at}.backend`, objectAt(path, 'backend')));
  }
  return errors;
}

function backendErrors(field: string, backend: JsonObject): FieldError[] {
  const service = backend['service'];
  if (service !== undefined && backend['resource'] !== undefined)
    return [invalid(field, '', 'cannot set both resource and service backends')];
  if (!isObject(service))
    return backend['resource'] === undefined ? [invalid(field, '', 'resource or service backend is required')] : [];
  const errors: FieldError[] = [];
  const name = stringAt(service, 'name') ?? '';
  if (name === '') errors.push(required(`${field}.service.name`));
  else errors.push(...asErrors(`${field}.service.name`, name, label1035Problems(name)));
  const portName = stringAt(service, 'port', 'name') ?? '';
  const number = valueAt(service, 'port', 'number');
  const hasNumber = typeof number === 'number' && number !== 0;
  if (portName !== '' && hasNumber) errors.push(invalid(field, '', 'cannot set both port name & port number'));
  else if (hasNumber) errors.push(...portNumber(`${field}.service.port.number`, number));
  else if (portName === '') errors.push(required(field, 'port name or number is required'));
  return errors;
}

export function validateNetworkPolicy(policy: StoredObject, _live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(policy, 'spec');
  const errors = labelSelector('spec.podSelector', spec['podSelector']);
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const [index, rule] of objectsAt(spec, direction).entries()) {
      const at = `spec.${direction}[${index}]`;
      for (const [position, port] of objectsAt(rule, 'ports').entries()) {
        errors.push(...oneOf(`${at}.ports[${position}].protocol`, port['protocol'], ['TCP', 'UDP', 'SCTP']));
        if (port['port'] !== undefined) errors.push(...portNumberOrName(`${at}.ports[${position}].port`, port['port']));
      }
      for (const [position, peer] of objectsAt(rule, peers).entries()) {
        if (Object.keys(peer).length === 0) errors.push(required(`${at}.${peers}[${position}]`, 'must specify a peer'));
      }
    }
  }
  for (const [index, type] of stringsAt(spec, 'policyTypes').entries())
    errors.push(...oneOf(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress']));
  return errors;
}
