import { Button, Modal, Radio, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { describeError } from '../../../lib/api-client.ts';
import type { Application } from '../../../lib/api-types.ts';
import { deleteApplication } from '../commands.ts';
import { permission } from '../permission.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import classes from './page.module.css';

interface DeleteDialogProps {
  applicationKey: ApplicationKey;
  app: Application;
  onClose: () => void;
  onDeleted: () => void;
}

/** The choices are outcomes. Taking the resources along needs the name typed. */
export function DeleteDialog({ applicationKey: key, app, onClose, onDeleted }: DeleteDialogProps) {
  const count = app.status?.resources?.length ?? 0;
  const [choice, setChoice] = useState<'foreground' | 'keep'>('keep');
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const queryClient = useQueryClient();
  const going = app.metadata.deletionTimestamp !== undefined;
  const denied = going ? permission(app, 'override') : undefined;
  const ready = denied === undefined && (choice === 'keep' || typed === key.name);
  const submit = async () => {
    if (!ready) return;
    setBusy(true);
    try {
      await deleteApplication(key, choice);
      notifications.show({ color: 'gray', message: `${key.name} is ${going ? 'deleted' : 'being deleted'}` });
      void queryClient.invalidateQueries({ queryKey: applicationQueries.lists() });
      onDeleted();
    } catch (error) {
      setFailure(describeError(error));
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={going ? `Stop waiting for ${key.name}?` : `Delete ${key.name}?`} size="md">
      {going ? (
        <p>
          Its deletion is under way and waits. You can remove the application now: what is left of its resources stays
          in the cluster and is managed by nobody. {denied}
        </p>
      ) : (
        <Radio.Group value={choice} onChange={(value) => setChoice(value as typeof choice)} aria-label="What to delete">
          <div className={classes.choices}>
            <Radio
              value="keep"
              label="Delete the application, keep its resources"
              description="They go on running and are managed by nobody"
            />
            <Radio
              value="foreground"
              label={`Delete the application and its ${count === 1 ? 'one resource' : `${count} resources`}`}
              description={`In ${app.spec.destination.namespace ?? 'the destination'}, including what ${count === 1 ? 'it owns' : 'they own'}`}
            />
          </div>
        </Radio.Group>
      )}
      {choice === 'foreground' && (
        <TextInput
          mt={14}
          label={`Type ${key.name} to confirm`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
        />
      )}
      {failure && (
        <p className={classes.failure} role="alert">
          <IconAlertTriangle size={16} /> {failure}
        </p>
      )}
      <div className={classes.dialogFoot}>
        <Button variant="default" data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button color="red" loading={busy} aria-disabled={!ready} onClick={() => void submit()}>
          {going ? 'Remove it now' : choice === 'keep' ? 'Delete the application' : 'Delete everything'}
        </Button>
      </div>
    </Modal>
  );
}
