import { ActionIcon, Button, Checkbox, CloseButton, Modal, TextInput, Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconInfoCircle, IconRefresh } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { useShortcuts } from '../../../hooks/use-shortcuts.ts';
import { describeError } from '../../../lib/api-client.ts';
import { isMac } from '../../../lib/platform.ts';
import { formatAbsolute } from '../../../lib/time.ts';
import { isBusy, shortRevision } from '../application-row.ts';
import { syncApplication } from '../commands.ts';
import { permission } from '../permission.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import { resourceId } from '../resource-id.ts';
import { isClosedFor } from '../sync-windows.ts';
import { blastRadius, tasksOf } from './blast-radius.ts';
import classes from './plan.module.css';
import { PlanBody, PlanNotes, PlanSummary } from './plan-view.tsx';
import { usePlan } from './use-plan.ts';

interface SyncDialogProps {
  applicationKey: ApplicationKey;
  onClose: () => void;
}

/** Sync is a plan first: what will happen, wave by wave, then one button that does exactly that. */
export default function SyncDialog({ applicationKey: key, onClose }: SyncDialogProps) {
  const narrow = useMediaQuery('(max-width: 820px)');
  const application = useQuery(applicationQueries.detail(key));
  const automated = application.data?.spec.syncPolicy?.automated;
  const [prune, setPrune] = useState<boolean>();
  const [force, setForce] = useState(false);
  const [dryRun, setDryRun] = useState(false);
  const [runHooks, setRunHooks] = useState(true);
  const [picked, setPicked] = useState<ReadonlySet<string>>();
  const [typed, setTyped] = useState('');
  const [applying, setApplying] = useState(false);
  const [failure, setFailure] = useState<string>();
  const navigate = useNavigate();
  const queryClient = useQueryClient();

  const withPrune = prune ?? automated?.prune ?? false;
  const plan = usePlan(key, { prune: withPrune, force, runHooks });
  const radius = plan.data ? blastRadius(plan.data) : undefined;
  const denied = permission(application.data, 'sync');
  const windows = useQuery(applicationQueries.syncWindows(key));
  const closed = isClosedFor('manual', windows.data)
    ? `A sync window is closed${windows.data?.changesAt ? ` until ${formatAbsolute(windows.data.changesAt)}` : ''}.`
    : undefined;
  const busy =
    application.data && isBusy(application.data)
      ? 'A sync is running. Wait until it ends, or terminate it.'
      : undefined;
  const blocked =
    denied ??
    busy ??
    (dryRun ? undefined : closed) ??
    (plan.data && plan.data.problems.length > 0 ? 'The plan has problems that must be solved first.' : undefined) ??
    (radius?.confirm === 'typed' && !dryRun && typed !== key.name ? `Type ${key.name} to confirm.` : undefined) ??
    (picked?.size === 0 ? 'No resource is selected.' : undefined);

  const apply = async () => {
    const seen = plan.data;
    if (!seen || blocked || applying || plan.isFetching) return;
    setApplying(true);
    setFailure(undefined);
    // A part of the plan is another operation than the whole, so the server plans it itself.
    const resources = picked && tasksOf(seen).filter((task) => picked.has(resourceId(task)));
    try {
      await syncApplication(
        key,
        { prune: withPrune, force, dryRun, runHooks, resources, allowEmpty: seen.confirmation !== undefined },
        resources ? undefined : seen.planId,
      );
      void queryClient.invalidateQueries({ queryKey: applicationQueries.detail(key).queryKey });
      notifications.show({
        color: 'gray',
        message: dryRun ? `Dry run of ${key.name} started` : `Sync of ${key.name} started`,
      });
      onClose();
      void navigate({ to: '/applications/$namespace/$name', params: key, search: { tab: 'operation' } });
    } catch (error) {
      if (!(await plan.replanIfStale(error, seen))) setFailure(describeError(error));
      setTyped('');
    }
    setApplying(false);
  };
  useShortcuts([{ keys: '$mod+Enter', title: 'Apply the plan', group: 'Plan', always: true, run: () => void apply() }]);

  const togglePick = (id: string) => {
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    setPicked(next);
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
            <Modal.Title className={classes.title ?? ''}>Plan for {key.name}</Modal.Title>
            <div className={classes.sub}>
              {plan.data ? (
                <>
                  <span>
                    to revision <code>{shortRevision(plan.data.revision)}</code>
                  </span>
                  <span>
                    computed <RelativeTime value={plan.data.computedAt} />
                  </span>
                </>
              ) : (
                <span>{plan.isError ? 'There is no plan' : 'Comparing the cluster with Git…'}</span>
              )}
            </div>
          </div>
          <Tooltip label="Compute the plan again">
            <ActionIcon
              aria-label="Compute the plan again"
              size="lg"
              loading={plan.isFetching}
              onClick={() => void plan.refetch()}
            >
              <IconRefresh size={18} />
            </ActionIcon>
          </Tooltip>
          <CloseButton aria-label="Close" onClick={onClose} size="lg" />
        </div>
        {plan.data && <PlanSummary plan={plan.data} />}
        {plan.staleReason && (
          <div className={classes.note} data-tone="info" role="status">
            <IconInfoCircle size={16} />
            <span>
              {plan.staleReason}. Nothing was applied. This is the new plan; steps marked <b>new</b> differ from the one
              you saw.
            </span>
          </div>
        )}
        {failure && (
          <div className={classes.note} data-tone="bad" role="alert">
            <IconInfoCircle size={16} />
            <span>{failure}</span>
          </div>
        )}
        {(busy ?? closed) && (
          <div className={classes.note} data-tone="info" role="status">
            <IconInfoCircle size={16} />
            <span>{busy ?? closed} This is what would be done now.</span>
          </div>
        )}
        {plan.data && <PlanNotes plan={plan.data} />}
        <PlanBody
          plan={plan.data}
          error={plan.data ? undefined : plan.error}
          onRetry={() => void plan.refetch()}
          moved={plan.moved}
          picked={picked}
          onPick={togglePick}
        />
        {radius?.confirm === 'typed' && !dryRun && (
          <div className={classes.confirm}>
            {radius.reasons.map((reason) => (
              <span key={reason}>{reason}.</span>
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
            <Tooltip label="Delete resources that Git no longer has">
              <Checkbox
                size="xs"
                label="Prune"
                checked={withPrune}
                onChange={(event) => setPrune(event.currentTarget.checked)}
              />
            </Tooltip>
            <Tooltip label="Delete and create again what cannot be updated. Pods stop in between.">
              <Checkbox
                size="xs"
                label="Force"
                checked={force}
                onChange={(event) => setForce(event.currentTarget.checked)}
              />
            </Tooltip>
            <Tooltip label="Ask the cluster whether it would accept every step; change nothing">
              <Checkbox
                size="xs"
                label="Dry run"
                checked={dryRun}
                onChange={(event) => setDryRun(event.currentTarget.checked)}
              />
            </Tooltip>
            <Tooltip label="Run the hooks before and after. Of a selection they run only when something changes.">
              <Checkbox
                size="xs"
                label="Hooks"
                checked={runHooks}
                onChange={(event) => setRunHooks(event.currentTarget.checked)}
              />
            </Tooltip>
            <Tooltip label="Choose the resources in the list">
              <Checkbox
                size="xs"
                label="Only selected"
                checked={picked !== undefined}
                onChange={(event) =>
                  setPicked(
                    event.currentTarget.checked
                      ? new Set(
                          plan.data
                            ? tasksOf(plan.data)
                                .filter((task) => task.action !== 'unchanged' && task.action !== 'hook')
                                .map(resourceId)
                            : [],
                        )
                      : undefined,
                  )
                }
              />
            </Tooltip>
          </div>
          <Button variant="default" type="button" data-autofocus onClick={onClose}>
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
              rightSection={<span className={classes.keys}>{isMac ? '⌘⏎' : 'Ctrl ⏎'}</span>}
            >
              {dryRun ? 'Dry run' : 'Apply plan'}
            </Button>
          </Tooltip>
        </div>
      </div>
    </Modal>
  );
}
