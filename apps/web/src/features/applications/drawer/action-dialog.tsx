import { Button, Modal, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { describeError } from '../../../lib/api-client.ts';
import type { Application, ResourceAction, ResourceRef } from '../../../lib/api-types.ts';
import { runResourceAction } from '../commands.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import { actionTitle, sentenceCase } from './action-title.ts';
import classes from './drawer.module.css';

interface ActionDialogProps {
  applicationKey: ApplicationKey;
  app: Application;
  resource: ResourceRef;
  /** Git has the resource, so self-heal looks after it. */
  isManaged: boolean;
  action: ResourceAction;
  onClose: () => void;
}

const dangerous = /delete|terminate|abort|data-loss|trash/;

/** Asks before something live is changed, for what the action needs to know, and stays when the server refuses. */
export function ActionDialog({ applicationKey: key, app, resource, isManaged, action, onClose }: ActionDialogProps) {
  const queryClient = useQueryClient();
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(action.params.map((param) => [param.name, param.value || param.default])),
  );
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const title = actionTitle(action);
  const selfHeals = isManaged && app.spec.syncPolicy?.automated?.selfHeal === true;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await runResourceAction(key, resource, action.name, values);
      notifications.show({ color: 'gray', message: `${title}: done for ${resource.name}` });
      void queryClient.invalidateQueries({ queryKey: applicationQueries.all(key) });
      onClose();
    } catch (error) {
      setFailure(describeError(error));
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={title.includes(' ') ? `${title}: ${resource.name}` : `${title} ${resource.name}?`}
      size="md"
    >
      <form onSubmit={(event) => void submit(event)}>
        <p className={classes.ask}>
          This changes {resource.kind} <strong>{resource.name}</strong>
          {resource.namespace ? ` in namespace ${resource.namespace}` : ''} on the cluster, not in Git.
          {selfHeals && ' Self-heal is on: a field that Git sets is put back.'}
        </p>
        {action.params.map(({ name, default: fallback }, index) => (
          <TextInput
            key={name}
            mt={14}
            label={sentenceCase(name)}
            inputMode={/^\d+$/.test(fallback) ? 'numeric' : 'text'}
            value={values[name] ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setValues((before) => ({ ...before, [name]: value }));
            }}
            autoComplete="off"
            spellCheck={false}
            {...(index === 0 ? { 'data-autofocus': true } : {})}
          />
        ))}
        {failure && (
          <p className={classes.failure} role="alert">
            <IconAlertTriangle size={16} /> {failure}
          </p>
        )}
        <div className={classes.dialogFoot}>
          <Button
            variant="default"
            onClick={onClose}
            {...(action.params.length === 0 ? { 'data-autofocus': true } : {})}
          >
            Cancel
          </Button>
          <Button
            type="submit"
            loading={busy}
            {...(dangerous.test(`${action.name} ${action.iconClass}`) ? { color: 'red' } : {})}
          >
            {title}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
