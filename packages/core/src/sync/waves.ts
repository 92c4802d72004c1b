import { syncOptionsOf } from '../kubernetes/sync-options.ts';
import { isCustomResourceDefinition, isNamespaceObject } from '../kubernetes/well-known-kinds.ts';
import { kindRank } from './kind-order.ts';
import type { SyncPhase, SyncPlan, SyncTask } from './sync-plan.ts';

/** PreSync, Sync, PostSync; SyncFail runs only when something failed. */
const PHASES: readonly SyncPhase[] = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];

/**
 * Puts tasks into phases, waves and order: phase, wave, prunes first, kind, name. Before that
 * - prunes run in the mirror image of the waves that created them, so that what was built first falls last;
 * - a prune marked PruneLast waits for a wave after all others;
 * - a Namespace or CustomResourceDefinition moves up to the first task that needs it.
 */
export function orderTasks(tasks: readonly SyncTask[], options: { pruneLast: boolean }): SyncPlan['phases'] {
  const ordered = adoptDependencies(sorted(pruneLast(mirrorPrunes(tasks), options.pruneLast)));
  const phases: SyncPlan['phases'] = [];
  for (const task of sorted(ordered)) {
    let phase = phases.at(-1);
    if (phase?.phase !== task.phase) {
      phase = { phase: task.phase, waves: [] };
      phases.push(phase);
    }
    let wave = phase.waves.at(-1);
    if (wave?.wave !== task.wave) {
      wave = { wave: task.wave, tasks: [] };
      phase.waves.push(wave);
    }
    wave.tasks.push(task);
  }
  return phases;
}

/** The lowest prune wave swaps with the highest, the second lowest with the second highest, and so on. */
function mirrorPrunes(tasks: readonly SyncTask[]): SyncTask[] {
  const waves = [...new Set(tasks.filter(isPrune).map((task) => task.wave))].sort((a, b) => a - b);
  const mirrored = new Map(waves.map((wave, index) => [wave, waves[waves.length - 1 - index] as number]));
  return tasks.map((task) => (isPrune(task) ? { ...task, wave: mirrored.get(task.wave) ?? task.wave } : task));
}

function pruneLast(tasks: SyncTask[], all: boolean): SyncTask[] {
  const last = Math.max(0, ...tasks.filter((task) => task.phase === 'Sync').map((task) => task.wave)) + 1;
  return tasks.map((task) => {
    const asksForIt = task.live !== undefined && syncOptionsOf(task.live).options.pruneLast === true;
    return isPrune(task) && (all || asksForIt) ? { ...task, wave: last } : task;
  });
}

function adoptDependencies(tasks: SyncTask[]): SyncTask[] {
  return tasks.map((task, index) => {
    const needs = dependents(task);
    if (needs === undefined) return task;
    const first = tasks.findIndex((candidate) => candidate !== task && needs(candidate));
    const dependent = tasks[first];
    return dependent === undefined || first > index ? task : { ...task, phase: dependent.phase, wave: dependent.wave };
  });
}

/** Which tasks cannot run before this one; undefined when none depends on it. */
function dependents(task: SyncTask): ((other: SyncTask) => boolean) | undefined {
  const { target } = task;
  if (target === undefined) return undefined;
  if (isNamespaceObject(target)) return (other) => !isPrune(other) && other.key.namespace === task.key.name;
  if (isCustomResourceDefinition(target)) {
    const spec = target['spec'] as { group?: string; names?: { kind?: string } } | undefined;
    return (other) => !isPrune(other) && other.key.group === spec?.group && other.key.kind === spec?.names?.kind;
  }
  return undefined;
}

function sorted(tasks: readonly SyncTask[]): SyncTask[] {
  return [...tasks].sort(
    (a, b) =>
      PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) ||
      a.wave - b.wave ||
      Number(isPrune(b)) - Number(isPrune(a)) ||
      kindRank(a.key.kind) - kindRank(b.key.kind) ||
      compareText(a.key.kind, b.key.kind) ||
      compareText(a.key.namespace, b.key.namespace) ||
      compareText(a.key.name, b.key.name),
  );
}

function isPrune(task: SyncTask): boolean {
  return task.action === 'prune';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
