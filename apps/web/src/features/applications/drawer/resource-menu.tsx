import { Button, ActionIcon as IconButton, Menu, Modal, Radio, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDotsVertical, IconLink, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { describeError } from '../../../lib/api-client.ts';
import type { Application, ResourceAction, ResourceRef } from '../../../lib/api-types.ts';
import { deleteResource } from '../commands.ts';
import { permission } from '../permission.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import type { ResourceItem } from '../resources/build-tree.ts';
import { ActionDialog } from './action-dialog.tsx';
import { ActionIcon } from './action-icon.tsx';
import { actionTitle } from './action-title.ts';
import classes from './drawer.module.css';

/** What can be done to a resource: copying its link, the actions its kind has now, deleting it. */
export function ResourceMenu({
  applicationKey: key,
  app,
  item,
  resource,
}: {
  applicationKey: ApplicationKey;
  app: Application;
  item: ResourceItem | undefined;
  resource: ResourceRef;
}) {
  const [opened, setOpened] = useState(false);
  const [action, setAction] = useState<ResourceAction>();
  const [deleting, setDeleting] = useState(false);
  const [mode, setMode] = useState<'foreground' | 'force' | 'orphan'>('foreground');
  const actions = useQuery({ ...applicationQueries.resourceActions(key, resource), enabled: opened });
  const queryClient = useQueryClient();
  const deleteDenied = permission(app, 'delete');
  const report = (done: string, command: Promise<unknown>) => {
    command.then(
      () => {
        notifications.show({ color: 'gray', message: done });
        void queryClient.invalidateQueries({ queryKey: applicationQueries.all(key) });
      },
      (error: unknown) =>
        notifications.show({
          color: 'red',
          autoClose: false,
          title: 'The server refused',
          message: describeError(error),
        }),
    );
  };
  return (
    <>
      <Menu width={240} opened={opened} onChange={setOpened}>
        <Menu.Target>
          <Tooltip label="Actions">
            <IconButton aria-label="Actions" size="lg">
              <IconDotsVertical size={18} />
            </IconButton>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconLink size={16} />}
            onClick={() => void navigator.clipboard.writeText(window.location.href)}
          >
            Copy link
          </Menu.Item>
          {actions.isLoading && <Menu.Label>Looking for actions…</Menu.Label>}
          {actions.error && (
            <Menu.Label className={classes.menuError}>
              Its actions cannot be read. {actions.error instanceof Error ? actions.error.message : ''}
            </Menu.Label>
          )}
          {(actions.data ?? []).length > 0 && (
            <>
              <Menu.Divider />
              <Menu.Label>Actions</Menu.Label>
            </>
          )}
          {(actions.data ?? []).map((each) => (
            <Menu.Item
              key={each.name}
              disabled={each.disabled === true}
              leftSection={<ActionIcon action={each} size={16} />}
              onClick={() => setAction(each)}
            >
              {actionTitle(each)}
              {each.params.length > 0 && '…'}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            color="red"
            className={classes.delete ?? ''}
            leftSection={<IconTrash size={16} />}
            disabled={deleteDenied !== undefined}
            onClick={() => setDeleting(true)}
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {action && (
        <ActionDialog
          applicationKey={key}
          app={app}
          resource={resource}
          isManaged={item?.sync !== undefined}
          action={action}
          onClose={() => setAction(undefined)}
        />
      )}
      <Modal opened={deleting} onClose={() => setDeleting(false)} title={`Delete ${resource.kind} ${resource.name}?`}>
        <p style={{ marginBottom: 12 }}>
          {item?.sync ? 'Git still asks for it, so the next sync creates it again.' : 'Its owner may create it again.'}
        </p>
        <Radio.Group value={mode} onChange={(value) => setMode(value as typeof mode)} aria-label="How">
          <div style={{ display: 'flex', flexDirection: 'column', gap: 8 }}>
            <Radio value="foreground" label="Delete it after everything it owns is gone" />
            <Radio value="force" label="Delete it at once, without waiting for its Pods to end" />
            <Radio value="orphan" label="Delete only it, keep what it owns" />
          </div>
        </Radio.Group>
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8, marginTop: 18 }}>
          <Button variant="default" data-autofocus onClick={() => setDeleting(false)}>
            Cancel
          </Button>
          <Button
            color="red"
            onClick={() => {
              setDeleting(false);
              report(`${resource.name} is being deleted`, deleteResource(key, resource, mode));
            }}
          >
            Delete
          </Button>
        </div>
      </Modal>
    </>
  );
}
