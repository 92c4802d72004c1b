import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ApplicationKey } from '@lockstep/core';
import type { Redis } from 'ioredis';
import { redisKeys } from '../redis/redis-connection.ts';

/** A node of Argo CD's resource tree. */
export interface ResourceNode {
  group?: string;
  version: string;
  kind: string;
  namespace?: string;
  name: string;
  uid?: string;
  parentRefs?: { group?: string; kind: string; namespace?: string; name: string; uid?: string }[];
  info?: { name: string; value: string }[];
  networkingInfo?: Record<string, unknown>;
  resourceVersion?: string;
  images?: string[];
  health?: { status: string; message?: string };
  createdAt?: string;
}

export interface ApplicationTree {
  nodes: ResourceNode[];
  orphanedNodes: ResourceNode[];
  hosts: Record<string, unknown>[];
}

/** Target and live state of one resource as JSON texts, Secrets masked before they were stored. */
export interface ResourceDiff {
  group?: string;
  kind: string;
  namespace?: string;
  name: string;
  targetState?: string;
  liveState?: string;
  normalizedLiveState?: string;
  predictedLiveState?: string;
  hook?: boolean;
  modified?: boolean;
  resourceVersion?: string;
}

const unzip = promisify(gunzip);

/** What the controller publishes of each application for reading: in Redis, rebuilt by the next comparison when lost. */
export class ReadModels {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async tree(key: ApplicationKey): Promise<ApplicationTree | undefined> {
    const tree = await this.#read<Partial<ApplicationTree>>(redisKeys.tree(key));
    return tree === undefined
      ? undefined
      : { nodes: tree.nodes ?? [], orphanedNodes: tree.orphanedNodes ?? [], hosts: tree.hosts ?? [] };
  }

  async managedResources(key: ApplicationKey): Promise<ResourceDiff[] | undefined> {
    return this.#read<ResourceDiff[]>(redisKeys.managed(key));
  }

  async #read<T>(key: string): Promise<T | undefined> {
    const stored = await this.#redis.getBuffer(key);
    if (stored === null) return undefined;
    const isZipped = stored[0] === 0x1f && stored[1] === 0x8b;
    return JSON.parse((isZipped ? await unzip(stored) : stored).toString('utf8')) as T;
  }
}
