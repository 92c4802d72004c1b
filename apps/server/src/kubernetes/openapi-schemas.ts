import { ClusterError, type GroupVersionKind } from '@lockstep/core';
import { type OpenApiDocument, SchemaSet, type ValueType } from '@lockstep/structured-merge';
import { LRUCache } from 'lru-cache';
import type { ClusterConnection } from './cluster-connection.ts';

/** Documents are equal when their hash is, whichever cluster serves them: a fleet of like clusters holds one copy. */
const byHash = new LRUCache<string, SchemaSet>({ max: 200 });

const INDEX_LIFETIME_MS = 10 * 60_000;

/**
 * The structural schemas of a cluster, read per group and version from `/openapi/v3` when first needed and kept by the
 * hash the server gives them.
 */
export class OpenApiSchemas {
  readonly #connection: ClusterConnection;
  #index: Promise<Map<string, string>> | undefined;
  #indexedAt = 0;
  readonly #loading = new Map<string, Promise<SchemaSet | undefined>>();
  readonly #loaded = new Map<string, SchemaSet>();

  constructor(connection: ClusterConnection) {
    this.#connection = connection;
  }

  /** The type of a kind, or undefined when the cluster publishes none. Fails softly: a schema refines, it is never required. */
  async typeOf(gvk: GroupVersionKind): Promise<ValueType | undefined> {
    return (await this.#schemas(gvk))?.kind(gvk);
  }

  /** Like `typeOf`, without a request: undefined also when the schema was not read yet. */
  knownTypeOf(gvk: GroupVersionKind): ValueType | undefined {
    return this.#loaded.get(documentPath(gvk))?.kind(gvk);
  }

  /** Call when discovery changed: a CustomResourceDefinition may have a new schema. */
  invalidate(): void {
    this.#index = undefined;
    this.#loading.clear();
    this.#loaded.clear();
  }

  #schemas(gvk: GroupVersionKind): Promise<SchemaSet | undefined> {
    const path = documentPath(gvk);
    let schemas = this.#loading.get(path);
    if (schemas === undefined) {
      schemas = this.#load(path).catch((error: unknown) => {
        this.#loading.delete(path);
        if (error instanceof ClusterError) return undefined;
        throw error;
      });
      this.#loading.set(path, schemas);
    }
    return schemas;
  }

  async #load(path: string): Promise<SchemaSet | undefined> {
    if (Date.now() - this.#indexedAt > INDEX_LIFETIME_MS) this.#index = undefined;
    this.#index ??= this.#readIndex();
    const url = (await this.#index).get(path);
    if (url === undefined) return undefined;
    const hash = new URL(url, 'http://cluster').searchParams.get('hash');
    const key = hash === null || hash === '' ? undefined : `${path}#${hash}`;
    let schemas = key === undefined ? undefined : byHash.get(key);
    if (schemas === undefined) {
      const [pathname, search] = url.split('?') as [string, string | undefined];
      const document = await this.#connection.json<OpenApiDocument>({
        method: 'GET',
        path: pathname,
        query: Object.fromEntries(new URLSearchParams(search)),
      });
      schemas = SchemaSet.fromDocuments(document);
      if (key !== undefined) byHash.set(key, schemas);
    }
    this.#loaded.set(path, schemas);
    return schemas;
  }

  async #readIndex(): Promise<Map<string, string>> {
    this.#indexedAt = Date.now();
    try {
      const { paths } = await this.#connection.json<{ paths: Record<string, { serverRelativeURL: string }> }>({
        method: 'GET',
        path: '/openapi/v3',
      });
      return new Map(Object.entries(paths).map(([path, { serverRelativeURL }]) => [path, serverRelativeURL]));
    } catch (error) {
      this.#index = undefined;
      throw error;
    }
  }
}

function documentPath({ group, version }: { group: string; version: string }): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}
