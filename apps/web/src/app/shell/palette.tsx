import { Modal, useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, spotlight } from '@mantine/spotlight';
import {
  IconApps,
  IconDeviceDesktop,
  IconFolders,
  IconGitBranch,
  IconHelp,
  IconMoon,
  IconPlus,
  IconSearch,
  IconServer2,
  IconSun,
  IconUser,
} from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { StatusIcon } from '../../components/status-icon.tsx';
import { applicationQueries } from '../../features/applications/queries.ts';
import { healthTone } from '../../lib/status.ts';

interface Command {
  id: string;
  label: string;
  words: string;
  icon: ReactNode;
  run: () => void;
}

interface PaletteProps {
  opened: boolean;
  onClose: () => void;
  onHelp: () => void;
}

/** Applications by name, pages and commands in one box. */
export default function Palette({ opened, onClose, onHelp }: PaletteProps) {
  const [query, setQuery] = useState('');
  const [debounced] = useDebouncedValue(query.trim(), 120);
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const applications = useQuery({
    ...applicationQueries.find(debounced),
    enabled: opened,
    placeholderData: keepPreviousData,
  });

  useEffect(() => {
    if (opened) spotlight.open();
    else spotlight.close();
  }, [opened]);

  const commands: Command[] = [
    {
      id: 'apps',
      label: 'Applications',
      words: 'go list',
      icon: <IconApps size={18} />,
      run: () => void navigate({ to: '/applications' }),
    },
    {
      id: 'new',
      label: 'New application',
      words: 'create add',
      icon: <IconPlus size={18} />,
      run: () => void navigate({ to: '/applications', search: { new: 'form' } }),
    },
    {
      id: 'trouble',
      label: 'Applications that need attention',
      words: 'degraded missing failing problems',
      icon: <StatusIcon tone="degraded" size={18} />,
      run: () => void navigate({ to: '/applications', search: { q: 'health:Degraded health:Missing health:Unknown' } }),
    },
    {
      id: 'drift',
      label: 'OutOfSync applications',
      words: 'drift differs',
      icon: <StatusIcon tone="outofsync" size={18} />,
      run: () => void navigate({ to: '/applications', search: { q: 'sync:OutOfSync' } }),
    },
    {
      id: 'clusters',
      label: 'Clusters',
      words: 'go settings',
      icon: <IconServer2 size={18} />,
      run: () => void navigate({ to: '/settings/clusters' }),
    },
    {
      id: 'repositories',
      label: 'Repositories',
      words: 'go settings git helm',
      icon: <IconGitBranch size={18} />,
      run: () => void navigate({ to: '/settings/repositories' }),
    },
    {
      id: 'projects',
      label: 'Projects',
      words: 'go settings',
      icon: <IconFolders size={18} />,
      run: () => void navigate({ to: '/settings/projects' }),
    },
    {
      id: 'account',
      label: 'Your account',
      words: 'user info groups',
      icon: <IconUser size={18} />,
      run: () => void navigate({ to: '/user-info' }),
    },
    {
      id: 'light',
      label: 'Theme: light',
      words: 'colour bright',
      icon: <IconSun size={18} />,
      run: () => setColorScheme('light'),
    },
    {
      id: 'dark',
      label: 'Theme: dark',
      words: 'colour night',
      icon: <IconMoon size={18} />,
      run: () => setColorScheme('dark'),
    },
    {
      id: 'auto',
      label: 'Theme: like the system',
      words: 'colour auto',
      icon: <IconDeviceDesktop size={18} />,
      run: () => setColorScheme('auto'),
    },
    { id: 'help', label: 'Keyboard shortcuts', words: 'help keys', icon: <IconHelp size={18} />, run: onHelp },
  ];
  const wanted = query.trim().toLowerCase();
  const shown = commands.filter(({ label, words }) => `${label} ${words}`.toLowerCase().includes(wanted));
  const rows = applications.data ?? [];

  return (
    <Spotlight.Root
      onSpotlightClose={onClose}
      onSpotlightOpen={() => setQuery('')}
      query={query}
      onQueryChange={setQuery}
      clearQueryOnClose
      scrollable
      maxHeight={420}
      shortcut={null}
      overlayProps={{ backgroundOpacity: 0.42, blur: 0 }}
    >
      <Modal.Title className="visually-hidden">Find anything</Modal.Title>
      <Spotlight.Search
        placeholder="Find an application or action"
        leftSection={<IconSearch size={19} stroke={1.7} />}
      />
      <Spotlight.ActionsList>
        {rows.length > 0 && (
          <Spotlight.ActionsGroup label="Applications">
            {rows.map((row) => (
              <Spotlight.Action
                key={`${row.namespace}/${row.name}`}
                label={row.name}
                description={`${row.project} · ${row.destination.name || row.destination.server}/${row.destination.namespace}`}
                leftSection={
                  <StatusIcon tone={healthTone(row.health.status)} size={18} label={row.health.status ?? 'Unknown'} />
                }
                onClick={() => {
                  onClose();
                  void navigate({
                    to: '/applications/$namespace/$name',
                    params: { namespace: row.namespace, name: row.name },
                  });
                }}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {shown.length > 0 && (
          <Spotlight.ActionsGroup label="Go to and do">
            {shown.map((command) => (
              <Spotlight.Action
                key={command.id}
                label={command.label}
                leftSection={command.icon}
                onClick={() => {
                  onClose();
                  command.run();
                }}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {rows.length === 0 && shown.length === 0 && <Spotlight.Empty>Nothing is called “{query}”.</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
