import { hostname } from 'node:os';
import { ClusterError, type KubernetesObject } from '@lockstep/core';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import type { Logger } from '../logger.ts';

interface LeaseObject extends KubernetesObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export interface LeaseOptions {
  client: KubernetesClient;
  namespace: string;
  name: string;
  /** `host_pid_random`, see `isDeadNeighbour`. */
  identity: string;
  logger: Logger;
  /** Milliseconds. */
  duration?: number;
  renewEvery?: number;
  retryEvery?: number;
  onLost: () => void;
}

/**
 * A shard is held by one controller at a time. Holding is judged by our own clock from before the renewal was sent, so
 * that we stop writing before another may begin, however late an answer comes.
 */
export class ShardLease implements AsyncDisposable {
  readonly #options: Required<LeaseOptions>;
  #heldUntil = 0;
  #held: LeaseObject | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LeaseOptions) {
    this.#options = { duration: 15_000, renewEvery: 5_000, retryEvery: 2_000, ...options };
  }

  /** Whether writing is safe now. */
  get isHeld(): boolean {
    return Date.now() < this.#heldUntil;
  }

  /** Resolves once the lease is ours. */
  async acquire(): Promise<this> {
    for (;;) {
      if (this.#closed) throw new Error('the lease was closed before it was acquired');
      try {
        if (await this.#take()) break;
      } catch (error) {
        this.#options.logger.warn({ err: error, lease: this.#options.name }, 'lease cannot be acquired yet');
      }
      await new Promise((resolve) => setTimeout(resolve, this.#options.retryEvery));
    }
    this.#schedule();
    return this;
  }

  /** Gives it up, so that the next one need not wait. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const held = this.#held;
    if (held === undefined || !this.isHeld) return;
    this.#heldUntil = 0;
    try {
      await this.#options.client.replace({
        ...held,
        spec: { ...held.spec, holderIdentity: '', renewTime: microTime(new Date()) },
      });
    } catch {
      // It expires by itself.
    }
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      void this.#renew().finally(() => {
        if (!this.#closed) this.#schedule();
      });
    }, this.#options.renewEvery);
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const wasHeld = this.isHeld;
    try {
      if (await this.#take()) return;
    } catch (error) {
      this.#options.logger.warn({ err: error, lease: this.#options.name }, 'lease cannot be renewed');
    }
    if (wasHeld && !this.isHeld) this.#options.onLost();
    else if (!wasHeld || this.#held === undefined) this.#options.onLost();
  }

  /** Creates, renews or takes over. False: somebody else holds it. */
  async #take(): Promise<boolean> {
    const { client, namespace, name, identity, duration } = this.#options;
    const sentAt = Date.now();
    const current =
      this.#held ??
      ((await client.get({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name })) as
        | LeaseObject
        | undefined);
    const now = new Date();
    if (current !== undefined && current.spec?.holderIdentity !== identity && !isFree(current, now)) return false;
    const isSame = current?.spec?.holderIdentity === identity;
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(duration / 1000),
      acquireTime: isSame ? current?.spec?.acquireTime : microTime(now),
      renewTime: microTime(now),
      leaseTransitions: (current?.spec?.leaseTransitions ?? 0) + (isSame || current === undefined ? 0 : 1),
    };
    try {
      this.#held = (await (current === undefined
        ? client.create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec })
        : client.replace({ ...current, spec }))) as LeaseObject;
    } catch (error) {
      if (!(error instanceof ClusterError) || !['Conflict', 'AlreadyExists', 'NotFound'].includes(error.reason))
        throw error;
      this.#held = undefined;
      return false;
    }
    this.#heldUntil = sentAt + duration - 2_000;
    return true;
  }
}

function isFree(lease: LeaseObject, now: Date): boolean {
  const { holderIdentity = '', renewTime, leaseDurationSeconds = 15 } = lease.spec ?? {};
  if (holderIdentity === '' || renewTime === undefined || isDeadNeighbour(holderIdentity)) return true;
  return Date.parse(renewTime) + leaseDurationSeconds * 1000 < now.getTime();
}

/** A controller that crashed on this very machine need not be waited for: its process is gone, or its number is ours. */
function isDeadNeighbour(holder: string): boolean {
  const [host, pid] = holder.split('_');
  if (host !== hostname() || pid === undefined || !/^\d+$/.test(pid)) return false;
  if (Number(pid) === process.pid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function microTime(date: Date): string {
  return date.toISOString().replace(/Z$/, '000Z');
}
