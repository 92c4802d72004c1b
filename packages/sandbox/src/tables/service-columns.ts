import { objectsAt, stringAt, stringMapAt, stringsAt } from '../json.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { age } from './age.ts';
import type { Column } from './table.ts';

const none = '<none>';

export const serviceColumns: Column[] = [
  { name: 'Type', type: 'string', cell: (service) => stringAt(service, 'spec', 'type') },
  { name: 'Cluster-IP', type: 'string', cell: (service) => stringAt(service, 'spec', 'clusterIP') ?? none },
  { name: 'External-IP', type: 'string', cell: externalAddress },
  { name: 'Port(s)', type: 'string', cell: portsText },
  { name: 'Age', type: 'string', cell: (service) => age(service.metadata.creationTimestamp) },
  { name: 'Selector', type: 'string', priority: 1, cell: selectorText },
];

function externalAddress(service: StoredObject): string {
  const external = stringsAt(service, 'spec', 'externalIPs');
  switch (stringAt(service, 'spec', 'type')) {
    case 'LoadBalancer': {
      const balancers = objectsAt(service, 'status', 'loadBalancer', 'ingress').map(
        (entry) => stringAt(entry, 'ip') ?? stringAt(entry, 'hostname') ?? '',
      );
      const addresses = [...new Set([...balancers, ...external])];
      return addresses.length === 0 ? '<pending>' : addresses.join(',');
    }
    case 'ExternalName':
      return stringAt(service, 'spec', 'externalName') ?? none;
    default:
      return external.length === 0 ? none : external.join(',');
  }
}

function portsText(service: StoredObject): string {
  const ports = objectsAt(service, 'spec', 'ports').map((port) => {
    const node = typeof port['nodePort'] === 'number' ? `:${port['nodePort']}` : '';
    return `${String(port['port'])}${node}/${String(port['protocol'] ?? 'TCP')}`;
  });
  return ports.length === 0 ? none : ports.join(',');
}

function selectorText(service: StoredObject): string {
  const pairs = Object.entries(stringMapAt(service, 'spec', 'selector')).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? none : pairs.sort().join(',');
}
