import type { InternalClient } from '../../storage/internal-client.ts';
import { hostAddress } from '../kubelet/kubelet.ts';
import { NODES } from '../machinery/objects.ts';
import { timestamp } from '../machinery/timing.ts';

const MANAGER = 'kubelet';
const capacity = { cpu: '64', memory: '256Gi', pods: '20000', 'ephemeral-storage': '500Gi' };

/** Registers the sandbox's nodes, as their kubelets would; nodes that are there stay as they are. */
export function registerNodes(client: InternalClient, names: string[], now: number): void {
  for (const name of names) if (client.get(NODES, '', name) === undefined) register(client, name, now);
}

function register(client: InternalClient, name: string, now: number): void {
  const { metadata, status, ...rest } = nodeDocument(name, now);
  const node = client.create(NODES, { ...rest, metadata }, MANAGER);
  client.updateStatus(NODES, { ...node, status }, MANAGER);
}

/** A healthy node with room for everything. `logPort` is where its kubelet serves logs, for those who serve them. */
export function nodeDocument(
  name: string,
  now: number,
  { address = hostAddress(name), logPort }: { address?: string; logPort?: number } = {},
) {
  const time = timestamp(now);
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': `zone-${((Number(/(\d+)$/.exec(name)?.[1] ?? 1) - 1) % 3) + 1}`,
      },
    },
    spec: {},
    status: {
      capacity,
      allocatable: capacity,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      ...(logPort === undefined ? {} : { daemonEndpoints: { kubeletEndpoint: { Port: logPort } } }),
      nodeInfo: {
        machineID: name,
        systemUUID: name,
        bootID: name,
        kernelVersion: '6.1.0',
        osImage: 'Lockstep Sandbox',
        containerRuntimeVersion: 'containerd://2.1.4',
        kubeletVersion: 'v1.34.3',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  };
}
