import type { Plan, PlanTask } from '../../../lib/api-types.ts';

const precious = new Set([
  'Namespace',
  'CustomResourceDefinition',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'StatefulSet',
]);

export interface BlastRadius {
  /** How much a person must do to go on: press the button, or type the application's name. */
  confirm: 'button' | 'typed';
  reasons: string[];
}

/** How much a plan can destroy. Deleting a few namespaced resources is a button; data, namespaces and masses are typed. */
export function blastRadius(plan: Pick<Plan, 'phases' | 'confirmation'>): BlastRadius {
  const destroyed = tasksOf(plan).filter((task) => task.action === 'prune' && !task.skipReason);
  const treasures = destroyed.filter((task) => precious.has(task.kind));
  const recreated = tasksOf(plan).filter((task) => task.action === 'recreate' && precious.has(task.kind));
  const reasons = [
    ...(plan.confirmation === undefined
      ? []
      : [`${plan.confirmation.charAt(0).toUpperCase()}${plan.confirmation.slice(1)}`]),
    ...treasures.map((task) => `${task.kind} ${task.name} and what it holds will be deleted`),
    ...recreated.map((task) => `${task.kind} ${task.name} will be deleted and created again`),
  ];
  if (destroyed.length > 5 && plan.confirmation === undefined)
    reasons.push(`${destroyed.length} resources will be deleted`);
  return { confirm: reasons.length > 0 ? 'typed' : 'button', reasons };
}

export function tasksOf(plan: Pick<Plan, 'phases'>): PlanTask[] {
  return plan.phases.flatMap((phase) => phase.waves.flatMap((wave) => wave.tasks));
}

/** Resources whose planned step is new or another than in the plan a person looked at before. */
export function movedTasks(before: Plan, after: Plan): Set<string> {
  const id = (task: PlanTask) => `${task.group}/${task.kind}/${task.namespace}/${task.name}`;
  const content = (task: PlanTask) => JSON.stringify([task.action, task.before, task.after]);
  const known = new Map(tasksOf(before).map((task) => [id(task), content(task)]));
  return new Set(
    tasksOf(after)
      .filter((task) => known.get(id(task)) !== content(task))
      .map(id),
  );
}
