import type { TemplateMetadata } from './machinery/objects.ts';

/**
 * Trouble on demand. The annotation `lockstep.dev/simulate` holds a comma-separated list of what should happen:
 *
 * | on | value | what happens |
 * |---|---|---|
 * | Pod template | `crash-loop` | every container exits with 1 shortly after its start: CrashLoopBackOff |
 * | Pod template | `exit-code=N` | every container exits with N shortly after its start |
 * | Pod template | `fail-job` | `exit-code=1`, but only for Pods that run to completion |
 * | Pod template | `oom` | every container is killed shortly after its start: OOMKilled, exit code 137 |
 * | Pod template | `run-for=30s` | every container exits with 0 (or with the exit code given) after that time |
 * | Pod template | `never-ready` | containers run, readiness never passes |
 * | Pod template | `slow-readiness=10s` | readiness passes after that time |
 * | Pod template | `slow-start=10s` | pulling the image takes that time |
 * | Pod template | `image-not-found` | pulling the image fails: ErrImagePull, ImagePullBackOff |
 * | Pod template | `unschedulable` | no node fits the Pod |
 * | Pod template | `slow-termination=10s` | the Pod takes that time to go, within its grace period |
 * | Service | `no-load-balancer` | a LoadBalancer never gets an address |
 * | Ingress | `no-address` | never gets an address |
 * | PersistentVolumeClaim | `never-bound` | stays Pending |
 * | HorizontalPodAutoscaler | `replicas=N` | scales its target to N |
 *
 * Times are `500ms`, `10s`, `2m`, `1h`. A value that is not known is ignored. Without the annotation, an image fails to
 * be pulled when its name or tag contains `does-not-exist`, `missing`, `invalid` or `nonexist`.
 */
const SIMULATE = 'lockstep.dev/simulate';

export interface Simulation {
  exitCode?: number;
  failJob: boolean;
  outOfMemory: boolean;
  runForMs?: number;
  neverReady: boolean;
  slowReadinessMs?: number;
  slowStartMs?: number;
  imageNotFound: boolean;
  unschedulable: boolean;
  slowTerminationMs?: number;
  noLoadBalancer: boolean;
  noAddress: boolean;
  neverBound: boolean;
  replicas?: number;
}

const nothing: Simulation = {
  failJob: false,
  outOfMemory: false,
  neverReady: false,
  imageNotFound: false,
  unschedulable: false,
  noLoadBalancer: false,
  noAddress: false,
  neverBound: false,
};

export function simulationOf({ annotations }: Pick<TemplateMetadata, 'annotations'>): Simulation {
  const text = annotations?.[SIMULATE];
  if (text === undefined) return nothing;
  const simulation = { ...nothing };
  for (const entry of text.split(',')) {
    const [name = '', value = ''] = entry.trim().split('=');
    const milliseconds = parseDuration(value);
    switch (name) {
      case 'crash-loop':
        simulation.exitCode = 1;
        break;
      case 'exit-code':
        if (/^\d+$/.test(value)) simulation.exitCode = Number(value);
        break;
      case 'fail-job':
        simulation.failJob = true;
        break;
      case 'oom':
        simulation.outOfMemory = true;
        break;
      case 'run-for':
        if (milliseconds !== undefined) simulation.runForMs = milliseconds;
        break;
      case 'never-ready':
        simulation.neverReady = true;
        break;
      case 'slow-readiness':
        if (milliseconds !== undefined) simulation.slowReadinessMs = milliseconds;
        break;
      case 'slow-start':
        if (milliseconds !== undefined) simulation.slowStartMs = milliseconds;
        break;
      case 'image-not-found':
        simulation.imageNotFound = true;
        break;
      case 'unschedulable':
        simulation.unschedulable = true;
        break;
      case 'slow-termination':
        if (milliseconds !== undefined) simulation.slowTerminationMs = milliseconds;
        break;
      case 'no-load-balancer':
        simulation.noLoadBalancer = true;
        break;
      case 'no-address':
        simulation.noAddress = true;
        break;
      case 'never-bound':
        simulation.neverBound = true;
        break;
      case 'replicas':
        if (/^\d+$/.test(value)) simulation.replicas = Number(value);
        break;
    }
  }
  return simulation;
}

/** `500ms`, `10s`, `2m`, `1h`, `1d` or plain seconds, in milliseconds; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  if (match === null) return undefined;
  const factors: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(match[1]) * (factors[match[2] ?? 's'] ?? 1000);
}
