import type { Application, RevisionHistory } from '../application/application.ts';
import { hooksInfo, type Operation } from '../application/operation.ts';
import { isOfLocalManifests } from '../application/sources.ts';
import type { Comparison } from '../compare/comparison.ts';
import { parseGoDuration } from '../settings/go-duration.ts';
import { type Hold, holdOf } from './hold.ts';

/**
 * On an Application: roll back by itself. `true`, or JSON such as `{"on": ["Degraded", "SyncFailed"], "within": "10m", "hooks": true}`.
 */
export const ANNOTATION_AUTO_ROLLBACK = 'lockstep.dev/auto-rollback';

export interface RollbackPolicy {
  on: ('Degraded' | 'SyncFailed')[];
  withinMs: number;
  /** Hooks of the old revision run again; they may migrate a database, so not by default. */
  hooks: boolean;
}

export type RollbackDecision =
  | { rollback: true; operation: Operation; hold: Hold; reason: string }
  | { rollback: false; problem?: string };

const DEFAULT_WITHIN_MS = 10 * 60_000;

/**
 * Whether to go back to the deployment before: the policy asks for it, the newest revision failed to sync or is Degraded
 * within the window, and there is a deployment to go back to. The application is then held until the next commit, which
 * makes it once per revision and keeps auto-sync from deploying the bad one again.
 */
export function decideRollback(input: {
  application: Application;
  comparison: Comparison;
  now: Date;
}): RollbackDecision {
  const { application, comparison, now } = input;
  const { policy, problem } = rollbackPolicyOf(application);
  if (policy === undefined) return problem === undefined ? NO : { rollback: false, problem };
  if (holdOf(application) !== undefined) return NO;
  const history = application.status?.history ?? [];
  const last = application.status?.operationState;

  // A failed sync has no entry of its own: the newest entry is the one before it.
  if (policy.on.includes('SyncFailed') && (last?.phase === 'Failed' || last?.phase === 'Error')) {
    const target = history.at(-1);
    const failed = last.syncResult?.revisions ?? [last.syncResult?.revision ?? ''];
    const isRecent = last.finishedAt !== undefined && now.getTime() - Date.parse(last.finishedAt) <= policy.withinMs;
    const isOther =
      target !== undefined &&
      !isOfLocalManifests(target) &&
      revisionsOf(target).join(' ') !== failed.join(' ') &&
      failed.join('') !== '';
    if (isRecent && isOther)
      return rollbackTo(target, policy, `the sync to ${failed.join(' ')} failed: ${last.message ?? ''}`, input);
    return NO;
  }
  if (!policy.on.includes('Degraded')) return NO;
  const newest = history.at(-1);
  const before = history.at(-2);
  if (newest === undefined || before === undefined || sameDeployment(newest, before)) return NO;
  if (isOfLocalManifests(before)) return NO;
  const until = Date.parse(newest.deployedAt) + policy.withinMs;
  if (Number.isNaN(until) || now.getTime() > until || comparison.health.status !== 'Degraded') return NO;
  return rollbackTo(
    before,
    policy,
    `${revisionsOf(newest).join(' ')} is Degraded: ${comparison.health.message ?? ''}`,
    input,
  );
}

const NO: RollbackDecision = { rollback: false };

/** The policy of an application; a value nobody can read is a problem with the fix, and no policy. */
export function rollbackPolicyOf(application: Pick<Application, 'metadata'>): {
  policy?: RollbackPolicy;
  problem?: string;
} {
  const text = application.metadata.annotations?.[ANNOTATION_AUTO_ROLLBACK];
  if (text === undefined || text === '' || text === 'false') return {};
  if (text === 'true') return { policy: { on: ['Degraded', 'SyncFailed'], withinMs: DEFAULT_WITHIN_MS, hooks: false } };
  const problem = `annotation ${ANNOTATION_AUTO_ROLLBACK} is "${text}", which cannot be read. Write "true", or for example {"on": ["Degraded"], "within": "10m"}`;
  try {
    const {
      on = ['Degraded', 'SyncFailed'],
      within = '10m',
      hooks = false,
    } = JSON.parse(text) as {
      on?: unknown;
      within?: unknown;
      hooks?: unknown;
    };
    const withinMs = parseGoDuration(String(within));
    if (
      !Array.isArray(on) ||
      withinMs === undefined ||
      typeof hooks !== 'boolean' ||
      on.some((event) => event !== 'Degraded' && event !== 'SyncFailed')
    ) {
      return { problem };
    }
    return { policy: { on, withinMs, hooks } };
  } catch {
    return { problem };
  }
}

function rollbackTo(
  target: RevisionHistory,
  { hooks }: RollbackPolicy,
  why: string,
  { application, now }: { application: Application; now: Date },
): RollbackDecision {
  const { revision, revisions, source, sources } = target;
  const policy = application.spec.syncPolicy;
  const reason = `automatic rollback, because ${why}`;
  return {
    rollback: true,
    reason,
    operation: {
      sync: {
        ...(revision === undefined ? {} : { revision }),
        ...(revisions === undefined ? {} : { revisions }),
        ...(source === undefined ? {} : { source }),
        ...(sources === undefined ? {} : { sources }),
        ...(policy?.automated?.prune === true ? { prune: true } : {}),
        syncStrategy: hooks ? { hook: {} } : { apply: {} },
        ...(policy?.syncOptions === undefined ? {} : { syncOptions: policy.syncOptions }),
      },
      initiatedBy: { automated: true },
      info: [{ name: 'Reason', value: reason }, hooksInfo(hooks)],
      ...(policy?.retry === undefined ? {} : { retry: policy.retry }),
    },
    hold: {
      historyId: target.id,
      revision: revisionsOf(target).join(' '),
      by: 'auto-rollback',
      at: `${now.toISOString().slice(0, 19)}Z`,
      reason,
      resume: 'next-commit',
    },
  };
}

function sameDeployment(a: RevisionHistory, b: RevisionHistory): boolean {
  return revisionsOf(a).join(' ') === revisionsOf(b).join(' ');
}

function revisionsOf(entry: RevisionHistory): string[] {
  return entry.revisions ?? (entry.revision === undefined ? [] : [entry.revision]);
}
