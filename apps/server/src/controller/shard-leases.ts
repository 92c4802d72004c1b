import { ClusterError, type KubernetesObject } from '@lockstep/core';
import { isGone } from '../config/process-identity.ts';
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

export interface ShardLeasesOptions {
  client: KubernetesClient;
  namespace: string;
  /** See `processIdentity`. */
  identity: string;
  shards: number;
  logger: Logger;
  /**
   * Begins to serve a shard; what it answers is disposed before the shard is given up and after it was lost.
   * `acquiredAt` is of `performance.now()`, from before the lease was asked for: whatever was read later shows what the
   * holder before us did.
   */
  serve(shard: number, acquiredAt: number): Promise<AsyncDisposable>;
  /** Milliseconds. */
  duration?: number;
  renewEvery?: number;
  lookEvery?: number;
}

/** How many shards the holder divides the clusters into. Those who disagree must not work at the same time. */
const ANNOTATION_SHARDS = 'lockstep.dev/shards';
/** Who has asked for the shard. */
const ANNOTATION_WANTED_BY = 'lockstep.dev/wanted-by';

/** A holder stops writing this long before another may begin. */
const MARGIN_MS = 2_000;
/** A shard that was given up for somebody is left to them this long. */
const RESERVED_MS = 5_000;
const ASKED_LOOK_MS = 200;

interface Taken {
  shard: number;
  lease: LeaseObject;
  sentAt: { steady: number; wall: number };
}

interface Held {
  lease: LeaseObject;
  /** By both clocks: one stands still while the machine sleeps, the other may be set. */
  until: { steady: number; wall: number };
  isReleasing: boolean;
  isRenewing: boolean;
  served: Promise<AsyncDisposable>;
}

/**
 * Divides the shards between the controllers that run, by one Lease per shard and nothing else. Whoever finds a free one
 * takes it, so that one controller alone serves all. Who holds two fewer than another asks for one by an annotation; the
 * holder sees it as it renews, stops serving and gives it up. A Lease whose holder went silent is taken when it has not
 * changed for its duration by our own clock; what the holder's clock said is never compared.
 *
 * Holding is judged from before the renewal was sent, so that we stop writing before another may begin, however late an
 * answer comes.
 */
export class ShardLeases implements AsyncDisposable {
  readonly #options: Required<ShardLeasesOptions>;
  readonly #held = new Map<number, Held>();
  /** What each Lease said, and since when we see it unchanged. */
  readonly #observed = new Map<number, { record: string; since: number }>();
  #renewal: NodeJS.Timeout | undefined;
  #nextLook: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #askedAt = -Infinity;
  #disagreement: string | undefined;
  #closed = false;

  constructor(options: ShardLeasesOptions) {
    this.#options = { duration: 15_000, renewEvery: 5_000, lookEvery: 2_000, ...options };
  }

  /** Whether writing is safe now. */
  isHeld(shard: number): boolean {
    const held = this.#held.get(shard);
    return (
      held !== undefined && !held.isReleasing && performance.now() < held.until.steady && Date.now() < held.until.wall
    );
  }

  /** The shards this process serves, in ascending order. */
  held(): number[] {
    return [...this.#held.keys()].filter((shard) => this.isHeld(shard)).sort((a, b) => a - b);
  }

  /** Takes what is free now and keeps looking. Resolves after the first look. */
  async start(): Promise<this> {
    this.#looking = this.#look();
    await this.#looking;
    this.#renewal = setInterval(() => {
      for (const [shard, held] of this.#held) void this.#renew(shard, held);
    }, this.#options.renewEvery);
    this.#lookAgain();
    return this;
  }

  /** Resolves when every shard that is held now is served; throws what kept one from it. */
  async settled(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ served }) => served));
  }

  /** Stops serving and gives everything up, so that the next one need not wait. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearInterval(this.#renewal);
    clearTimeout(this.#nextLook);
    await this.#looking;
    await Promise.all([...this.#held].map(([shard, held]) => this.#release(shard, held)));
  }

  #lookAgain(): void {
    if (this.#closed) return;
    const { duration, lookEvery } = this.#options;
    const isExpecting = performance.now() - this.#askedAt < duration;
    const pause = isExpecting ? Math.min(ASKED_LOOK_MS, lookEvery) : lookEvery;
    this.#nextLook = setTimeout(
      () => {
        this.#looking = this.#look();
        void this.#looking.finally(() => this.#lookAgain());
      },
      pause * (0.75 + Math.random() / 2),
    );
  }

  /** Takes what is free; asks for one when others hold too much. With every shard in hand there is nothing to look for. */
  async #look(): Promise<void> {
    const { shards, logger } = this.#options;
    if (this.#closed || this.#held.size >= shards) return;
    try {
      const leases = await this.#read();
      if (this.#disagrees(leases)) return;
      const taken: Taken[] = [];
      for (let shard = 0; shard < shards && !this.#closed; shard++) {
        if (this.#held.has(shard) || !this.#isFree(shard, leases.get(shard))) continue;
        const lease = await this.#take(shard, leases.get(shard));
        if (lease !== undefined) taken.push(lease);
      }
      if (taken.length === 0) return await this.#askForShare(leases);
      this.#askedAt = -Infinity;
      // Another may have taken one at the same moment; each looks after it took, so at least one of them sees the other.
      if (this.#closed || this.#disagrees(await this.#read()))
        await Promise.all(taken.map((each) => this.#giveUp(each.lease)));
      else for (const each of taken) this.#serve(each);
    } catch (error) {
      logger.warn({ err: error }, 'the leases of the shards cannot be read or taken now');
    }
  }

  async #read(): Promise<Map<number, LeaseObject>> {
    const { client, namespace } = this.#options;
    const leases = new Map<number, LeaseObject>();
    for (const lease of await client.list({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }, { namespace })) {
      const shard = /^lockstep-controller-(\d+)$/.exec(lease.metadata.name ?? '')?.[1];
      if (shard !== undefined) leases.set(Number(shard), lease as LeaseObject);
    }
    const now = performance.now();
    for (const [shard, { spec = {} }] of leases) {
      const record = `${spec.holderIdentity} ${spec.acquireTime} ${spec.renewTime}`;
      if (this.#observed.get(shard)?.record !== record) this.#observed.set(shard, { record, since: now });
    }
    return leases;
  }

  /** A controller that divides the clusters otherwise is still at work: two would serve one cluster. */
  #disagrees(leases: ReadonlyMap<number, LeaseObject>): boolean {
    const { identity, shards, logger } = this.#options;
    for (const [shard, lease] of leases) {
      const theirs = Number(lease.metadata.annotations?.[ANNOTATION_SHARDS] ?? 1);
      const holder = lease.spec?.holderIdentity ?? '';
      if (theirs === shards || holder === '' || holder === identity || this.#isFree(shard, lease)) continue;
      const text = `${holder} holds shard ${shard} of ${theirs}, and this controller is told --shards=${shards}: it waits until all agree`;
      if (this.#disagreement !== text) logger.warn(text);
      this.#disagreement = text;
      return true;
    }
    this.#disagreement = undefined;
    return false;
  }

  #isFree(shard: number, lease: LeaseObject | undefined): boolean {
    if (lease === undefined) return true;
    const { holderIdentity = '', leaseDurationSeconds = 15 } = lease.spec ?? {};
    const unchanged = performance.now() - (this.#observed.get(shard)?.since ?? Infinity);
    if (holderIdentity === '') {
      const wantedBy = lease.metadata.annotations?.[ANNOTATION_WANTED_BY];
      return wantedBy === undefined || wantedBy === this.#options.identity || unchanged > RESERVED_MS;
    }
    return isGone(holderIdentity) || unchanged > leaseDurationSeconds * 1000;
  }

  /** Undefined: somebody else was faster. */
  async #take(shard: number, lease: LeaseObject | undefined): Promise<Taken | undefined> {
    const { client, namespace, identity, duration, shards } = this.#options;
    const sentAt = now();
    const time = microTime();
    const isSame = lease?.spec?.holderIdentity === identity;
    const { [ANNOTATION_WANTED_BY]: _asked, ...annotations } = lease?.metadata.annotations ?? {};
    const taken: LeaseObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...(lease?.metadata ?? { name: `lockstep-controller-${shard}`, namespace }),
        annotations: { ...annotations, [ANNOTATION_SHARDS]: String(shards) },
      },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(duration / 1000),
        acquireTime: time,
        renewTime: time,
        leaseTransitions: (lease?.spec?.leaseTransitions ?? 0) + (isSame || lease === undefined ? 0 : 1),
      },
    };
    try {
      const stored = (await (lease === undefined ? client.create(taken) : client.replace(taken))) as LeaseObject;
      return { shard, lease: stored, sentAt };
    } catch (error) {
      if (isLost(error)) return undefined;
      throw error;
    }
  }

  #serve({ shard, lease, sentAt }: Taken): void {
    const { logger, serve } = this.#options;
    logger.info({ shard }, 'shard taken');
    const served = serve(shard, sentAt.steady);
    const held = { lease, until: this.#untilFrom(sentAt), isReleasing: false, isRenewing: false, served };
    this.#held.set(shard, held);
    served.catch((error: unknown) => {
      if (!this.#closed) logger.error({ shard, err: error }, 'the shard cannot be served');
      void this.#release(shard, held);
    });
  }

  /** Asks who holds most for one of theirs, when that makes the division more even. */
  async #askForShare(leases: ReadonlyMap<number, LeaseObject>): Promise<void> {
    const { client, identity, shards } = this.#options;
    const theirs = new Map<string, LeaseObject[]>();
    for (const [shard, lease] of leases) {
      if (shard >= shards || this.#held.has(shard) || this.#isFree(shard, lease)) continue;
      const holder = lease.spec?.holderIdentity ?? '';
      theirs.set(holder, [...(theirs.get(holder) ?? []), lease]);
    }
    const [most = []] = [...theirs.values()].sort((a, b) => b.length - a.length);
    if (most.length - this.#held.size < 2) return;
    const isWaiting = [...leases.values()].some(
      ({ metadata, spec }) =>
        metadata.annotations?.[ANNOTATION_WANTED_BY] === identity && spec?.holderIdentity !== identity,
    );
    const wanted = most.findLast(({ metadata }) => metadata.annotations?.[ANNOTATION_WANTED_BY] === undefined);
    if (isWaiting || wanted === undefined) return;
    try {
      await client.replace({
        ...wanted,
        metadata: {
          ...wanted.metadata,
          annotations: { ...wanted.metadata.annotations, [ANNOTATION_WANTED_BY]: identity },
        },
      });
      this.#askedAt = performance.now();
    } catch (error) {
      // The holder renewed at this moment; the next look asks again.
      if (!isLost(error)) throw error;
    }
  }

  async #renew(shard: number, held: Held): Promise<void> {
    if (held.isReleasing) return;
    if (performance.now() >= held.until.steady) return this.#lose(shard, held, 'it could not be renewed in time');
    if (held.isRenewing) return;
    held.isRenewing = true;
    const sentAt = now();
    try {
      held.lease = (await this.#options.client.replace({
        ...held.lease,
        spec: { ...held.lease.spec, renewTime: microTime() },
      })) as LeaseObject;
      held.until = this.#untilFrom(sentAt);
    } catch (error) {
      if (isLost(error)) await this.#lookAt(shard, held);
      else this.#options.logger.warn({ shard, err: error }, 'the lease of the shard cannot be renewed');
    } finally {
      held.isRenewing = false;
    }
  }

  /** Somebody changed our Lease: they asked for it, or took it. */
  async #lookAt(shard: number, held: Held): Promise<void> {
    const { client, identity, logger } = this.#options;
    try {
      const { apiVersion, kind, metadata } = held.lease;
      const lease = (await client.get({
        apiVersion,
        kind,
        namespace: metadata.namespace ?? '',
        name: metadata.name ?? '',
      })) as LeaseObject | undefined;
      if (held.isReleasing) return;
      if (lease?.spec?.holderIdentity !== identity)
        return this.#lose(shard, held, `${lease?.spec?.holderIdentity ?? 'nobody'} holds it now`);
      held.lease = lease;
      const wantedBy = lease.metadata.annotations?.[ANNOTATION_WANTED_BY];
      if (wantedBy === undefined) return;
      logger.info({ shard, to: wantedBy }, 'shard is handed over');
      await this.#release(shard, held);
    } catch (error) {
      logger.warn({ shard, err: error }, 'the lease of the shard cannot be read');
    }
  }

  #lose(shard: number, held: Held, reason: string): void {
    this.#options.logger.error({ shard, reason }, 'the lease of the shard was lost');
    void this.#stopServing(shard, held);
  }

  /** Stops serving first: whoever takes it may begin at once. */
  async #release(shard: number, held: Held): Promise<void> {
    if (held.isReleasing) return;
    const mayWrite = this.isHeld(shard);
    await this.#stopServing(shard, held);
    if (mayWrite) await this.#giveUp(held.lease);
  }

  async #giveUp(lease: LeaseObject): Promise<void> {
    const { client, identity } = this.#options;
    const { apiVersion, kind, metadata } = lease;
    const release = (current: LeaseObject): Promise<KubernetesObject> =>
      client.replace({ ...current, spec: { ...current.spec, holderIdentity: '', renewTime: microTime() } });
    try {
      await release(lease).catch(async (error: unknown) => {
        if (!isLost(error)) throw error;
        // A renewal under way or somebody's wish changed it.
        const ref = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
        const current = (await client.get(ref)) as LeaseObject | undefined;
        if (current?.spec?.holderIdentity === identity) await release(current);
      });
    } catch {
      // It expires by itself.
    }
  }

  async #stopServing(shard: number, held: Held): Promise<void> {
    if (held.isReleasing) return;
    held.isReleasing = true;
    const served = await held.served.catch(() => undefined);
    await served?.[Symbol.asyncDispose]();
    this.#held.delete(shard);
  }

  #untilFrom({ steady, wall }: { steady: number; wall: number }): { steady: number; wall: number } {
    const span = this.#options.duration - MARGIN_MS;
    return { steady: steady + span, wall: wall + span };
  }
}

function now(): { steady: number; wall: number } {
  return { steady: performance.now(), wall: Date.now() };
}

function isLost(error: unknown): boolean {
  return error instanceof ClusterError && ['Conflict', 'AlreadyExists', 'NotFound'].includes(error.reason);
}

/** What Kubernetes calls MicroTime. */
function microTime(): string {
  return new Date().toISOString().replace(/Z$/, '000Z');
}
