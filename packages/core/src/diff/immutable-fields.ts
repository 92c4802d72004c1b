import { equalJson } from '@lockstep/structured-merge';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { valueAt } from './json-pointer.ts';

/** A change the API server refuses, so that the object has to be deleted and created again. */
export interface ImmutableChange {
  /** `spec.selector`. */
  path: string;
  /** One sentence for the plan. */
  reason: string;
}

/**
 * The changes between two states of an object that Kubernetes is known to refuse. Only knowledge about built-in kinds: an
 * empty answer is no promise, and the dry run has the last word. A field that `after` does not mention is not a change.
 */
export function immutableChanges(input: { before: KubernetesObject; after: KubernetesObject }): ImmutableChange[] {
  const { before, after } = input;
  const kind = `${groupVersionOf(after.apiVersion).group}/${after.kind}`;
  const changes: ImmutableChange[] = [];
  for (const rule of RULES[kind] ?? []) {
    if (rule.when !== undefined && !rule.when(before)) continue;
    const next = valueAt(after, rule.path);
    const current = valueAt(before, rule.path);
    if (next === undefined || equalJson(next, current) || rule.allows?.(current, next) === true) continue;
    changes.push({ path: rule.path.join('.'), reason: rule.reason });
  }
  if (kind === 'apps/StatefulSet') changes.push(...statefulSetChanges(before, after));
  return changes;
}

interface ImmutableRule {
  path: readonly string[];
  reason: string;
  when?(before: KubernetesObject): boolean;
  /** Changes that are possible after all. */
  allows?(current: unknown, next: unknown): boolean;
}

const isLocked = (object: KubernetesObject): boolean => object['immutable'] === true;
const fromNothing = (current: unknown): boolean => current === undefined || current === null || current === '';

const SELECTOR: ImmutableRule = {
  path: ['spec', 'selector'],
  reason: 'the selector of a workload cannot change after creation',
};

const ROLE_REF: ImmutableRule = { path: ['roleRef'], reason: 'the role of a binding cannot change after creation' };

const LOCKED_DATA: readonly ImmutableRule[] = ['data', 'binaryData', 'stringData'].map((field) => ({
  path: [field],
  reason: 'the object is marked immutable',
  when: isLocked,
}));

const UNLOCK: ImmutableRule = {
  path: ['immutable'],
  reason: 'an object marked immutable cannot be unmarked',
  when: isLocked,
};

const RULES: Readonly<Record<string, readonly ImmutableRule[]>> = {
  'apps/Deployment': [SELECTOR],
  'apps/ReplicaSet': [SELECTOR],
  'apps/DaemonSet': [SELECTOR],
  'batch/Job': [
    { path: ['spec', 'template'], reason: 'the pod template of a Job cannot change after creation' },
    { ...SELECTOR, reason: 'the selector of a Job cannot change after creation' },
    { path: ['spec', 'completionMode'], reason: 'the completion mode of a Job cannot change after creation' },
  ],
  '/Service': [
    {
      path: ['spec', 'clusterIP'],
      reason: 'the cluster IP of a Service cannot change after creation',
      allows: (current) => fromNothing(current),
      when: (before) => valueAt(before, ['spec', 'type']) !== 'ExternalName',
    },
  ],
  '/PersistentVolumeClaim': [
    { path: ['spec', 'accessModes'], reason: 'the access modes of a claim cannot change after creation' },
    {
      path: ['spec', 'storageClassName'],
      reason: 'the storage class of a claim cannot change after creation',
      allows: fromNothing,
    },
    { path: ['spec', 'volumeName'], reason: 'a claim stays bound to its volume', allows: fromNothing },
    { path: ['spec', 'volumeMode'], reason: 'the volume mode of a claim cannot change after creation' },
    { path: ['spec', 'selector'], reason: 'the selector of a claim cannot change after creation' },
    { path: ['spec', 'dataSource'], reason: 'the data source of a claim cannot change after creation' },
  ],
  '/PersistentVolume': [
    { path: ['spec', 'volumeMode'], reason: 'the volume mode of a volume cannot change after creation' },
  ],
  '/Secret': [
    { path: ['type'], reason: 'the type of a Secret cannot change after creation', allows: fromNothing },
    ...LOCKED_DATA,
    UNLOCK,
  ],
  '/ConfigMap': [...LOCKED_DATA, UNLOCK],
  'rbac.authorization.k8s.io/RoleBinding': [ROLE_REF],
  'rbac.authorization.k8s.io/ClusterRoleBinding': [ROLE_REF],
  'storage.k8s.io/StorageClass': [
    { path: ['provisioner'], reason: 'the provisioner of a StorageClass cannot change after creation' },
    { path: ['parameters'], reason: 'the parameters of a StorageClass cannot change after creation' },
    { path: ['reclaimPolicy'], reason: 'the reclaim policy of a StorageClass cannot change after creation' },
    { path: ['volumeBindingMode'], reason: 'the binding mode of a StorageClass cannot change after creation' },
  ],
  'scheduling.k8s.io/PriorityClass': [
    { path: ['value'], reason: 'the value of a PriorityClass cannot change after creation' },
  ],
  'networking.k8s.io/IngressClass': [
    { path: ['spec', 'controller'], reason: 'the controller of an IngressClass cannot change after creation' },
  ],
  'apiextensions.k8s.io/CustomResourceDefinition': [
    { path: ['spec', 'group'], reason: 'the group of a definition cannot change after creation' },
    { path: ['spec', 'scope'], reason: 'the scope of a definition cannot change after creation' },
    { path: ['spec', 'names', 'kind'], reason: 'the kind of a definition cannot change after creation' },
  ],
};

/** All a StatefulSet lets one change in its spec. */
const STATEFUL_SET_MUTABLE: ReadonlySet<string> = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
  'revisionHistoryLimit',
]);

function statefulSetChanges(before: KubernetesObject, after: KubernetesObject): ImmutableChange[] {
  const current = (before['spec'] ?? {}) as Record<string, unknown>;
  const changes: ImmutableChange[] = [];
  for (const [field, next] of Object.entries((after['spec'] ?? {}) as Record<string, unknown>)) {
    if (STATEFUL_SET_MUTABLE.has(field) || equalJson(next, current[field])) continue;
    if (field === 'volumeClaimTemplates' && sameClaims(current[field], next)) continue;
    changes.push({
      path: `spec.${field}`,
      reason: `of the spec of a StatefulSet only ${[...STATEFUL_SET_MUTABLE].join(', ')} can change after creation`,
    });
  }
  return changes;
}

/** The API server fills a claim template with defaults and a status; what Git says must be in it. */
function sameClaims(current: unknown, next: unknown): boolean {
  if (!Array.isArray(current) || !Array.isArray(next) || current.length !== next.length) return false;
  return next.every((claim: unknown, index) => isContained(claim, current[index]));
}

function isContained(part: unknown, whole: unknown): boolean {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part === null || equalJson(part, whole);
  if (typeof whole !== 'object' || whole === null) return Object.keys(part).length === 0;
  return Object.entries(part).every(([key, value]) => isContained(value, (whole as Record<string, unknown>)[key]));
}
