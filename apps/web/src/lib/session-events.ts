let expired = false;
const listeners = new Set<() => void>();

/** Whether the server stopped accepting this session while the page was open. */
export const sessionExpired = (): boolean => expired;

export function setSessionExpired(value: boolean): void {
  if (expired === value) return;
  expired = value;
  for (const listener of listeners) listener();
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
