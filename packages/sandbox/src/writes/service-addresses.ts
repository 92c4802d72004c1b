import { isObject, objectAt, objectsAt, stringAt } from '../json.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore } from '../storage/object-store.ts';

const nodePorts = { first: 30_000, last: 32_767 };

/** Gives a Service the cluster IP and node ports that its type needs and that it does not name itself. */
export function allocateServiceAddresses(
  store: ObjectStore,
  service: StoredObject,
  live: StoredObject | undefined,
): StoredObject {
  const spec = { ...objectAt(service, 'spec') };
  const serviceType = stringAt(spec, 'type') ?? 'ClusterIP';
  if (serviceType === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
      delete spec[field];
    return { ...service, spec };
  }
  const before = stringAt(live, 'spec', 'clusterIP');
  const address = (stringAt(spec, 'clusterIP') ?? '') || (before ?? freeAddress(store));
  spec['clusterIP'] = address;
  spec['clusterIPs'] = [address];
  spec['ipFamilies'] ??= ['IPv4'];
  spec['ipFamilyPolicy'] ??= 'SingleStack';
  spec['internalTrafficPolicy'] ??= 'Cluster';
  if (serviceType === 'NodePort' || serviceType === 'LoadBalancer') {
    spec['externalTrafficPolicy'] ??= 'Cluster';
    if (serviceType === 'LoadBalancer') spec['allocateLoadBalancerNodePorts'] ??= true;
    spec['ports'] = withNodePorts(store, objectsAt(spec, 'ports'));
  } else {
    delete spec['externalTrafficPolicy'];
    spec['ports'] = objectsAt(spec, 'ports').map(({ nodePort: _nodePort, ...port }) => port);
  }
  if (Array.isArray(spec['ports']) && spec['ports'].length === 0) delete spec['ports'];
  return { ...service, spec };
}

/** The next unused address of 10.96.0.0/16; the first ten are for the cluster's own Services. */
function freeAddress(store: ObjectStore): string {
  const used = new Set(store.list('/services').map((service) => stringAt(service, 'spec', 'clusterIP')));
  // Starting from the revision keeps addresses of deleted Services unused for long, as random allocation would.
  for (let offset = 0; offset < 65_000; offset += 1) {
    const number = 10 + ((store.revision * 7 + offset) % 65_000);
    const address = `10.96.${number >> 8}.${number & 255}`;
    if (!used.has(address)) return address;
  }
  throw new Error('failed to allocate IP: range is full');
}

function withNodePorts(store: ObjectStore, ports: Record<string, unknown>[]): Record<string, unknown>[] {
  const used = new Set<unknown>();
  for (const service of store.list('/services')) {
    for (const port of objectsAt(service, 'spec', 'ports')) used.add(port['nodePort']);
  }
  let next = nodePorts.first + ((store.revision * 13) % (nodePorts.last - nodePorts.first));
  return ports.map((port) => {
    if (typeof port['nodePort'] === 'number' && port['nodePort'] > 0) return port;
    while (used.has(next)) next = next >= nodePorts.last ? nodePorts.first : next + 1;
    used.add(next);
    return isObject(port) ? { ...port, nodePort: next } : port;
  });
}
