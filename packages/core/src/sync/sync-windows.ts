import { Cron } from 'croner';
import type { SyncWindow } from '../application/app-project.ts';
import { globMatch } from '../application/glob.ts';
import { contentHash } from '../kubernetes/content-hash.ts';
import { parseGoDuration } from '../settings/go-duration.ts';

/** What a window is matched against. */
export interface WindowSubject {
  applicationName: string;
  destinationNamespace: string;
  server: string;
  clusterName: string;
}

export interface SyncWindowDecision {
  allowed: boolean;
  /** The windows that block, or the inactive ones that would allow. */
  blockedBy: SyncWindow[];
  /** When a window next opens or closes, in milliseconds since the epoch. */
  changesAt: number | undefined;
  /** Windows that cannot be read, with the fix; a deny window among them blocks, an allow window never opens. */
  problems: string[];
}

/**
 * Whether a sync may run now. An active deny blocks; else an active allow permits; else the existence of any allow window
 * blocks. What blocks lets a manual sync pass when all of it says `manualSync`. A sync that began while it was allowed may
 * finish when all windows concerned say `syncOverrun` (`startedAt`).
 */
export function syncWindowDecision({
  windows,
  subject,
  now,
  isManual,
  startedAt,
}: {
  windows: readonly SyncWindow[];
  subject: WindowSubject;
  now: Date;
  isManual: boolean;
  startedAt?: Date | undefined;
}): SyncWindowDecision {
  const relevant = windows.filter((window) => concerns(window, subject)).map(parseWindow);
  const problems = relevant.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const changesAt = earliest(relevant.map((window) => nextChange(window, now)));
  const at = (time: Date, manual: boolean) => decide(relevant, time, manual);
  const decision = at(now, isManual);
  if (!decision.allowed && startedAt !== undefined && at(startedAt, isManual).allowed) {
    const concerned = relevant.filter(({ window }) => decision.blockedBy.includes(window));
    if (concerned.length > 0 && concerned.every(({ window }) => window.syncOverrun === true)) {
      return { allowed: true, blockedBy: [], changesAt, problems };
    }
  }
  return { ...decision, changesAt, problems };
}

/**
 * What is wrong with the windows of a project, each with the fix: unreadable, about nobody, or the same twice. Two windows
 * are the same when only what they say about themselves (`description`) differs.
 */
export function syncWindowProblems(windows: readonly SyncWindow[]): string[] {
  const seen = new Set<string>();
  return windows.flatMap((window) => {
    const { description: _description, ...identity } = window;
    const name = `sync window "${window.kind ?? ''} ${window.schedule ?? ''}"`;
    const hash = contentHash(identity);
    if (seen.has(hash)) return [`${name} is there twice. Remove one`];
    seen.add(hash);
    const { problem } = parseWindow(window);
    const lists = [window.applications, window.namespaces, window.clusters];
    return [
      ...(window.kind === 'allow' || window.kind === 'deny'
        ? []
        : [`${name}: kind is neither allow nor deny. Write one of them`]),
      ...(problem === undefined ? [] : [problem]),
      ...(lists.some((list) => (list?.length ?? 0) > 0)
        ? []
        : [`${name} is about nothing. Set applications, namespaces or clusters`]),
    ];
  });
}

/** Whether a window is open at a time. */
export function isWindowActive(window: SyncWindow, at: Date): boolean {
  return isActive(parseWindow(window), at);
}

/** Whether a window is about an application. Without any list it is about none. */
export function concerns(window: SyncWindow, subject: WindowSubject): boolean {
  const lists: [readonly string[] | undefined, (pattern: string) => boolean][] = [
    [window.applications, (pattern) => globMatch(pattern, subject.applicationName)],
    [window.namespaces, (pattern) => globMatch(pattern, subject.destinationNamespace)],
    [window.clusters, (pattern) => globMatch(pattern, subject.server) || globMatch(pattern, subject.clusterName)],
  ];
  const given = lists.filter(([patterns]) => (patterns?.length ?? 0) > 0);
  const fits = ([patterns, matches]: (typeof given)[number]): boolean => (patterns ?? []).some(matches);
  return given.length > 0 && (window.andOperator === true ? given.every(fits) : given.some(fits));
}

interface ParsedWindow {
  window: SyncWindow;
  cron: Cron | undefined;
  durationMs: number;
  problem?: string;
}

const parsedWindows = new WeakMap<SyncWindow, ParsedWindow>();

function parseWindow(window: SyncWindow): ParsedWindow {
  const known = parsedWindows.get(window);
  if (known !== undefined) return known;
  const parsed = parseWindowOnce(window);
  parsedWindows.set(window, parsed);
  return parsed;
}

function parseWindowOnce(window: SyncWindow): ParsedWindow {
  const durationMs = parseGoDuration(window.duration ?? '');
  const name = `sync window "${window.kind ?? ''} ${window.schedule ?? ''}"`;
  if (durationMs === undefined || durationMs <= 0) {
    return {
      window,
      cron: undefined,
      durationMs: 0,
      problem: `${name}: duration "${window.duration ?? ''}" is no duration. Write for example 1h30m`,
    };
  }
  try {
    const timezone = window.timeZone === undefined || window.timeZone === '' ? 'UTC' : window.timeZone;
    const cron = new Cron(window.schedule ?? '', { timezone, mode: '5-part' });
    // An unknown time zone shows only when a time is asked for.
    cron.nextRun();
    return { window, cron, durationMs };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      window,
      cron: undefined,
      durationMs,
      problem: `${name} cannot be read (${reason}). Write a cron expression of five fields and an IANA time zone`,
    };
  }
}

/** A window is open when it last began less than its duration ago. An unreadable deny counts as open: it was meant to protect. */
function isActive(parsed: ParsedWindow, at: Date): boolean {
  if (parsed.cron === undefined) return parsed.window.kind === 'deny';
  const next = parsed.cron.nextRun(new Date(at.getTime() - parsed.durationMs));
  return next !== null && next.getTime() <= at.getTime();
}

function decide(
  windows: readonly ParsedWindow[],
  at: Date,
  isManual: boolean,
): { allowed: boolean; blockedBy: SyncWindow[] } {
  const denies = windows.filter(({ window }) => window.kind === 'deny');
  const allows = windows.filter(({ window }) => window.kind !== 'deny');
  const activeDenies = denies.filter((window) => isActive(window, at));
  if (activeDenies.length > 0) return blockedUnlessManual(activeDenies, isManual);
  if (allows.length === 0 || allows.some((window) => isActive(window, at))) return { allowed: true, blockedBy: [] };
  return blockedUnlessManual(allows, isManual);
}

function blockedUnlessManual(
  windows: readonly ParsedWindow[],
  isManual: boolean,
): { allowed: boolean; blockedBy: SyncWindow[] } {
  if (isManual && windows.every(({ window }) => window.manualSync === true)) return { allowed: true, blockedBy: [] };
  return { allowed: false, blockedBy: windows.map(({ window }) => window) };
}

function nextChange(parsed: ParsedWindow, now: Date): number | undefined {
  if (parsed.cron === undefined) return undefined;
  if (!isActive(parsed, now)) return parsed.cron.nextRun(now)?.getTime();
  const began = parsed.cron.nextRun(new Date(now.getTime() - parsed.durationMs));
  return began === null ? undefined : began.getTime() + parsed.durationMs;
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
