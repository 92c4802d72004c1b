import { ActionIcon, Button, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlayerPlay, IconRefresh, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { ApplicationKey } from '../queries.ts';
import { type BulkResult, runBulk } from './bulk.ts';
import classes from './list.module.css';

/** Commands for what is selected. Sync never prunes here: that is decided with the plan of one application in view. */
export default function BulkBar({ selected, onClear }: { selected: ApplicationKey[]; onClear: () => void }) {
  const [progress, setProgress] = useState<{ command: 'sync' | 'refresh'; done: number }>();
  const [confirming, setConfirming] = useState(false);
  const [failures, setFailures] = useState<BulkResult['failures']>([]);

  const run = async (command: 'sync' | 'refresh') => {
    setConfirming(false);
    setProgress({ command, done: 0 });
    const result = await runBulk(command, selected, (done) => setProgress({ command, done }));
    setProgress(undefined);
    const succeeded = result.done - result.failures.length;
    if (succeeded > 0)
      notifications.show({
        color: 'gray',
        message: `${command === 'sync' ? 'Sync' : 'Refresh'} requested for ${plural(succeeded)}`,
      });
    if (result.failures.length > 0) setFailures(result.failures);
    else onClear();
  };

  return (
    <>
      {selected.length > 0 && (
        <div className={classes.bulk} role="toolbar" aria-label="Selected applications">
          <b>{progress ? `${progress.done} of ${selected.length}` : `${selected.length} selected`}</b>
          <Button
            size="xs"
            leftSection={<IconPlayerPlay size={15} />}
            loading={progress?.command === 'sync'}
            disabled={progress !== undefined}
            onClick={() => setConfirming(true)}
          >
            Sync
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={15} />}
            loading={progress?.command === 'refresh'}
            disabled={progress !== undefined}
            onClick={() => void run('refresh')}
          >
            Refresh
          </Button>
          <ActionIcon aria-label="Clear the selection" onClick={onClear}>
            <IconX size={17} />
          </ActionIcon>
        </div>
      )}
      <Modal
        opened={confirming}
        onClose={() => setConfirming(false)}
        title={`Sync ${plural(selected.length)}?`}
        size="md"
      >
        <p>Each is brought to what Git wants, at its own target revision. Nothing is pruned.</p>
        <p className={classes.dim} style={{ marginTop: 8, maxHeight: 140, overflow: 'auto' }}>
          {selected.map(({ name }) => name).join(', ')}
        </p>
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8, marginTop: 18 }}>
          <Button variant="default" data-autofocus onClick={() => setConfirming(false)}>
            Cancel
          </Button>
          <Button onClick={() => void run('sync')}>Sync {selected.length}</Button>
        </div>
      </Modal>
      <Modal
        opened={failures.length > 0}
        onClose={() => setFailures([])}
        title={`${plural(failures.length)} refused`}
        size="lg"
      >
        {failures.map(({ key, message }) => (
          <p key={key} style={{ marginBottom: 8 }}>
            <b>{key}</b>
            <br />
            {message}
          </p>
        ))}
      </Modal>
    </>
  );
}

function plural(count: number): string {
  return `${count} application${count === 1 ? '' : 's'}`;
}
