import type { JsonObject } from '@lockstep/structured-merge';
import { ensureObject, fill, fillZero, objectAt, objectsAt } from './fill.ts';
import { defaultPodTemplate } from './pod.ts';
import { defaultClaim } from './storage.ts';

export function defaultDeployment(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, 'replicas', 1);
  const strategy = ensureObject(spec, 'strategy');
  fillZero(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    const rollingUpdate = ensureObject(strategy, 'rollingUpdate');
    fill(rollingUpdate, 'maxUnavailable', '25%');
    fill(rollingUpdate, 'maxSurge', '25%');
  }
  fill(spec, 'revisionHistoryLimit', 10);
  fill(spec, 'progressDeadlineSeconds', 600);
  defaultPodTemplate(objectAt(spec, 'template'));
}

export function defaultReplicaSet(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, 'replicas', 1);
  defaultPodTemplate(objectAt(spec, 'template'));
}

export function defaultReplicationController(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, 'replicas', 1);
  const template = objectAt(spec, 'template');
  const labels = objectAt(template, 'metadata', 'labels');
  if (labels !== undefined) {
    fill(spec, 'selector', { ...labels });
    fill(ensureObject(object, 'metadata'), 'labels', { ...labels });
  }
  defaultPodTemplate(template);
}

export function defaultStatefulSet(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fillZero(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = ensureObject(spec, 'updateStrategy');
  if (strategy['type'] === undefined || strategy['type'] === '') {
    strategy['type'] = 'RollingUpdate';
    ensureObject(strategy, 'rollingUpdate');
  }
  const rollingUpdate = objectAt(strategy, 'rollingUpdate');
  if (strategy['type'] === 'RollingUpdate' && rollingUpdate !== undefined) fill(rollingUpdate, 'partition', 0);
  const retention = ensureObject(spec, 'persistentVolumeClaimRetentionPolicy');
  fillZero(retention, 'whenDeleted', 'Retain');
  fillZero(retention, 'whenScaled', 'Retain');
  fill(spec, 'replicas', 1);
  fill(spec, 'revisionHistoryLimit', 10);
  for (const claim of objectsAt(spec, 'volumeClaimTemplates')) {
    fillZero(claim, 'apiVersion', 'v1');
    fillZero(claim, 'kind', 'PersistentVolumeClaim');
    defaultClaim(claim);
  }
  defaultPodTemplate(objectAt(spec, 'template'));
}

export function defaultDaemonSet(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  const strategy = ensureObject(spec, 'updateStrategy');
  fillZero(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    const rollingUpdate = ensureObject(strategy, 'rollingUpdate');
    fill(rollingUpdate, 'maxUnavailable', 1);
    fill(rollingUpdate, 'maxSurge', 0);
  }
  fill(spec, 'revisionHistoryLimit', 10);
  defaultPodTemplate(objectAt(spec, 'template'));
}

export function defaultControllerRevision(object: JsonObject): void {
  fill(object, 'revision', 0);
}
