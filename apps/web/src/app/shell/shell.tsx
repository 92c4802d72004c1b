import { ActionIcon, Tooltip } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import {
  IconApps,
  IconFolders,
  IconGitBranch,
  IconHelp,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconMenu2,
  IconSearch,
  IconServer2,
  IconX,
} from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { LogoMark } from '../../components/logo.tsx';
import { useShortcuts } from '../../hooks/use-shortcuts.ts';
import { useStream } from '../../hooks/use-stream.ts';
import { onSessionChange, sessionExpired, setSessionExpired } from '../../lib/session-events.ts';
import { KeyCaps } from './key-caps.tsx';
import { LiveIndicator } from './live-indicator.tsx';
import classes from './shell.module.css';
import { UserButton } from './user-button.tsx';

const Palette = lazy(() => import('./palette.tsx'));
const ShortcutSheet = lazy(() => import('./shortcut-sheet.tsx'));
const SessionExpired = lazy(() => import('../../features/session/session-expired.tsx'));

const sections = [
  { title: undefined, links: [{ to: '/applications', label: 'Applications', icon: IconApps, keys: 'g a' }] },
  {
    title: 'Platform',
    links: [
      { to: '/settings/clusters', label: 'Clusters', icon: IconServer2, keys: 'g c' },
      { to: '/settings/repositories', label: 'Repositories', icon: IconGitBranch, keys: 'g e' },
      { to: '/settings/projects', label: 'Projects', icon: IconFolders, keys: 'g p' },
    ],
  },
] as const;

export function Shell() {
  const [collapsed, setCollapsed] = useLocalStorage({ key: 'lockstep.sidebar-collapsed', defaultValue: false });
  const [menuOpen, setMenuOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  const [palette, setPalette] = useState<'unloaded' | 'open' | 'closed'>('unloaded');
  const expired = useSyncExternalStore(onSessionChange, sessionExpired);
  const main = useRef<HTMLElement>(null);
  const stream = useStream();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const path = useRouterState({ select: (state) => state.location.pathname });

  useEffect(() => stream.connect(), [stream]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever the path changes
  useEffect(() => setMenuOpen(false), [path]);

  useShortcuts([
    { keys: '$mod+k', title: 'Find anything', group: 'Everywhere', always: true, run: () => setPalette('open') },
    { keys: '/', title: 'Search on this page', group: 'Everywhere', run: focusSearch },
    { keys: 'Shift+?', title: 'Keyboard shortcuts', group: 'Everywhere', run: () => setHelpOpen(true) },
    ...sections.flatMap(({ links }) =>
      links.map(({ to, label, keys }) => ({
        keys,
        title: `Go to ${label}`,
        group: 'Everywhere',
        run: () => void navigate({ to }),
      })),
    ),
  ]);

  const returned = () => {
    setSessionExpired(false);
    stream.reconnect();
    void queryClient.invalidateQueries();
  };

  return (
    <div
      className={classes.shell}
      {...(collapsed && { 'data-collapsed': true })}
      {...(menuOpen && { 'data-menu-open': true })}
    >
      <button type="button" className={classes.skip} onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header className={classes.topbar}>
        <ActionIcon
          className={classes.burger}
          aria-label={menuOpen ? 'Close menu' : 'Open menu'}
          aria-expanded={menuOpen}
          onClick={() => setMenuOpen(!menuOpen)}
          size="lg"
        >
          {menuOpen ? <IconX size={20} /> : <IconMenu2 size={20} />}
        </ActionIcon>
        <Link to="/applications" className={classes.brand} aria-label="Lockstep, all applications">
          <LogoMark />
          Lockstep
        </Link>
        <button type="button" className={classes.search} onClick={() => setPalette('open')}>
          <IconSearch size={16} />
          <span>Find an application or action</span>
          <KeyCaps keys="$mod+k" decorative />
        </button>
        <div className={classes.end}>
          <LiveIndicator />
          <Tooltip label="Keyboard shortcuts">
            <ActionIcon aria-label="Keyboard shortcuts" onClick={() => setHelpOpen(true)} size="lg" visibleFrom="sm">
              <IconHelp size={19} />
            </ActionIcon>
          </Tooltip>
          <UserButton />
        </div>
      </header>
      <nav className={classes.sidebar} aria-label="Main">
        {sections.map(({ title, links }) => (
          <div key={title ?? 'top'}>
            {title && <div className={classes.section}>{title}</div>}
            {links.map(({ to, label, icon: Icon }) => (
              <Tooltip key={to} label={label} position="right" disabled={!collapsed}>
                <Link to={to} className={classes.link} aria-label={label}>
                  <Icon size={18} stroke={1.7} />
                  <span>{label}</span>
                </Link>
              </Tooltip>
            ))}
          </div>
        ))}
        <div className={`${classes.foot} ${classes.collapse}`}>
          <button
            type="button"
            className={classes.link}
            onClick={() => setCollapsed(!collapsed)}
            aria-label={collapsed ? 'Expand sidebar' : 'Collapse sidebar'}
          >
            {collapsed ? (
              <IconLayoutSidebarLeftExpand size={18} stroke={1.7} />
            ) : (
              <IconLayoutSidebarLeftCollapse size={18} stroke={1.7} />
            )}
            <span>Collapse</span>
          </button>
        </div>
      </nav>
      <button
        type="button"
        className={classes.scrim}
        aria-label="Close menu"
        onClick={() => setMenuOpen(false)}
        tabIndex={-1}
      />
      <main className={classes.main} ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <Suspense>
        {helpOpen && <ShortcutSheet onClose={() => setHelpOpen(false)} />}
        {expired && <SessionExpired onSignedIn={returned} />}
      </Suspense>
      {palette !== 'unloaded' && (
        <Suspense>
          <Palette opened={palette === 'open'} onClose={() => setPalette('closed')} onHelp={() => setHelpOpen(true)} />
        </Suspense>
      )}
    </div>
  );
}

function focusSearch(): void {
  document.querySelector<HTMLInputElement>('[data-page-search]')?.focus();
}
