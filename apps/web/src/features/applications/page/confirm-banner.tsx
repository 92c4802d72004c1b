import { Button, Modal, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { describeError } from '../../../lib/api-client.ts';
import type { Application } from '../../../lib/api-types.ts';
import { confirmDeletions } from '../commands.ts';
import { confirmationWait } from '../operation-wait.ts';
import { permission } from '../permission.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import classes from './page.module.css';

const words = {
  pruning: { title: 'Pruning waits for a confirmation', ask: 'Prune these resources?', button: 'Prune' },
  deletion: { title: 'Deletion waits for a confirmation', ask: 'Delete these resources?', button: 'Delete' },
};

/** Asks for what `Prune=confirm` and `Delete=confirm` want a person to agree to. */
export function ConfirmBanner({ applicationKey: key, app }: { applicationKey: ApplicationKey; app: Application }) {
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const wait = confirmationWait(app);
  const denied = permission(app, 'update');
  if (!wait) return null;
  const { title, ask, button } = words[wait.what];
  const close = () => {
    setAsking(false);
    setFailure(undefined);
  };
  const confirm = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await confirmDeletions(key, app.metadata.deletionTimestamp ?? app.status?.operationState?.startedAt ?? '');
      close();
      void queryClient.invalidateQueries({ queryKey: applicationQueries.detail(key).queryKey });
    } catch (error) {
      setFailure(describeError(error));
    }
    setBusy(false);
  };
  return (
    <section className={classes.hold} aria-label={title}>
      <IconTrash size={20} aria-hidden="true" />
      <p>
        <b>{title}:</b> {wait.resources}
      </p>
      <Tooltip label={denied ?? 'Shows what goes and asks once more'}>
        <Button size="xs" aria-disabled={denied !== undefined} onClick={() => !denied && setAsking(true)}>
          Confirm…
        </Button>
      </Tooltip>
      <Modal opened={asking} onClose={close} title={ask}>
        <ul className={classes.doomed}>
          {wait.resources.split(/, | and /).map((resource) => (
            <li key={resource}>{resource}</li>
          ))}
        </ul>
        <p>They are deleted from the cluster. This cannot be undone.</p>
        {failure && (
          <p className={classes.failure} role="alert">
            <IconAlertTriangle size={16} /> {failure}
          </p>
        )}
        <div className={classes.dialogFoot}>
          <Button variant="default" data-autofocus onClick={close}>
            Cancel
          </Button>
          <Button color="red" loading={busy} onClick={() => void confirm()}>
            {button}
          </Button>
        </div>
      </Modal>
    </section>
  );
}
