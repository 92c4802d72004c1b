import type { JsonObject } from '@lockstep/structured-merge';
import { ensureObject, fill, fillZero, objectAt, objectsAt } from './fill.ts';
import { defaultPullPolicy } from './image-pull-policy.ts';

/** A Pod: its spec, and what a template does not get: requests from limits, service links, host ports. */
export function defaultPod(pod: JsonObject): void {
  const spec = ensureObject(pod, 'spec');
  defaultPodSpec(spec);
  for (const container of [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')]) {
    const resources = objectAt(container, 'resources');
    const limits = objectAt(resources, 'limits');
    if (resources !== undefined && limits !== undefined) {
      resources['requests'] = { ...limits, ...objectAt(resources, 'requests') };
    }
    if (spec['hostNetwork'] !== true) continue;
    for (const port of objectsAt(container, 'ports')) fillZero(port, 'hostPort', port['containerPort']);
  }
  fill(spec, 'enableServiceLinks', true);
}

/** The pod template of a workload. */
export function defaultPodTemplate(template: JsonObject | undefined): void {
  if (template !== undefined) defaultPodSpec(ensureObject(template, 'spec'));
}

function defaultPodSpec(spec: JsonObject): void {
  fillZero(spec, 'dnsPolicy', 'ClusterFirst');
  fillZero(spec, 'restartPolicy', 'Always');
  fill(spec, 'securityContext', {});
  fill(spec, 'terminationGracePeriodSeconds', 30);
  fillZero(spec, 'schedulerName', 'default-scheduler');
  // The old name of the field is always served beside the new one.
  fillZero(spec, 'serviceAccountName', spec['serviceAccount']);
  if (spec['serviceAccountName'] === undefined) delete spec['serviceAccountName'];
  else spec['serviceAccount'] = spec['serviceAccountName'];
  for (const volume of objectsAt(spec, 'volumes')) defaultVolume(volume);
  for (const key of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of objectsAt(spec, key)) defaultContainer(container);
  }
}

function defaultContainer(container: JsonObject): void {
  fillZero(container, 'imagePullPolicy', defaultPullPolicy(String(container['image'] ?? '')));
  fillZero(container, 'terminationMessagePath', '/dev/termination-log');
  fillZero(container, 'terminationMessagePolicy', 'File');
  // Not a pointer in Go, so it is always served.
  fill(container, 'resources', {});
  for (const port of objectsAt(container, 'ports')) fillZero(port, 'protocol', 'TCP');
  for (const variable of objectsAt(container, 'env')) defaultFieldRef(objectAt(variable, 'valueFrom', 'fieldRef'));
  for (const variable of objectsAt(container, 'env')) {
    const resource = objectAt(variable, 'valueFrom', 'resourceFieldRef');
    if (resource !== undefined) fillZero(resource, 'divisor', '0');
    const file = objectAt(variable, 'valueFrom', 'fileKeyRef');
    if (file !== undefined) fill(file, 'optional', false);
  }
  for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(objectAt(container, key));
  for (const key of ['postStart', 'preStop']) defaultHttpGet(objectAt(container, 'lifecycle', key, 'httpGet'));
}

function defaultProbe(probe: JsonObject | undefined): void {
  if (probe === undefined) return;
  fillZero(probe, 'timeoutSeconds', 1);
  fillZero(probe, 'periodSeconds', 10);
  fillZero(probe, 'successThreshold', 1);
  fillZero(probe, 'failureThreshold', 3);
  defaultHttpGet(objectAt(probe, 'httpGet'));
  const grpc = objectAt(probe, 'grpc');
  if (grpc !== undefined) fill(grpc, 'service', '');
}

function defaultHttpGet(httpGet: JsonObject | undefined): void {
  if (httpGet === undefined) return;
  fillZero(httpGet, 'path', '/');
  fillZero(httpGet, 'scheme', 'HTTP');
}

function defaultFieldRef(fieldRef: JsonObject | undefined): void {
  if (fieldRef !== undefined) fillZero(fieldRef, 'apiVersion', 'v1');
}

/** Files readable by everyone, writable by their owner. */
const defaultMode = 0o644;

function defaultVolume(volume: JsonObject): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume['emptyDir'] = {};
  for (const key of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const source = objectAt(volume, key);
    if (source !== undefined) fill(source, 'defaultMode', defaultMode);
  }
  for (const item of objectsAt(volume, 'downwardAPI', 'items')) defaultFieldRef(objectAt(item, 'fieldRef'));
  for (const source of objectsAt(volume, 'projected', 'sources')) {
    for (const item of objectsAt(source, 'downwardAPI', 'items')) defaultFieldRef(objectAt(item, 'fieldRef'));
    const token = objectAt(source, 'serviceAccountToken');
    if (token !== undefined) fill(token, 'expirationSeconds', 3600);
  }
  const hostPath = objectAt(volume, 'hostPath');
  if (hostPath !== undefined) fill(hostPath, 'type', '');
  const claim = objectAt(volume, 'ephemeral', 'volumeClaimTemplate', 'spec');
  if (claim !== undefined) fill(claim, 'volumeMode', 'Filesystem');
  const image = objectAt(volume, 'image');
  if (image !== undefined) fillZero(image, 'pullPolicy', defaultPullPolicy(String(image['reference'] ?? '')));
  for (const [key, defaults] of Object.entries(volumeSourceDefaults)) {
    const source = objectAt(volume, key);
    if (source === undefined) continue;
    for (const [field, value] of Object.entries(defaults)) fillZero(source, field, value);
  }
}

/** Sources of the time before CSI, whose defaults the schema publishes. */
export const volumeSourceDefaults: Record<string, Record<string, unknown>> = {
  azureDisk: { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' },
  iscsi: { iscsiInterface: 'default' },
  rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
};
