import type { Readable } from 'node:stream';
import {
  type ApiResource,
  type ApplyOptions,
  type ClusterClient,
  ClusterError,
  type GroupVersionKind,
  groupVersionOf,
  type KubernetesObject,
  type PropagationPolicy,
  type ResourceKey,
  WaitingError,
} from '@lockstep/core';
import type { ValueType } from '@lockstep/structured-merge';
import type { ClusterConnection, ClusterRequest, Query } from './cluster-connection.ts';
import type { Discovery } from './discovery.ts';
import { KnownResources } from './known-resources.ts';
import { OpenApiSchemas } from './openapi-schemas.ts';
import { collectionPath, objectPath } from './resource-path.ts';

export interface ObjectRef {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface LogOptions {
  container?: string;
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  limitBytes?: number;
  signal?: AbortSignal;
}

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** A request past the current discovery must not read discovery again more often than this. */
const REDISCOVERY_INTERVAL_MS = 5_000;

/**
 * One cluster as the engine sees it: `ClusterClient` of core plus lists, logs, events and discovery. Objects pass
 * through as JSON; nothing is renamed, dropped or turned into classes.
 */
export class KubernetesClient implements ClusterClient {
  readonly connection: ClusterConnection;
  readonly schemas: OpenApiSchemas;
  readonly known: KnownResources;
  /** Every request impersonates it (`system:serviceaccount:ns:name`), see `impersonating`. */
  readonly #user: string | undefined;
  readonly #fence: (() => void) | undefined;

  constructor(
    connection: ClusterConnection,
    variant?: { of: KubernetesClient; user?: string | undefined; fence?: (() => void) | undefined },
  ) {
    this.connection = connection;
    this.known = variant?.of.known ?? new KnownResources(connection);
    this.schemas = variant?.of.schemas ?? new OpenApiSchemas(connection);
    this.#user = variant?.user;
    this.#fence = variant?.fence;
  }

  /** A client that acts as somebody else. Discovery and schemas are shared. */
  impersonating(user: string): KubernetesClient {
    return new KubernetesClient(this.connection, { of: this, user, fence: this.#fence });
  }

  /**
   * A client whose writes may be forbidden at the last moment: `fence` is called before each leaves and throws to stop it
   * (see `ClusterRequest.fence`). Dry runs and reads pass.
   */
  fenced(fence: () => void): KubernetesClient {
    return new KubernetesClient(this.connection, { of: this, user: this.#user, fence });
  }

  /** Everything the cluster serves, read once; `rediscover` reads again. */
  async discovery(): Promise<Discovery> {
    return this.known.get();
  }

  async rediscover(): Promise<void> {
    await this.known.refresh();
    this.schemas.invalidate();
  }

  /**
   * The resource of a kind: the wanted version where served, else the preferred one. `discovery()` must have been
   * awaited. Throws `WaitingError` when the group could not be discovered: unknown is not absent.
   */
  resourceFor(group: string, kind: string, version?: string): ApiResource | undefined {
    const candidates = this.known.versionsOf(group, kind);
    const found = candidates.find((resource) => resource.version === version) ?? candidates[0];
    if (found === undefined && this.known.current?.unknownGroups.has(group) === true) {
      throw new WaitingError(
        'DiscoveryIncomplete',
        `${this.connection.name} does not answer for API group "${group}" now, so ${kind} is unknown`,
        {
          retryAfter: 10_000,
          fix: 'Check the APIService of that group',
        },
      );
    }
    return found;
  }

  /** The structural schema of a kind from the cluster's own OpenAPI. */
  async typeOf(gvk: GroupVersionKind): Promise<ValueType | undefined> {
    return this.schemas.typeOf(gvk);
  }

  /** The server's version, such as `{ major: '1', minor: '34', gitVersion: 'v1.34.3' }`. */
  async version(): Promise<{ major: string; minor: string; gitVersion: string }> {
    return this.#json({ method: 'GET', path: '/version', timeout: 10_000 });
  }

  async get(ref: ObjectRef): Promise<KubernetesObject | undefined> {
    const resource = await this.#resourceOf(ref);
    try {
      return await this.#json({ method: 'GET', path: objectPath(resource, ref) });
    } catch (error) {
      if (error instanceof ClusterError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All objects of a kind, in pages. */
  async list(kind: { apiVersion: string; kind: string }, options: ListOptions = {}): Promise<KubernetesObject[]> {
    const resource = await this.#resourceOf(kind);
    const objects: KubernetesObject[] = [];
    let continueToken: string | undefined;
    do {
      const page = await this.#json<{ metadata?: { continue?: string }; items: KubernetesObject[] }>({
        method: 'GET',
        path: collectionPath(resource, options.namespace),
        query: {
          limit: 500,
          continue: continueToken,
          labelSelector: options.labelSelector,
          fieldSelector: options.fieldSelector,
        },
      });
      for (const item of page.items)
        objects.push({ ...item, apiVersion: item.apiVersion ?? kind.apiVersion, kind: item.kind ?? kind.kind });
      continueToken = page.metadata?.continue || undefined;
    } while (continueToken !== undefined);
    return objects;
  }

  async apply(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    return this.#json({
      method: 'PATCH',
      path: objectPath(await this.#resourceOf(object), refOf(object)),
      query: {
        fieldManager: options.fieldManager,
        force: options.force ? true : undefined,
        dryRun: options.dryRun === true ? 'All' : undefined,
        fieldValidation: options.fieldValidation,
      },
      contentType: 'application/apply-patch+yaml',
      body: object,
    });
  }

  async create(
    object: KubernetesObject,
    options: { dryRun?: boolean; fieldManager?: string } = {},
  ): Promise<KubernetesObject> {
    const resource = await this.#resourceOf(object);
    return this.#json({
      method: 'POST',
      path: collectionPath(resource, object.metadata.namespace ?? ''),
      query: writeQuery(options),
      body: object,
    });
  }

  async replace(
    object: KubernetesObject,
    options: { dryRun?: boolean; fieldManager?: string } = {},
  ): Promise<KubernetesObject> {
    return this.#json({
      method: 'PUT',
      path: objectPath(await this.#resourceOf(object), refOf(object)),
      query: writeQuery(options),
      body: object,
    });
  }

  async patch(
    ref: ObjectRef,
    patch: { type: 'merge' | 'json' | 'strategic'; body: unknown; subresource?: string; fieldManager?: string },
  ): Promise<KubernetesObject> {
    return this.#json({
      method: 'PATCH',
      path: objectPath(await this.#resourceOf(ref), ref, patch.subresource),
      query: { fieldManager: patch.fieldManager },
      contentType: PATCH_TYPES[patch.type],
      body: patch.body,
    });
  }

  async delete(
    key: ResourceKey & { version?: string },
    options: { propagation: PropagationPolicy; uid?: string; resourceVersion?: string; gracePeriodSeconds?: number },
  ): Promise<void> {
    const resource = await this.#resourceOf({ apiVersion: apiVersionText(key.group, key.version), kind: key.kind });
    const preconditions = {
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.resourceVersion === undefined ? {} : { resourceVersion: options.resourceVersion }),
    };
    try {
      await this.#json({
        method: 'DELETE',
        path: objectPath(resource, key),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy: options.propagation,
          ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
          ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
        },
      });
    } catch (error) {
      if (error instanceof ClusterError && error.status === 404) return;
      throw error;
    }
  }

  /** The events about one object, newest last. */
  async events(involved: {
    namespace: string;
    name: string;
    uid?: string;
    kind?: string;
  }): Promise<KubernetesObject[]> {
    const fields = [`involvedObject.name=${involved.name}`];
    if (involved.uid !== undefined) fields.push(`involvedObject.uid=${involved.uid}`);
    if (involved.kind !== undefined) fields.push(`involvedObject.kind=${involved.kind}`);
    return this.list(
      { apiVersion: 'v1', kind: 'Event' },
      { namespace: involved.namespace, fieldSelector: fields.join(',') },
    );
  }

  /** Log lines of a container, as they come. Destroy the stream (or abort) to stop following. */
  async logs(pod: { namespace: string; name: string }, options: LogOptions = {}): Promise<Readable> {
    const query: Query = {
      container: options.container,
      follow: options.follow,
      previous: options.previous,
      timestamps: options.timestamps,
      tailLines: options.tailLines,
      sinceSeconds: options.sinceSeconds,
      sinceTime: options.sinceTime,
      limitBytes: options.limitBytes,
    };
    const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log`;
    return this.connection.stream({
      method: 'GET',
      path,
      query,
      headers: { accept: '*/*' },
      signal: options.signal,
      // A followed log may say nothing for hours.
      timeout: options.follow === true ? 0 : 60_000,
    });
  }

  /** The resource of an object about to be sent; a kind that is not known yet gets one look at fresh discovery. */
  async #resourceOf({ apiVersion, kind }: { apiVersion: string; kind: string }): Promise<ApiResource> {
    await this.known.get();
    const { group, version } = groupVersionOf(apiVersion);
    let resource = this.resourceFor(group, kind, version);
    if (resource === undefined && this.known.age > REDISCOVERY_INTERVAL_MS) {
      await this.rediscover();
      resource = this.resourceFor(group, kind, version);
    }
    if (resource === undefined) {
      throw new ClusterError(
        `${this.connection.name} does not serve ${kind} of ${apiVersion}; is its CustomResourceDefinition installed?`,
        {
          status: 404,
          reason: 'NotFound',
        },
      );
    }
    return resource;
  }

  /** One request of this client, as whoever it acts for. */
  #json<T>(request: ClusterRequest): Promise<T> {
    const isWrite = request.method !== 'GET' && request.query?.['dryRun'] === undefined;
    return this.connection.json<T>({
      ...request,
      headers: { ...request.headers, ...(this.#user === undefined ? {} : { 'impersonate-user': this.#user }) },
      ...(isWrite && this.#fence !== undefined ? { fence: this.#fence } : {}),
    });
  }
}

function refOf(object: KubernetesObject): { namespace: string; name: string } {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
}

function apiVersionText(group: string, version: string | undefined): string {
  return group === '' ? (version ?? '') : `${group}/${version ?? ''}`;
}

function writeQuery(options: { dryRun?: boolean; fieldManager?: string }): Query {
  return { fieldManager: options.fieldManager, dryRun: options.dryRun === true ? 'All' : undefined };
}
