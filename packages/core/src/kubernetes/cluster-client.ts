import type { KubernetesObject } from './object.ts';
import type { ResourceKey } from './resource-key.ts';

/** One resource type as discovery lists it. */
export interface ApiResource {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  verbs: string[];
  shortNames?: string[];
  subresources?: string[];
}

export interface ApplyOptions {
  fieldManager: string;
  /** Take over fields that another manager owns with another value. */
  force: boolean;
  dryRun?: boolean;
  /** `Strict` answers unknown and duplicate fields with an error, `Ignore` drops them (`Validate=false`). */
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export type PropagationPolicy = 'Foreground' | 'Background' | 'Orphan';

/**
 * One cluster, as the sync engine needs it. Every method is one request to the API server, bodies are JSON in and out
 * untouched. A refused request throws `ClusterError` with the server's Status.
 */
export interface ClusterClient {
  /** The resource type of a kind, from cached discovery; undefined when the cluster does not serve it. */
  resourceFor(group: string, kind: string, version?: string): ApiResource | undefined;
  /** Reads discovery again (after a CustomResourceDefinition was applied). */
  rediscover(): Promise<void>;
  get(ref: {
    apiVersion: string;
    kind: string;
    namespace: string;
    name: string;
  }): Promise<KubernetesObject | undefined>;
  /** Server-side apply. Returns the object as stored (or as it would be, with `dryRun`). */
  apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject>;
  create(object: KubernetesObject, options?: { dryRun?: boolean; fieldManager?: string }): Promise<KubernetesObject>;
  replace(object: KubernetesObject, options?: { dryRun?: boolean; fieldManager?: string }): Promise<KubernetesObject>;
  patch(
    ref: { apiVersion: string; kind: string; namespace: string; name: string },
    patch: { type: 'merge' | 'json' | 'strategic'; body: unknown; subresource?: string; fieldManager?: string },
  ): Promise<KubernetesObject>;
  /** Deletes; resolves when the server accepted it (the object may live on while finalizers run). Absent is success. */
  delete(
    key: ResourceKey & { version?: string },
    options: { propagation: PropagationPolicy; uid?: string; resourceVersion?: string; gracePeriodSeconds?: number },
  ): Promise<void>;
}
