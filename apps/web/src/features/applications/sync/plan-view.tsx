import { Checkbox, Skeleton } from '@mantine/core';
import { IconAlertTriangle, IconChecks, IconOctagon } from '@tabler/icons-react';
import { useState } from 'react';
import { ErrorState, PanelState } from '../../../components/panel.tsx';
import type { Plan, PlanAction, PlanTask } from '../../../lib/api-types.ts';
import { ChangeMark } from '../diff/change-mark.tsx';
import { ResourceDiff } from '../diff/resource-diff.tsx';
import { resourceId } from '../resource-id.ts';
import { tasksOf } from './blast-radius.ts';
import classes from './plan.module.css';

const summaryOrder: (keyof Plan['summary'])[] = ['create', 'update', 'recreate', 'prune', 'hook', 'unchanged'];
const words: Record<keyof Plan['summary'], string> = {
  create: 'create',
  update: 'update',
  recreate: 'recreate',
  prune: 'prune',
  hook: 'hooks',
  unchanged: 'unchanged',
};

export function PlanSummary({ plan }: { plan: Plan }) {
  return (
    <div className={classes.summary}>
      {summaryOrder.map((action) => {
        const count = plan.summary[action];
        return (
          <span key={action} className={classes.sum} {...(count === 0 && { 'data-zero': true })}>
            <ChangeMark change={action as PlanAction} />
            <span>
              <b>{count}</b> {words[action]}
            </span>
          </span>
        );
      })}
    </div>
  );
}

export function PlanNotes({ plan }: { plan: Plan }) {
  return (
    <>
      {plan.problems.map((problem) => (
        <div key={problem} className={classes.note} data-tone="bad" role="alert">
          <IconOctagon size={16} />
          <span>{problem}</span>
        </div>
      ))}
      {plan.warnings.length > 0 && (
        <div className={classes.note} data-tone="warn">
          <IconAlertTriangle size={16} />
          <ul className={classes.warnings}>
            {plan.warnings.map((warning) => (
              <li key={warning}>
                {subjectOf(plan, warning)}
                {warning}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** "Deployment web: " before what is true of one step, "3 resources: " before what is true of several. */
function subjectOf(plan: Plan, warning: string): string {
  const [first, ...others] = tasksOf(plan).filter((task) => task.warnings.includes(warning));
  if (!first) return '';
  return others.length > 0 ? `${others.length + 1} resources: ` : `${first.kind} ${first.name}: `;
}

/** Argo CD's words for a resource that is left alone, with what would change that. */
const skipWords: Record<string, string> = {
  'ignored (requires pruning)': 'Not in Git any more. Stays, because Prune is off.',
  'ignored (no prune)': 'Not in Git any more. Stays, because its sync options say Prune=false.',
};

interface PlanBodyProps {
  plan: Plan | undefined;
  error: unknown;
  onRetry: () => void;
  /** Resources whose step changed since the plan that was shown before. */
  moved: ReadonlySet<string>;
  /** When given, tasks can be picked; the set holds the ids of the picked ones. */
  picked?: ReadonlySet<string> | undefined;
  onPick?: (id: string) => void;
}

/** Phases, waves and steps on the left; what a step changes on the right. */
export function PlanBody({ plan, error, onRetry, moved, picked, onPick }: PlanBodyProps) {
  const [chosen, setChosen] = useState<string>();
  if (error)
    return (
      <div className={classes.nothing}>
        <ErrorState error={error} what="the plan" retry={onRetry} />
      </div>
    );
  if (!plan)
    return (
      <div className={classes.body}>
        <div className={classes.skeleton} role="status" aria-label="Computing the plan">
          {[62, 74, 48, 66, 58, 70].map((width) => (
            <Skeleton key={width} height={14} width={`${width}%`} />
          ))}
        </div>
      </div>
    );
  const tasks = tasksOf(plan);
  const current =
    tasks.find((task) => resourceId(task) === chosen) ??
    tasks.find((task) => task.action !== 'unchanged' && task.action !== 'hook' && !task.skipReason) ??
    tasks[0];
  if (!current)
    return (
      <div className={classes.nothing}>
        <PanelState icon={<IconChecks size={22} />} title="Nothing to do">
          Git asks for no resources at this revision.
        </PanelState>
      </div>
    );
  return (
    <div className={classes.body}>
      <div className={classes.tasks}>
        {plan.phases.map(({ phase, waves }) => (
          <section key={phase} aria-label={`Phase ${phase}`}>
            <h3 className={classes.phase}>{phase}</h3>
            {waves.map(({ wave, tasks: inWave }) => (
              <Wave
                key={wave}
                wave={wave}
                tasks={inWave}
                current={current}
                onChoose={setChosen}
                moved={moved}
                picked={picked}
                onPick={onPick}
              />
            ))}
          </section>
        ))}
      </div>
      <div className={classes.detail}>
        <ResourceDiff
          entry={{ id: resourceId(current), ref: current, before: current.before, after: current.after }}
          beforeLabel="Live"
          afterLabel="After the sync"
        />
      </div>
    </div>
  );
}

interface WaveProps {
  wave: number;
  tasks: PlanTask[];
  current: PlanTask;
  onChoose: (id: string) => void;
  moved: ReadonlySet<string>;
  picked: ReadonlySet<string> | undefined;
  onPick: ((id: string) => void) | undefined;
}

function Wave({ wave, tasks, current, onChoose, moved, picked, onPick }: WaveProps) {
  const changing = tasks.filter((task) => task.action !== 'unchanged');
  const quiet = tasks.length - changing.length;
  const [open, setOpen] = useState(false);
  const shown = open ? tasks : changing;
  return (
    <div className={classes.wave}>
      <div className={classes.waveTitle}>
        Wave {wave} · {tasks.length === 1 ? '1 resource' : `${tasks.length} resources`}
      </div>
      {shown.map((task) => {
        const id = resourceId(task);
        return (
          <div key={id} className={classes.task}>
            {picked && (
              <Checkbox
                size="xs"
                aria-label={`Include ${task.kind} ${task.name}`}
                checked={picked.has(id)}
                onChange={() => onPick?.(id)}
              />
            )}
            <button
              type="button"
              className={classes.taskButton}
              aria-current={task === current}
              onClick={() => onChoose(id)}
            >
              <ChangeMark change={task.skipReason ? 'unchanged' : (task.action as PlanAction)} />
              <span className={classes.taskName}>
                {task.name} <small>{task.kind}</small> {moved.has(id) && <span className={classes.moved}>new</span>}
              </span>
              {task.warnings.map((warning) => (
                <span key={warning} className={classes.taskWarning}>
                  {warning}
                </span>
              ))}
              {task.skipReason && (
                <span className={classes.taskNote}>{skipWords[task.skipReason] ?? task.skipReason}</span>
              )}
            </button>
          </div>
        );
      })}
      {quiet > 0 && (
        <button type="button" className={classes.more} onClick={() => setOpen(!open)} aria-expanded={open}>
          {open ? 'Hide unchanged' : `${quiet} unchanged`}
        </button>
      )}
    </div>
  );
}
