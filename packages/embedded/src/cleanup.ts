/** What must be undone at the end, in reverse order. (Node 20 has no AsyncDisposableStack.) */
export class Cleanup {
  readonly #steps: (() => Promise<void>)[] = [];

  /** Registers a step; it runs before those registered earlier. */
  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** Runs every step even when some fail; then throws the first failure. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
