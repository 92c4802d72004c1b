import type { OperationPhase, ResultCode } from '../application/status-words.ts';
import type { HookDeletePolicy, HookType, SyncPhase } from '../kubernetes/hooks.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, type ResourceKey } from '../kubernetes/resource-key.ts';

export type { OperationPhase, ResultCode } from '../application/status-words.ts';
export type { HookDeletePolicy, HookType, SyncPhase } from '../kubernetes/hooks.ts';

/** What a task will do. `unchanged` is listed but sends nothing, for what is applied already. */
export type TaskAction = 'create' | 'update' | 'recreate' | 'replace' | 'prune' | 'hook' | 'unchanged';

/** One thing to do to one resource. Plain data: printable before it runs. */
export interface SyncTask {
  key: ResourceKey;
  version: string;
  phase: SyncPhase;
  wave: number;
  action: TaskAction;
  target?: KubernetesObject;
  live?: KubernetesObject;
  hookType?: HookType;
  hookDeletePolicies?: HookDeletePolicy[];
  /** Why a prune candidate is left alone, in Argo CD's words: "ignored (no prune)", "ignored (requires pruning)". */
  skipReason?: string;
  needsConfirmation?: boolean;
  options: TaskOptions;
  /** Why the task cannot run; it then fails the whole operation before anything is applied. */
  problem?: string;
  /** Things the person should know before applying: restarts pods, immutable field, needs permission … */
  warnings: string[];
}

export interface TaskOptions {
  replace: boolean;
  force: boolean;
  validate: boolean;
  skipDryRunOnMissingResource: boolean;
  clientSideApplyMigration: boolean;
  propagation: 'Foreground' | 'Background' | 'Orphan';
}

/** Ordered: phases, then waves, then tasks in the order they are sent. */
export interface SyncPlan {
  revision: string;
  phases: { phase: SyncPhase; waves: { wave: number; tasks: SyncTask[] }[] }[];
  /** Set when the plan must not run; every entry names a resource and the reason. */
  problems: string[];
  /** Hooks take part, if there are any. */
  runsHooks: boolean;
  /** What a person must agree to before any of the prunes run, in words; absent when there is nothing out of the ordinary. */
  confirmation?: string;
}

/** One row of `operationState.syncResult.resources`. */
export interface ResourceResult {
  group: string;
  version: string;
  kind: string;
  namespace: string;
  name: string;
  status?: ResultCode;
  message?: string;
  hookType?: HookType;
  hookPhase?: OperationPhase;
  syncPhase?: SyncPhase;
  images?: string[];
}

/** All tasks in order. */
export function tasksOf(plan: SyncPlan): SyncTask[] {
  return plan.phases.flatMap(({ waves }) => waves.flatMap(({ tasks }) => tasks));
}

/** One hook object may run in several phases, so the phase belongs to the identity of a task and of its result. */
export function taskId(task: { key: ResourceKey; phase: SyncPhase }): string {
  return `${task.phase}:${formatResourceKey(task.key)}`;
}

/** The same identity for a row of the result. */
export function resultId(result: ResourceResult): string {
  return `${result.syncPhase ?? 'Sync'}:${formatResourceKey(result)}`;
}

/** `group/Kind/name`, the way Argo CD's messages name a resource. */
export function describeTask(key: ResourceKey): string {
  return `${key.group}/${key.kind}/${key.name}`;
}
