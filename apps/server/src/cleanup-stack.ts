/**
 * Closes what was opened, last first, whatever fails on the way. The platform's AsyncDisposableStack, which Node 20 does
 * not have.
 */
export class CleanupStack implements AsyncDisposable {
  readonly #steps: (() => void | Promise<void>)[] = [];

  /** Takes over a resource and gives it back. */
  use<T extends Disposable | AsyncDisposable>(resource: T): T {
    this.defer(async () => {
      if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
      else resource[Symbol.dispose]();
    });
    return resource;
  }

  defer(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  /** Runs every step once. Throws the first error after all ran. */
  async [Symbol.asyncDispose](): Promise<void> {
    let failure: { error: unknown } | undefined;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}
