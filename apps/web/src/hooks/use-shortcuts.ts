import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { activeShortcuts, onShortcutsChange, registerShortcuts, type Shortcut } from '../lib/shortcuts.ts';

/** Binds shortcuts for as long as the component is mounted. `shortcuts` may be a new array on every render. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const run = useEffectEvent((keys: string) => shortcuts.find((each) => each.keys === keys)?.run());
  const signature = shortcuts
    .map((each) => `${each.keys}\t${each.title}\t${each.group}\t${each.always ?? false}`)
    .join('\n');
  useEffect(() => {
    const stable = signature
      .split('\n')
      .filter(Boolean)
      .map((line): Shortcut => {
        const [keys = '', title = '', group = '', always] = line.split('\t');
        return { keys, title, group, always: always === 'true', run: () => run(keys) };
      });
    return registerShortcuts(stable);
  }, [signature]);
}

export function useActiveShortcuts(): Shortcut[] {
  return useSyncExternalStore(onShortcutsChange, activeShortcuts);
}
