import {
  type ApplicationKey,
  buildResourceTree,
  type Comparison,
  contentHash,
  formatResourceKey,
  groupVersionOf,
  type KubernetesObject,
  maskSecrets,
  type ResourceComparison,
  type ResourceNode,
  type Settings,
} from '@lockstep/core';
import type { Redis } from 'ioredis';
import type { LiveCache } from '../kubernetes/live-cache.ts';
import { appendEvent } from '../redis/event-stream.ts';
import { redisKeys } from '../redis/redis-connection.ts';
import { nodesOf } from './cluster.ts';
import { textOfKey } from './control-plane.ts';

interface Published {
  key: ApplicationKey;
  comparison: Comparison;
  cache: LiveCache | undefined;
  managedSignature: string | undefined;
  treeText: string | undefined;
  isTreeDue: boolean;
  isManagedDue: boolean;
}

/** Bursts of events of one application become one write: fast enough to look immediate, slow enough for a rollout. */
const WINDOW_MS = 40;

/**
 * What the API reads from Redis about an application: the resource tree and the managed resources with their states,
 * secrets masked. Written only when they changed, some milliseconds after the cause, never by the reconciliation itself.
 */
export class ReadModels implements Disposable {
  readonly #redis: Redis;
  readonly #settings: () => Settings;
  readonly #published = new Map<string, Published>();
  readonly #due = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Redis, settings: () => Settings) {
    this.#redis = redis;
    this.#settings = settings;
  }

  /** An application was compared. */
  publish(key: ApplicationKey, comparison: Comparison, cache: LiveCache | undefined): void {
    const text = textOfKey(key);
    const known = this.#published.get(text);
    this.#published.set(text, {
      key,
      comparison,
      cache,
      managedSignature: known?.managedSignature,
      treeText: known?.treeText,
      isTreeDue: true,
      isManagedDue: true,
    });
    this.#schedule(text);
  }

  /** Something in the application's tree changed that needs no comparison. */
  touchTree(key: ApplicationKey): void {
    const known = this.#published.get(textOfKey(key));
    if (known === undefined) return;
    known.isTreeDue = true;
    this.#schedule(textOfKey(key));
  }

  /** Another controller writes about it from now on. */
  leave(key: ApplicationKey): void {
    this.#published.delete(textOfKey(key));
  }

  /** The application is gone. */
  remove(key: ApplicationKey): void {
    this.#published.delete(textOfKey(key));
    this.#redis.del(redisKeys.tree(key), redisKeys.managed(key)).catch(() => {});
  }

  /** Redis lost its data: everything is written again. */
  republish(): void {
    for (const [text, published] of this.#published) {
      published.treeText = undefined;
      published.managedSignature = undefined;
      published.isTreeDue = true;
      published.isManagedDue = true;
      this.#schedule(text);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #schedule(text: string): void {
    this.#due.add(text);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, WINDOW_MS);
  }

  async #flush(): Promise<void> {
    const due = [...this.#due];
    this.#due.clear();
    for (const [index, text] of due.entries()) {
      const published = this.#published.get(text);
      if (published === undefined) continue;
      try {
        await this.#write(published);
      } catch {
        // Redis is away; when it is back, its data is gone or the next change writes.
        published.treeText = undefined;
        published.managedSignature = undefined;
      }
      // Thousands may be due after a push; others get a turn in between.
      if (index % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #write(published: Published): Promise<void> {
    const { key, comparison, cache } = published;
    const writes: Promise<unknown>[] = [];
    if (published.isTreeDue) {
      published.isTreeDue = false;
      const text = JSON.stringify({ nodes: treeOf(comparison, cache), orphanedNodes: [], hosts: [] });
      if (text !== published.treeText) {
        published.treeText = text;
        writes.push(this.#redis.set(redisKeys.tree(key), text));
        appendEvent(this.#redis, { type: 'tree', ...key });
      }
    }
    if (published.isManagedDue) {
      published.isManagedDue = false;
      const signature = comparison.resources.map(signatureOf).join('\n');
      if (signature !== published.managedSignature) {
        published.managedSignature = signature;
        writes.push(
          this.#redis.set(
            redisKeys.managed(key),
            JSON.stringify(
              comparison.resources.map((resource) => managedResource(resource, this.#settings().sensitiveAnnotations)),
            ),
          ),
        );
        appendEvent(this.#redis, { type: 'managed', ...key });
      }
    }
    await Promise.all(writes);
  }
}

/** Everything below the application's resources; what has no live object yet is a node too, Missing. */
function treeOf(comparison: Comparison, cache: LiveCache | undefined): ResourceNode[] {
  const live = comparison.resources.filter((resource) => resource.live !== undefined);
  const nodes =
    cache === undefined
      ? []
      : buildResourceTree({
          roots: nodesOf(
            cache,
            live.map(({ key }) => key),
          ),
          childrenOf: (node) => cache.childrenOf(node),
        });
  const seen = new Set(nodes.map((node) => formatResourceKey(node)));
  const health = new Map(comparison.resources.map((resource) => [formatResourceKey(resource.key), resource.health]));
  const missing = comparison.resources.filter(
    (resource) => resource.target !== undefined && !resource.isHook && !seen.has(formatResourceKey(resource.key)),
  );
  return [
    ...nodes.map((node) => {
      const own = health.get(formatResourceKey(node));
      return own === undefined || node.parentRefs !== undefined ? node : { ...node, health: own };
    }),
    ...missing.map(({ key, version }) => ({
      ...key,
      version,
      uid: '',
      resourceVersion: '',
      health: { status: 'Missing' as const },
    })),
  ];
}

function signatureOf({ key, target, live, status, health, normalizedLive, predictedLive }: ResourceComparison): string {
  return [
    formatResourceKey(key),
    status ?? '',
    health?.status ?? '',
    target === undefined ? '' : contentHash(target),
    live?.metadata.uid ?? '',
    live?.metadata.resourceVersion ?? '',
    normalizedLive === undefined ? '' : contentHash(normalizedLive),
    predictedLive === undefined ? '' : contentHash(predictedLive),
  ].join(' ');
}

/** Argo CD's ResourceDiff: the states as JSON texts. */
function managedResource(resource: ResourceComparison, sensitiveAnnotations: readonly string[]): object {
  const { key, target, live, normalizedLive, predictedLive, isHook, status } = resource;
  const [maskedTarget, maskedLive, maskedNormalized, maskedPredicted] = maskSecrets(
    [target, live, normalizedLive, predictedLive],
    { annotations: sensitiveAnnotations },
  );
  return {
    group: key.group,
    kind: key.kind,
    namespace: key.namespace,
    name: key.name,
    targetState: text(maskedTarget),
    liveState: text(maskedLive),
    diff: '',
    hook: isHook,
    normalizedLiveState: text(maskedNormalized),
    predictedLiveState: text(maskedPredicted),
    resourceVersion: live?.metadata.resourceVersion ?? '',
    modified: status === 'OutOfSync',
    ...(resource.file === undefined ? {} : { file: resource.file }),
    version: target === undefined ? resource.version : groupVersionOf(target.apiVersion).version,
  };
}

function text(state: KubernetesObject | undefined): string {
  return state === undefined ? 'null' : JSON.stringify(state);
}
