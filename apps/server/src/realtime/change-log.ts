import { randomBytes } from 'node:crypto';

/**
 * The latest changes of a topic, for clients that come back. A position names this log as well as a number: after a
 * restart, or at another replica, it means nothing and the client gets a snapshot.
 */
export class ChangeLog<Entry> {
  readonly #name = randomBytes(6).toString('base64url');
  readonly #capacity: number;
  readonly #entries: Entry[] = [];
  #latest = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The position after the latest change. */
  get position(): string {
    return `${this.#name}.${this.#latest}`;
  }

  append(entry: Entry): string {
    this.#latest += 1;
    this.#entries.push(entry);
    if (this.#entries.length > this.#capacity) this.#entries.shift();
    return this.position;
  }

  /** The changes after a position, oldest first; undefined when some of them are not kept any more. */
  since(position: string): Entry[] | undefined {
    const dot = position.lastIndexOf('.');
    const number = Number(position.slice(dot + 1));
    if (position.slice(0, dot) !== this.#name || !Number.isInteger(number) || number > this.#latest || number < 0)
      return undefined;
    const missed = this.#latest - number;
    return missed > this.#entries.length ? undefined : this.#entries.slice(this.#entries.length - missed);
  }
}
