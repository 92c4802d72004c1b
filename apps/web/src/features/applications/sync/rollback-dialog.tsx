import { Button, Checkbox, CloseButton, Modal, Radio, Textarea, TextInput, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconArrowRight, IconInfoCircle } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { describeError } from '../../../lib/api-client.ts';
import { autoSyncOf, shortRevision } from '../application-row.ts';
import { rollbackApplication } from '../commands.ts';
import { permission } from '../permission.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import { blastRadius } from './blast-radius.ts';
import classes from './plan.module.css';
import { PlanBody, PlanNotes, PlanSummary } from './plan-view.tsx';
import { usePlan } from './use-plan.ts';

interface RollbackDialogProps {
  applicationKey: ApplicationKey;
  id: number;
  onClose: () => void;
}

/** Back to an earlier deployment, with the same plan as a sync, and a hold that automation cannot undo. */
export default function RollbackDialog({ applicationKey: key, id, onClose }: RollbackDialogProps) {
  const narrow = useMediaQuery('(max-width: 820px)');
  const application = useQuery(applicationQueries.detail(key));
  const history = application.data?.status?.history ?? [];
  const entry = history.find((each) => each.id === id);
  const now = history.at(-1);
  const target = useQuery(applicationQueries.revision(key, entry?.revision ?? ''));
  const current = useQuery(applicationQueries.revision(key, now?.revision ?? ''));
  const [reason, setReason] = useState('');
  const [resume, setResume] = useState('manual');
  const [until, setUntil] = useState('');
  const [prune, setPrune] = useState(true);
  const [runHooks, setRunHooks] = useState(false);
  const [typed, setTyped] = useState('');
  const [applying, setApplying] = useState(false);
  const [failure, setFailure] = useState<string>();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const plan = usePlan(key, { prune, historyId: id, runHooks });
  const radius = plan.data ? blastRadius(plan.data) : undefined;
  const held = application.data ? autoSyncOf(application.data) !== 'off' : true;
  const blocked =
    permission(application.data, 'rollback') ??
    (plan.data && plan.data.problems.length > 0 ? 'The plan has problems that must be solved first.' : undefined) ??
    (held && reason.trim() === '' ? 'Say why, so that others know what to wait for.' : undefined) ??
    (resume === 'time' && until === '' ? 'Choose when automatic sync resumes.' : undefined) ??
    (radius?.confirm === 'typed' && typed !== key.name ? `Type ${key.name} to confirm.` : undefined);

  const apply = async () => {
    const seen = plan.data;
    if (!seen || blocked || applying) return;
    setApplying(true);
    setFailure(undefined);
    try {
      await rollbackApplication(
        key,
        {
          id,
          prune,
          reason: reason.trim(),
          resume: resume === 'time' ? new Date(until).toISOString() : resume,
          runHooks,
          ...(seen.confirmation !== undefined && { allowEmpty: true }),
        },
        seen.planId,
      );
      void queryClient.invalidateQueries({ queryKey: applicationQueries.detail(key).queryKey });
      notifications.show({ color: 'gray', message: `${key.name} goes back to deployment ${id}` });
      onClose();
      void navigate({ to: '/applications/$namespace/$name', params: key, search: { tab: 'operation' } });
    } catch (error) {
      if (!(await plan.replanIfStale(error, seen))) setFailure(describeError(error));
    }
    setApplying(false);
  };

  return (
    <Modal
      opened
      onClose={onClose}
      size={1180}
      padding={0}
      withCloseButton={false}
      fullScreen={narrow === true}
      styles={{ body: { padding: 0 } }}
    >
      <div className={classes.dialog}>
        <div className={classes.head}>
          <div className={classes.headText}>
            <Modal.Title className={classes.title ?? ''}>
              Roll back {key.name} to deployment {id}
            </Modal.Title>
            <div className={classes.sub}>
              {held
                ? 'Automatic sync is held until the rule below; Git and the Application stay as they are.'
                : 'Automatic sync is off, so nothing will undo this by itself.'}
            </div>
          </div>
          <CloseButton aria-label="Close" onClick={onClose} size="lg" />
        </div>
        <div className={classes.versus}>
          <Side
            title={`Now · deployment ${now?.id ?? '–'}`}
            revision={now?.revision}
            message={current.data?.message}
            at={now?.deployedAt}
          />
          <IconArrowRight size={20} aria-label="becomes" />
          <Side
            title={`After · deployment ${id}`}
            revision={entry?.revision}
            message={target.data?.message}
            at={entry?.deployedAt}
          />
        </div>
        <div className={classes.rollback}>
          <Textarea
            label="Reason"
            description={held ? 'Shown on the application while it is held' : 'Kept in the history'}
            placeholder="Wrong tax on invoices, INC-881"
            autosize
            minRows={2}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
          />
          {held && (
            <Radio.Group label="Automatic sync resumes" value={resume} onChange={setResume}>
              <div style={{ display: 'flex', flexDirection: 'column', gap: 9, marginTop: 6 }}>
                <Radio size="xs" value="manual" label="When someone resumes it" />
                <Radio size="xs" value="next-commit" label="With the next commit to the target revision" />
                <div style={{ display: 'flex', gap: 10, alignItems: 'center' }}>
                  <Radio size="xs" value="time" label="At" />
                  <TextInput
                    size="xs"
                    type="datetime-local"
                    aria-label="Resume at"
                    value={until}
                    onFocus={() => setResume('time')}
                    onChange={(event) => setUntil(event.currentTarget.value)}
                  />
                </div>
              </div>
            </Radio.Group>
          )}
        </div>
        {plan.data && <PlanSummary plan={plan.data} />}
        {plan.staleReason && (
          <div className={classes.note} data-tone="info" role="status">
            <IconInfoCircle size={16} />
            <span>{plan.staleReason}. Nothing was applied; this is the new plan.</span>
          </div>
        )}
        {failure && (
          <div className={classes.note} data-tone="bad" role="alert">
            <IconInfoCircle size={16} />
            <span>{failure}</span>
          </div>
        )}
        {plan.data && <PlanNotes plan={plan.data} />}
        <PlanBody
          plan={plan.data}
          error={plan.data ? undefined : plan.error}
          onRetry={() => void plan.refetch()}
          moved={plan.moved}
        />
        {radius?.confirm === 'typed' && (
          <div className={classes.confirm}>
            {radius.reasons.map((each) => (
              <span key={each}>{each}.</span>
            ))}
            <TextInput
              label={`Type ${key.name} to go on`}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              maw={320}
            />
          </div>
        )}
        <div className={classes.foot}>
          <div className={classes.options}>
            <Checkbox
              size="xs"
              label="Prune what that deployment did not have"
              checked={prune}
              onChange={(event) => setPrune(event.currentTarget.checked)}
            />
            <Checkbox
              size="xs"
              label="Run hooks again"
              checked={runHooks}
              onChange={(event) => setRunHooks(event.currentTarget.checked)}
            />
          </div>
          <Button variant="default" type="button" onClick={onClose}>
            Cancel
          </Button>
          <Tooltip
            label={blocked ?? 'Does exactly what is listed here'}
            events={{ hover: true, focus: true, touch: true }}
          >
            <Button
              type="button"
              loading={applying}
              aria-disabled={blocked !== undefined || !plan.data}
              onClick={() => void apply()}
            >
              {held ? 'Roll back and hold' : 'Roll back'}
            </Button>
          </Tooltip>
        </div>
      </div>
    </Modal>
  );
}

function Side({
  title,
  revision,
  message,
  at,
}: {
  title: string;
  revision: string | undefined;
  message: string | undefined;
  at: string | undefined;
}) {
  return (
    <div className={classes.side}>
      <small>{title}</small>
      <p title={message}>
        <code>{shortRevision(revision)}</code> {message?.split('\n')[0]}
      </p>
      <small>
        <RelativeTime value={at} />
      </small>
    </div>
  );
}
