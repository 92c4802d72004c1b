import { contentHash } from '../kubernetes/content-hash.ts';
import type { SyncPhase } from '../kubernetes/hooks.ts';

/** What the name of a Job may have, since its Pods carry it as a label. */
const MAX_NAME = 63;

/**
 * The name of a hook that has only `generateName`: `<generateName><commit>-<phase>-<seconds since 1970>-<id>`, as Argo CD
 * forms it, and the beginning of a hash. It is the same whenever the attempt is looked at, and another one for every
 * attempt, phase and application. A long `generateName` is cut, so that what tells names apart stays.
 */
export function generatedHookName(hook: {
  generateName: string;
  /** Of the operation; the first one, where it deploys several. */
  revision: string;
  phase: SyncPhase;
  attempt: { startedAt: string; retryCount: number };
  /** Tells the hooks of one `generateName` apart. */
  id: string;
}): string {
  const { attempt } = hook;
  const suffix = [
    shortRevision(hook.revision),
    hook.phase,
    Math.floor(Date.parse(attempt.startedAt) / 1000),
    contentHash(hook.id).slice(0, 5),
    ...(attempt.retryCount === 0 ? [] : [attempt.retryCount]),
  ]
    .filter((part) => part !== '')
    .join('-');
  const room = MAX_NAME - suffix.length;
  const prefix =
    hook.generateName.length <= room
      ? hook.generateName
      : `${hook.generateName.slice(0, room - 1).replace(/[^A-Za-z0-9]+$/, '')}-`;
  return `${prefix}${suffix}`.toLowerCase();
}

/** Of the versions of charts and images only what a name may hold. */
function shortRevision(revision: string): string {
  const [first = ''] = revision.split(' ');
  return first
    .replace(/^sha256:/, '')
    .slice(0, 7)
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
