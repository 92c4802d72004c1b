import { Modal } from '@mantine/core';
import { useActiveShortcuts } from '../../hooks/use-shortcuts.ts';
import { groupBy } from '../../lib/group-by.ts';
import { KeyCaps } from './key-caps.tsx';
import classes from './shell.module.css';

export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const shortcuts = useActiveShortcuts();
  const groups = groupBy(shortcuts, (each) => each.group);
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" size="md">
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
