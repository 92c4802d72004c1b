import type { KubernetesObject } from '@lockstep/core';
import type { ClusterConnection } from './cluster-connection.ts';
import { type Change, Reflector } from './reflector.ts';
import { collectionPath } from './resource-path.ts';

export interface InformerOptions<T extends KubernetesObject> {
  connection: ClusterConnection;
  resource: { group: string; version: string; kind: string; plural: string };
  /** Empty: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Drops what is never read, before it is held. */
  trim?(object: T): T;
  onError?(error: unknown): void;
}

/**
 * A typed local copy of one collection: read it without requests, hear of every change. Objects are shared: never change
 * one, clone it first.
 */
export class Informer<T extends KubernetesObject> implements AsyncDisposable {
  readonly #reflector: Reflector<T>;
  readonly #listeners = new Set<(change: Change<T>) => void>();
  #isListed = false;

  constructor(options: InformerOptions<T>) {
    const { resource, trim } = options;
    this.#reflector = new Reflector<T>({
      connection: options.connection,
      path: collectionPath(resource, options.namespace),
      apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
      kind: resource.kind,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      keep: (object) => (trim === undefined ? (object as T) : trim(object as T)),
      onChange: (change) => {
        for (const listener of this.#listeners) listener(change);
      },
      onListed: () => {
        this.#isListed = true;
      },
      ...(options.onError === undefined ? {} : { onError: options.onError, onRefused: options.onError }),
    });
  }

  /** Begins to list and watch; resolves when the first list is complete. */
  async start(): Promise<this> {
    this.#reflector.start();
    await this.#reflector.synced;
    return this;
  }

  /** Whether a list was ever complete: an empty informer before that says nothing about the cluster. */
  get isListed(): boolean {
    return this.#isListed;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#reflector.get(`${namespace}/${name}`);
  }

  *list(): IterableIterator<T> {
    yield* this.#reflector.values();
  }

  get size(): number {
    return this.#reflector.size;
  }

  /** Called for every change, also those of the first list. Returns the way to stop. */
  onChange(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads everything once more, see `Reflector.relist`. */
  async relist(): Promise<void> {
    await this.#reflector.relist();
  }

  /** Takes the answer to a write of ours, so that a read right after it sees the write. */
  absorb(object: T): void {
    this.#reflector.absorb(object);
  }

  /** Resolves with the object as soon as `predicate` holds for it, on the informer's own events. Rejects after `timeout` ms. */
  async until(
    key: { namespace: string; name: string },
    predicate: (object: T | undefined) => boolean,
    timeout: number,
  ): Promise<T | undefined> {
    const wanted = `${key.namespace}/${key.name}`;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const check = (): boolean => {
        const object = this.#reflector.get(wanted);
        if (!predicate(object)) return false;
        clearTimeout(timer);
        stop();
        resolve(object);
        return true;
      };
      const stop = this.onChange((change) => {
        if (change.key === wanted) check();
      });
      if (check()) return;
      timer = setTimeout(() => {
        stop();
        reject(new Error(`timed out after ${timeout} ms waiting for ${wanted}`));
      }, timeout);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    await this.#reflector.stop();
  }
}
