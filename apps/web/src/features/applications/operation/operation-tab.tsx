import { Button, Tooltip } from '@mantine/core';
import { IconHistoryOff, IconPlayerStop, IconRepeat } from '@tabler/icons-react';
import { useState } from 'react';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Panel, PanelState } from '../../../components/panel.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusBadge, StatusIcon } from '../../../components/status-icon.tsx';
import { useNow } from '../../../hooks/use-now.ts';
import type { Application } from '../../../lib/api-types.ts';
import { formatDuration } from '../../../lib/time.ts';
import { shortRevision } from '../application-row.ts';
import { operationStatus, retryWait } from '../operation-wait.ts';
import { conditionAdvice } from '../page/condition-advice.ts';
import { permission } from '../permission.ts';
import type { ApplicationKey } from '../queries.ts';
import classes from './operation.module.css';
import { cardTone, cardWord, operationBoard } from './operation-board.ts';
import { TerminateDialog } from './terminate-dialog.tsx';

interface OperationTabProps {
  applicationKey: ApplicationKey;
  app: Application;
  onOpen: (node: string) => void;
  onPlan: () => void;
}

/** The running or last operation: phases as columns, waves inside, what failed first. */
export function OperationTab({ applicationKey: key, app, onOpen, onPlan }: OperationTabProps) {
  const now = useNow();
  const [confirming, setConfirming] = useState(false);
  const operation = app.status?.operationState;
  if (!operation)
    return (
      <Panel>
        <PanelState
          icon={<IconHistoryOff size={22} />}
          title="Never synced"
          actions={<Button onClick={onPlan}>Plan a sync</Button>}
        >
          No operation has run on this application yet.
        </PanelState>
      </Panel>
    );
  const board = operationBoard(app);
  const running = operation.phase === 'Running' || operation.phase === 'Terminating';
  const failed = operation.phase === 'Failed' || operation.phase === 'Error';
  const denied = permission(app, 'sync');
  const { initiatedBy, sync } = operation.operation;
  const advice = failed ? conditionAdvice({ type: 'SyncError', message: operation.message ?? '' }) : undefined;
  const { word, tone } = operationStatus(operation);
  const retry = retryWait(operation);

  return (
    <Panel aria-label="Operation">
      <div className={classes.head}>
        <StatusBadge tone={tone} pill>
          {word}
        </StatusBadge>
        <Fact name="Revision">
          <code>{shortRevision(operation.syncResult?.revision ?? sync?.revision) || '–'}</code>
        </Fact>
        <Fact name="Started">
          <RelativeTime value={operation.startedAt} />
        </Fact>
        <Fact name={running ? 'Elapsed' : 'Took'}>
          {formatDuration(operation.startedAt, operation.finishedAt ?? now)}
        </Fact>
        <Fact name="By">{initiatedBy?.username || (initiatedBy?.automated ? 'Automatic sync' : 'Unknown')}</Fact>
        <Fact name="Options">
          {[
            sync?.prune && 'prune',
            sync?.dryRun && 'dry run',
            sync?.resources && `${sync.resources.length} selected`,
            ...(sync?.syncOptions ?? []),
          ]
            .filter(Boolean)
            .join(', ') || 'none'}
        </Fact>
        {(operation.retryCount ?? 0) > 0 && !retry && <Fact name="Retries">{operation.retryCount}</Fact>}
        <div className={classes.end}>
          {running ? (
            <Tooltip label={denied ?? 'Stops before the next step; what was applied stays'}>
              <Button
                variant="default"
                leftSection={<IconPlayerStop size={16} />}
                aria-disabled={denied !== undefined}
                onClick={() => !denied && setConfirming(true)}
              >
                Terminate
              </Button>
            </Tooltip>
          ) : (
            failed && (
              <Button leftSection={<IconRepeat size={16} />} onClick={onPlan}>
                Plan again
              </Button>
            )
          )}
        </div>
      </div>
      {running && !retry && (
        <div
          className={classes.progress}
          role="progressbar"
          aria-label="Resources done"
          aria-valuemin={0}
          aria-valuemax={board.total}
          aria-valuenow={board.done}
        >
          <div style={{ width: `${board.total === 0 ? 0 : (100 * board.done) / board.total}%` }} />
        </div>
      )}
      {running && !retry && (
        <div className={classes.line} role="status">
          <StatusIcon tone={tone} />
          <p>
            {board.blockedBy ?? operation.message ?? 'Starting'} · {board.done} of {board.total} done
          </p>
        </div>
      )}
      {retry && (
        <div className={classes.line} data-bad>
          <StatusIcon tone="degraded" />
          <p>
            <b>
              Retry {retry.attempt} starts <RelativeTime value={retry.at} />.
            </b>
            <br />
            The last attempt failed: {retry.reason}
          </p>
          <CopyButton value={retry.reason} label="Copy the error" />
        </div>
      )}
      {failed && (
        <div className={classes.line} data-bad>
          <StatusIcon tone="degraded" />
          <p>
            {operation.message}
            {advice && (
              <>
                <br />
                <b>{advice}</b>
              </>
            )}
          </p>
          <CopyButton value={operation.message ?? ''} label="Copy the error" />
        </div>
      )}
      {board.phases.length === 0 ? (
        <PanelState
          icon={<StatusIcon tone={tone} size={22} />}
          title={running && !retry ? 'Starting' : 'No resource was touched'}
          compact
        >
          {failed || retry ? 'It failed before the first resource was applied.' : operation.message}
        </PanelState>
      ) : (
        <div className={classes.board}>
          {board.phases.map(({ phase, waves }) => (
            <section key={phase} className={classes.phase} aria-label={`Phase ${phase}`}>
              <h3 className={classes.phaseTitle}>{phase}</h3>
              <div className={classes.waves}>
                {waves.map(({ wave, cards }) => (
                  <div key={wave} className={classes.wave}>
                    <div className={classes.waveTitle}>
                      <span>Wave {wave}</span>
                      <span>
                        {
                          cards.filter(
                            (card) => card.state !== 'queued' && card.state !== 'waiting' && card.state !== 'failed',
                          ).length
                        }{' '}
                        of {cards.length}
                      </span>
                    </div>
                    <div className={classes.cards}>
                      {cards.map((card) => (
                        <button
                          key={card.id}
                          type="button"
                          className={classes.card}
                          data-state={card.state}
                          onClick={() => onOpen(card.id)}
                        >
                          {card.state === 'queued' ? (
                            <span className={classes.queued} aria-hidden="true" />
                          ) : (
                            <StatusIcon tone={cardTone[card.state]} />
                          )}
                          <span className={classes.cardName} title={card.ref.name}>
                            {card.ref.name}
                          </span>
                          <span className={classes.cardState}>{cardWord[card.state]}</span>
                          <span className={classes.cardText} title={withoutSubject(card.message)}>
                            {card.hookType ? `${card.ref.kind} hook` : card.ref.kind}
                            {card.message && ` · ${withoutSubject(card.message)}`}
                          </span>
                        </button>
                      ))}
                    </div>
                  </div>
                ))}
              </div>
            </section>
          ))}
        </div>
      )}
      <TerminateDialog applicationKey={key} opened={confirming} onClose={() => setConfirming(false)} />
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <span className={classes.fact}>
      <small>{name}</small>
      <span>{children}</span>
    </span>
  );
}

/** "deployment.apps/api created" says twice what the card already names. */
function withoutSubject(message: string): string {
  return message.replace(/^[a-z0-9.-]+\/[a-z0-9.-]+ (?=\S)/, '');
}
