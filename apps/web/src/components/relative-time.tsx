import { Tooltip } from '@mantine/core';
import { useNow } from '../hooks/use-now.ts';
import { formatAbsolute, formatAgo } from '../lib/time.ts';

/** "4 min ago", with the full date on hover and for screen readers that ask. */
export function RelativeTime({
  value,
  tooltip = true,
}: {
  value: string | number | undefined | null;
  tooltip?: boolean;
}) {
  const now = useNow();
  if (value === undefined || value === null || value === '') return null;
  const time = <time dateTime={new Date(value).toISOString()}>{formatAgo(value, now)}</time>;
  return tooltip ? <Tooltip label={formatAbsolute(value)}>{time}</Tooltip> : time;
}
