import type { SyncWindows } from '../../lib/api-types.ts';

/**
 * Whether sync windows keep a sync from starting now. What the API calls `canSync` is about one somebody asks for; an
 * automated one has no exceptions.
 */
export function isClosedFor(sync: 'manual' | 'automated', windows: SyncWindows | undefined): boolean {
  if (!windows) return false;
  if (windows.canSync === false) return true;
  if (sync === 'manual') return false;
  const active = windows.activeWindows ?? [];
  if (active.some(({ kind }) => kind === 'deny')) return true;
  const allows = (windows.assignedWindows ?? []).some(({ kind }) => kind === 'allow');
  return allows && !active.some(({ kind }) => kind === 'allow');
}
