import type { HealthStatus } from './health.ts';

/**
 * What a word in a phase, state or reason says about health. Controllers write them in many forms (`InProgress`,
 * `in-progress`, `IN_PROGRESS`); all are taken apart into words first. Undefined when no word is known.
 */
export function healthOfWord(text: string): HealthStatus | undefined {
  const known = memo.get(text);
  if (known !== undefined || memo.has(text)) return known;
  const result = classify(text);
  if (memo.size < MAX_MEMO) memo.set(text, result);
  return result;
}

const memo = new Map<string, HealthStatus | undefined>();
/** Phases come from a small vocabulary; the bound is for messages put where a phase should be. */
const MAX_MEMO = 10_000;

function classify(text: string): HealthStatus | undefined {
  const whole = text.replaceAll(/[^A-Za-z]/g, '').toLowerCase();
  const exact = PHRASES.get(whole);
  if (exact !== undefined) return exact;
  const words = text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  // "StatefulSetNotReady" is on its way, not ready.
  const denied = words.find((word, index) => words[index - 1] === 'not' && isKnown(word, 'Healthy'));
  if (denied !== undefined) {
    const isTrouble = VERDICTS.has(denied) || words.some((word) => isKnown(word, 'Degraded'));
    return isTrouble ? 'Degraded' : 'Progressing';
  }
  // Trouble outranks movement, which outranks rest: "UpdateFailed" failed, "CreatingReady" still moves.
  for (const status of ['Degraded', 'Progressing', 'Suspended', 'Healthy'] as const) {
    if (words.some((word) => isKnown(word, status))) return status;
  }
  return undefined;
}

function isKnown(word: string, status: keyof typeof WORDS): boolean {
  return WORDS[status].has(word);
}

/** Whole texts whose words mislead when taken apart. */
const PHRASES: ReadonlyMap<string, HealthStatus> = new Map<string, HealthStatus>(
  Object.entries({
    notready: 'Progressing',
    notfound: 'Degraded',
    doesnotexist: 'Progressing',
    inprogress: 'Progressing',
    uptodate: 'Healthy',
    atlatestknown: 'Healthy',
    noerror: 'Healthy',
    pendingrerun: 'Progressing',
    notreconciled: 'Progressing',
    unknown: 'Unknown',
    crashloopbackoff: 'Degraded',
    imagepullbackoff: 'Degraded',
  }),
);

/** Words that are a judgement: what is not that now will not become it by waiting. */
const VERDICTS: ReadonlySet<string> = new Set(['valid', 'accepted', 'compliant', 'ok', 'normal', 'healthy']);

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

const WORDS = {
  Degraded: words(`
    failed fail failure fails failing error errors errored err degraded unhealthy invalid broken crash crashed crashloop
    rejected reject denied forbidden unauthorized unable cannot missing lost red timeout timedout exceeded aborted abort
    cancelled canceled terminal conflict conflicted noncompliant unsupported unavailable misconfigured mismatch evicted
    unschedulable incompatible stalled exhausted corrupted warning illegal`),
  Progressing: words(`
    pending progressing progress creating create updating update upgrading upgrade deploying deploy provisioning
    provision initializing initialising initialize init starting start installing install reconciling reconcile waiting
    wait scaling scale migrating applying configuring preparing queued scheduling restarting rolling rollingupdate
    deleting terminating delete terminate bootstrapping requested issuing yellow submitted joining connecting resolving
    pulling building syncing validating processing restoring inprogress partially cloning executing importing
    changes new modifying stopping unpacking rebooting`),
  Suspended: words('suspended suspend paused pause hibernated hibernating stopped disabled suspending maintenance'),
  Healthy: words(`
    ready running healthy succeeded success successful successfully succeed completed complete active available ok
    bound green deployed synced applied accepted done established installed valid validated online joined normal
    compliant attached updated created enabled resolved programmed connected registered scheduled finished reconciled
    provisioned live serving released true`),
} as const;
