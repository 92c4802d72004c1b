import { Button, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { describeError } from '../../../lib/api-client.ts';
import { terminateOperation } from '../commands.ts';
import type { ApplicationKey } from '../queries.ts';
import classes from './operation.module.css';

/** Asks before a running operation is ended. */
export function TerminateDialog({
  applicationKey: key,
  opened,
  onClose,
}: {
  applicationKey: ApplicationKey;
  opened: boolean;
  onClose: () => void;
}) {
  const terminate = () => {
    onClose();
    terminateOperation(key).catch((error: unknown) =>
      notifications.show({
        color: 'red',
        autoClose: false,
        title: 'Could not terminate',
        message: describeError(error),
      }),
    );
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Terminate the operation?">
      <p>
        It stops before the next step. Resources that were applied stay as they are, so the application may be half-way.
      </p>
      <div className={classes.dialogFoot}>
        <Button variant="default" data-autofocus onClick={onClose}>
          Keep running
        </Button>
        <Button color="red" onClick={terminate}>
          Terminate
        </Button>
      </div>
    </Modal>
  );
}
