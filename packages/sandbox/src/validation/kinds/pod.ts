import {
  equalJson,
  isObject,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringMapAt,
  stringsAt,
  valueAt,
} from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { duplicateNames, oneOf, portNameProblems, portNumber, portNumberOrName } from '../checks.ts';
import {
  duplicate,
  type FieldError,
  fieldForbidden,
  fieldNotFound,
  invalid,
  notSupported,
  required,
} from '../field-error.ts';
import {
  asErrors,
  configKeyProblems,
  labelProblems,
  subdomainProblems,
  validateAnnotations,
  validateLabels,
} from '../names.ts';
import { isQuantityText, quantityValue } from '../quantity.ts';

export function validatePod(pod: StoredObject, live: StoredObject | undefined): FieldError[] {
  if (live !== undefined) return validatePodUpdate(pod, live);
  return validatePodSpec('spec', objectAt(pod, 'spec'));
}

const changeablePodFields =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function validatePodUpdate(pod: StoredObject, live: StoredObject): FieldError[] {
  const spec = objectAt(pod, 'spec');
  const before = objectAt(live, 'spec');
  for (const field of ['containers', 'initContainers']) {
    if (listAt(spec, field).length !== listAt(before, field).length) {
      return [fieldForbidden(`spec.${field}`, 'pod updates may not add or remove containers')];
    }
  }
  const errors = objectsAt(spec, 'containers').flatMap((container, index) =>
    imageErrors(`spec.containers[${index}]`, container),
  );
  // A scheduler binds through an update here, too.
  const isBinding = stringAt(before, 'nodeName') === undefined && stringAt(spec, 'nodeName') !== undefined;
  const fixed = (whole: JsonObject): JsonObject => ({
    ...whole,
    containers: objectsAt(whole, 'containers').map((container) => ({ ...container, image: '' })),
    initContainers: objectsAt(whole, 'initContainers').map((container) => ({ ...container, image: '' })),
    activeDeadlineSeconds: undefined,
    tolerations: undefined,
    schedulingGates: undefined,
    ...(isBinding ? { nodeName: undefined } : {}),
  });
  if (!equalJson(fixed(spec), fixed(before))) {
    const changed = Object.keys({ ...spec, ...before }).filter(
      (key) => !equalJson(fixed(spec)[key], fixed(before)[key]),
    );
    errors.push(
      fieldForbidden(
        'spec',
        `pod updates may not change fields other than ${changeablePodFields}\nchanged: ${changed.join(', ')}`,
      ),
    );
  }
  return errors;
}

/** A Pod template: the labels and annotations it gives, and its Pod spec. */
export function validatePodTemplate(
  field: string,
  template: JsonObject,
  claimNames: readonly string[] = [],
): FieldError[] {
  return [
    ...validateLabels(`${field}.metadata.labels`, objectAt(template, 'metadata', 'labels')),
    ...validateAnnotations(`${field}.metadata.annotations`, objectAt(template, 'metadata', 'annotations')),
    ...validatePodSpec(`${field}.spec`, objectAt(template, 'spec'), claimNames),
  ];
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];

/** `claimNames` are volumes that the controller adds, such as a StatefulSet's claims. */
function validatePodSpec(field: string, spec: JsonObject, claimNames: readonly string[] = []): FieldError[] {
  const volumes = objectsAt(spec, 'volumes');
  const volumeNames = new Set([...volumes.map((volume) => stringAt(volume, 'name') ?? ''), ...claimNames]);
  const containers = objectsAt(spec, 'containers');
  const initContainers = objectsAt(spec, 'initContainers');
  const errors: FieldError[] = validateVolumes(`${field}.volumes`, volumes);
  if (containers.length === 0) errors.push(required(`${field}.containers`));
  for (const [list, items] of [
    ['containers', containers],
    ['initContainers', initContainers],
  ] as const) {
    for (const [index, container] of items.entries()) {
      errors.push(...validateContainer(`${field}.${list}[${index}]`, container, volumeNames));
      if (list === 'initContainers') errors.push(...validateInitContainer(`${field}.${list}[${index}]`, container));
    }
  }
  errors.push(
    ...duplicateNames(`${field}.containers`, containers),
    ...duplicateInitNames(field, containers, initContainers),
  );
  const restartPolicy = spec['restartPolicy'];
  if (restartPolicy !== undefined && !restartPolicies.includes(String(restartPolicy))) {
    errors.push(notSupported(`${field}.restartPolicy`, restartPolicy, restartPolicies));
  }
  errors.push(
    ...oneOf(`${field}.dnsPolicy`, spec['dnsPolicy'], ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
  );
  const serviceAccount = stringAt(spec, 'serviceAccountName') ?? '';
  if (serviceAccount !== '')
    errors.push(...asErrors(`${field}.serviceAccountName`, serviceAccount, subdomainProblems(serviceAccount)));
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) {
    errors.push(invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  }
  errors.push(...validateLabels(`${field}.nodeSelector`, objectAt(spec, 'nodeSelector')));
  return errors;
}

function duplicateInitNames(field: string, containers: JsonObject[], initContainers: JsonObject[]): FieldError[] {
  const names = new Set(containers.map((container) => stringAt(container, 'name')));
  const errors = duplicateNames(`${field}.initContainers`, initContainers);
  for (const [index, container] of initContainers.entries()) {
    const name = stringAt(container, 'name');
    if (name !== undefined && names.has(name)) errors.push(duplicate(`${field}.initContainers[${index}].name`, name));
  }
  return errors;
}

function validateInitContainer(field: string, container: JsonObject): FieldError[] {
  if (container['restartPolicy'] === 'Always') return [];
  return ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']
    .filter((name) => container[name] !== undefined)
    .map((name) =>
      fieldForbidden(`${field}.${name}`, 'may not be set for init containers without restartPolicy=Always'),
    );
}

function validateContainer(field: string, container: JsonObject, volumeNames: Set<string>): FieldError[] {
  const name = stringAt(container, 'name') ?? '';
  const errors: FieldError[] =
    name === '' ? [required(`${field}.name`)] : asErrors(`${field}.name`, name, labelProblems(name));
  errors.push(...imageErrors(field, container));
  errors.push(...validatePorts(`${field}.ports`, objectsAt(container, 'ports')));
  errors.push(...validateEnvironment(`${field}.env`, objectsAt(container, 'env')));
  for (const [index, source] of objectsAt(container, 'envFrom').entries()) {
    const isSet = ['configMapRef', 'secretRef'].filter((key) => source[key] !== undefined).length;
    if (isSet === 0)
      errors.push(invalid(`${field}.envFrom[${index}]`, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (isSet > 1)
      errors.push(invalid(`${field}.envFrom[${index}]`, '', 'may not have more than one field specified at a time'));
  }
  errors.push(...validateMounts(`${field}.volumeMounts`, objectsAt(container, 'volumeMounts'), volumeNames));
  errors.push(...oneOf(`${field}.imagePullPolicy`, container['imagePullPolicy'], ['Always', 'IfNotPresent', 'Never']));
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isObject(container[probe]))
      errors.push(...validateProbe(`${field}.${probe}`, container[probe], probe !== 'readinessProbe'));
  }
  for (const hook of ['postStart', 'preStop']) {
    const handler = valueAt(container, 'lifecycle', hook);
    if (isObject(handler))
      errors.push(...validateHandler(`${field}.lifecycle.${hook}`, handler, ['exec', 'httpGet', 'tcpSocket', 'sleep']));
  }
  errors.push(...validateResources(`${field}.resources`, objectAt(container, 'resources')));
  return errors;
}

function imageErrors(field: string, container: JsonObject): FieldError[] {
  const image = stringAt(container, 'image') ?? '';
  if (image === '') return [required(`${field}.image`)];
  return image.trim() === image
    ? []
    : [invalid(`${field}.image`, image, 'must not have leading or trailing whitespace')];
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function validatePorts(field: string, ports: JsonObject[]): FieldError[] {
  const errors = duplicateNames(field, ports);
  for (const [index, port] of ports.entries()) {
    const at = `${field}[${index}]`;
    const name = stringAt(port, 'name') ?? '';
    if (name !== '') errors.push(...asErrors(`${at}.name`, name, portNameProblems(name)));
    if (port['containerPort'] === undefined || port['containerPort'] === 0)
      errors.push(required(`${at}.containerPort`));
    else errors.push(...portNumber(`${at}.containerPort`, port['containerPort']));
    if (port['hostPort'] !== undefined && port['hostPort'] !== 0)
      errors.push(...portNumber(`${at}.hostPort`, port['hostPort']));
    errors.push(...oneOf(`${at}.protocol`, port['protocol'], protocols));
  }
  return errors;
}

function validateEnvironment(field: string, variables: JsonObject[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, variable] of variables.entries()) {
    const at = `${field}[${index}]`;
    const name = stringAt(variable, 'name') ?? '';
    if (name === '') errors.push(required(`${at}.name`));
    else if (!/^[ -<>-~]+$/.test(name)) {
      errors.push(
        invalid(
          `${at}.name`,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      );
    }
    if (isObject(variable['valueFrom']))
      errors.push(
        ...validateEnvironmentSource(`${at}.valueFrom`, variable['valueFrom'], stringAt(variable, 'value') ?? ''),
      );
  }
  return errors;
}

function validateEnvironmentSource(field: string, source: JsonObject, value: string): FieldError[] {
  const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'].filter(
    (key) => source[key] !== undefined,
  );
  const errors: FieldError[] = [];
  if (sources.length === 0) {
    errors.push(
      invalid(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'),
    );
  } else if (value !== '') errors.push(invalid(field, '', 'may not be specified when `value` is not empty'));
  else if (sources.length > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
  for (const key of ['configMapKeyRef', 'secretKeyRef']) {
    if (!isObject(source[key])) continue;
    const wanted = stringAt(source, key, 'key') ?? '';
    if (wanted === '') errors.push(required(`${field}.${key}.key`));
    else errors.push(...asErrors(`${field}.${key}.key`, wanted, configKeyProblems(wanted)));
  }
  return errors;
}

function validateMounts(field: string, mounts: JsonObject[], volumeNames: Set<string>): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [index, mount] of mounts.entries()) {
    const at = `${field}[${index}]`;
    const name = stringAt(mount, 'name') ?? '';
    const path = stringAt(mount, 'mountPath') ?? '';
    if (name === '') errors.push(required(`${at}.name`));
    else if (!volumeNames.has(name)) errors.push(fieldNotFound(`${at}.name`, name));
    if (path === '') errors.push(required(`${at}.mountPath`));
    else if (paths.has(path)) errors.push(invalid(`${at}.mountPath`, path, 'must be unique'));
    paths.add(path);
  }
  return errors;
}

function validateVolumes(field: string, volumes: JsonObject[]): FieldError[] {
  const errors = duplicateNames(field, volumes);
  for (const [index, volume] of volumes.entries()) {
    const at = `${field}[${index}]`;
    const name = stringAt(volume, 'name') ?? '';
    if (name === '') errors.push(required(`${at}.name`));
    else errors.push(...asErrors(`${at}.name`, name, labelProblems(name)));
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    if (sources.length === 0) errors.push(required(at, 'must specify a volume type'));
    for (const source of sources.slice(1))
      errors.push(fieldForbidden(`${at}.${source}`, 'may not specify more than 1 volume type'));
    if (isObject(volume['secret']) && (stringAt(volume, 'secret', 'secretName') ?? '') === '')
      errors.push(required(`${at}.secret.secretName`));
    if (isObject(volume['configMap']) && (stringAt(volume, 'configMap', 'name') ?? '') === '')
      errors.push(required(`${at}.configMap.name`));
    if (
      isObject(volume['persistentVolumeClaim']) &&
      (stringAt(volume, 'persistentVolumeClaim', 'claimName') ?? '') === ''
    ) {
      errors.push(required(`${at}.persistentVolumeClaim.claimName`));
    }
    if (isObject(volume['hostPath']) && (stringAt(volume, 'hostPath', 'path') ?? '') === '')
      errors.push(required(`${at}.hostPath.path`));
  }
  return errors;
}

function validateProbe(field: string, probe: JsonObject, onlyOneSuccess: boolean): FieldError[] {
  const errors = validateHandler(field, probe, ['exec', 'httpGet', 'tcpSocket', 'grpc']);
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    const value = probe[name];
    if (typeof value === 'number' && value < 0)
      errors.push(invalid(`${field}.${name}`, value, 'must be greater than or equal to 0'));
  }
  if (onlyOneSuccess && (numberAt(probe, 'successThreshold') ?? 1) !== 1) {
    errors.push(invalid(`${field}.successThreshold`, probe['successThreshold'], 'must be 1'));
  }
  return errors;
}

function validateHandler(field: string, handler: JsonObject, kinds: string[]): FieldError[] {
  const given = kinds.filter((kind) => handler[kind] !== undefined);
  const errors = given
    .slice(1)
    .map((kind) => fieldForbidden(`${field}.${kind}`, 'may not specify more than 1 handler type'));
  if (given.length === 0) errors.push(required(field, 'must specify a handler type'));
  if (isObject(handler['exec']) && stringsAt(handler, 'exec', 'command').length === 0)
    errors.push(required(`${field}.exec.command`));
  if (isObject(handler['httpGet']))
    errors.push(...portNumberOrName(`${field}.httpGet.port`, valueAt(handler, 'httpGet', 'port')));
  if (isObject(handler['tcpSocket']))
    errors.push(...portNumberOrName(`${field}.tcpSocket.port`, valueAt(handler, 'tcpSocket', 'port')));
  return errors;
}

const standardResources = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage']);

function validateResources(field: string, resources: JsonObject): FieldError[] {
  const limits = objectAt(resources, 'limits');
  const requests = objectAt(resources, 'requests');
  const errors: FieldError[] = [];
  for (const [side, amounts] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, amount] of Object.entries(amounts)) {
      const at = `${field}.${side}[${name}]`;
      if (!name.includes('/') && !standardResources.has(name) && !name.startsWith('hugepages-')) {
        errors.push(invalid(at, name, 'must be a standard resource for containers'));
      }
      if (typeof amount !== 'string' || !isQuantityText(amount)) errors.push(invalid(at, amount, 'must be a quantity'));
      else if ((quantityValue(amount) ?? 0) < 0) errors.push(invalid(at, amount, 'must be greater than or equal to 0'));
    }
  }
  for (const [name, limit] of Object.entries(stringMapAt(resources, 'limits'))) {
    const request = stringAt(requests, name);
    if (request !== undefined && (quantityValue(request) ?? 0) > (quantityValue(limit) ?? 0)) {
      errors.push(invalid(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}

/** What a controller's Pods must do when a container ends. */
export function onlyRestartPolicy(field: string, template: JsonObject, allowed: readonly string[]): FieldError[] {
  const policy = stringAt(template, 'spec', 'restartPolicy');
  return policy === undefined || allowed.includes(policy)
    ? []
    : [notSupported(`${field}.spec.restartPolicy`, policy, allowed)];
}
