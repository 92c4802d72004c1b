import { equalJson, isObject, type JsonObject, objectAt, objectsAt, stringAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';

const templateGeneration = 'deprecated.daemonset.template.generation';

/** The fields of an Event that are always written. */
export const emptyEvent: JsonObject = {
  eventTime: null,
  firstTimestamp: null,
  lastTimestamp: null,
  reportingComponent: '',
  reportingInstance: '',
  source: {},
};

/**
 * What an API version gives an object beyond its published defaults: parts that Go writes even when they are empty, and
 * fields that reading turns into others. Happens before managers are recorded, so writers come to own it. Changes the
 * object, which is the caller's copy.
 */
export function completeObject(type: ResourceType, object: StoredObject, live: StoredObject | undefined): StoredObject {
  switch (type.id) {
    case '/secrets':
      return foldStringData(object);
    case '/events':
      return { ...emptyEvent, ...object };
    case 'apps/daemonsets':
      return countTemplate(object, live);
    case 'batch/cronjobs':
      return withEmptyMetadata(object);
    case 'rbac.authorization.k8s.io/roles':
    case 'rbac.authorization.k8s.io/clusterroles':
      return { ...object, rules: object['rules'] ?? null };
    case 'apiextensions.k8s.io/customresourcedefinitions':
      return completeDefinition(object);
    default:
      return object;
  }
}

/** `stringData` is write-only: it overrides `data`. */
function foldStringData(secret: StoredObject): StoredObject {
  const { stringData, ...rest } = secret;
  if (!isObject(stringData)) return secret;
  const data = { ...objectAt(secret, 'data') };
  for (const [key, value] of Object.entries(stringData)) {
    data[key] = Buffer.from(String(value), 'utf8').toString('base64');
  }
  return { ...rest, data } as StoredObject;
}

/** An annotation counts the changes of a DaemonSet's template, as the first version of the API did in its spec. */
function countTemplate(daemonSet: StoredObject, live: StoredObject | undefined): StoredObject {
  const before = Number(live?.metadata.annotations?.[templateGeneration] ?? 0);
  const isSame =
    live !== undefined && equalJson(objectAt(live, 'spec', 'template'), objectAt(daemonSet, 'spec', 'template'));
  const annotations = {
    ...daemonSet.metadata.annotations,
    [templateGeneration]: String(isSame ? Math.max(before, 1) : before + 1),
  };
  return { ...daemonSet, metadata: { ...daemonSet.metadata, annotations } };
}

function withEmptyMetadata(cronJob: StoredObject): StoredObject {
  const spec = objectAt(cronJob, 'spec');
  const jobTemplate = objectAt(spec, 'jobTemplate');
  const jobSpec = objectAt(jobTemplate, 'spec');
  const template = objectAt(jobSpec, 'template');
  return {
    ...cronJob,
    spec: {
      ...spec,
      jobTemplate: { metadata: {}, ...jobTemplate, spec: { ...jobSpec, template: { metadata: {}, ...template } } },
    },
  };
}

function completeDefinition(definition: StoredObject): StoredObject {
  const spec = objectAt(definition, 'spec');
  const names = objectAt(spec, 'names');
  const kind = stringAt(names, 'kind') ?? '';
  const completed: JsonObject = { ...names };
  if (kind !== '') {
    completed['listKind'] ??= `${kind}List`;
    completed['singular'] ??= kind.toLowerCase();
  }
  return { ...definition, spec: { ...spec, names: completed, conversion: spec['conversion'] ?? { strategy: 'None' } } };
}

/** A Pod's conditions carry their times even when nobody set them. */
export function completeStatus(type: ResourceType, object: StoredObject): StoredObject {
  if (type.id !== '/pods' || !isObject(object['status'])) return object;
  const conditions = objectsAt(object, 'status', 'conditions').map((condition) => ({
    lastProbeTime: null,
    lastTransitionTime: null,
    ...condition,
  }));
  return conditions.length === 0 ? object : { ...object, status: { ...object['status'], conditions } };
}
