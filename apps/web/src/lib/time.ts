const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86400],
  ['month', 30 * 86400],
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** "just now", "4 min ago", "in 3 h": one unit, rounded down, short. */
export function formatAgo(then: string | number | Date, now: number = Date.now()): string {
  const seconds = Math.round((now - new Date(then).getTime()) / 1000);
  if (Number.isNaN(seconds)) return '';
  if (Math.abs(seconds) < 5) return 'just now';
  const text = formatShort(Math.abs(seconds));
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

function formatShort(seconds: number): string {
  const short: Record<string, string> = { year: 'y', month: 'mo', day: 'd', hour: 'h', minute: 'min', second: 's' };
  for (const [unit, size] of units) if (seconds >= size) return `${Math.floor(seconds / size)} ${short[unit]}`;
  return '0 s';
}

/** "14 s", "2 min 05 s", "1 h 12 min" between two moments. */
export function formatDuration(start: string | number | Date, end: string | number | Date): string {
  const seconds = Math.max(0, Math.round((new Date(end).getTime() - new Date(start).getTime()) / 1000));
  if (Number.isNaN(seconds)) return '';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** The full date and time in the reader's own format and zone. */
export function formatAbsolute(value: string | number | Date): string {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? '' : absolute.format(date);
}

/** Only the time of day, for "showing data from 14:02:11". */
export function formatClock(value: string | number | Date): string {
  return clock.format(new Date(value));
}
