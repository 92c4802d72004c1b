import { ANNOTATION_INSTALLATION_ID, ANNOTATION_TRACKING_ID, LABEL_INSTANCE, OUR_MANAGERS } from './annotations.ts';
import { groupVersionOf, type KubernetesObject } from './object.ts';
import { isCustomResourceDefinition } from './well-known-kinds.ts';

export type TrackingMethod = 'annotation' | 'annotation+label' | 'label';

/** How a live object says which application it belongs to. */
export interface TrackingSettings {
  method: TrackingMethod;
  /** `application.instanceLabelKey`. */
  labelKey: string;
  /** Tells several control planes on one cluster apart. */
  installationId?: string;
}

export const DEFAULT_TRACKING: TrackingSettings = { method: 'annotation', labelKey: LABEL_INSTANCE };

/** Whose object it becomes: the application's instance name, and its destination namespace (part of every id). */
export interface TrackingOwner {
  instanceName: string;
  destinationNamespace: string;
}

/** The name an application has on its resources: `name`, or `<namespace>_<name>` outside the control plane's namespace. */
export function appInstanceName(app: { name: string; namespace: string }, controlPlaneNamespace: string): string {
  return app.namespace === '' || app.namespace === controlPlaneNamespace ? app.name : `${app.namespace}_${app.name}`;
}

/**
 * A copy of the target that says whom it belongs to. CustomResourceDefinitions are returned as they are: one
 * definition serves many applications.
 */
export function setTracking(
  object: KubernetesObject,
  app: TrackingOwner,
  settings: TrackingSettings,
): KubernetesObject {
  if (isCustomResourceDefinition(object)) return object;
  const metadata = { ...object.metadata };
  if (settings.method !== 'label') {
    metadata.annotations = { ...metadata.annotations, [ANNOTATION_TRACKING_ID]: trackingId(object, app) };
    if (settings.installationId !== undefined && settings.installationId !== '') {
      metadata.annotations[ANNOTATION_INSTALLATION_ID] = settings.installationId;
    }
  }
  if (settings.method !== 'annotation') {
    const value = settings.method === 'label' ? app.instanceName : labelValue(app.instanceName);
    metadata.labels = { ...metadata.labels, [settings.labelKey]: value };
  }
  return { ...object, metadata };
}

/**
 * The instance name of the application that a live object belongs to, or undefined. An id that names another object
 * is a copied annotation (operators do that) and counts as none, as does one of another installation.
 */
export function trackedBy(object: KubernetesObject, settings: TrackingSettings): string | undefined {
  if (settings.method === 'label') return nonEmpty(object.metadata.labels?.[settings.labelKey]);
  const annotations = object.metadata.annotations;
  const id = annotations?.[ANNOTATION_TRACKING_ID];
  if (id === undefined || annotations === undefined) return undefined;
  if (nonEmpty(settings.installationId) !== nonEmpty(annotations[ANNOTATION_INSTALLATION_ID])) return undefined;
  const parsed = parseTrackingId(id);
  return parsed !== undefined && refersToItself(object, parsed) ? parsed.instanceName : undefined;
}

/**
 * Whether an application may call a live object its own although Git says nothing about it, so that a sync or a deletion
 * may remove it. An annotation proves that, since it names its object. A label does not: charts and other tools write the
 * same keys. It has to be written by us, and no annotation may name another owner.
 */
export function isOwnedBy(object: KubernetesObject, instanceName: string, settings: TrackingSettings): boolean {
  if (trackedBy(object, settings) !== instanceName) return false;
  if (settings.method !== 'label') return true;
  const former = formerOwner(object, settings);
  return (former === undefined || former === instanceName) && wroteLabel(object, settings.labelKey);
}

/**
 * Whose object it is by the mark that the tracking method does not go by: what an earlier method left. Only a hint, since
 * nobody keeps it up to date.
 */
export function formerOwner(object: KubernetesObject, settings: TrackingSettings): string | undefined {
  if (settings.method !== 'label') return nonEmpty(object.metadata.labels?.[settings.labelKey]);
  const id = parseTrackingId(object.metadata.annotations?.[ANNOTATION_TRACKING_ID] ?? '');
  return id !== undefined && refersToItself(object, id) ? id.instanceName : undefined;
}

/** Whether our field manager, or Argo CD under the names it has had, set the label. Without managed fields nobody knows. */
function wroteLabel(object: KubernetesObject, key: string): boolean {
  const entries = object.metadata.managedFields ?? [];
  if (entries.length === 0) return true;
  return entries.some(({ manager, fieldsV1 }) => {
    if (manager === undefined || !OUR_MANAGERS.includes(manager)) return false;
    const metadata = fieldsV1?.['f:metadata'] as { 'f:labels'?: object } | undefined;
    return Object.hasOwn(metadata?.['f:labels'] ?? {}, `f:${key}`);
  });
}

/** The parts of a tracking id, or undefined when it is malformed. */
export function parseTrackingId(
  id: string,
): { instanceName: string; group: string; kind: string; namespace: string; name: string } | undefined {
  const [instanceName, groupKind, path, ...rest] = id.split(':');
  if (instanceName === undefined || groupKind === undefined || path === undefined) return undefined;
  const slash = groupKind.lastIndexOf('/');
  const nameStart = path.indexOf('/');
  if (slash < 0 || nameStart < 0 || instanceName === '') return undefined;
  return {
    instanceName,
    group: groupKind.slice(0, slash),
    kind: groupKind.slice(slash + 1),
    namespace: path.slice(0, nameStart),
    // RBAC objects have colons in their names.
    name: [path.slice(nameStart + 1), ...rest].join(':'),
  };
}

/** `<app>:<group>/<kind>:<namespace>/<name>`; cluster-scoped objects carry the destination namespace, as in Argo CD. */
function trackingId(object: KubernetesObject, app: TrackingOwner): string {
  const { group } = groupVersionOf(object.apiVersion);
  const namespace = nonEmpty(object.metadata.namespace) ?? app.destinationNamespace;
  return `${app.instanceName}:${group}/${object.kind}:${namespace}/${object.metadata.name ?? ''}`;
}

function refersToItself(
  object: KubernetesObject,
  id: { group: string; kind: string; namespace: string; name: string },
): boolean {
  if (id.name !== object.metadata.name || id.kind !== object.kind) return false;
  if (id.group !== groupVersionOf(object.apiVersion).group && !isMovedGroup(id.group, object)) return false;
  const namespace = nonEmpty(object.metadata.namespace);
  return namespace === undefined || namespace === id.namespace;
}

/** Objects tracked while their kind lived in `extensions` are still the same objects. */
function isMovedGroup(group: string, object: KubernetesObject): boolean {
  if (group !== 'extensions') return false;
  const now = groupVersionOf(object.apiVersion).group;
  return now === 'apps' || now === 'networking.k8s.io';
}

const MAX_LABEL = 63;

/** Cut to what a label may hold, ending in a letter or digit. */
function labelValue(text: string): string {
  return text.slice(0, MAX_LABEL).replace(/[^A-Za-z0-9]+$/, '');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' || text === null ? undefined : text;
}
