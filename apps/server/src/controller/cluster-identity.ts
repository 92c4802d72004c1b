import { ClusterError, TerminalError } from '@lockstep/core';
import type { ClusterConnection } from '../kubernetes/cluster-connection.ts';

/** On the cluster's Secret, for our own cluster without one on `argocd-cm`: the uid of its namespace kube-system. */
export const ANNOTATION_CLUSTER_UID = 'lockstep.dev/cluster-uid';

/** Where the uid of a cluster is kept. */
export interface IdentityMemory {
  expected(): string | undefined;
  /** Failing to is not an error: the uid is learnt again after a restart. */
  remember(uid: string): Promise<void>;
  /** The object that carries the annotation, as kubectl names it: `secret cluster-prod`. */
  readonly object: string;
  readonly namespace: string;
}

/**
 * Whether a cluster is the one it was. Behind the same address another may answer one day: a load balancer, a DNS entry or
 * the Secret was changed. Its objects are not those that were compared, so nothing may be synced, pruned or deleted there
 * before a person accepts it.
 */
export class ClusterIdentity {
  readonly #options: { connection: ClusterConnection; memory: IdentityMemory };
  /** Learnt by this process; stands in when the memory cannot be written. */
  #learnt: string | undefined;
  #uid: string | undefined;
  /** Sockets of the connection that were open when the last look began. */
  #sockets = -1;
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;

  constructor(options: { connection: ClusterConnection; memory: IdentityMemory }) {
    this.#options = options;
  }

  /** The uid at the last look; undefined while it is not known, or may not be read. */
  get uid(): string | undefined {
    return this.#uid;
  }

  /** The look that is under way, if any. */
  get pending(): Promise<void> | undefined {
    return this.#queued ?? this.#running;
  }

  /** Whether every socket that a write may use was open before the last look: none can lead elsewhere since. */
  get isCurrent(): boolean {
    return this.#sockets === this.#options.connection.sockets;
  }

  /** What a person wrote or removed counts from now on. */
  forget(): void {
    this.#learnt = undefined;
  }

  /**
   * Looks, with one request that began after the call; calls that come meanwhile share the next one. Throws `TerminalError`
   * with code `ClusterChanged` when it is another cluster, `ClusterError` when it does not answer. Whoever may not read the
   * namespace learns nothing and is not held up.
   */
  async verify(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#check().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#queued ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#queued = undefined;
        return this.verify();
      });
    return this.#queued;
  }

  async #check(): Promise<void> {
    const { connection, memory } = this.#options;
    const { sockets } = connection;
    const uid = await uidOf(connection);
    this.#uid = uid;
    const expected = memory.expected() ?? this.#learnt;
    if (expected === undefined && uid !== undefined) {
      this.#learnt = uid;
      await memory.remember(uid);
    } else if (expected !== uid && uid !== undefined) {
      throw new TerminalError(
        'ClusterChanged',
        `${connection.name} (${connection.server}) is another cluster than before: its namespace kube-system has the uid ${uid}, remembered is ${expected}. Nothing is compared, synced, pruned or deleted there`,
        {
          fix: `If this is the cluster you mean, accept it with: kubectl -n ${memory.namespace} annotate --overwrite ${memory.object} ${ANNOTATION_CLUSTER_UID}=${uid}`,
        },
      );
    }
    this.#sockets = sockets;
  }
}

async function uidOf(connection: ClusterConnection): Promise<string | undefined> {
  try {
    const namespace = await connection.json<{ metadata?: { uid?: string } }>({
      method: 'GET',
      path: '/api/v1/namespaces/kube-system',
      timeout: 10_000,
      isFresh: true,
    });
    return namespace.metadata?.uid;
  } catch (error) {
    if (error instanceof ClusterError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}
