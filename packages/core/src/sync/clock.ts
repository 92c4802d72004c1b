/** What two clocks of one installation may differ by, and what a whole second more or less accounts for. */
const TOLERANCE_MS = 60_000;

/**
 * Whether a time that was noted as now lies in the future, so that the clock was set back since. Waits that count from it
 * would grow by as much; what waits is done instead, and notes a time of the clock as it is.
 */
export function isBeforeClockChange(notedAt: number, now: Date): boolean {
  return notedAt - now.getTime() > TOLERANCE_MS;
}
