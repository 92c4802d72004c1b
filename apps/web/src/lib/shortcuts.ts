import { tinykeys } from 'tinykeys';

export interface Shortcut {
  /** In tinykeys' words: `g a`, `Shift+?`, `$mod+k`. */
  keys: string;
  title: string;
  group: string;
  run: () => void;
  /** Works while typing or with a dialog open. */
  always?: boolean;
}

const active = new Set<Shortcut>();
const listeners = new Set<() => void>();
let list: Shortcut[] = [];
let unbind: (() => void) | undefined;

const storageKey = 'lockstep.single-key-shortcuts';

/** Single-key shortcuts can be switched off (WCAG 2.1.4). */
export function shortcutsEnabled(): boolean {
  return localStorage.getItem(storageKey) !== 'off';
}

export function setShortcutsEnabled(enabled: boolean): void {
  localStorage.setItem(storageKey, enabled ? 'on' : 'off');
  rebind();
}

/** Adds shortcuts while something is on the screen; the result takes them away. Later ones win over earlier ones. */
export function registerShortcuts(shortcuts: readonly Shortcut[]): () => void {
  for (const shortcut of shortcuts) active.add(shortcut);
  rebind();
  return () => {
    for (const shortcut of shortcuts) active.delete(shortcut);
    rebind();
  };
}

export function activeShortcuts(): Shortcut[] {
  return list;
}

export function onShortcutsChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function rebind(): void {
  list = [...active];
  unbind?.();
  const bindings: Record<string, (event: KeyboardEvent) => void> = {};
  for (const shortcut of list) {
    if (!shortcut.always && !shortcutsEnabled()) continue;
    bindings[shortcut.keys] = (event) => {
      if (!shortcut.always && isOwnedByOther(event)) return;
      event.preventDefault();
      shortcut.run();
    };
  }
  unbind = tinykeys(window, bindings);
  for (const listener of listeners) listener();
}

/** Keys typed into a field or while a dialog is open belong to it. */
function isOwnedByOther(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (target?.closest('input, textarea, select, [contenteditable="true"], .monaco-editor')) return true;
  return document.querySelector('[aria-modal="true"], [role="menu"]') !== null;
}
