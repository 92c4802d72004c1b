import { Menu, useMantineColorScheme } from '@mantine/core';
import {
  IconCheck,
  IconDeviceDesktop,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { type ReactElement, useState } from 'react';
import { signOut } from '../../features/session/queries.ts';
import { serverPath } from '../../lib/base-path.ts';
import { setShortcutsEnabled, shortcutsEnabled } from '../../lib/shortcuts.ts';
import classes from './shell.module.css';

const schemes = [
  { value: 'light', label: 'Light', icon: IconSun },
  { value: 'dark', label: 'Dark', icon: IconMoon },
  { value: 'auto', label: 'Like the system', icon: IconDeviceDesktop },
] as const;

interface UserMenuProps {
  name: string;
  groups: string[];
  /** The button that opens it. */
  children: ReactElement;
}

/** Opens at once: it is loaded when its button is pressed for the first time. */
export default function UserMenu({ name, groups, children }: UserMenuProps) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [singleKeys, setSingleKeys] = useState(shortcutsEnabled);

  const leave = async () => {
    await signOut();
    // A full load: nothing of this person's data may stay in memory.
    window.location.assign(serverPath('login'));
  };

  return (
    <Menu width={240} defaultOpened>
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <b>{name}</b>
          <span>{groups.length > 0 ? groups.join(', ') : 'No groups'}</span>
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to="/user-info" leftSection={<IconUser size={16} />}>
          Your account
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        {schemes.map(({ value, label, icon: Icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon size={16} />}
            rightSection={colorScheme === value ? <IconCheck size={15} aria-label="chosen" /> : undefined}
            closeMenuOnClick={false}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconKeyboard size={16} />}
          rightSection={singleKeys ? <IconCheck size={15} aria-label="on" /> : undefined}
          closeMenuOnClick={false}
          onClick={() => {
            setShortcutsEnabled(!singleKeys);
            setSingleKeys(!singleKeys);
          }}
        >
          Single-key shortcuts
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
