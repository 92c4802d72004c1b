import { ANNOTATION_SERVICE_ACCOUNT_NAME } from '../kubernetes/annotations.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import type { ResourceKey } from '../kubernetes/resource-key.ts';

/**
 * Who owns an object although no ownerReference says so: the Service of Endpoints of the same name, the ServiceAccount
 * of its token Secret, the OperatorGroup of a ClusterServiceVersion, and the StatefulSets whose claim template may have
 * made a PersistentVolumeClaim. The last are candidates: only the StatefulSet's templates can tell.
 */
export function inferredOwnersOf(object: KubernetesObject): ResourceKey[] {
  const { group } = groupVersionOf(object.apiVersion);
  const { name = '', namespace = '', annotations = {}, ownerReferences = [] } = object.metadata;
  if (ownerReferences.length > 0 && object.kind !== 'PersistentVolumeClaim') return [];
  switch (`${group}/${object.kind}`) {
    case '/Endpoints':
      return [{ group: '', kind: 'Service', namespace, name }];
    case '/Secret': {
      const account = annotations?.[ANNOTATION_SERVICE_ACCOUNT_NAME];
      if (object['type'] !== 'kubernetes.io/service-account-token' || account === undefined) return [];
      return [{ group: '', kind: 'ServiceAccount', namespace, name: account }];
    }
    case '/PersistentVolumeClaim':
      return ownerReferences.length > 0 ? [] : statefulSetCandidates(namespace, name);
    case 'operators.coreos.com/ClusterServiceVersion': {
      const operatorGroup = annotations?.['olm.operatorGroup'];
      if (operatorGroup === undefined) return [];
      const at = annotations?.['olm.operatorNamespace'] ?? namespace;
      return [{ group: 'operators.coreos.com', kind: 'OperatorGroup', namespace: at, name: operatorGroup }];
    }
    default:
      return [];
  }
}

/** The claim template names of a StatefulSet, undefined for any other object. */
export function volumeClaimTemplatesOf(object: KubernetesObject): string[] | undefined {
  if (object.kind !== 'StatefulSet' || groupVersionOf(object.apiVersion).group !== 'apps') return undefined;
  const templates = (object['spec'] as { volumeClaimTemplates?: { metadata?: { name?: string } }[] } | undefined)
    ?.volumeClaimTemplates;
  if (!Array.isArray(templates)) return undefined;
  return templates.map((template) => template.metadata?.name ?? '').filter((name) => name !== '');
}

/** Whether a claim's name is `<template>-<statefulset>-<ordinal>` for one of the templates. */
export function isClaimOf(claim: string, statefulSet: string, templates: readonly string[]): boolean {
  return templates.some((template) => {
    const prefix = `${template}-${statefulSet}-`;
    return claim.startsWith(prefix) && /^\d+$/.test(claim.slice(prefix.length));
  });
}

/** Both names may hold dashes, so `a-b-c-0` may be of `b-c` or of `c`. */
function statefulSetCandidates(namespace: string, claim: string): ResourceKey[] {
  const match = /^(.+)-\d+$/.exec(claim);
  const parts = match?.[1]?.split('-') ?? [];
  const candidates: ResourceKey[] = [];
  for (let start = 1; start < parts.length; start++) {
    candidates.push({ group: 'apps', kind: 'StatefulSet', namespace, name: parts.slice(start).join('-') });
  }
  return candidates;
}
