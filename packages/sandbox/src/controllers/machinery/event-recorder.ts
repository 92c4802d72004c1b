import { cloneJson } from '../../json.ts';
import type { InternalClient, StoredObject } from '../../storage/internal-client.ts';
import { EVENTS, type ObjectReference } from './objects.ts';
import { timestamp } from './timing.ts';

/** Events that may wait to be written; in a burst beyond that the oldest Normal ones are never written. */
const MAX_WAITING = 2000;
/** Events kept in the store; the oldest go first. Real clusters keep them for an hour instead. */
const MAX_STORED = 5000;
const FLUSH_AT_ONCE = 40;

export interface ObservedEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** Who saw it, such as `kubelet` or `deployment-controller`. */
  component: string;
  /** The node, for what a kubelet saw. */
  host?: string;
  fieldPath?: string;
}

interface WaitingEvent extends ObservedEvent {
  about: ObjectReference;
  count: number;
  first: number;
  last: number;
}

/**
 * Writes `v1 Event`s about objects. The same thing seen again raises the count of its event, as client-go's correlator
 * does. Writing is deferred to `flush`, so that a burst of Pods is not slowed down by its own events, and bounded.
 */
export class EventRecorder {
  readonly #client: InternalClient;
  readonly #now: () => number;
  readonly #onWaiting: () => void;
  readonly #waiting = new Map<string, WaitingEvent>();
  /** Where the event of an aggregation key is stored, oldest first. */
  readonly #stored = new Map<string, { namespace: string; name: string }>();
  #sequence = 0;

  constructor(options: { client: InternalClient; now(): number; onWaiting(): void }) {
    this.#client = options.client;
    this.#now = options.now;
    this.#onWaiting = options.onWaiting;
    for (const { metadata } of this.#client.list(EVENTS)) {
      this.#stored.set(`${metadata.namespace}/${metadata.name}`, {
        namespace: metadata.namespace ?? '',
        name: metadata.name,
      });
    }
  }

  record(object: StoredObject, event: ObservedEvent): void {
    const key = [object.metadata.uid, event.type, event.reason, event.component, event.fieldPath, event.message].join(
      '|',
    );
    const now = this.#now();
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.count += 1;
      waiting.last = now;
      return;
    }
    if (this.#waiting.size >= MAX_WAITING) this.#dropOne();
    this.#waiting.set(key, { ...event, about: referenceTo(object, event.fieldPath), count: 1, first: now, last: now });
    this.#onWaiting();
  }

  /** Writes some of what waits; false when nothing is left. */
  flush(): boolean {
    let written = 0;
    for (const [key, event] of this.#waiting) {
      if (written === FLUSH_AT_ONCE) return true;
      written += 1;
      this.#waiting.delete(key);
      this.#write(key, event);
    }
    return false;
  }

  #dropOne(): void {
    for (const [key, event] of this.#waiting) {
      if (event.type !== 'Normal') continue;
      this.#waiting.delete(key);
      return;
    }
    const oldest = this.#waiting.keys().next();
    if (oldest.done !== true) this.#waiting.delete(oldest.value);
  }

  #write(key: string, event: WaitingEvent): void {
    try {
      const place = this.#stored.get(key);
      const stored = place && this.#client.get(EVENTS, place.namespace, place.name);
      if (stored !== undefined) {
        const again = cloneJson(stored);
        again['count'] = Number(stored['count'] ?? 1) + event.count;
        again['lastTimestamp'] = timestamp(event.last);
        this.#client.update(EVENTS, again, event.component);
        return;
      }
      this.#create(key, event);
    } catch {
      // As on a real cluster, an event that cannot be written (its namespace is going away) is lost; nothing depends on it.
    }
  }

  #create(key: string, event: WaitingEvent): void {
    const namespace = event.about.namespace ?? 'default';
    this.#sequence += 1;
    // Names sort in the order of events, as those of client-go do, which end in nanoseconds.
    const name = `${event.about.name}.${(event.first * 4096 + (this.#sequence % 4096)).toString(16)}`;
    this.#client.create(
      EVENTS,
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: event.about,
        reason: event.reason,
        message: event.message,
        type: event.type,
        source: { component: event.component, ...(event.host === undefined ? {} : { host: event.host }) },
        firstTimestamp: timestamp(event.first),
        lastTimestamp: timestamp(event.last),
        count: event.count,
        eventTime: null,
        reportingComponent: event.component,
        reportingInstance: event.host ?? '',
      },
      event.component,
    );
    this.#stored.delete(key);
    this.#stored.set(key, { namespace, name });
    if (this.#stored.size > MAX_STORED) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#stored.entries().next();
    if (oldest.done === true) return;
    const [key, { namespace, name }] = oldest.value;
    this.#stored.delete(key);
    if (this.#client.get(EVENTS, namespace, name) !== undefined) this.#client.delete(EVENTS, namespace, name);
  }
}

function referenceTo(object: StoredObject, fieldPath: string | undefined): ObjectReference {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
    uid: object.metadata.uid,
    resourceVersion: object.metadata.resourceVersion,
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}
