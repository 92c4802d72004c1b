import { ANNOTATION_LAST_APPLIED } from '../kubernetes/annotations.ts';
import { matchesGlob } from '../kubernetes/glob.ts';
import { groupVersionOf, type KubernetesObject, type ObjectMeta } from '../kubernetes/object.ts';
import { isCustomResourceDefinition, isSecret } from '../kubernetes/well-known-kinds.ts';
import { formatGoDuration, parseGoDuration } from '../settings/go-duration.ts';
import type { DiffSettings, KnownTypeField } from './diff-settings.ts';
import { canonicalQuantity } from './quantity.ts';

/**
 * The object without what never counts as a difference: server-kept metadata, the last-applied annotation, status where
 * the settings say so; and with what can be written in several ways in one form (Secret `stringData`, empty rules,
 * order of endpoint subsets, quantities). Both sides of a diff go through it. Remembered per object and settings.
 */
export function normalizeObject(object: KubernetesObject, settings: DiffSettings): KubernetesObject {
  const known = normalized.get(object);
  if (known?.settings === settings) return known.object;
  let result: KubernetesObject = { ...object, metadata: normalizeMetadata(object.metadata) };
  if (ignoresStatus(object, settings)) delete result['status'];
  result = normalizeKind(result, settings);
  normalized.set(object, { settings, object: result });
  return result;
}

const normalized = new WeakMap<KubernetesObject, { settings: DiffSettings; object: KubernetesObject }>();

/** What a target needs before it is merged or sent: `stringData` of a Secret becomes `data`. */
export function normalizeTarget(target: KubernetesObject): KubernetesObject {
  if (!isSecret(target) || target['stringData'] === undefined) return target;
  const known = targets.get(target);
  if (known !== undefined) return known;
  const result = normalizeSecret(target);
  targets.set(target, result);
  return result;
}

const targets = new WeakMap<KubernetesObject, KubernetesObject>();

function normalizeMetadata(metadata: ObjectMeta): ObjectMeta {
  const {
    creationTimestamp: _creation,
    resourceVersion: _version,
    generation: _generation,
    managedFields: _managers,
    selfLink: _link,
    ...kept
  } = metadata;
  if (kept.annotations?.[ANNOTATION_LAST_APPLIED] !== undefined) {
    const { [ANNOTATION_LAST_APPLIED]: _applied, ...annotations } = kept.annotations;
    kept.annotations = annotations;
  }
  // No labels and empty labels mean the same; a merge may leave either.
  if (isEmpty(kept.annotations)) delete kept.annotations;
  if (isEmpty(kept.labels)) delete kept.labels;
  return kept;
}

function isEmpty(map: object | undefined | null): boolean {
  return map === null || (map !== undefined && Object.keys(map).length === 0);
}

function ignoresStatus(object: KubernetesObject, settings: DiffSettings): boolean {
  switch (settings.ignoreResourceStatusField) {
    case 'all':
      return true;
    case 'crd':
      return isCustomResourceDefinition(object);
    case 'none':
      return false;
  }
}

function normalizeKind(object: KubernetesObject, settings: DiffSettings): KubernetesObject {
  const { group } = groupVersionOf(object.apiVersion);
  switch (`${group}/${object.kind}`) {
    case '/Secret':
      return normalizeSecret(object);
    case '/Endpoints':
      return normalizeEndpoints(object);
    case 'rbac.authorization.k8s.io/Role':
    case 'rbac.authorization.k8s.io/ClusterRole':
      return normalizeRole(object, settings);
    case '/ResourceQuota':
    case '/LimitRange':
    case '/PersistentVolume':
    case '/PersistentVolumeClaim':
    case '/Pod':
    case '/PodTemplate':
    case '/ReplicationController':
    case 'apps/Deployment':
    case 'apps/StatefulSet':
    case 'apps/DaemonSet':
    case 'apps/ReplicaSet':
    case 'batch/Job':
    case 'batch/CronJob':
    case 'autoscaling/HorizontalPodAutoscaler':
      return { ...object, spec: normalizeQuantities(object['spec'], '') };
    default:
      return normalizeKnownFields(object, group, settings);
  }
}

/** `stringData` is write-only: the API server merges it into `data`, so we do too. Null values are empty ones. */
function normalizeSecret(secret: KubernetesObject): KubernetesObject {
  const { stringData, ...rest } = secret;
  // Malformed Secrets stay as they are: taking a text apart would show its letters.
  if (!isMapOrAbsent(secret['data']) || !isMapOrAbsent(stringData)) return secret;
  const data = Object.fromEntries([
    ...Object.entries(secret['data'] ?? {}).map(([key, value]): [string, unknown] => [key, value ?? '']),
    ...Object.entries(stringData ?? {}).map(([key, value]): [string, unknown] => [key, base64(String(value ?? ''))]),
  ]);
  const result: KubernetesObject = { ...rest, data };
  if (Object.keys(data).length === 0) delete result['data'];
  return result;
}

function isMapOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value));
}

function base64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function normalizeRole(role: KubernetesObject, settings: DiffSettings): KubernetesObject {
  const rules = role['rules'];
  const aggregated = settings.ignoreAggregatedRoles && role['aggregationRule'] !== undefined;
  if (!aggregated && !(Array.isArray(rules) && rules.length === 0) && rules !== undefined) return role;
  return { ...role, rules: null };
}

interface EndpointPort {
  name?: string;
  port?: number;
  protocol?: string;
}
interface EndpointSubset {
  addresses?: { ip?: string }[];
  notReadyAddresses?: { ip?: string }[];
  ports?: EndpointPort[];
}

/** The endpoints controller writes subsets in an order of its own. */
function normalizeEndpoints(endpoints: KubernetesObject): KubernetesObject {
  const subsets = endpoints['subsets'];
  if (!Array.isArray(subsets)) return endpoints;
  const sorted = (subsets as EndpointSubset[])
    .map((subset) => {
      const copy = { ...subset };
      if (subset.addresses) copy.addresses = subset.addresses.toSorted((a, b) => compareText(a.ip, b.ip));
      if (subset.notReadyAddresses) {
        copy.notReadyAddresses = subset.notReadyAddresses.toSorted((a, b) => compareText(a.ip, b.ip));
      }
      if (subset.ports) {
        copy.ports = subset.ports
          .map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' }))
          .toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)));
      }
      return copy;
    })
    .toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)));
  return { ...endpoints, subsets: sorted };
}

function compareText(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The maps whose values are quantities, wherever they are below a typed field. */
const QUANTITY_MAPS = new Set([
  'limits',
  'requests',
  'capacity',
  'hard',
  'overhead',
  'allocatedResources',
  'max',
  'min',
  'default',
  'defaultRequest',
  'maxLimitRequestRatio',
]);
const QUANTITY_FIELDS = new Set(['sizeLimit', 'divisor', 'averageValue']);

/** A copy with every quantity in the API server's form; the value itself when there is none to change. */
function normalizeQuantities(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return mapSame(value, (item) => normalizeQuantities(item, name));
  if (typeof value !== 'object' || value === null) {
    if (!QUANTITY_FIELDS.has(name) || (typeof value !== 'string' && typeof value !== 'number')) return value;
    const canonical = canonicalQuantity(value);
    return canonical === value ? value : canonical;
  }
  const isMap = QUANTITY_MAPS.has(name);
  let result: Record<string, unknown> | undefined;
  for (const [key, member] of Object.entries(value)) {
    const isAmount = isMap && (typeof member === 'string' || typeof member === 'number');
    const next = isAmount ? canonicalQuantity(member) : normalizeQuantities(member, key);
    if (next === member) continue;
    result ??= { ...value };
    result[key] = next;
  }
  return result ?? value;
}

function mapSame(items: unknown[], map: (item: unknown) => unknown): unknown[] {
  const mapped = items.map(map);
  return mapped.every((item, index) => item === items[index]) ? items : mapped;
}

const BUILT_IN_KNOWN_FIELDS: readonly KnownTypeField[] = [
  { group: 'argoproj.io', kind: 'Rollout', field: 'spec.template.spec', type: 'core/v1/PodSpec' },
];

function normalizeKnownFields(object: KubernetesObject, group: string, settings: DiffSettings): KubernetesObject {
  let result = object;
  for (const field of [...BUILT_IN_KNOWN_FIELDS, ...settings.knownTypeFields]) {
    if (!matchesGlob(field.kind, object.kind) || !matchesGlob(field.group, group)) continue;
    result = mapAt(result, field.field.split('.'), 0, (value) => asType(value, field.type)) as KubernetesObject;
  }
  return result;
}

/** Types with quantities or durations get them normalised; the other types of the list have one JSON form already. */
function asType(value: unknown, type: string): unknown {
  if (/(^|\/)Quantity$/.test(type)) {
    return typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(value) : value;
  }
  if (/(^|\/)ResourceList$/.test(type)) return normalizeQuantities(value, 'limits');
  if (/(^|\/)Duration$/.test(type)) return canonicalDuration(value);
  return normalizeQuantities(value, '');
}

/** `90s` and `1m30s` are the same time; a fraction of a second is left as it was written. */
function canonicalDuration(value: unknown): unknown {
  if (typeof value !== 'string' || /^[+-]?\d+$/.test(value)) return value;
  const milliseconds = parseGoDuration(value);
  return milliseconds === undefined || milliseconds < 0 || milliseconds % 1000 !== 0
    ? value
    : formatGoDuration(milliseconds);
}

/** Applies `map` at a path; a list on the way, or at its end, means each of its items. */
function mapAt(value: unknown, path: readonly string[], at: number, map: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return mapSame(value, (item) => mapAt(item, path, at, map));
  const segment = path[at];
  if (segment === undefined) return map(value);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return value;
  const object = value as Record<string, unknown>;
  const member = mapAt(object[segment], path, at + 1, map);
  return member === object[segment] ? value : { ...object, [segment]: member };
}
