import type { JsonObject } from '@lockstep/structured-merge';
import { ensureObject, fill, fillZero, objectAt } from './fill.ts';
import { volumeSourceDefaults } from './pod.ts';

export function defaultClaim(object: JsonObject): void {
  fill(ensureObject(object, 'spec'), 'volumeMode', 'Filesystem');
  fillZero(ensureObject(object, 'status'), 'phase', 'Pending');
}

export function defaultPersistentVolume(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fillZero(spec, 'persistentVolumeReclaimPolicy', 'Retain');
  fill(spec, 'volumeMode', 'Filesystem');
  fillZero(ensureObject(object, 'status'), 'phase', 'Pending');
  const hostPath = objectAt(spec, 'hostPath');
  if (hostPath !== undefined) fill(hostPath, 'type', '');
  for (const [key, defaults] of Object.entries(volumeSourceDefaults)) {
    const source = objectAt(spec, key);
    if (source === undefined) continue;
    for (const [field, value] of Object.entries(defaults)) fillZero(source, field, value);
  }
}

export function defaultStorageClass(object: JsonObject): void {
  fill(object, 'reclaimPolicy', 'Delete');
  fill(object, 'volumeBindingMode', 'Immediate');
}

export function defaultCsiDriver(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, 'attachRequired', true);
  fill(spec, 'podInfoOnMount', false);
  fill(spec, 'storageCapacity', false);
  fill(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
  fill(spec, 'volumeLifecycleModes', ['Persistent']);
  fill(spec, 'requiresRepublish', false);
  fill(spec, 'seLinuxMount', false);
}
