import { Kbd } from '@mantine/core';
import { isMac } from '../../lib/platform.ts';
import classes from './shell.module.css';

/** `$mod+k` as ⌘ K or Ctrl K; `g a` as two keys. */
export function KeyCaps({ keys, decorative = false }: { keys: string; decorative?: boolean }) {
  const caps = keys.split(' ').flatMap((press) => press.split('+'));
  return (
    <span aria-hidden={decorative} className={classes.caps}>
      {caps.map((cap, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a key may be pressed twice in one chord
        <Kbd key={index}>
          {cap === '$mod'
            ? isMac
              ? '⌘'
              : 'Ctrl'
            : cap === 'Shift'
              ? '⇧'
              : cap === 'Enter'
                ? '⏎'
                : cap.length === 1
                  ? cap.toUpperCase()
                  : cap}
        </Kbd>
      ))}
    </span>
  );
}
