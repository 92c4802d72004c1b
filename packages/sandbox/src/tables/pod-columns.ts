import { type JsonObject, listAt, numberAt, objectAt, objectsAt, stringAt } from '../json.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { age } from './age.ts';
import type { Column } from './table.ts';

const none = '<none>';

export const podColumns: Column[] = [
  { name: 'Ready', type: 'string', cell: (pod) => `${summarize(pod).ready}/${summarize(pod).total}` },
  { name: 'Status', type: 'string', cell: (pod) => summarize(pod).reason },
  { name: 'Restarts', type: 'string', cell: restartsText },
  { name: 'Age', type: 'string', cell: (pod) => age(pod.metadata.creationTimestamp) },
  { name: 'IP', type: 'string', priority: 1, cell: (pod) => stringAt(pod, 'status', 'podIP') ?? none },
  { name: 'Node', type: 'string', priority: 1, cell: (pod) => stringAt(pod, 'spec', 'nodeName') ?? none },
  {
    name: 'Nominated Node',
    type: 'string',
    priority: 1,
    cell: (pod) => stringAt(pod, 'status', 'nominatedNodeName') ?? none,
  },
  { name: 'Readiness Gates', type: 'string', priority: 1, cell: readinessGates },
];

interface PodSummary {
  ready: number;
  total: number;
  reason: string;
}

/** One word for a Pod, decided as kubectl's printer does: the phase, unless a container tells more. */
function summarize(pod: StoredObject): PodSummary {
  let reason = stringAt(pod, 'status', 'reason') ?? stringAt(pod, 'status', 'phase') ?? 'Unknown';
  const initContainers = objectsAt(pod, 'spec', 'initContainers');
  const statuses = objectsAt(pod, 'status', 'containerStatuses');
  let ready = statuses.filter((status) => status['ready'] === true && 'running' in objectAt(status, 'state')).length;
  let total = listAt(pod, 'spec', 'containers').length;
  const initStatuses = objectsAt(pod, 'status', 'initContainerStatuses');
  const isSidecar = (name: unknown): boolean =>
    initContainers.some((container) => container['name'] === name && container['restartPolicy'] === 'Always');
  total += initContainers.filter((container) => container['restartPolicy'] === 'Always').length;
  ready += initStatuses.filter((status) => isSidecar(status['name']) && status['ready'] === true).length;

  const initReason = initializingReason(initStatuses, initContainers.length, isSidecar);
  if (initReason !== undefined) reason = initReason;
  else {
    const found = containersReason(statuses);
    if (found !== undefined) reason = found;
    const hasRunning = statuses.some((status) => 'running' in objectAt(status, 'state') && status['ready'] === true);
    if (reason === 'Completed' && hasRunning) reason = hasReadyCondition(pod) ? 'Running' : 'NotReady';
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (stringAt(pod, 'status', 'reason') === 'NodeLost') reason = 'Unknown';
    else if (stringAt(pod, 'status', 'phase') !== 'Succeeded' && stringAt(pod, 'status', 'phase') !== 'Failed')
      reason = 'Terminating';
  }
  return { ready, total, reason };
}

function initializingReason(
  statuses: JsonObject[],
  total: number,
  isSidecar: (name: unknown) => boolean,
): string | undefined {
  for (const [index, status] of statuses.entries()) {
    const state = objectAt(status, 'state');
    const terminated = objectAt(state, 'terminated');
    if ('terminated' in state && terminated['exitCode'] === 0) continue;
    if (isSidecar(status['name']) && status['started'] === true) continue;
    if ('terminated' in state) return `Init:${terminatedReason(terminated)}`;
    const waiting = stringAt(state, 'waiting', 'reason');
    if (waiting !== undefined && waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${index}/${total}`;
  }
  return undefined;
}

function containersReason(statuses: JsonObject[]): string | undefined {
  let reason: string | undefined;
  for (const status of [...statuses].reverse()) {
    const state = objectAt(status, 'state');
    const waiting = stringAt(state, 'waiting', 'reason');
    if (waiting !== undefined && waiting !== '') reason = waiting;
    else if ('terminated' in state) reason = terminatedReason(objectAt(state, 'terminated'));
  }
  return reason;
}

function terminatedReason(terminated: JsonObject): string {
  const reason = stringAt(terminated, 'reason') ?? '';
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}` : `Signal:${signal}`;
}

function hasReadyCondition(pod: StoredObject): boolean {
  return objectsAt(pod, 'status', 'conditions').some(
    (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
  );
}

function restartsText(pod: StoredObject): string {
  const statuses = objectsAt(pod, 'status', 'containerStatuses');
  const restarts = statuses.reduce((sum, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0);
  const lastRestart = statuses
    .flatMap((status) => stringAt(status, 'lastState', 'terminated', 'finishedAt') ?? [])
    .sort()
    .at(-1);
  return restarts > 0 && lastRestart !== undefined ? `${restarts} (${age(lastRestart)} ago)` : String(restarts);
}

function readinessGates(pod: StoredObject): string {
  const gates = objectsAt(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return none;
  const conditions = objectsAt(pod, 'status', 'conditions');
  const met = gates.filter((gate) =>
    conditions.some((condition) => condition['type'] === gate['conditionType'] && condition['status'] === 'True'),
  );
  return `${met.length}/${gates.length}`;
}
