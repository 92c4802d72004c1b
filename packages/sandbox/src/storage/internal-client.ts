/** Any Kubernetes object, as stored. */
export interface StoredObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    ownerReferences?: {
      apiVersion: string;
      kind: string;
      name: string;
      uid: string;
      controller?: boolean;
      blockOwnerDeletion?: boolean;
    }[];
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** A resource type by group ('' for core) and plural name, such as `{ group: 'apps', resource: 'deployments' }`. */
export interface GroupResource {
  group: string;
  resource: string;
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Change {
  type: ChangeType;
  resource: GroupResource;
  object: StoredObject;
}

/**
 * The way the built-in controllers read and write: in process, past authorization, but through the same defaulting,
 * managed fields, admission and watch events as a request. Objects returned are shared with the store: clone before
 * changing one. Every write throws an ApiError with the HTTP status a client would get.
 */
export interface InternalClient {
  get(resource: GroupResource, namespace: string, name: string): StoredObject | undefined;
  list(resource: GroupResource, namespace?: string): StoredObject[];
  /** Objects whose ownerReferences name this uid, from an index. */
  ownedBy(uid: string): { resource: GroupResource; object: StoredObject }[];
  create(resource: GroupResource, object: object, manager: string): StoredObject;
  /** Replaces everything but status; optimistic when `metadata.resourceVersion` is set. */
  update(resource: GroupResource, object: object, manager: string): StoredObject;
  updateStatus(resource: GroupResource, object: object, manager: string): StoredObject;
  delete(
    resource: GroupResource,
    namespace: string,
    name: string,
    options?: {
      propagation?: 'Foreground' | 'Background' | 'Orphan';
      uid?: string;
      /**
       * Pods only. As on a real API server, deleting a Pod that is bound to a node and still runs marks it with
       * deletionTimestamp and deletionGracePeriodSeconds; it goes once the kubelet deletes it again with 0.
       */
      gracePeriodSeconds?: number;
    },
  ): void;
  /** Removes one finalizer; the object goes when it was the last one and deletion was requested. */
  removeFinalizer(resource: GroupResource, namespace: string, name: string, finalizer: string): void;
  /** Called after each committed change, of every resource type, in commit order. Returns the way to stop. */
  onChange(listener: (change: Change) => void): () => void;
  /** Every resource type now served, CRDs included. */
  resources(): (GroupResource & { kind: string; version: string; namespaced: boolean })[];
}
