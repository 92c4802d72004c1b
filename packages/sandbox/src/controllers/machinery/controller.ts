import type { Change, GroupResource, InternalClient } from '../../storage/internal-client.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { OrphanIndex } from './orphan-index.ts';
import type { Timing } from './timing.ts';

/** `namespace/name`, or `/name` for what is cluster-scoped. */
export type ObjectKey = string;

/** Says which objects of a controller a change concerns. */
export interface Watch {
  resource: GroupResource;
  keys(change: Change): Iterable<ObjectKey>;
}

/**
 * A level-triggered control loop: `reconcile` gets a key, never the change, reads what is there now, and moves it one
 * step towards what is wanted. It runs synchronously, so nobody writes between its reads and its writes. What it throws
 * is logged and the key retried with back-off.
 */
export interface Controller {
  name: string;
  watches: Watch[];
  reconcile(key: ObjectKey): void;
}

/** What controllers share. */
export interface ControllerContext {
  client: InternalClient;
  events: EventRecorder;
  orphans: OrphanIndex;
  timing: Timing;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Reconciles a key again after some time. `background` waits do not hold back `idle()`: cron, TTL, deadlines. */
  requeueAfter(controller: string, key: ObjectKey, milliseconds: number, kind: 'settling' | 'background'): void;
  /** Reconciles a key as soon as the queue gets to it. */
  enqueue(controller: string, key: ObjectKey): void;
}

export function keyOf(object: { metadata: { name: string; namespace?: string } }): ObjectKey {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

export function splitKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function resourceId({ group, resource }: GroupResource): string {
  return `${resource}.${group}`;
}

/** The watch of a controller on its own kind. */
export function watchSelf(resource: GroupResource): Watch {
  return { resource, keys: ({ object }) => [keyOf(object)] };
}

/** The watch on objects that a controller of this kind owns. */
export function watchOwned(resource: GroupResource, ownerKind: string): Watch {
  return {
    resource,
    *keys({ object }) {
      for (const owner of object.metadata.ownerReferences ?? []) {
        if (owner.controller === true && owner.kind === ownerKind)
          yield `${object.metadata.namespace ?? ''}/${owner.name}`;
      }
    },
  };
}
