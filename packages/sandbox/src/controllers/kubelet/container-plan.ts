import type { Container, EnvVar, Pod, Probe } from '../machinery/objects.ts';
import type { Timing } from '../machinery/timing.ts';
import { type Simulation, simulationOf } from '../simulate.ts';
import { type CommandOutcome, commandOutcome, type UnknownProgram } from './command-outcome.ts';
import { isImageNameValid, isImageUnavailable } from './image.ts';

/** Exit code of a process killed with SIGKILL. */
export const KILLED = 137;

export type ContainerRole = 'init' | 'sidecar' | 'main';

/** What will happen to a container, decided before it starts. Times count from its start. */
export interface ContainerPlan {
  image: 'available' | 'missing' | 'invalid-name';
  pullMs: number;
  /** Infinity for what runs until it is stopped. */
  runMs: number;
  exitCode: number;
  exitReason: 'Completed' | 'Error' | 'OOMKilled';
  /** The liveness probe is what ends it. */
  failsLiveness: boolean;
  missingProgram?: string;
  startedAfterMs: number;
  /** Infinity for what never gets ready. */
  readyAfterMs: number;
  output: CommandOutcome['output'];
}

export function planContainer(pod: Pod, container: Container, role: ContainerRole, timing: Timing): ContainerPlan {
  const simulation = simulationOf(pod.metadata);
  const outcome = commandOutcome(
    { ...container, env: resolveFields(pod, container.env ?? []) },
    unknownPrograms(pod, container, role),
  );
  const livenessMs = fails(container.livenessProbe)
    ? timing.scaled(delayOf(container.livenessProbe) + failingFor(container.livenessProbe))
    : undefined;
  const end = endOf(outcome, { simulation, livenessMs, pod, role, timing });
  const startedAfterMs =
    container.startupProbe === undefined
      ? 0
      : fails(container.startupProbe)
        ? Number.POSITIVE_INFINITY
        : timing.scaled(delayOf(container.startupProbe) + 1000);
  const image = container.image ?? '';
  return {
    image: !isImageNameValid(image)
      ? 'invalid-name'
      : simulation.imageNotFound || isImageUnavailable(image)
        ? 'missing'
        : 'available',
    pullMs: simulation.slowStartMs ?? (role === 'main' ? timing.podStartupMs : timing.podStartupMs / 2),
    ...end,
    ...(outcome.missingProgram === undefined ? {} : { missingProgram: outcome.missingProgram }),
    startedAfterMs,
    readyAfterMs: Math.max(startedAfterMs, readyAfter(container.readinessProbe, simulation, timing)),
    output: outcome.output,
  };
}

/** Variables that name a field of the Pod's metadata get its value. */
function resolveFields(pod: Pod, env: EnvVar[]): EnvVar[] {
  return env.map((variable) => {
    const path = variable.valueFrom?.fieldRef?.fieldPath;
    if (path === undefined) return variable;
    const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
    if (map !== undefined)
      return { ...variable, value: (map === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[key] ?? '' };
    const simple: Record<string, string> = {
      'metadata.name': pod.metadata.name,
      'metadata.namespace': pod.metadata.namespace ?? '',
      'metadata.uid': pod.metadata.uid,
      'spec.nodeName': pod.spec.nodeName ?? '',
    };
    return { ...variable, value: simple[path] ?? '' };
  });
}

function unknownPrograms(pod: Pod, container: Container, role: ContainerRole): UnknownProgram {
  if (role === 'init') return 'ends';
  if (role === 'sidecar' || (pod.spec.restartPolicy ?? 'Always') === 'Always') return 'serves';
  const isOfJob =
    pod.metadata.ownerReferences?.some((owner) => owner.kind === 'Job' && owner.controller === true) === true;
  return isOfJob && container.name !== '' ? 'ends' : 'serves';
}

type End = Pick<ContainerPlan, 'runMs' | 'exitCode' | 'exitReason' | 'failsLiveness'>;

function endOf(
  outcome: CommandOutcome,
  {
    simulation,
    livenessMs,
    pod,
    role,
    timing,
  }: { simulation: Simulation; livenessMs: number | undefined; pod: Pod; role: ContainerRole; timing: Timing },
): End {
  const shortly = Math.max(20, timing.podStartupMs / 2);
  if (role === 'main') {
    if (simulation.outOfMemory)
      return { runMs: shortly, exitCode: KILLED, exitReason: 'OOMKilled', failsLiveness: false };
    const isToEnd = (pod.spec.restartPolicy ?? 'Always') !== 'Always';
    const code = simulation.exitCode ?? (simulation.failJob && isToEnd ? 1 : undefined);
    if (code !== undefined || simulation.runForMs !== undefined) {
      return {
        runMs: simulation.runForMs ?? shortly,
        exitCode: code ?? 0,
        exitReason: (code ?? 0) === 0 ? 'Completed' : 'Error',
        failsLiveness: false,
      };
    }
  }
  if (livenessMs !== undefined && livenessMs < outcome.runMs) {
    return { runMs: Math.max(shortly, livenessMs), exitCode: KILLED, exitReason: 'Error', failsLiveness: true };
  }
  return {
    runMs: Math.max(shortly, outcome.runMs),
    exitCode: outcome.exitCode,
    exitReason: outcome.exitCode === 0 ? 'Completed' : 'Error',
    failsLiveness: false,
  };
}

function readyAfter(probe: Probe | undefined, simulation: Simulation, timing: Timing): number {
  if (simulation.neverReady || fails(probe)) return Number.POSITIVE_INFINITY;
  if (simulation.slowReadinessMs !== undefined) return simulation.slowReadinessMs;
  return probe === undefined ? 0 : timing.scaled(delayOf(probe) + 500);
}

function delayOf(probe: Probe | undefined): number {
  return (probe?.initialDelaySeconds ?? 0) * 1000;
}

function failingFor(probe: Probe | undefined): number {
  return (probe?.periodSeconds ?? 10) * (probe?.failureThreshold ?? 3) * 1000;
}

/** A probe fails when its command does, or when it asks for a path that says so. */
function fails(probe: Probe | undefined): boolean {
  if (probe === undefined) return false;
  const command = probe.exec?.command;
  if (command !== undefined) {
    const outcome = commandOutcome({ command }, 'ends');
    return outcome.exitCode !== 0 || command.some((word) => word.includes('does-not-exist'));
  }
  return probe.httpGet?.path?.includes('does-not-exist') === true;
}
