import type { Application } from '../application/application.ts';

/** On an Application: it is held at a deployment, so auto-sync leaves it alone. The value is `Hold` as JSON. */
export const ANNOTATION_HOLD = 'lockstep.dev/hold';

/** A rollback that holds: which deployment, who and why, and when auto-sync may resume. */
export interface Hold {
  historyId: number;
  /** The revision rolled back to, for people. */
  revision: string;
  by: string;
  /** RFC 3339. */
  at: string;
  reason?: string;
  /** `manual`: until somebody resumes. `next-commit`: when the source resolves to another revision. Or a time, RFC 3339. */
  resume: string;
}

/** The hold of an application; undefined when there is none. One that cannot be read holds until somebody resumes: it was meant to. */
export function holdOf(application: Pick<Application, 'metadata'>): Hold | undefined {
  const text = application.metadata.annotations?.[ANNOTATION_HOLD];
  if (text === undefined || text === '') return undefined;
  const unreadable: Hold = {
    historyId: 0,
    revision: '',
    by: '',
    at: '',
    reason: `annotation ${ANNOTATION_HOLD} is not readable`,
    resume: 'manual',
  };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return unreadable;
    const { historyId, revision, by, at, reason, resume } = value as Record<string, unknown>;
    return {
      historyId: typeof historyId === 'number' ? historyId : 0,
      revision: asText(revision),
      by: asText(by),
      at: asText(at),
      ...(typeof reason === 'string' ? { reason } : {}),
      resume: asText(resume) === '' ? 'manual' : asText(resume),
    };
  } catch {
    return unreadable;
  }
}

/**
 * Whether a hold ends now. `comparedRevisions` is what the application was compared with before this pass: a source that
 * resolves to something else since then has a new commit.
 */
export function isHoldOver(
  hold: Hold,
  facts: { now: Date; resolvedRevisions: readonly string[]; comparedRevisions: readonly string[] },
): boolean {
  if (hold.resume === 'manual') return false;
  if (hold.resume === 'next-commit') {
    const { resolvedRevisions, comparedRevisions } = facts;
    if (comparedRevisions.length !== resolvedRevisions.length) return false;
    return resolvedRevisions.some((revision, index) => revision !== comparedRevisions[index]);
  }
  const until = Date.parse(hold.resume);
  return !Number.isNaN(until) && until <= facts.now.getTime();
}

/** When a timed hold ends, in milliseconds since the epoch. */
export function holdEndsAt(hold: Hold): number | undefined {
  const until = Date.parse(hold.resume);
  return Number.isNaN(until) ? undefined : until;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
