import { isIP } from 'node:net';
import { objectAt, objectsAt, stringAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { oneOf, portNumber, portNumberOrName } from '../checks.ts';
import { duplicate, type FieldError, fieldForbidden, invalid, required } from '../field-error.ts';
import { asErrors, labelProblems, subdomainProblems, validateLabels } from '../names.ts';

export function validateService(service: StoredObject, live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(service, 'spec');
  const type = stringAt(spec, 'type') ?? 'ClusterIP';
  const address = stringAt(spec, 'clusterIP') ?? '';
  const isHeadless = address === 'None';
  const ports = objectsAt(spec, 'ports');
  const errors: FieldError[] = [];
  if (ports.length === 0 && !isHeadless && type !== 'ExternalName') errors.push(required('spec.ports'));
  if (isHeadless && (type === 'LoadBalancer' || type === 'NodePort')) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  }
  if (type === 'ExternalName') errors.push(...externalNameErrors(spec));
  for (const [index, port] of ports.entries())
    errors.push(...portErrors(`spec.ports[${index}]`, port, ports.length > 1, type));
  errors.push(...duplicatePorts(ports));
  errors.push(...validateLabels('spec.selector', objectAt(spec, 'selector')));
  errors.push(...oneOf('spec.sessionAffinity', spec['sessionAffinity'], ['ClientIP', 'None']));
  errors.push(...oneOf('spec.type', type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']));
  if (address !== '' && !isHeadless && type !== 'ExternalName' && isIP(address) === 0) {
    errors.push(
      invalid('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
    );
  }
  return live === undefined ? errors : [...errors, ...addressChange(service, live)];
}

function externalNameErrors(spec: Record<string, unknown>): FieldError[] {
  const name = (stringAt(spec, 'externalName') ?? '').replace(/\.$/, '');
  const errors =
    name === '' ? [required('spec.externalName')] : asErrors('spec.externalName', name, subdomainProblems(name));
  const address = stringAt(spec, 'clusterIP') ?? '';
  if (address !== '') errors.push(fieldForbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
  return errors;
}

function portErrors(field: string, port: Record<string, unknown>, needsName: boolean, type: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = stringAt(port, 'name') ?? '';
  if (name !== '') errors.push(...asErrors(`${field}.name`, name, labelProblems(name)));
  else if (needsName) errors.push(required(`${field}.name`));
  errors.push(...portNumber(`${field}.port`, port['port'] ?? 0));
  errors.push(...oneOf(`${field}.protocol`, port['protocol'], ['SCTP', 'TCP', 'UDP']));
  if (port['targetPort'] !== undefined) errors.push(...portNumberOrName(`${field}.targetPort`, port['targetPort']));
  if (type === 'ClusterIP' && typeof port['nodePort'] === 'number' && port['nodePort'] !== 0) {
    errors.push(fieldForbidden(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
  }
  return errors;
}

function duplicatePorts(ports: Record<string, unknown>[]): FieldError[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, port] of ports.entries()) {
    const name = stringAt(port, 'name') ?? '';
    if (name !== '' && names.has(name)) errors.push(duplicate(`spec.ports[${index}].name`, name));
    names.add(name);
    const key = { protocol: port['protocol'], port: port['port'] };
    const text = JSON.stringify(key);
    if (numbers.has(text)) errors.push(duplicate(`spec.ports[${index}]`, key));
    numbers.add(text);
  }
  return errors;
}

/** The address of a Service is given once, unless it changes from or to a type that has none. */
function addressChange(service: StoredObject, live: StoredObject): FieldError[] {
  const before = stringAt(live, 'spec', 'clusterIP') ?? '';
  const after = stringAt(service, 'spec', 'clusterIP') ?? '';
  const isExternal = [service, live].some((object) => stringAt(object, 'spec', 'type') === 'ExternalName');
  if (isExternal || before === '' || before === after) return [];
  return [invalid('spec.clusterIPs[0]', [after], 'may not change once set')];
}
