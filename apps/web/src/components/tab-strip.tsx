import { Tabs } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import classes from './tab-strip.module.css';

/** Tabs in one line. Where there is no room for all they scroll sideways, and the open one stays in view. */
export function TabStrip({
  open,
  children,
  ...rest
}: {
  open: string | null | undefined;
  children: ReactNode;
  'aria-label'?: string;
}) {
  const list = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another tab opens
  useEffect(() => {
    const tab = list.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    // Not scrollIntoView, which would move the page too.
    if (tab) list.current?.scrollTo({ left: tab.offsetLeft + tab.offsetWidth / 2 - list.current.clientWidth / 2 });
  }, [open]);
  return (
    <Tabs.List ref={list} className={classes['strip'] ?? ''} {...rest}>
      {children}
    </Tabs.List>
  );
}
