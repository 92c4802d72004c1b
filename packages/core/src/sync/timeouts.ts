import type { Application } from '../application/application.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { parseGoDuration } from '../settings/go-duration.ts';
import type { Settings } from '../settings/settings.ts';

/** On an Application: how long an operation may take, retries included; `30m`. `0` is for ever. */
export const ANNOTATION_SYNC_TIMEOUT = 'lockstep.dev/sync-timeout';
/** On a hook: how long it may take; `10m`. */
export const ANNOTATION_HOOK_TIMEOUT = 'lockstep.dev/hook-timeout';

/** On a hook with a timeout, by us: when it was started, by our own clock. */
export const ANNOTATION_STARTED_AT = 'lockstep.dev/started-at';

/** A time in milliseconds, undefined when there is no limit; a value nobody can read is a problem with the fix. */
export interface Timeout {
  ms: number | undefined;
  problem?: string;
}

/** How long an operation of the application may take: what the application says, else the settings. */
export function syncTimeout(
  application: Pick<Application, 'metadata'>,
  settings: Pick<Settings, 'syncTimeoutSeconds'>,
): Timeout {
  const fallback = settings.syncTimeoutSeconds > 0 ? settings.syncTimeoutSeconds * 1000 : undefined;
  return timeoutOf(application.metadata.annotations, ANNOTATION_SYNC_TIMEOUT, fallback);
}

/** How long a hook may take. */
export function hookTimeout(hook: KubernetesObject): Timeout {
  return timeoutOf(hook.metadata.annotations, ANNOTATION_HOOK_TIMEOUT, undefined);
}

function timeoutOf(
  annotations: Record<string, string> | undefined,
  key: string,
  fallback: number | undefined,
): Timeout {
  const text = annotations?.[key];
  if (text === undefined || text === '') return { ms: fallback };
  const ms = parseGoDuration(text);
  if (ms === undefined || ms < 0) {
    return { ms: fallback, problem: `annotation ${key} is "${text}", which is no duration. Write for example "10m"` };
  }
  return { ms: ms === 0 ? undefined : ms };
}
