import { ClusterError, LABEL_PART_OF } from '@lockstep/core';
import type { ApiContext, Collection, ConfigMap } from '../api/api-context.ts';

const NAME = 'lockstep-revoked-sessions';

/**
 * Sessions that ended before they expire. They are kept in a ConfigMap: every replica watches it, and unlike an entry in
 * Redis it survives. Session ids are no secrets; they only name a token.
 */
export class Revocations {
  readonly #controlPlane: ApiContext['controlPlane'];
  readonly #configMaps: Collection<ConfigMap>;
  readonly #namespace: string;
  readonly #listeners = new Set<() => void>();

  constructor({ controlPlane, collections, config }: Pick<ApiContext, 'controlPlane' | 'collections' | 'config'>) {
    this.#controlPlane = controlPlane;
    this.#configMaps = collections.configMaps;
    this.#namespace = config.namespace;
    collections.configMaps.onChange(({ item }) => {
      if (item.metadata.name === NAME) for (const listener of this.#listeners) listener();
    });
  }

  has(jti: string): boolean {
    return this.#configMaps.get(this.#namespace, NAME)?.data?.[jti] !== undefined;
  }

  /** Ends a session. Entries of sessions that expired by themselves are removed on the way. */
  async add(jti: string, expiresAt: number): Promise<void> {
    const now = Date.now() / 1000;
    const known = this.#configMaps.get(this.#namespace, NAME)?.data ?? {};
    const data: Record<string, string | null> = { [jti]: String(Math.ceil(expiresAt)) };
    for (const [id, expiry] of Object.entries(known)) if (Number(expiry) < now - 60) data[id] = null;
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: this.#namespace, name: NAME };
    const stored = await this.#controlPlane.patch(ref, { type: 'merge', body: { data } }).catch(async (error) => {
      if (!(error instanceof ClusterError) || error.reason !== 'NotFound') throw error;
      return this.#controlPlane.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: NAME, namespace: this.#namespace, labels: { [LABEL_PART_OF]: 'argocd' } },
        data,
      });
    });
    this.#configMaps.absorb(stored as ConfigMap);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
