import { Kbd, Modal } from '@mantine/core';
import { useActiveShortcuts } from '../../hooks/use-shortcuts.ts';
import { groupBy } from '../../lib/group-by.ts';
import { isMac } from '../../lib/platform.ts';
import classes from './shell.module.css';

/** `$mod+k` as ⌘ K or Ctrl K; `g a` as two keys. */
export function KeyCaps({ keys, decorative = false }: { keys: string; decorative?: boolean }) {
  const caps = keys.split(' ').flatMap((press) => press.split('+'));
  return (
    <span aria-hidden={decorative} style={{ display: 'inline-flex', gap: 4 }}>
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

export function ShortcutSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const shortcuts = useActiveShortcuts();
  const groups = groupBy(shortcuts, (each) => each.group);
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" size="md">
      <div className={classes.keys}>
        {[...groups].map(([group, items]) => (
          <section key={group}>
            <h3>{group}</h3>
            {items.map((each) => (
              <div key={each.keys} className={classes.keyRow}>
                {each.title}
                <KeyCaps keys={each.keys} />
              </div>
            ))}
          </section>
        ))}
      </div>
    </Modal>
  );
}
