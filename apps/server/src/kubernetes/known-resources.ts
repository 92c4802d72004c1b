import type { ApiResource } from '@lockstep/core';
import type { ClusterConnection } from './cluster-connection.ts';
import { type Discovery, discover } from './discovery.ts';

/** The resource types of one cluster, read when first needed and again on demand; shared by all clients of the cluster. */
export class KnownResources {
  readonly #connection: ClusterConnection;
  readonly #listeners = new Set<(discovery: Discovery) => void>();
  #discovery: Discovery | undefined;
  #discoveredAt = 0;
  #discovering: Promise<Discovery> | undefined;
  #byKind = new Map<string, ApiResource[]>();

  constructor(connection: ClusterConnection) {
    this.#connection = connection;
  }

  /** What was read last; undefined before the first time. */
  get current(): Discovery | undefined {
    return this.#discovery;
  }

  /** Milliseconds since the last look. */
  get age(): number {
    return Date.now() - this.#discoveredAt;
  }

  async get(): Promise<Discovery> {
    return this.#discovery ?? this.refresh();
  }

  /** Reads discovery again. Calls that come while it is being read share the answer. */
  async refresh(): Promise<Discovery> {
    this.#discovering ??= discover(this.#connection, this.#discovery)
      .then((discovery) => {
        this.#discovery = discovery;
        this.#discoveredAt = Date.now();
        this.#byKind = new Map();
        for (const resource of discovery.resources) {
          const key = `${resource.group}/${resource.kind}`;
          const known = this.#byKind.get(key);
          if (known === undefined) this.#byKind.set(key, [resource]);
          else known.push(resource);
        }
        for (const listener of this.#listeners) listener(discovery);
        return discovery;
      })
      .finally(() => {
        this.#discovering = undefined;
      });
    return this.#discovering;
  }

  /** All versions of a kind, the preferred one first. */
  versionsOf(group: string, kind: string): readonly ApiResource[] {
    return this.#byKind.get(`${group}/${kind}`) ?? [];
  }

  /** Called after each reading. Returns the way to stop. */
  onDiscovered(listener: (discovery: Discovery) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
