import { setTimeout as delay } from 'node:timers/promises';

/** Asks `url` until it answers 200. Throws after `timeoutMs` with the last answer, or at once when aborted. */
export async function waitUntilReady(url: string, options: { timeoutMs: number; signal?: AbortSignal }): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let last = 'no answer';
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      if (response.ok) return;
      last = `${response.status} ${(await response.text()).slice(0, 300)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await delay(50);
  }
  throw new Error(`${url} was not ready after ${options.timeoutMs / 1000} s: ${last}`);
}
