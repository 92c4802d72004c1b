import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves with the first truthy answer of `condition`, asked every 20 ms; an error counts as not yet. Throws after
 * `timeoutMs` naming `what` was waited for and the last error.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 30_000, what }: { timeoutMs?: number; what: string },
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      const answer = await condition();
      if (answer) return answer as Exclude<T, undefined | null | false>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(20);
  } while (performance.now() < deadline);
  const because = last === undefined ? '' : `; last error: ${last instanceof Error ? last.message : String(last)}`;
  throw new Error(`waited ${timeoutMs / 1000} s for ${what}${because}`);
}
