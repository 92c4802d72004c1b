import { WaitingError } from '@lockstep/core';

/** A place that is held for longer belongs to something that does not answer. */
const SLOW_MS = 5_000;

interface Turn {
  /** When it began, by `performance.now()`. */
  since: number;
}

interface Line {
  running: Set<Turn>;
  waiting: ((turn: Turn) => void)[];
}

/**
 * So many at once for each subject (a cluster, a repository); others wait for their turn. Where those in progress do not
 * get on and as many wait already, the next one is refused: nobody gains by waiting for what does not answer, and other
 * subjects need the places.
 */
export class Turns {
  readonly #limit: number;
  readonly #slow: number;
  readonly #lines = new Map<string, Line>();

  /** `slow`: milliseconds after which one in progress counts as stuck. */
  constructor(limit: number, slow: number = SLOW_MS) {
    this.#limit = limit;
    this.#slow = slow;
  }

  /** Does it in its turn. Throws `WaitingError` when `subject` is stuck. */
  async take<T>(subject: string, body: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(subject) ?? { running: new Set(), waiting: [] };
    this.#lines.set(subject, line);
    if (this.#isStuck(line)) {
      const count = line.running.size + line.waiting.length;
      throw new WaitingError('Busy', `${subject} does not answer: ${count} requests wait for it already`, {
        retryAfter: this.#slow,
        fix: 'Check that it can be reached, and try again',
      });
    }
    const turn =
      line.running.size < this.#limit ? begin(line) : await new Promise<Turn>((resolve) => line.waiting.push(resolve));
    try {
      return await body();
    } finally {
      line.running.delete(turn);
      const next = line.waiting.shift();
      if (next !== undefined) next(begin(line));
      else if (line.running.size === 0) this.#lines.delete(subject);
    }
  }

  #isStuck({ running, waiting }: Line): boolean {
    if (waiting.length < this.#limit) return false;
    return performance.now() - Math.min(...[...running].map(({ since }) => since)) > this.#slow;
  }
}

function begin(line: Line): Turn {
  const turn = { since: performance.now() };
  line.running.add(turn);
  return turn;
}
