/**
 * What is heard of an application while it is being looked at. The watch often brings what we wrote before the answer to
 * the write does, so that only the end tells whether an event was news.
 */
export class Hearing {
  readonly #heard = new Set<string>();
  readonly #wrote = new Set<string>();
  #isAsked = false;

  /** Something changed to this version (see `versionOf`); undefined: it is gone, or only a reason to look. */
  hear(version: string | undefined): void {
    if (version === undefined) this.#isAsked = true;
    else this.#heard.add(version);
  }

  wrote(version: string): void {
    this.#wrote.add(version);
  }

  /** Whether something was heard that was not our own doing: then the application has to be looked at once more. */
  get isNews(): boolean {
    return this.#isAsked || [...this.#heard].some((version) => !this.#wrote.has(version));
  }
}
