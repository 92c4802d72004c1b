import type { ReactNode } from 'react';
import type { Tone } from '../lib/status.ts';
import classes from './status-icon.module.css';

const glyph = {
  stroke: 'var(--ls-glyph)',
  strokeWidth: 1.9,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
  fill: 'none',
} as const;
const line = {
  stroke: 'currentColor',
  strokeWidth: 1.9,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
  fill: 'none',
} as const;

/** One shape per tone: the set stays readable in grey. */
const shapes: Record<Tone, ReactNode> = {
  healthy: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="M4.9 8.3l2.2 2.2 4-4.6" {...glyph} />
    </>
  ),
  progressing: (
    <>
      <circle cx="8" cy="8" r="6" stroke="currentColor" strokeOpacity="0.28" strokeWidth="2.2" fill="none" />
      <path
        className={classes['arc']}
        d="M8 2a6 6 0 1 1-6 6"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinecap="round"
        fill="none"
      />
    </>
  ),
  degraded: (
    <>
      <path d="M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z" fill="currentColor" />
      <path d="M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6" {...glyph} />
    </>
  ),
  outofsync: (
    <>
      <path d="M8 .4L15.6 8 8 15.6.4 8z" fill="currentColor" />
      <path d="M5.3 6.8h5.4M5.3 9.4h5.4M9.6 4.9L6.4 11.3" {...glyph} strokeWidth={1.5} />
    </>
  ),
  missing: (
    <circle cx="8" cy="8" r="6" stroke="currentColor" strokeWidth="2.2" strokeDasharray="3.3 2.986" fill="none" />
  ),
  suspended: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="3" fill="currentColor" />
      <path d="M6 5.2v5.6M10 5.2v5.6" {...glyph} />
    </>
  ),
  unknown: (
    <>
      <circle cx="8" cy="8" r="6.3" stroke="currentColor" strokeWidth="1.6" fill="none" />
      <path d="M6.2 6.3a1.85 1.85 0 1 1 2.7 1.6c-.6.35-.9.7-.9 1.3" {...line} strokeWidth={1.6} />
      <circle cx="8" cy="11.4" r=".95" fill="currentColor" />
    </>
  ),
  prune: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="M4.8 8h6.4" {...glyph} />
    </>
  ),
};

/** The shape alone. Use it only where the status is also written next to it, or give a `label`. */
export function StatusIcon({ tone, size = 16, label }: { tone: Tone; size?: number; label?: string }) {
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: labelled where it stands alone, hidden where the text is beside it
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      className={`${classes['icon']} ${classes[tone]}`}
      {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
      focusable="false"
    >
      {shapes[tone]}
    </svg>
  );
}

/** Shape, colour and text: how a status is shown everywhere. */
export function StatusBadge({
  tone,
  children,
  pill = false,
  size = 16,
}: {
  tone: Tone;
  children: ReactNode;
  pill?: boolean;
  size?: number;
}) {
  return (
    <span className={`${classes['badge']} ${pill ? `${classes['pill']} ${classes[tone]}` : ''}`}>
      <StatusIcon tone={tone} size={pill ? 14 : size} />
      <span>{children}</span>
    </span>
  );
}
