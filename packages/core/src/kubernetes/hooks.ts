import {
  ANNOTATION_HELM_HOOK,
  ANNOTATION_HELM_HOOK_DELETE_POLICY,
  ANNOTATION_HELM_HOOK_WEIGHT,
  ANNOTATION_HELM_RESOURCE_POLICY,
  ANNOTATION_HOOK,
  ANNOTATION_HOOK_DELETE_POLICY,
  ANNOTATION_SYNC_WAVE,
  annotationList,
} from './annotations.ts';
import type { KubernetesObject } from './object.ts';

export type SyncPhase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail';
export type HookType = SyncPhase | 'PreDelete' | 'PostDelete' | 'Skip';
export type HookDeletePolicy = 'HookSucceeded' | 'HookFailed' | 'BeforeHookCreation';

/** What the annotations of a hook say. */
export interface HookFacts {
  /** Empty when no value is known to us: the object is then ignored completely, and `problems` says why. */
  types: HookType[];
  /** `BeforeHookCreation` when none is given. */
  deletePolicies: HookDeletePolicy[];
  origin: 'argocd' | 'helm';
  /** Values nobody understands, each with the key and the fix. */
  problems: string[];
}

/**
 * The hook facts of an object, or undefined for an ordinary resource. Helm's annotation counts only when Argo CD's names
 * no known type, and Helm's `crd-install` is an ordinary resource.
 */
export function hooksOf(object: KubernetesObject): HookFacts | undefined {
  const annotations = object.metadata.annotations;
  if (annotations === undefined || annotations === null) return undefined;
  const hasArgo = annotations[ANNOTATION_HOOK] !== undefined;
  const helm = annotations[ANNOTATION_HELM_HOOK];
  if (!hasArgo && (helm === undefined || helm === 'crd-install')) return undefined;

  const problems: string[] = [];
  const types = hasArgo ? knownValues(object, ANNOTATION_HOOK, HOOK_TYPES, problems) : [];
  const origin = types.length > 0 || helm === undefined ? 'argocd' : 'helm';
  if (origin === 'helm') {
    for (const type of knownValues(object, ANNOTATION_HELM_HOOK, HELM_HOOK_TYPES, problems)) {
      const mapped = HELM_MAPPING[type];
      if (mapped !== undefined && !types.includes(mapped)) types.push(mapped);
    }
  }
  return { types, deletePolicies: deletePolicies(object, problems), origin, problems };
}

/** Whether the object is a hook that is not merely skipped: it takes no part in the comparison. */
export function isHookObject(object: KubernetesObject): boolean {
  const hook = hooksOf(object);
  return hook !== undefined && !isSkipped(object);
}

/** Whether the object asks to be neither applied nor compared (`Skip` as its only hook type). */
export function isSkipped(object: KubernetesObject): boolean {
  const types = hooksOf(object)?.types;
  return types !== undefined && types.length === 1 && types[0] === 'Skip';
}

/** The wave: `sync-wave`, else Helm's weight, else 0. A value that is no integer counts as 0; `syncWaveProblem` tells. */
export function syncWaveOf(object: KubernetesObject): number {
  const annotations = object.metadata.annotations;
  const wave = wholeNumber(annotations?.[ANNOTATION_SYNC_WAVE]);
  return wave ?? wholeNumber(annotations?.[ANNOTATION_HELM_HOOK_WEIGHT]) ?? 0;
}

/** Why the wave of the object cannot be read, or undefined. */
export function syncWaveProblem(object: KubernetesObject): string | undefined {
  const annotations = object.metadata.annotations;
  for (const key of [ANNOTATION_SYNC_WAVE, ANNOTATION_HELM_HOOK_WEIGHT]) {
    const value = annotations?.[key];
    if (value === undefined) continue;
    if (wholeNumber(value) === undefined) {
      return `annotation ${key} is "${value}", which is no whole number, so wave 0 is used. Write an integer such as "-1" or "5"`;
    }
    return undefined;
  }
  return undefined;
}

/** Whether Helm's `resource-policy: keep` protects the object from deletion. */
export function isKeptByHelm(object: KubernetesObject): boolean {
  return annotationList(object, ANNOTATION_HELM_RESOURCE_POLICY).includes('keep');
}

const HOOK_TYPES = ['PreSync', 'Sync', 'PostSync', 'SyncFail', 'PreDelete', 'PostDelete', 'Skip'] as const;
const DELETE_POLICIES = ['HookSucceeded', 'HookFailed', 'BeforeHookCreation'] as const;

const HELM_HOOK_TYPES = [
  'pre-install',
  'pre-upgrade',
  'post-install',
  'post-upgrade',
  'pre-delete',
  'post-delete',
  'crd-install',
  'pre-rollback',
  'post-rollback',
  'test',
  'test-success',
  'test-failure',
] as const;

/** Tests and rollback hooks have no counterpart: an object with only those is ignored, as Argo CD does. */
const HELM_MAPPING: Partial<Record<(typeof HELM_HOOK_TYPES)[number], HookType>> = {
  'pre-install': 'PreSync',
  'pre-upgrade': 'PreSync',
  'post-install': 'PostSync',
  'post-upgrade': 'PostSync',
  'pre-delete': 'PreDelete',
  'post-delete': 'PostDelete',
};

const HELM_DELETE_POLICIES = ['hook-succeeded', 'hook-failed', 'before-hook-creation'] as const;
const HELM_DELETE_POLICY_MAPPING: Record<(typeof HELM_DELETE_POLICIES)[number], HookDeletePolicy> = {
  'hook-succeeded': 'HookSucceeded',
  'hook-failed': 'HookFailed',
  'before-hook-creation': 'BeforeHookCreation',
};

function deletePolicies(object: KubernetesObject, problems: string[]): HookDeletePolicy[] {
  const policies: HookDeletePolicy[] = [
    ...knownValues(object, ANNOTATION_HOOK_DELETE_POLICY, DELETE_POLICIES, problems),
    ...knownValues(object, ANNOTATION_HELM_HOOK_DELETE_POLICY, HELM_DELETE_POLICIES, problems).map(
      (policy) => HELM_DELETE_POLICY_MAPPING[policy],
    ),
  ];
  return policies.length === 0 ? ['BeforeHookCreation'] : [...new Set(policies)];
}

function knownValues<T extends string>(
  object: KubernetesObject,
  key: string,
  known: readonly T[],
  problems: string[],
): T[] {
  const values: T[] = [];
  for (const entry of annotationList(object, key)) {
    if (!(known as readonly string[]).includes(entry)) {
      problems.push(`annotation ${key} has the unknown value "${entry}". Use one of ${known.join(', ')}`);
    } else if (!values.includes(entry as T)) values.push(entry as T);
  }
  return values;
}

function wholeNumber(value: string | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  const text = String(value).trim();
  return /^[+-]?\d{1,9}$/.test(text) ? Number.parseInt(text, 10) : undefined;
}
