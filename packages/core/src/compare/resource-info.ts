import { milliValue } from '../diff/quantity.ts';
import { type Fields, fieldsOf, listOf, numberOf, specOf, statusOf, textOf } from '../health/fields.ts';
import { ANNOTATION_DEPLOYMENT_REVISION } from '../kubernetes/annotations.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';

/** A name and value shown on a node. */
export interface InfoItem {
  name: string;
  value: string;
}

/** The info items of an object: revision, pod facts and the labels that the settings want shown. */
export function infoOf(object: KubernetesObject, customLabels: readonly string[]): InfoItem[] {
  const info: InfoItem[] = [];
  const revision = revisionOf(object);
  if (revision !== undefined) info.push({ name: 'Revision', value: `Rev:${revision}` });
  if (object.kind === 'Pod' && object.apiVersion === 'v1') info.push(...podInfo(object));
  if (object.kind === 'Application' && groupVersionOf(object.apiVersion).group === 'argoproj.io') {
    const url = object.metadata.annotations?.['argocd.argoproj.io/managed-by-url'];
    if (url !== undefined) info.push({ name: 'managed-by-url', value: url });
  }
  for (const label of customLabels) {
    const value = object.metadata.labels?.[label];
    if (value !== undefined) info.push({ name: label, value });
  }
  return info;
}

function revisionOf(object: KubernetesObject): string | undefined {
  const annotations = object.metadata.annotations ?? {};
  return annotations?.[ANNOTATION_DEPLOYMENT_REVISION] ?? annotations?.['rollout.argoproj.io/revision'];
}

function podInfo(pod: KubernetesObject): InfoItem[] {
  const spec = specOf(pod);
  const { reason, restarts, ready, total } = podSummary(pod);
  const info: InfoItem[] = [];
  if (reason !== '') info.push({ name: 'Status Reason', value: reason });
  if (textOf(spec['nodeName']) !== '') info.push({ name: 'Node', value: textOf(spec['nodeName']) });
  info.push({ name: 'Containers', value: `${ready}/${total}` });
  if (restarts > 0) info.push({ name: 'Restart Count', value: String(restarts) });
  const cpu = requestsOf(spec, 'cpu');
  if (cpu > 0) info.push({ name: 'Requests (CPU)', value: String(cpu) });
  const memory = requestsOf(spec, 'memory');
  if (memory > 0) info.push({ name: 'Requests (MEM)', value: String(memory) });
  return info;
}

/** What the containers of a pod request together, in thousandths (of a core, of a byte). */
function requestsOf(spec: Fields, resource: 'cpu' | 'memory'): number {
  let sum = 0;
  for (const container of listOf(spec['containers'])) {
    const request = fieldsOf(fieldsOf(fieldsOf(container)['resources'])['requests'])[resource];
    if (typeof request === 'string' || typeof request === 'number') sum += milliValue(request) ?? 0;
  }
  return sum;
}

/** What `kubectl get pods` shows in READY, STATUS and RESTARTS. */
export function podSummary(pod: KubernetesObject): { reason: string; restarts: number; ready: number; total: number } {
  const spec = specOf(pod);
  const status = statusOf(pod);
  const containers = listOf(status['containerStatuses']).map(fieldsOf);
  const initStatuses = listOf(status['initContainerStatuses']).map(fieldsOf);
  const sidecars = new Set(
    listOf(spec['initContainers'])
      .map(fieldsOf)
      .filter((container) => container['restartPolicy'] === 'Always')
      .map((container) => textOf(container['name'])),
  );
  let reason = textOf(status['reason']) || textOf(status['phase']);
  let restarts = 0;
  let ready = 0;
  const total = listOf(spec['containers']).length + sidecars.size;

  const init = initReason(initStatuses, sidecars, listOf(spec['initContainers']).length);
  for (const one of initStatuses) {
    restarts += numberOf(one['restartCount']);
    if (sidecars.has(textOf(one['name'])) && one['ready'] === true) ready += 1;
  }
  if (init !== undefined && !isInitialized(status)) reason = init;
  else {
    const main = containersReason(containers, reason);
    reason = main.reason;
    restarts = sidecarRestarts(initStatuses, sidecars) + main.restarts;
    ready += main.ready;
    if (reason === 'Completed' && main.isRunning) reason = isReady(status) ? 'Running' : 'NotReady';
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    reason = textOf(status['reason']) === 'NodeLost' ? 'Unknown' : 'Terminating';
  }
  return { reason, restarts, ready, total };
}

/** `Init:1/3`, `Init:Error` and the like while an init container has not finished; undefined once all have. */
function initReason(statuses: readonly Fields[], sidecars: ReadonlySet<string>, total: number): string | undefined {
  for (const [index, one] of statuses.entries()) {
    const state = fieldsOf(one['state']);
    const terminated = state['terminated'] === undefined ? undefined : fieldsOf(state['terminated']);
    if (terminated !== undefined && numberOf(terminated['exitCode']) === 0) continue;
    if (sidecars.has(textOf(one['name'])) && one['started'] === true) continue;
    if (terminated !== undefined) return `Init:${terminationReason(terminated)}`;
    const waiting = textOf(fieldsOf(state['waiting'])['reason']);
    return waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return undefined;
}

function containersReason(
  containers: readonly Fields[],
  phase: string,
): { reason: string; restarts: number; ready: number; isRunning: boolean } {
  let reason = phase;
  let restarts = 0;
  let ready = 0;
  let isRunning = false;
  for (const one of containers.toReversed()) {
    restarts += numberOf(one['restartCount']);
    const state = fieldsOf(one['state']);
    const waiting = textOf(fieldsOf(state['waiting'])['reason']);
    if (waiting !== '') reason = waiting;
    else if (state['terminated'] !== undefined) reason = terminationReason(fieldsOf(state['terminated']));
    else if (one['ready'] === true && state['running'] !== undefined) {
      isRunning = true;
      ready += 1;
    }
  }
  return { reason, restarts, ready, isRunning };
}

function terminationReason(terminated: Fields): string {
  const reason = textOf(terminated['reason']);
  if (reason !== '') return reason;
  const signal = numberOf(terminated['signal']);
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberOf(terminated['exitCode'])}`;
}

function sidecarRestarts(statuses: readonly Fields[], sidecars: ReadonlySet<string>): number {
  return statuses
    .filter((one) => sidecars.has(textOf(one['name'])))
    .reduce((sum, one) => sum + numberOf(one['restartCount']), 0);
}

function isReady(status: Fields): boolean {
  return hasTrueCondition(status, 'Ready');
}

function isInitialized(status: Fields): boolean {
  return hasTrueCondition(status, 'Initialized');
}

function hasTrueCondition(status: Fields, type: string): boolean {
  return listOf(status['conditions'])
    .map(fieldsOf)
    .some((condition) => condition['type'] === type && condition['status'] === 'True');
}
