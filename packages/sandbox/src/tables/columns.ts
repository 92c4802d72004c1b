import {
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
} from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { formatLabelSelector } from '../selectors/label-selector.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { age, humanDuration } from './age.ts';
import { podColumns } from './pod-columns.ts';
import { serviceColumns } from './service-columns.ts';
import type { Column } from './table.ts';

const none = '<none>';
const unset = '<unset>';

const ageColumn: Column = text('Age', (object) => age(object.metadata.creationTimestamp));

const createdColumn: Column = { name: 'Created At', type: 'date', cell: (object) => object.metadata.creationTimestamp };

/** The columns kubectl shows for a built-in kind after the name; name and age for kinds without columns of their own. */
export function builtInColumns(type: ResourceType): Column[] {
  return columnsByResource[type.id] ?? [createdColumn];
}

function text(name: string, cell: (object: StoredObject) => unknown, priority = 0): Column {
  return { name, type: 'string', cell, priority };
}

function integer(name: string, cell: (object: StoredObject) => unknown): Column {
  return { name, type: 'integer', cell: (object) => cell(object) ?? 0 };
}

function boolean(name: string, cell: (object: StoredObject) => unknown): Column {
  return { name, type: 'boolean', cell };
}

function wide(name: string, cell: (object: StoredObject) => unknown): Column {
  return text(name, cell, 1);
}

/** Container names and images of a Pod template, and the workload's selector. */
function workloadColumns(podSpecPath: string[] = ['spec', 'template', 'spec']): Column[] {
  return [
    wide(
      'Containers',
      (object) =>
        objectsAt(object, ...podSpecPath, 'containers')
          .map((container) => stringAt(container, 'name'))
          .join(',') || none,
    ),
    wide(
      'Images',
      (object) =>
        objectsAt(object, ...podSpecPath, 'containers')
          .map((container) => stringAt(container, 'image'))
          .join(',') || none,
    ),
  ];
}

const selectorColumn = wide('Selector', (object) => formatLabelSelector(valueAt(object, 'spec', 'selector')) || none);

function pairs(map: Record<string, string>): string {
  return (
    Object.entries(map)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(',') || none
  );
}

function size(value: unknown): number {
  return Array.isArray(value) ? value.length : Object.keys(objectAt(value)).length;
}

const dataColumns: Column[] = [text('Data', (object) => size(object['data']) + size(object['binaryData'])), ageColumn];

const columnsByResource: Record<string, Column[]> = {
  '/pods': podColumns,
  '/services': serviceColumns,
  'apps/deployments': [
    text(
      'Ready',
      (object) => `${numberAt(object, 'status', 'readyReplicas') ?? 0}/${numberAt(object, 'spec', 'replicas') ?? 0}`,
    ),
    text('Up-to-date', (object) => String(numberAt(object, 'status', 'updatedReplicas') ?? 0)),
    text('Available', (object) => String(numberAt(object, 'status', 'availableReplicas') ?? 0)),
    ageColumn,
    ...workloadColumns(),
    selectorColumn,
  ],
  'apps/replicasets': [
    integer('Desired', (object) => numberAt(object, 'spec', 'replicas')),
    integer('Current', (object) => numberAt(object, 'status', 'replicas')),
    integer('Ready', (object) => numberAt(object, 'status', 'readyReplicas')),
    ageColumn,
    ...workloadColumns(),
    selectorColumn,
  ],
  '/replicationcontrollers': [
    integer('Desired', (object) => numberAt(object, 'spec', 'replicas')),
    integer('Current', (object) => numberAt(object, 'status', 'replicas')),
    integer('Ready', (object) => numberAt(object, 'status', 'readyReplicas')),
    ageColumn,
    ...workloadColumns(),
    wide('Selector', (object) => pairs(stringMapAt(object, 'spec', 'selector'))),
  ],
  'apps/statefulsets': [
    text(
      'Ready',
      (object) => `${numberAt(object, 'status', 'readyReplicas') ?? 0}/${numberAt(object, 'spec', 'replicas') ?? 0}`,
    ),
    ageColumn,
    ...workloadColumns(),
  ],
  'apps/daemonsets': [
    integer('Desired', (object) => numberAt(object, 'status', 'desiredNumberScheduled')),
    integer('Current', (object) => numberAt(object, 'status', 'currentNumberScheduled')),
    integer('Ready', (object) => numberAt(object, 'status', 'numberReady')),
    integer('Up-to-date', (object) => numberAt(object, 'status', 'updatedNumberScheduled')),
    integer('Available', (object) => numberAt(object, 'status', 'numberAvailable')),
    text('Node Selector', (object) => pairs(stringMapAt(object, 'spec', 'template', 'spec', 'nodeSelector'))),
    ageColumn,
    ...workloadColumns(),
    selectorColumn,
  ],
  'apps/controllerrevisions': [
    text('Controller', controllerOf),
    text('Revision', (object) => String(numberAt(object, 'revision') ?? 0)),
    ageColumn,
  ],
  'batch/jobs': [
    text('Status', jobStatus),
    text('Completions', jobCompletions),
    text('Duration', jobDuration),
    ageColumn,
    ...workloadColumns(),
    selectorColumn,
  ],
  'batch/cronjobs': [
    text('Schedule', (object) => stringAt(object, 'spec', 'schedule')),
    text('Timezone', (object) => stringAt(object, 'spec', 'timeZone') ?? none),
    boolean('Suspend', (object) => (valueAt(object, 'spec', 'suspend') === true ? 'True' : 'False')),
    integer('Active', (object) => listAt(object, 'status', 'active').length),
    text('Last Schedule', (object) => {
      const last = stringAt(object, 'status', 'lastScheduleTime');
      return last === undefined ? none : age(last);
    }),
    ageColumn,
    ...workloadColumns(['spec', 'jobTemplate', 'spec', 'template', 'spec']),
    wide(
      'Selector',
      (object) => formatLabelSelector(valueAt(object, 'spec', 'jobTemplate', 'spec', 'selector')) || none,
    ),
  ],
  '/configmaps': dataColumns,
  '/secrets': [
    text('Type', (object) => stringAt(object, 'type')),
    text('Data', (object) => size(object['data'])),
    ageColumn,
  ],
  '/namespaces': [text('Status', (object) => stringAt(object, 'status', 'phase')), ageColumn],
  '/serviceaccounts': [text('Secrets', (object) => size(object['secrets'])), ageColumn],
  '/endpoints': [text('Endpoints', endpointAddresses), ageColumn],
  'discovery.k8s.io/endpointslices': [
    text('AddressType', (object) => stringAt(object, 'addressType')),
    text('Ports', (object) =>
      firstFew(
        objectsAt(object, 'ports').map((port) => String(port['port'] ?? '*')),
        unset,
      ),
    ),
    text('Endpoints', (object) =>
      firstFew(
        objectsAt(object, 'endpoints').flatMap((endpoint) => stringsAt(endpoint, 'addresses')),
        unset,
      ),
    ),
    ageColumn,
  ],
  '/nodes': [
    text('Status', nodeStatus),
    text('Roles', nodeRoles),
    ageColumn,
    text('Version', (object) => stringAt(object, 'status', 'nodeInfo', 'kubeletVersion') ?? ''),
    wide('Internal-IP', (object) => nodeAddress(object, 'InternalIP')),
    wide('External-IP', (object) => nodeAddress(object, 'ExternalIP')),
    wide('OS-Image', (object) => stringAt(object, 'status', 'nodeInfo', 'osImage') ?? '<unknown>'),
    wide('Kernel-Version', (object) => stringAt(object, 'status', 'nodeInfo', 'kernelVersion') ?? '<unknown>'),
    wide(
      'Container-Runtime',
      (object) => stringAt(object, 'status', 'nodeInfo', 'containerRuntimeVersion') ?? '<unknown>',
    ),
  ],
  '/events': eventColumns(),
  'networking.k8s.io/ingresses': [
    text('Class', (object) => stringAt(object, 'spec', 'ingressClassName') ?? none),
    text('Hosts', ingressHosts),
    text('Address', (object) =>
      objectsAt(object, 'status', 'loadBalancer', 'ingress')
        .map((entry) => stringAt(entry, 'ip') ?? stringAt(entry, 'hostname'))
        .join(','),
    ),
    text('Ports', (object) => (listAt(object, 'spec', 'tls').length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  'networking.k8s.io/ingressclasses': [
    text('Controller', (object) => stringAt(object, 'spec', 'controller')),
    text('Parameters', (object) => {
      const parameters = objectAt(object, 'spec', 'parameters');
      const kind = stringAt(parameters, 'kind');
      return kind === undefined
        ? none
        : `${kind}.${stringAt(parameters, 'apiGroup') ?? ''}/${stringAt(parameters, 'name') ?? ''}`;
    }),
    ageColumn,
  ],
  'networking.k8s.io/networkpolicies': [
    text('Pod-Selector', (object) => formatLabelSelector(valueAt(object, 'spec', 'podSelector')) || none),
    ageColumn,
  ],
  '/persistentvolumeclaims': [
    text('Status', (object) =>
      object.metadata.deletionTimestamp === undefined ? stringAt(object, 'status', 'phase') : 'Terminating',
    ),
    text('Volume', (object) => stringAt(object, 'spec', 'volumeName') ?? ''),
    text('Capacity', (object) => stringAt(object, 'status', 'capacity', 'storage') ?? ''),
    text('Access Modes', (object) => accessModes(stringsAt(object, 'status', 'accessModes'))),
    text('StorageClass', (object) => stringAt(object, 'spec', 'storageClassName') ?? ''),
    text('VolumeAttributesClass', (object) => stringAt(object, 'spec', 'volumeAttributesClassName') ?? unset),
    ageColumn,
    wide('VolumeMode', (object) => stringAt(object, 'spec', 'volumeMode') ?? unset),
  ],
  '/persistentvolumes': [
    text('Capacity', (object) => stringAt(object, 'spec', 'capacity', 'storage') ?? ''),
    text('Access Modes', (object) => accessModes(stringsAt(object, 'spec', 'accessModes'))),
    text('Reclaim Policy', (object) => stringAt(object, 'spec', 'persistentVolumeReclaimPolicy')),
    text('Status', (object) =>
      object.metadata.deletionTimestamp === undefined ? stringAt(object, 'status', 'phase') : 'Terminating',
    ),
    text('Claim', (object) => {
      const claim = objectAt(object, 'spec', 'claimRef');
      const name = stringAt(claim, 'name');
      return name === undefined ? '' : `${stringAt(claim, 'namespace') ?? ''}/${name}`;
    }),
    text('StorageClass', (object) => stringAt(object, 'spec', 'storageClassName') ?? ''),
    text('VolumeAttributesClass', (object) => stringAt(object, 'spec', 'volumeAttributesClassName') ?? unset),
    text('Reason', (object) => stringAt(object, 'status', 'reason') ?? ''),
    ageColumn,
    wide('VolumeMode', (object) => stringAt(object, 'spec', 'volumeMode') ?? unset),
  ],
  'storage.k8s.io/storageclasses': [
    text('Provisioner', (object) => stringAt(object, 'provisioner')),
    text('ReclaimPolicy', (object) => stringAt(object, 'reclaimPolicy') ?? 'Delete'),
    text('VolumeBindingMode', (object) => stringAt(object, 'volumeBindingMode') ?? 'Immediate'),
    text('AllowVolumeExpansion', (object) => object['allowVolumeExpansion'] === true),
    ageColumn,
  ],
  'autoscaling/horizontalpodautoscalers': [
    text(
      'Reference',
      (object) =>
        `${stringAt(object, 'spec', 'scaleTargetRef', 'kind') ?? ''}/${stringAt(object, 'spec', 'scaleTargetRef', 'name') ?? ''}`,
    ),
    text('Targets', autoscalerTargets),
    text('MinPods', (object) => String(numberAt(object, 'spec', 'minReplicas') ?? unset)),
    text('MaxPods', (object) => numberAt(object, 'spec', 'maxReplicas') ?? 0),
    text('Replicas', (object) => numberAt(object, 'status', 'currentReplicas') ?? 0),
    ageColumn,
  ],
  'policy/poddisruptionbudgets': [
    text('Min Available', (object) => String(valueAt(object, 'spec', 'minAvailable') ?? 'N/A')),
    text('Max Unavailable', (object) => String(valueAt(object, 'spec', 'maxUnavailable') ?? 'N/A')),
    integer('Allowed Disruptions', (object) => numberAt(object, 'status', 'disruptionsAllowed')),
    ageColumn,
  ],
  'rbac.authorization.k8s.io/roles': [createdColumn],
  'rbac.authorization.k8s.io/clusterroles': [createdColumn],
  'rbac.authorization.k8s.io/rolebindings': bindingColumns(),
  'rbac.authorization.k8s.io/clusterrolebindings': bindingColumns(),
  'apiextensions.k8s.io/customresourcedefinitions': [createdColumn],
  'scheduling.k8s.io/priorityclasses': [
    integer('Value', (object) => numberAt(object, 'value')),
    boolean('Global-Default', (object) => object['globalDefault'] === true),
    ageColumn,
    text('PreemptionPolicy', (object) => stringAt(object, 'preemptionPolicy') ?? 'PreemptLowerPriority'),
  ],
  '/resourcequotas': [
    text('Request', (object) => quotaText(object, 'requests')),
    text('Limit', (object) => quotaText(object, 'limits')),
    ageColumn,
  ],
  '/limitranges': [createdColumn],
  'coordination.k8s.io/leases': [
    text('Holder', (object) => stringAt(object, 'spec', 'holderIdentity') ?? ''),
    ageColumn,
  ],
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': [
    integer('Webhooks', (object) => listAt(object, 'webhooks').length),
    ageColumn,
  ],
  'admissionregistration.k8s.io/validatingwebhookconfigurations': [
    integer('Webhooks', (object) => listAt(object, 'webhooks').length),
    ageColumn,
  ],
};

function controllerOf(object: StoredObject): string {
  const owner = objectsAt(object, 'metadata', 'ownerReferences').find((reference) => reference['controller'] === true);
  if (owner === undefined) return none;
  const apiVersion = stringAt(owner, 'apiVersion') ?? '';
  const group = apiVersion.includes('/') ? `.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : '';
  return `${(stringAt(owner, 'kind') ?? '').toLowerCase()}${group}/${stringAt(owner, 'name') ?? ''}`;
}

function hasCondition(object: StoredObject, type: string): boolean {
  return objectsAt(object, 'status', 'conditions').some(
    (condition) => condition['type'] === type && condition['status'] === 'True',
  );
}

function jobStatus(job: StoredObject): string {
  if (hasCondition(job, 'Complete')) return 'Complete';
  if (hasCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (hasCondition(job, 'Suspended')) return 'Suspended';
  if (hasCondition(job, 'FailureTarget')) return 'FailureTarget';
  return hasCondition(job, 'SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobCompletions(job: StoredObject): string {
  const succeeded = numberAt(job, 'status', 'succeeded') ?? 0;
  const completions = numberAt(job, 'spec', 'completions');
  if (completions !== undefined) return `${succeeded}/${completions}`;
  const parallelism = numberAt(job, 'spec', 'parallelism') ?? 1;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: StoredObject): string {
  const start = stringAt(job, 'status', 'startTime');
  if (start === undefined) return '';
  const end = stringAt(job, 'status', 'completionTime');
  return humanDuration((end === undefined ? Date.now() : Date.parse(end)) - Date.parse(start));
}

function firstFew(entries: string[], empty: string): string {
  if (entries.length === 0) return empty;
  const shown = entries.slice(0, 3).join(',');
  return entries.length > 3 ? `${shown} + ${entries.length - 3} more...` : shown;
}

function endpointAddresses(object: StoredObject): string {
  const addresses = objectsAt(object, 'subsets').flatMap((subset) => {
    const ports = objectsAt(subset, 'ports');
    const ips = objectsAt(subset, 'addresses').map((address) => stringAt(address, 'ip') ?? '');
    return ports.length === 0 ? ips : ports.flatMap((port) => ips.map((ip) => `${ip}:${String(port['port'])}`));
  });
  return firstFew(addresses, none);
}

function nodeStatus(node: StoredObject): string {
  const ready = objectsAt(node, 'status', 'conditions').find((condition) => condition['type'] === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return valueAt(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: StoredObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(node.metadata.labels ?? {})
    .filter((label) => label.startsWith(prefix) && label.length > prefix.length)
    .map((label) => label.slice(prefix.length));
  return roles.sort().join(',') || none;
}

function nodeAddress(node: StoredObject, type: string): string {
  const address = objectsAt(node, 'status', 'addresses').find((entry) => entry['type'] === type);
  return stringAt(address, 'address') ?? none;
}

/** For both APIs of events, which call the same things differently. */
function eventColumns(): Column[] {
  const involved = (object: StoredObject): JsonObject =>
    objectAt(object, object['regarding'] === undefined ? 'involvedObject' : 'regarding');
  const count = (object: StoredObject): number =>
    numberAt(object, 'series', 'count') ?? numberAt(object, 'count') ?? numberAt(object, 'deprecatedCount') ?? 1;
  const first = (object: StoredObject): string => {
    const at =
      stringAt(object, 'firstTimestamp') ??
      stringAt(object, 'deprecatedFirstTimestamp') ??
      stringAt(object, 'eventTime');
    return age(at);
  };
  return [
    text('Last Seen', (object) => {
      const last =
        stringAt(object, 'series', 'lastObservedTime') ??
        stringAt(object, 'lastTimestamp') ??
        stringAt(object, 'deprecatedLastTimestamp');
      return last === undefined ? first(object) : age(last);
    }),
    text('Type', (object) => stringAt(object, 'type')),
    text('Reason', (object) => stringAt(object, 'reason')),
    text('Object', (object) => {
      const { kind, name } = involved(object);
      return name === undefined || name === ''
        ? String(kind ?? '').toLowerCase()
        : `${String(kind ?? '').toLowerCase()}/${String(name)}`;
    }),
    wide('Subobject', (object) => stringAt(involved(object), 'fieldPath') ?? ''),
    wide('Source', (object) => {
      const component =
        stringAt(object, 'source', 'component') ??
        stringAt(object, 'reportingComponent') ??
        stringAt(object, 'reportingController') ??
        '';
      const host = stringAt(object, 'source', 'host') ?? stringAt(object, 'reportingInstance') ?? '';
      return host === '' ? component : `${component}, ${host}`;
    }),
    text('Message', (object) => (stringAt(object, 'message') ?? stringAt(object, 'note') ?? '').trim()),
    wide('First Seen', first),
    wide('Count', count),
    { ...wide('Name', (object) => object.metadata.name), format: 'name' },
  ];
}

function ingressHosts(ingress: StoredObject): string {
  const hosts = objectsAt(ingress, 'spec', 'rules').flatMap((rule) => stringAt(rule, 'host') ?? []);
  if (hosts.length === 0) return '*';
  return hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',');
}

const shortAccessModes: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(modes: string[]): string {
  return modes.map((mode) => shortAccessModes[mode] ?? mode).join(',');
}

function autoscalerTargets(autoscaler: StoredObject): string {
  const metrics = objectsAt(autoscaler, 'spec', 'metrics');
  const v1Target = numberAt(autoscaler, 'spec', 'targetCPUUtilizationPercentage');
  if (v1Target !== undefined) return `cpu: <unknown>/${v1Target}%`;
  if (metrics.length === 0) return none;
  return metrics
    .map((metric, index) => {
      const name = stringAt(metric, 'resource', 'name');
      const target = objectAt(metric, 'resource', 'target');
      const utilization = numberAt(target, 'averageUtilization');
      const current = numberAt(
        objectsAt(autoscaler, 'status', 'currentMetrics')[index],
        'resource',
        'current',
        'averageUtilization',
      );
      const shown = current === undefined ? '<unknown>' : `${current}%`;
      const wanted = utilization === undefined ? (stringAt(target, 'averageValue') ?? '<unknown>') : `${utilization}%`;
      return name === undefined ? `<unknown>/${wanted}` : `${name}: ${shown}/${wanted}`;
    })
    .join(', ');
}

function bindingColumns(): Column[] {
  const named = (object: StoredObject, kind: string): string =>
    objectsAt(object, 'subjects')
      .filter((subject) => subject['kind'] === kind)
      .map((subject) =>
        kind === 'ServiceAccount'
          ? `${stringAt(subject, 'namespace') ?? ''}/${stringAt(subject, 'name') ?? ''}`
          : (stringAt(subject, 'name') ?? ''),
      )
      .join(', ');
  return [
    text(
      'Role',
      (object) => `${stringAt(object, 'roleRef', 'kind') ?? ''}/${stringAt(object, 'roleRef', 'name') ?? ''}`,
    ),
    ageColumn,
    wide('Users', (object) => named(object, 'User')),
    wide('Groups', (object) => named(object, 'Group')),
    wide('ServiceAccounts', (object) => named(object, 'ServiceAccount')),
  ];
}

function quotaText(quota: StoredObject, side: 'requests' | 'limits'): string {
  const hard = objectAt(quota, 'status', 'hard');
  const used = objectAt(quota, 'status', 'used');
  return Object.entries(hard)
    .filter(([name]) => name.startsWith('limits.') === (side === 'limits'))
    .map(([name, limit]) => `${name}: ${String(used[name] ?? 0)}/${isObject(limit) ? '' : String(limit)}`)
    .join(', ');
}
