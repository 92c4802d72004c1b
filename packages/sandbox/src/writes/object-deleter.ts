import { conflict, forbidden } from '../api-error.ts';
import { listAt, numberAt, stringAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { invalidObject, notSupported } from '../validation/field-error.ts';
import { markTerminating } from './kind-strategies.ts';
import { timestamp } from './write-request.ts';

export type Propagation = 'Foreground' | 'Background' | 'Orphan';

export interface DeleteOptions {
  propagation?: Propagation;
  gracePeriodSeconds?: number;
  uid?: string;
  resourceVersion?: string;
  dryRun?: boolean;
}

export interface DeleteResult {
  /** As removed, or as it lives on until its finalizers are done. */
  object: StoredObject;
  /** Whether it is gone already. */
  removed: boolean;
}

const protectedNamespaces = new Set(['default', 'kube-system', 'kube-public']);
/** Keeps a CustomResourceDefinition until its objects are gone. */
const definitionCleanup = 'customresourcecleanup.apiextensions.k8s.io';
const policyFinalizers = ['foregroundDeletion', 'orphan'];

/**
 * Deletes an object, or marks it for deletion when something must happen first: finalizers, dependents (Foreground,
 * Orphan), a Namespace's content, or a running Pod's grace period.
 */
export class ObjectDeleter {
  private readonly store: ObjectStore;
  private readonly hasKubelet: boolean;

  /** Without a kubelet nobody would confirm that a Pod has stopped, so Pods go at once. */
  constructor(store: ObjectStore, options: { hasKubelet: boolean }) {
    this.store = store;
    this.hasKubelet = options.hasKubelet;
  }

  delete(type: ResourceType, live: StoredObject, options: DeleteOptions): DeleteResult {
    checkPreconditions(type, live, options);
    if (type.id === '/namespaces' && protectedNamespaces.has(live.metadata.name)) {
      throw forbidden(type, live.metadata.name, 'this namespace may not be deleted');
    }
    const finalizers = this.finalizersFor(type, live, options);
    const grace = type.id === '/pods' ? this.graceOf(live, options.gracePeriodSeconds) : 0;
    const mustWait = finalizers.length > 0 || grace > 0 || this.hasContent(type, live);
    if (!mustWait) {
      const last = type.id === '/pods' ? markDeleted(type, live, [], 0) : live;
      return { object: options.dryRun === true ? last : this.store.remove(type.id, last), removed: true };
    }
    const marked = markDeleted(type, live, finalizers, grace);
    if (options.dryRun === true || marked === live) return { object: marked, removed: false };
    return { object: this.store.put(type.id, marked), removed: false };
  }

  private finalizersFor(type: ResourceType, live: StoredObject, { propagation }: DeleteOptions): string[] {
    const kept = (live.metadata.finalizers ?? []).filter(
      (finalizer) => propagation === undefined || !policyFinalizers.includes(finalizer),
    );
    if (
      type.id === 'apiextensions.k8s.io/customresourcedefinitions' &&
      this.hasInstances(live) &&
      !kept.includes(definitionCleanup)
    ) {
      kept.push(definitionCleanup);
    }
    if (propagation === 'Foreground') return [...kept, 'foregroundDeletion'];
    if (propagation === 'Orphan' || (propagation === undefined && type.id === 'batch/jobs')) {
      return kept.includes('orphan') ? kept : [...kept, 'orphan'];
    }
    return kept;
  }

  private hasInstances(definition: StoredObject): boolean {
    const group = stringAt(definition, 'spec', 'group') ?? '';
    return this.store.count(`${group}/${stringAt(definition, 'spec', 'names', 'plural') ?? ''}`) > 0;
  }

  private hasContent(type: ResourceType, live: StoredObject): boolean {
    return type.id === '/namespaces' && listAt(live, 'spec', 'finalizers').length > 0;
  }

  private graceOf(pod: StoredObject, requested: number | undefined): number {
    if (!this.hasKubelet) return 0;
    const remaining = numberAt(pod, 'metadata', 'deletionGracePeriodSeconds');
    const phase = stringAt(pod, 'status', 'phase');
    const isRunning = (stringAt(pod, 'spec', 'nodeName') ?? '') !== '' && phase !== 'Succeeded' && phase !== 'Failed';
    if (!isRunning) return 0;
    const grace = requested ?? numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30;
    // A second delete may only shorten the wait.
    return remaining === undefined ? grace : Math.min(grace, remaining);
  }
}

function checkPreconditions(type: ResourceType, live: StoredObject, { uid, resourceVersion }: DeleteOptions): void {
  // The real server names the kind here, not the resource.
  const named = { group: type.group, plural: type.kind };
  if (uid !== undefined && uid !== live.metadata.uid) {
    throw conflict(
      named,
      live.metadata.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${live.metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(
      named,
      live.metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${live.metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

function markDeleted(type: ResourceType, live: StoredObject, finalizers: string[], grace: number): StoredObject {
  const already = live.metadata.deletionTimestamp !== undefined;
  const sameFinalizers = finalizers.join() === (live.metadata.finalizers ?? []).join();
  if (already && sameFinalizers && numberAt(live, 'metadata', 'deletionGracePeriodSeconds') === grace) return live;
  const metadata: StoredObject['metadata'] = {
    ...live.metadata,
    deletionTimestamp: live.metadata.deletionTimestamp ?? timestamp(new Date(Date.now() + grace * 1000)),
    ...(type.id === '/namespaces' ? {} : { deletionGracePeriodSeconds: grace }),
  };
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  if (!already && live.metadata.generation !== undefined) metadata.generation = live.metadata.generation + 1;
  return markTerminating(type, { ...live, metadata });
}

/** The policy a DeleteOptions body or the query asks for. Throws 422 when it is no policy. */
export function propagationFrom(value: string | undefined, orphanDependents: unknown): Propagation | undefined {
  switch (value) {
    case 'Foreground':
    case 'Background':
    case 'Orphan':
      return value;
    case undefined:
    case '':
      if (orphanDependents === true) return 'Orphan';
      return orphanDependents === false ? 'Background' : undefined;
    default:
      throw invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
        notSupported('propagationPolicy', value, ['Foreground', 'Background', 'Orphan', 'nil']),
      ]);
  }
}
