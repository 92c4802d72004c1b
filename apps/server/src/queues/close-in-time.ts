const TIMEOUT_MS = 500;

/**
 * Closes what BullMQ opened, at the latest after half a second: it waits for its first connection before it closes one, and
 * with a Redis that never answered for ever. The sockets are ours and cut by then.
 */
export async function closeInTime(...closing: Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT_MS);
  });
  await Promise.race([Promise.allSettled(closing), late]);
  clearTimeout(timer);
}
