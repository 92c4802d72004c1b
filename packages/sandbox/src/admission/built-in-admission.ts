import { isObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/** Asks for trouble on demand; the controllers know its other values. */
const simulateAnnotation = 'lockstep.dev/simulate';

/** What a sidecar injector would add to an object whose `lockstep.dev/simulate` lists `sidecar-annotation`. */
const sidecarStatus = JSON.stringify({
  initContainers: ['istio-init'],
  containers: ['istio-proxy'],
  volumes: ['istio-envoy', 'istio-data', 'istio-token'],
  revision: 'default',
});

/** The mutating admission plugins that every cluster runs. Returns the same object when none has anything to add. */
export function admitBuiltIn(
  type: ResourceType,
  live: StoredObject | undefined,
  object: StoredObject,
  store: ObjectStore,
): StoredObject {
  let admitted = object;
  if (type.id === '/pods' && live === undefined) admitted = admitPod(admitted);
  if (type.id === '/persistentvolumeclaims' && live === undefined) admitted = setDefaultStorageClass(admitted, store);
  const simulated = object.metadata.annotations?.[simulateAnnotation]?.split(',').map((value) => value.trim()) ?? [];
  if (simulated.includes('sidecar-annotation')) admitted = simulateSidecar(admitted);
  return admitted;
}

/** ServiceAccount, DefaultTolerationSeconds and Priority. */
function admitPod(pod: StoredObject): StoredObject {
  const spec = objectAt(pod, 'spec');
  const account = (stringAt(spec, 'serviceAccountName') ?? '') || 'default';
  return {
    ...pod,
    spec: {
      ...spec,
      serviceAccountName: account,
      serviceAccount: account,
      priority: spec['priority'] ?? 0,
      preemptionPolicy: spec['preemptionPolicy'] ?? 'PreemptLowerPriority',
      tolerations: withDefaultTolerations(objectsAt(spec, 'tolerations')),
    },
  };
}

function withDefaultTolerations(given: JsonObject[]): JsonObject[] {
  const tolerations = [...given];
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const isTolerated = given.some(
      (toleration) =>
        (toleration['key'] === key || (toleration['key'] ?? '') === '') &&
        (toleration['effect'] ?? 'NoExecute') === 'NoExecute',
    );
    if (!isTolerated) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
  return tolerations;
}

function setDefaultStorageClass(claim: StoredObject, store: ObjectStore): StoredObject {
  const spec = objectAt(claim, 'spec');
  if (spec['storageClassName'] !== undefined) return claim;
  const standard = store
    .list('storage.k8s.io/storageclasses')
    .find(
      (storageClass) => storageClass.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
    );
  return standard === undefined ? claim : { ...claim, spec: { ...spec, storageClassName: standard.metadata.name } };
}

/** An annotation on the object, and on its Pod template where it has one. */
function simulateSidecar(object: StoredObject): StoredObject {
  const mutated: StoredObject = { ...object, metadata: annotated(object.metadata) };
  const spec = objectAt(object, 'spec');
  const template = spec['template'];
  if (isObject(template)) {
    mutated['spec'] = { ...spec, template: { ...template, metadata: annotated(objectAt(template, 'metadata')) } };
  }
  return mutated;
}

function annotated<T extends object>(metadata: T): T {
  const annotations = { ...objectAt(metadata, 'annotations'), 'sidecar.istio.io/status': sidecarStatus };
  return { ...metadata, annotations };
}
