/** Longest stretch of work before timers and sockets get their turn. */
const SLICE_MS = 8;
const FIRST_RETRY_MS = 10;
const LAST_RETRY_MS = 30_000;
/** setTimeout fires at once beyond 2^31 - 1 ms; a longer wait is taken in legs. */
const LONGEST_LEG_MS = 86_400_000;

export type WaitKind = 'settling' | 'background';

interface Wait {
  due: number;
  kind: WaitKind;
  timer: NodeJS.Timeout;
}

export interface WorkQueueOptions {
  process(item: string): void;
  onError(item: string, error: unknown, failures: number): void;
  now(): number;
}

/**
 * A keyed queue: an item that is already waiting is not added twice, items are processed one at a time in order of
 * arrival, and one that throws is retried with doubling delay. An item has at most one timer, the earliest asked for.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  readonly #waits = new Map<string, Wait>();
  readonly #failures = new Map<string, number>();
  #settling = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #idleWaiters: (() => void)[] = [];
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(item: string): void {
    if (this.#closed) return;
    this.#ready.add(item);
    this.#schedule();
  }

  addAfter(item: string, milliseconds: number, kind: WaitKind): void {
    if (this.#closed) return;
    if (milliseconds <= 0) {
      this.add(item);
      return;
    }
    const due = this.#options.now() + milliseconds;
    const waiting = this.#waits.get(item);
    if (waiting !== undefined) {
      if (waiting.due <= due && (waiting.kind === 'settling' || kind === 'background')) return;
      this.#drop(item, waiting);
    }
    this.#wait(item, Math.min(due, waiting?.due ?? due), waiting?.kind === 'settling' ? 'settling' : kind);
  }

  /** Resolves once nothing is queued and no settling wait is left. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  close(): void {
    this.#closed = true;
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    for (const { timer } of this.#waits.values()) clearTimeout(timer);
    this.#waits.clear();
    this.#ready.clear();
    this.#settling = 0;
    this.#notifyIdle();
  }

  #wait(item: string, due: number, kind: WaitKind): void {
    const timer = setTimeout(
      () => {
        const wait = this.#waits.get(item);
        if (wait?.timer !== timer) return;
        this.#drop(item, wait);
        if (due - this.#options.now() > 1) this.#wait(item, due, kind);
        else this.add(item);
      },
      Math.max(0, Math.min(due - this.#options.now(), LONGEST_LEG_MS)),
    );
    this.#waits.set(item, { due, kind, timer });
    if (kind === 'settling') this.#settling += 1;
  }

  #drop(item: string, wait: Wait): void {
    clearTimeout(wait.timer);
    this.#waits.delete(item);
    if (wait.kind === 'settling') this.#settling -= 1;
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.#run());
  }

  #run(): void {
    this.#scheduled = undefined;
    const end = performance.now() + SLICE_MS;
    for (const item of this.#ready) {
      this.#ready.delete(item);
      this.#process(item);
      if (this.#closed) return;
      if (performance.now() > end) break;
    }
    if (this.#ready.size > 0) this.#schedule();
    else this.#notifyIdle();
  }

  #process(item: string): void {
    try {
      this.#options.process(item);
      this.#failures.delete(item);
    } catch (error) {
      const failures = (this.#failures.get(item) ?? 0) + 1;
      this.#failures.set(item, failures);
      this.#options.onError(item, error, failures);
      this.addAfter(
        item,
        Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS),
        failures > 5 ? 'background' : 'settling',
      );
    }
  }

  #isIdle(): boolean {
    return this.#closed || (this.#ready.size === 0 && this.#settling === 0);
  }

  #notifyIdle(): void {
    if (!this.#isIdle()) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
