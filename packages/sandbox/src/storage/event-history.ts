import type { StoreEvent } from './object-store.ts';

/** Enough for a client that reconnects after a short break; who comes later lists again. */
const maxEvents = 8_192;
const maxBytes = 24 * 1024 * 1024;

type KeptEvent = Omit<StoreEvent, 'text'> & { bytes: number };

/**
 * The recent changes, bounded by count and by bytes. What was dropped is remembered per resource type, so a watch on a
 * quiet type resumes from an old version however busy the others are.
 */
export class EventHistory {
  private events: (KeptEvent | undefined)[] = [];
  private first = 0;
  private bytes = 0;
  private startRevision = 0;
  private readonly droppedRevision = new Map<string, number>();
  private readonly limits: { events: number; bytes: number };

  constructor(limits = { events: maxEvents, bytes: maxBytes }) {
    this.limits = limits;
  }

  /** Nothing before this revision is known. */
  reset(revision: number): void {
    this.events = [];
    this.first = 0;
    this.bytes = 0;
    this.startRevision = revision;
    this.droppedRevision.clear();
  }

  append({ text, ...event }: StoreEvent): void {
    // The object before is usually the object of an earlier event or shares most of its parts with this one.
    const bytes = text.length;
    this.events.push({ ...event, bytes });
    this.bytes += bytes;
    while (this.length > this.limits.events || this.bytes > this.limits.bytes) this.dropOldest();
    if (this.first > 4_096 && this.first * 2 > this.events.length) {
      this.events = this.events.slice(this.first);
      this.first = 0;
    }
  }

  get length(): number {
    return this.events.length - this.first;
  }

  get size(): { events: number; bytes: number } {
    return { events: this.length, bytes: this.bytes };
  }

  /** The oldest revision from which the changes of a resource type are complete. */
  oldestFor(resource: string): number {
    return this.droppedRevision.get(resource) ?? this.startRevision;
  }

  /** The changes of one resource type after a revision, oldest first; undefined when some were dropped. */
  since(resource: string, revision: number): Omit<StoreEvent, 'text'>[] | undefined {
    if (revision < this.oldestFor(resource)) return undefined;
    const found = [];
    for (let index = this.indexAfter(revision); index < this.events.length; index += 1) {
      const event = this.events[index];
      if (event !== undefined && event.resource === resource) found.push(event);
    }
    return found;
  }

  private indexAfter(revision: number): number {
    let low = this.first;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.events[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private dropOldest(): void {
    const event = this.events[this.first];
    if (event === undefined) return;
    this.events[this.first] = undefined;
    this.first += 1;
    this.bytes -= event.bytes;
    this.droppedRevision.set(event.resource, event.revision);
  }
}
