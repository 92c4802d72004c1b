import type { ApplicationKey } from '@lockstep/core';
import { textOfKey } from './control-plane.ts';

/**
 * How many applications of one cluster are worked on at once. A cluster that does not answer keeps those waiting for up to
 * a minute each; without a limit it would soon keep all workers, and every other cluster would wait with it.
 *
 * Whoever took a place looks after those that wait for one: `take`, work, then `pass` until nobody is left.
 */
export class ClusterShare {
  /** Of each cluster. */
  limit: number;
  readonly #clusters = new Map<string, { running: number; waiting: Map<string, ApplicationKey> }>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether work on the application may begin; if not, `pass` names it in its turn. */
  take(server: string, key: ApplicationKey): boolean {
    const cluster = this.#clusters.get(server) ?? { running: 0, waiting: new Map<string, ApplicationKey>() };
    this.#clusters.set(server, cluster);
    if (cluster.running >= this.limit) {
      cluster.waiting.set(textOfKey(key), key);
      return false;
    }
    cluster.running += 1;
    cluster.waiting.delete(textOfKey(key));
    return true;
  }

  /** Work on one application is done. The place goes to the one that waited longest; with nobody waiting it is free. */
  pass(server: string): ApplicationKey | undefined {
    const cluster = this.#clusters.get(server);
    if (cluster === undefined) return undefined;
    const [next] = cluster.running > this.limit ? [] : cluster.waiting;
    if (next !== undefined) {
      cluster.waiting.delete(next[0]);
      return next[1];
    }
    cluster.running -= 1;
    if (cluster.running === 0) this.#clusters.delete(server);
    return undefined;
  }

  /** Nobody waits any more, and their places are free. */
  clear(): void {
    for (const { waiting } of this.#clusters.values()) waiting.clear();
  }
}
