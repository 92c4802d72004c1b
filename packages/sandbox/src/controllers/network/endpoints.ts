import { equalJson } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  type Watch,
  watchSelf,
} from '../machinery/controller.ts';
import {
  type Container,
  ENDPOINT_SLICES,
  ENDPOINTS,
  NODES,
  PODS,
  type Pod,
  SERVICES,
  type Service,
  type ServicePort,
} from '../machinery/objects.ts';
import { controllerReference } from '../machinery/ownership.ts';
import { safeSuffix } from '../machinery/safe-name.ts';
import { isFinished, isReady, isTerminating } from '../pods/pod-facts.ts';

const NAME = 'endpoints';
const MANAGER = 'kube-controller-manager';
const SLICE_SIZE = 100;
/** Beyond this many addresses an Endpoints object is truncated, as upstream; EndpointSlices have them all. */
const MAX_ADDRESSES = 1000;

interface Backend {
  pod: Pod;
  ip: string;
  isReady: boolean;
}

interface ResolvedPort {
  name: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

/** Lists the Pods behind each Service that has a selector, as Endpoints and as EndpointSlices. */
export function endpointsController(context: ControllerContext): Controller {
  const { client } = context;
  /** Services with a selector by namespace, so that a change of a Pod finds its Services without reading all. */
  const selectors = new Map<string, Map<string, [string, string][]>>();
  /** The labels a Pod had, to find the Services it left. */
  const behind = new Map<string, Set<string>>();

  return { name: NAME, watches: [watchServices(), watchPods(), watchEndpoints()], reconcile };

  function watchServices(): Watch {
    const self = watchSelf(SERVICES);
    return {
      resource: SERVICES,
      keys(change) {
        const service = change.object as Service;
        const namespace = service.metadata.namespace ?? '';
        const entries = Object.entries(service.spec.selector ?? {});
        const known = selectors.get(namespace) ?? new Map<string, [string, string][]>();
        if (change.type === 'DELETED' || entries.length === 0) known.delete(service.metadata.name);
        else known.set(service.metadata.name, entries);
        if (known.size === 0) selectors.delete(namespace);
        else selectors.set(namespace, known);
        return self.keys(change);
      },
    };
  }

  function watchPods(): Watch {
    return {
      resource: PODS,
      keys({ type, object }) {
        const before = behind.get(object.metadata.uid) ?? new Set<string>();
        const now = type === 'DELETED' ? new Set<string>() : servicesOf(object);
        if (now.size === 0) behind.delete(object.metadata.uid);
        else behind.set(object.metadata.uid, now);
        return new Set([...before, ...now]);
      },
    };
  }

  /** Somebody who deletes the Endpoints of a Service gets them back. */
  function watchEndpoints(): Watch {
    return {
      resource: ENDPOINTS,
      keys: ({ type, object }) => (type === 'DELETED' ? [keyOf(object)] : []),
    };
  }

  function servicesOf(pod: StoredObject): Set<string> {
    const labels = pod.metadata.labels ?? {};
    const found = new Set<string>();
    for (const [name, entries] of selectors.get(pod.metadata.namespace ?? '') ?? []) {
      if (entries.every(([label, value]) => labels[label] === value)) found.add(`${pod.metadata.namespace}/${name}`);
    }
    return found;
  }

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const service = client.get(SERVICES, namespace, name) as Service | undefined;
    if (service === undefined) {
      removeEndpoints(namespace, name);
      return;
    }
    const entries = Object.entries(service.spec.selector ?? {});
    if (
      entries.length === 0 ||
      service.spec.type === 'ExternalName' ||
      service.metadata.deletionTimestamp !== undefined
    )
      return;
    const backends = (client.list(PODS, namespace) as Pod[])
      .filter((pod) => entries.every(([label, value]) => pod.metadata.labels?.[label] === value))
      .flatMap((pod) => backendOf(service, pod) ?? []);
    writeEndpoints(service, backends);
    writeSlices(service, backends);
  }

  function removeEndpoints(namespace: string, name: string): void {
    const endpoints = client.get(ENDPOINTS, namespace, name);
    if (endpoints?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller')
      client.delete(ENDPOINTS, namespace, name);
  }

  function writeEndpoints(service: Service, backends: Backend[]): void {
    const namespace = service.metadata.namespace ?? '';
    const subsets = byPorts(service, backends.slice(0, MAX_ADDRESSES)).map(({ ports, members }) => ({
      ...addressesOf(
        'addresses',
        members.filter((backend) => backend.isReady),
      ),
      ...addressesOf(
        'notReadyAddresses',
        members.filter((backend) => !backend.isReady),
      ),
      ...(ports.length === 0 ? {} : { ports: ports.map(withoutEmptyName) }),
    }));
    const labels = { ...service.metadata.labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
    const wanted = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: service.metadata.name, namespace, labels },
      ...(subsets.length === 0 ? {} : { subsets }),
    };
    const existing = client.get(ENDPOINTS, namespace, service.metadata.name);
    if (existing === undefined) client.create(ENDPOINTS, wanted, MANAGER);
    else if (!equalJson(existing['subsets'] ?? [], subsets) || !equalJson(existing.metadata.labels, labels)) {
      const { subsets: _before, ...rest } = existing;
      client.update(ENDPOINTS, { ...rest, ...wanted, metadata: { ...existing.metadata, labels } }, MANAGER);
    }
  }

  function zoneOf(pod: Pod): object {
    const zone = client.get(NODES, '', pod.spec.nodeName ?? '')?.metadata.labels?.['topology.kubernetes.io/zone'];
    return zone === undefined ? {} : { zone };
  }

  function writeSlices(service: Service, backends: Backend[]): void {
    const namespace = service.metadata.namespace ?? '';
    const wanted = byPorts(service, backends).flatMap(({ ports, members }, group) =>
      chunks(members, SLICE_SIZE).map((chunk, index) => sliceOf(service, ports, chunk, `${group}/${index}`, zoneOf)),
    );
    if (wanted.length === 0) wanted.push(sliceOf(service, [], [], '0/0', zoneOf));
    const names = new Set(wanted.map(({ metadata }) => metadata.name));
    for (const { resource, object } of client.ownedBy(service.metadata.uid)) {
      if (resource.resource !== ENDPOINT_SLICES.resource || names.has(object.metadata.name)) continue;
      client.delete(ENDPOINT_SLICES, namespace, object.metadata.name, { uid: object.metadata.uid });
    }
    for (const slice of wanted) {
      const existing = client.get(ENDPOINT_SLICES, namespace, slice.metadata.name);
      if (existing === undefined) client.create(ENDPOINT_SLICES, slice, MANAGER);
      else if (!equalJson(existing['endpoints'], slice.endpoints) || !equalJson(existing['ports'], slice.ports)) {
        client.update(ENDPOINT_SLICES, { ...existing, endpoints: slice.endpoints, ports: slice.ports }, MANAGER);
      }
    }
  }
}

function backendOf(service: Service, pod: Pod): Backend | undefined {
  const ip = pod.status?.podIP;
  if (ip === undefined || isFinished(pod) || isTerminating(pod)) return undefined;
  return { pod, ip, isReady: service.spec.publishNotReadyAddresses === true || isReady(pod) };
}

/** Pods may give a named port different numbers: those that agree share a subset. */
function byPorts(service: Service, backends: Backend[]): { ports: ResolvedPort[]; members: Backend[] }[] {
  const groups = new Map<string, { ports: ResolvedPort[]; members: Backend[] }>();
  for (const backend of backends) {
    const ports = (service.spec.ports ?? []).flatMap((port) => resolvePort(port, backend.pod) ?? []);
    const id = JSON.stringify(ports);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { ports, members: [backend] });
    else group.members.push(backend);
  }
  return [...groups.values()];
}

function resolvePort(
  { name = '', port, protocol = 'TCP', appProtocol, targetPort = port }: ServicePort,
  pod: Pod,
): ResolvedPort | undefined {
  const number = typeof targetPort === 'number' ? targetPort : containerPort(pod.spec.containers, targetPort, protocol);
  return number === undefined
    ? undefined
    : { name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) };
}

function containerPort(containers: Container[], name: string, protocol: string): number | undefined {
  return containers
    .flatMap(({ ports = [] }) => ports)
    .find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort;
}

function targetRef(pod: Pod) {
  const { name, namespace, uid } = pod.metadata;
  return { kind: 'Pod', name, namespace, uid };
}

function addressesOf(field: 'addresses' | 'notReadyAddresses', backends: Backend[]) {
  if (backends.length === 0) return {};
  return { [field]: backends.map(({ pod, ip }) => ({ ip, nodeName: pod.spec.nodeName, targetRef: targetRef(pod) })) };
}

function withoutEmptyName({ name, ...port }: ResolvedPort) {
  return name === '' ? port : { name, ...port };
}

function sliceOf(
  service: Service,
  ports: ResolvedPort[],
  backends: Backend[],
  place: string,
  zone: (pod: Pod) => object,
) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service.metadata.name}-${safeSuffix(`${service.metadata.name}/${place}`)}`,
      namespace: service.metadata.namespace,
      generateName: `${service.metadata.name}-`,
      labels: {
        ...service.metadata.labels,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': service.metadata.name,
      },
      ownerReferences: [controllerReference(service)],
    },
    addressType: 'IPv4',
    endpoints: backends.map(({ pod, ip, isReady: ready }) => ({
      addresses: [ip],
      conditions: { ready, serving: ready, terminating: false },
      nodeName: pod.spec.nodeName,
      targetRef: targetRef(pod),
      ...zone(pod),
    })),
    ports,
  };
}

function chunks<Item>(items: Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
