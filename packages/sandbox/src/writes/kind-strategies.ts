import { cloneJson, equalJson, isObject, type JsonObject, objectAt, stringAt, stringMapAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { timestamp } from './write-request.ts';

/** Built-in resources whose `metadata.generation` counts changes of their spec. */
const generational = new Set([
  '/pods',
  '/replicationcontrollers',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'apiextensions.k8s.io/customresourcedefinitions',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'batch/cronjobs',
  'batch/jobs',
  'networking.k8s.io/ingressclasses',
  'networking.k8s.io/ingresses',
  'networking.k8s.io/networkpolicies',
  'policy/poddisruptionbudgets',
  'scheduling.k8s.io/priorityclasses',
]);

export function startsGeneration(type: ResourceType): boolean {
  return type.custom !== undefined || generational.has(type.id);
}

/** Whether this write is a change of intent: of the spec, or of anything but metadata where status is not apart. */
export function bumpsGeneration(
  type: ResourceType,
  live: StoredObject,
  next: StoredObject,
  subresource: string,
): boolean {
  if (subresource === 'status' || !startsGeneration(type)) return false;
  if (type.id === '/pods') return !equalJson(withoutNode(live), withoutNode(next));
  for (const key of new Set([...Object.keys(live), ...Object.keys(next)])) {
    if (key === 'metadata' || key === 'apiVersion' || (key === 'status' && type.hasStatus)) continue;
    if (!equalJson(live[key], next[key])) return true;
  }
  return false;
}

/** Binding a Pod to its node is not a change of intent. */
function withoutNode(pod: StoredObject): unknown {
  return { ...objectAt(pod, 'spec'), nodeName: undefined };
}

/** What a kind's strategy changes of an object that is about to be created. */
export function prepareForCreate(type: ResourceType, given: StoredObject): StoredObject {
  const object: StoredObject = { ...given, metadata: { ...given.metadata } };
  if (type.hasStatus) delete object['status'];
  switch (type.id) {
    case '/namespaces':
      object['status'] = { phase: 'Active' };
      object['spec'] = { ...objectAt(object, 'spec'), finalizers: ['kubernetes'] };
      object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
      return object;
    case '/pods':
      object['status'] = { phase: 'Pending', qosClass: podQualityOfService(object) };
      return object;
    case '/services':
      object['status'] = { loadBalancer: {} };
      return object;
    case '/persistentvolumeclaims':
      object['status'] = { phase: 'Pending' };
      return object;
    case 'batch/jobs':
      return generateJobSelector(object);
    case 'apiextensions.k8s.io/customresourcedefinitions':
      object['status'] = {
        conditions: null,
        acceptedNames: { plural: '', kind: '' },
        storedVersions: storageVersions(object),
      };
      return object;
    case 'autoscaling/horizontalpodautoscalers':
      object['status'] = { desiredReplicas: 0, currentMetrics: null };
      return object;
    case 'networking.k8s.io/ingresses':
      object['status'] = { loadBalancer: {} };
      return object;
    case 'policy/poddisruptionbudgets':
      object['status'] = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
      return object;
    case 'apps/daemonsets':
      object['status'] = {
        currentNumberScheduled: 0,
        desiredNumberScheduled: 0,
        numberMisscheduled: 0,
        numberReady: 0,
      };
      return object;
    case 'apps/replicasets':
    case '/replicationcontrollers':
      object['status'] = { replicas: 0 };
      return object;
    case 'apps/statefulsets':
      object['status'] = { availableReplicas: 0, replicas: 0 };
      return object;
    case '/persistentvolumes':
      object['status'] = { phase: 'Pending', lastPhaseTransitionTime: timestamp() };
      return object;
    case '/resourcequotas':
    case 'apps/deployments':
    case 'batch/cronjobs':
      object['status'] = {};
      return object;
    default:
      return object;
  }
}

/** What a kind's strategy keeps from the stored object when it is changed. */
export function prepareForUpdate(type: ResourceType, given: StoredObject, live: StoredObject): StoredObject {
  const object: StoredObject = { ...given, metadata: { ...given.metadata } };
  switch (type.id) {
    case '/namespaces':
      object['spec'] = live['spec'];
      object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
      return object;
    case '/services':
      return keepServiceAddresses(object, live);
    case '/persistentvolumeclaims':
      return keepVolumeName(object, live);
    case 'batch/jobs':
      return keepJobSelector(object, live);
    default:
      return object;
  }
}

function storageVersions(definition: StoredObject): string[] {
  const versions = objectAt(definition, 'spec')['versions'];
  if (!Array.isArray(versions)) return [];
  return versions
    .filter((version) => isObject(version) && version['storage'] === true)
    .map((version) => stringAt(version, 'name') ?? '');
}

/** A Job without a selector of its own selects its Pods by its uid, and labels them so. */
function generateJobSelector(job: StoredObject): StoredObject {
  const spec = objectAt(job, 'spec');
  if (spec['manualSelector'] === true) return job;
  const uid = job.metadata.uid;
  const generated = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': job.metadata.name,
    'controller-uid': uid,
    'job-name': job.metadata.name,
  };
  const template = objectAt(spec, 'template');
  const metadata = objectAt(template, 'metadata');
  const given = stringMapAt(metadata, 'labels');
  const labels = { ...generated, ...given };
  // A Job without labels takes those of its Pods, the generated ones included.
  const hasOwnLabels = job.metadata.labels !== undefined && !equalJson(job.metadata.labels, given);
  return {
    ...job,
    spec: {
      ...spec,
      ...(spec['selector'] === undefined
        ? { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } } }
        : {}),
      template: { ...template, metadata: { ...metadata, labels } },
    },
    metadata: { ...job.metadata, labels: hasOwnLabels ? (job.metadata.labels ?? {}) : labels },
    status: {},
  };
}

/**
 * A client that replaces a Job from its manifest does not know the generated selector and labels: they are kept, as the
 * rest of an immutable template must be equal anyway.
 */
function keepJobSelector(job: StoredObject, live: StoredObject): StoredObject {
  const spec = objectAt(job, 'spec');
  if (spec['manualSelector'] === true || spec['selector'] !== undefined) return job;
  const template = objectAt(spec, 'template');
  const metadata = objectAt(template, 'metadata');
  return {
    ...job,
    spec: {
      ...spec,
      selector: cloneJson(objectAt(live, 'spec', 'selector')),
      template: {
        ...template,
        metadata: {
          ...metadata,
          labels: { ...objectAt(live, 'spec', 'template', 'metadata', 'labels'), ...objectAt(metadata, 'labels') },
        },
      },
    },
  };
}

/** A Service that was given addresses keeps them when an update leaves them out. */
function keepServiceAddresses(service: StoredObject, live: StoredObject): StoredObject {
  const spec = objectAt(service, 'spec');
  const before = objectAt(live, 'spec');
  if (spec['type'] === 'ExternalName' || before['type'] === 'ExternalName') return service;
  const kept: Record<string, unknown> = {};
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) {
    if (spec[field] === undefined && before[field] !== undefined) kept[field] = before[field];
  }
  if (typeof spec['clusterIP'] === 'string' && spec['clusterIPs'] === undefined)
    kept['clusterIPs'] = [spec['clusterIP']];
  const ports = Array.isArray(spec['ports'])
    ? spec['ports'].map((port) => keepNodePort(port, before['ports'], spec['type']))
    : spec['ports'];
  return { ...service, spec: { ...spec, ...kept, ...(ports === undefined ? {} : { ports }) } };
}

function keepNodePort(port: unknown, before: unknown, serviceType: unknown): unknown {
  if (isObject(port) && serviceType === 'ClusterIP' && Array.isArray(before)) return dropOldNodePort(port, before);
  if (!isObject(port) || port['nodePort'] !== undefined || !Array.isArray(before)) return port;
  if (serviceType !== 'NodePort' && serviceType !== 'LoadBalancer') return port;
  const same = before.find(
    (other) => isObject(other) && other['port'] === port['port'] && other['protocol'] === port['protocol'],
  );
  return isObject(same) && same['nodePort'] !== undefined ? { ...port, nodePort: same['nodePort'] } : port;
}

/** Who changes the type only is not to blame for node ports that came with the old one. */
function dropOldNodePort(port: JsonObject, before: unknown[]): JsonObject {
  const wasThere = before.some((other) => isObject(other) && other['nodePort'] === port['nodePort']);
  if (port['nodePort'] === undefined || !wasThere) return port;
  const { nodePort: _dropped, ...rest } = port;
  return rest;
}

function keepVolumeName(claim: StoredObject, live: StoredObject): StoredObject {
  const before = objectAt(live, 'spec');
  const spec = objectAt(claim, 'spec');
  const kept: Record<string, unknown> = {};
  for (const field of ['volumeName', 'storageClassName', 'volumeMode']) {
    if (spec[field] === undefined && before[field] !== undefined) kept[field] = before[field];
  }
  return { ...claim, spec: { ...spec, ...kept } };
}

function podQualityOfService(pod: StoredObject): string {
  const containers = [objectAt(pod, 'spec')['containers'], objectAt(pod, 'spec')['initContainers']].flatMap((list) =>
    Array.isArray(list) ? list.map((container) => objectAt(container, 'resources')) : [],
  );
  if (
    containers.every(
      (resources) =>
        Object.keys(objectAt(resources, 'requests')).length + Object.keys(objectAt(resources, 'limits')).length === 0,
    )
  ) {
    return 'BestEffort';
  }
  const guaranteed = containers.every((resources) => {
    const limits = objectAt(resources, 'limits');
    const requests = { ...limits, ...objectAt(resources, 'requests') };
    return ['cpu', 'memory'].every((name) => limits[name] !== undefined && limits[name] === requests[name]);
  });
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** A terminating Namespace shows it in its phase. */
export function markTerminating(type: ResourceType, object: StoredObject): StoredObject {
  if (type.id !== '/namespaces') return object;
  return { ...object, status: { ...objectAt(object, 'status'), phase: 'Terminating' } };
}

/** A condition as status lists it, with its transition now. */
export function condition(
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
): Record<string, unknown> {
  return { lastTransitionTime: timestamp(), message, reason, status, type };
}
