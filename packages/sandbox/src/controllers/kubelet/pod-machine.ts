import { equalJson } from '../../json.ts';
import { withCondition } from '../machinery/conditions.ts';
import type { ObservedEvent } from '../machinery/event-recorder.ts';
import type {
  Condition,
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodPhase,
  PodStatus,
  TerminatedState,
} from '../machinery/objects.ts';
import { type Timing, timestamp } from '../machinery/timing.ts';
import { simulationOf } from '../simulate.ts';
import { type ContainerPlan, type ContainerRole, KILLED, planContainer } from './container-plan.ts';
import { fullImageName, imageId, imageSize, sha256 } from './image.ts';
import { qosClass } from './qos-class.ts';

const FIRST_BACK_OFF_MS = 10_000;
const LONGEST_BACK_OFF_MS = 300_000;
const SHORTEST_BACK_OFF_MS = 200;
/** What takes longer is not on its way, it is at work. */
const LONGEST_SETTLING_MS = 5000;
/** How often a failing readiness probe is reported. */
const PROBE_REPORTS = 3;

/** What a Pod needs that is not there. */
export interface PodProblems {
  /** What keeps volumes from being mounted, in the kubelet's words. */
  volumes: string[];
  /** What keeps a container from being configured, by its name. */
  containers: Map<string, string>;
}

/** The node a Pod runs on, as far as its containers see it. */
export interface NodeEnvironment {
  nodeName: string;
  hostIP: string;
  timing: Timing;
  now(): number;
  nextPodIP(): string;
  /** Images pulled before. */
  images: Set<string>;
  problemsOf(pod: Pod): PodProblems;
}

export interface PodStep {
  /** The status to write; undefined when the Pod has it already. */
  status: PodStatus | undefined;
  events: ObservedEvent[];
  /** When to look again, if nothing changes before. */
  wakeInMs: number | undefined;
  /** Containers are on their way to what they will be, rather than in a loop of failures or at work for long. */
  isSettling: boolean;
  /** The Pod waits for a ConfigMap, Secret or volume. */
  isBlocked: boolean;
  /** Everything has stopped: the Pod can be deleted with grace period 0. */
  isGone: boolean;
}

type RunState =
  | { is: 'waiting' }
  | { is: 'pulling'; until: number }
  | { is: 'pull-failed'; showBackOffAt: number; retryAt: number }
  | { is: 'misconfigured'; message: string }
  | { is: 'running'; startedAt: number; probeReports: number }
  | { is: 'ended'; startedAt: number; finishedAt: number; exitCode: number; reason: string; message?: string }
  | { is: 'backing-off'; until: number };

interface ContainerRun {
  container: Container;
  role: ContainerRole;
  plan: ContainerPlan;
  state: RunState;
  restartCount: number;
  failedPulls: number;
  last: TerminatedState | undefined;
}

/**
 * What a kubelet does for one Pod, as a state machine that time and the Pod's spec drive. `step` brings it up to now and
 * says what to write; whoever calls it does the writing, so that the sandbox and a node stand-in on a real API server
 * share it. A machine made for a Pod that has a status goes on from there.
 */
export class PodMachine {
  readonly #node: NodeEnvironment;
  readonly #runs: ContainerRun[];
  #podIP: string | undefined;
  #acceptedAt: number;
  #killedAt: number | undefined;
  #reportedProblems = '';
  #isFinal = false;

  constructor(pod: Pod, node: NodeEnvironment) {
    this.#node = node;
    this.#podIP = pod.status?.podIP;
    this.#acceptedAt = pod.status?.startTime === undefined ? node.now() : Date.parse(pod.status.startTime);
    this.#isFinal = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const known = new Map(
      [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].map((status) => [
        status.name,
        status,
      ]),
    );
    this.#runs = [
      ...(pod.spec.initContainers ?? []).map((container) => ({ container, role: roleOf(container) })),
      ...pod.spec.containers.map((container) => ({ container, role: 'main' as const })),
    ].map(({ container, role }) => {
      const status = known.get(container.name);
      return {
        container,
        role,
        plan: planContainer(pod, container, role, node.timing),
        state: stateFrom(status),
        restartCount: status?.restartCount ?? 0,
        failedPulls: 0,
        last: status?.lastState.terminated,
      };
    });
  }

  step(pod: Pod): PodStep {
    const events: ObservedEvent[] = [];
    if (pod.metadata.deletionTimestamp !== undefined) return this.#stop(pod, events);
    if (this.#isFinal)
      return { status: undefined, events, wakeInMs: undefined, isSettling: false, isBlocked: false, isGone: false };
    const problems = this.#problems(pod, events);
    if (problems.volumes.length === 0) this.#advance(pod, problems, events);
    const failure = this.#failure(pod);
    const status = this.#status(pod, failure);
    if (status.phase === 'Succeeded' || status.phase === 'Failed') this.#isFinal = true;
    const isBlocked = problems.volumes.length > 0 || this.#runs.some(({ state }) => state.is === 'misconfigured');
    return {
      status: equalJson(pod.status, status) ? undefined : status,
      events,
      wakeInMs: this.#isFinal ? undefined : this.#nextWake(pod),
      isSettling: this.#runs.some((run) => this.#isSettling(run)),
      isBlocked,
      isGone: false,
    };
  }

  #problems(pod: Pod, events: ObservedEvent[]): PodProblems {
    const isStarting = this.#runs.some(
      ({ state }) => state.is === 'waiting' || state.is === 'pulling' || state.is === 'misconfigured',
    );
    if (!isStarting) return { volumes: [], containers: new Map() };
    const problems = this.#node.problemsOf(pod);
    const text = problems.volumes.join('\n');
    if (text !== this.#reportedProblems) {
      this.#reportedProblems = text;
      for (const message of problems.volumes) events.push(this.#event('Warning', 'FailedMount', message));
    }
    return problems;
  }

  #advance(pod: Pod, problems: PodProblems, events: ObservedEvent[]): void {
    this.#podIP ??= pod.spec.hostNetwork === true ? this.#node.hostIP : this.#node.nextPodIP();
    for (const run of this.#runs) this.#followSpec(pod, run, events);
    for (const run of this.#runs) {
      if (run.role === 'main') continue;
      this.#run(pod, run, problems, events);
      if (!isInitDone(run, this.#node.now())) return;
    }
    const main = this.#runs.filter(({ role }) => role === 'main');
    for (const run of main) this.#run(pod, run, problems, events);
    if (!main.every((run) => run.state.is === 'ended' && !mayRestart(pod, run))) return;
    for (const run of this.#runs)
      if (run.role === 'sidecar') endNow(run, this.#node.now(), { exitCode: 0, reason: 'Completed' });
  }

  /** A container whose image was changed in place is restarted with the new one. */
  #followSpec(pod: Pod, run: ContainerRun, events: ObservedEvent[]): void {
    const wanted = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
      ({ name }) => name === run.container.name,
    );
    if (wanted === undefined || wanted.image === run.container.image) return;
    const wasRunning = run.state.is === 'running';
    if (wasRunning) {
      const message = `Container ${wanted.name} definition changed, will be restarted`;
      events.push(this.#event('Normal', 'Killing', message, run));
      endNow(run, this.#node.now(), { exitCode: KILLED, reason: 'Error' });
      run.last = this.#terminated(pod, run);
      run.restartCount += 1;
    }
    run.container = wanted;
    run.plan = planContainer(pod, wanted, run.role, this.#node.timing);
    run.state = { is: 'waiting' };
  }

  /** Moves one container as far as it gets by now. */
  #run(pod: Pod, run: ContainerRun, problems: PodProblems, events: ObservedEvent[]): void {
    for (;;) {
      const before = run.state;
      this.#move(pod, run, problems, events);
      if (run.state === before) return;
    }
  }

  #move(pod: Pod, run: ContainerRun, problems: PodProblems, events: ObservedEvent[]): void {
    const now = this.#node.now();
    const { state, plan } = run;
    switch (state.is) {
      case 'waiting':
        if (plan.image === 'invalid-name') return;
        if (this.#needsPull(run))
          events.push(this.#event('Normal', 'Pulling', `Pulling image "${run.container.image}"`, run));
        run.state = { is: 'pulling', until: now + plan.pullMs };
        return;
      case 'pulling':
        if (now < state.until) return;
        if (plan.image === 'missing') this.#failPull(run, now, events);
        else this.#configure(run, now, problems, events);
        return;
      case 'misconfigured':
        if (!problems.containers.has(run.container.name)) this.#configure(run, now, problems, events);
        return;
      case 'pull-failed':
        if (now < state.retryAt) return;
        events.push(this.#event('Normal', 'Pulling', `Pulling image "${run.container.image}"`, run));
        run.state = { is: 'pulling', until: now + this.#node.timing.podStartupMs };
        return;
      case 'running':
        if (now < state.startedAt + plan.runMs) {
          this.#reportProbe(run, state, now, events);
          return;
        }
        if (plan.failsLiveness) {
          events.push(this.#event('Warning', 'Unhealthy', 'Liveness probe failed: the probe did not succeed', run));
          events.push(
            this.#event(
              'Normal',
              'Killing',
              `Container ${run.container.name} failed liveness probe, will be restarted`,
              run,
            ),
          );
        }
        run.state = {
          is: 'ended',
          startedAt: state.startedAt,
          finishedAt: state.startedAt + plan.runMs,
          exitCode: plan.exitCode,
          reason: plan.exitReason,
        };
        return;
      case 'ended':
        if (!mayRestart(pod, run)) return;
        run.last = this.#terminated(pod, run);
        run.state = { is: 'backing-off', until: now + this.#backOff(run.restartCount) };
        events.push(this.#event('Warning', 'BackOff', backOffMessage(pod, run), run));
        return;
      case 'backing-off':
        if (now < state.until) return;
        run.restartCount += 1;
        this.#start(run, now, `Container image "${run.container.image}" already present on machine`, events);
        return;
    }
  }

  #needsPull(run: ContainerRun): boolean {
    return run.container.imagePullPolicy === 'Always' || !this.#node.images.has(run.container.image ?? '');
  }

  #failPull(run: ContainerRun, now: number, events: ObservedEvent[]): void {
    const image = run.container.image ?? '';
    const message = pullError(image);
    events.push(this.#event('Warning', 'Failed', `Failed to pull image "${image}": ${message}`, run));
    events.push(this.#event('Warning', 'Failed', 'Error: ErrImagePull', run));
    events.push(this.#event('Normal', 'BackOff', `Back-off pulling image "${image}"`, run));
    events.push(this.#event('Warning', 'Failed', 'Error: ImagePullBackOff', run));
    const wait = this.#backOff(run.failedPulls);
    run.failedPulls += 1;
    run.state = { is: 'pull-failed', showBackOffAt: now + wait / 2, retryAt: now + wait };
  }

  #configure(run: ContainerRun, now: number, problems: PodProblems, events: ObservedEvent[]): void {
    const message = problems.containers.get(run.container.name);
    if (message !== undefined) {
      events.push(this.#event('Warning', 'Failed', `Error: ${message}`, run));
      run.state = { is: 'misconfigured', message };
      return;
    }
    const image = run.container.image ?? '';
    const isPulled = this.#needsPull(run);
    remember(this.#node.images, image);
    const seconds = `${Math.max(1, Math.round(run.plan.pullMs))}ms`;
    const pulled = isPulled
      ? `Successfully pulled image "${image}" in ${seconds} (${seconds} including waiting). Image size: ${imageSize(image)} bytes.`
      : `Container image "${image}" already present on machine`;
    this.#start(run, now, pulled, events);
  }

  #start(run: ContainerRun, now: number, pulled: string, events: ObservedEvent[]): void {
    events.push(this.#event('Normal', 'Pulled', pulled, run));
    events.push(this.#event('Normal', 'Created', `Created container: ${run.container.name}`, run));
    const program = run.plan.missingProgram;
    if (program !== undefined) {
      const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "${program}": executable file not found in $PATH`;
      events.push(this.#event('Warning', 'Failed', `Error: ${message}`, run));
      run.state = { is: 'ended', startedAt: now, finishedAt: now, exitCode: 128, reason: 'StartError', message };
      return;
    }
    events.push(this.#event('Normal', 'Started', `Started container ${run.container.name}`, run));
    run.state = { is: 'running', startedAt: now, probeReports: 0 };
  }

  #reportProbe(
    run: ContainerRun,
    state: Extract<RunState, { is: 'running' }>,
    now: number,
    events: ObservedEvent[],
  ): void {
    const due = state.startedAt + this.#probeReportMs(run, state.probeReports);
    if (run.plan.readyAfterMs !== Number.POSITIVE_INFINITY || state.probeReports >= PROBE_REPORTS || now < due) return;
    state.probeReports += 1;
    events.push(
      this.#event('Warning', 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', run),
    );
  }

  #probeReportMs(run: ContainerRun, reports: number): number {
    const period = (run.container.readinessProbe?.periodSeconds ?? 10) * 1000;
    return Math.max(SHORTEST_BACK_OFF_MS, this.#node.timing.scaled(period)) * (reports + 1);
  }

  #backOff(times: number): number {
    const real = Math.min(FIRST_BACK_OFF_MS * 2 ** times, LONGEST_BACK_OFF_MS);
    return Math.max(SHORTEST_BACK_OFF_MS, this.#node.timing.scaled(real));
  }

  #nextWake(pod: Pod): number | undefined {
    const now = this.#node.now();
    const due: number[] = [];
    for (const run of this.#runs) {
      const { state, plan } = run;
      switch (state.is) {
        case 'pulling':
        case 'backing-off':
          due.push(state.until);
          break;
        case 'pull-failed':
          due.push(state.showBackOffAt > now ? state.showBackOffAt : state.retryAt);
          break;
        case 'running':
          due.push(state.startedAt + plan.runMs);
          for (const after of [plan.startedAfterMs, plan.readyAfterMs])
            if (state.startedAt + after > now) due.push(state.startedAt + after);
          if (plan.readyAfterMs === Number.POSITIVE_INFINITY && state.probeReports < PROBE_REPORTS) {
            due.push(state.startedAt + this.#probeReportMs(run, state.probeReports));
          }
          break;
        case 'waiting':
        case 'misconfigured':
        case 'ended':
          break;
      }
    }
    if (pod.spec.activeDeadlineSeconds !== undefined)
      due.push(this.#acceptedAt + pod.spec.activeDeadlineSeconds * 1000);
    const next = Math.min(...due);
    return Number.isFinite(next) ? Math.max(1, next - now) : undefined;
  }

  #isSettling({ state, plan, restartCount, failedPulls }: ContainerRun): boolean {
    if (restartCount > 0 || failedPulls > 0) return false;
    if (state.is === 'pulling') return true;
    if (state.is !== 'running') return false;
    const soon = this.#node.now() + LONGEST_SETTLING_MS;
    const due = [plan.runMs, plan.startedAfterMs, plan.readyAfterMs].map((after) => state.startedAt + after);
    return due.some((at) => at > this.#node.now() && at <= soon);
  }

  /** Why the Pod as a whole has failed, beyond what its containers' exit codes say. */
  #failure(pod: Pod): { reason: string; message: string } | undefined {
    const deadline = pod.spec.activeDeadlineSeconds;
    if (deadline === undefined || this.#node.now() < this.#acceptedAt + deadline * 1000) return undefined;
    for (const run of this.#runs) endNow(run, this.#node.now(), { exitCode: KILLED, reason: 'Error' });
    return { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
  }

  /** Winds a Pod down that is being deleted. */
  #stop(pod: Pod, events: ObservedEvent[]): PodStep {
    const now = this.#node.now();
    const running = this.#runs.filter(({ state }) => state.is === 'running');
    if (this.#killedAt === undefined) {
      this.#killedAt = now;
      for (const run of running)
        events.push(this.#event('Normal', 'Killing', `Stopping container ${run.container.name}`, run));
    }
    const goneAt = this.#killedAt + (running.length === 0 ? 0 : this.#terminationMs(pod));
    if (now < goneAt)
      return { status: undefined, events, wakeInMs: goneAt - now, isSettling: true, isBlocked: false, isGone: false };
    for (const run of running) endNow(run, now, exitOnStop(run));
    if (this.#isFinal)
      return { status: undefined, events, wakeInMs: undefined, isSettling: false, isBlocked: false, isGone: true };
    this.#isFinal = true;
    const status = this.#status(pod, undefined, hasFailed(this.#runs) ? 'Failed' : 'Succeeded');
    return {
      status: equalJson(pod.status, status) ? undefined : status,
      events,
      wakeInMs: undefined,
      isSettling: false,
      isBlocked: false,
      isGone: true,
    };
  }

  #terminationMs(pod: Pod): number {
    const grace =
      Number(pod.metadata['deletionGracePeriodSeconds'] ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    return Math.min(grace, simulationOf(pod.metadata).slowTerminationMs ?? this.#node.timing.podStartupMs / 2);
  }

  #status(pod: Pod, failure: { reason: string; message: string } | undefined, forcedPhase?: PodPhase): PodStatus {
    const now = this.#node.now();
    const phase = failure === undefined ? (forcedPhase ?? phaseOf(pod, this.#runs, now)) : 'Failed';
    const statuses = this.#runs.map((run) => ({ run, status: this.#containerStatus(pod, run, now) }));
    const init = statuses.filter(({ run }) => run.role !== 'main').map(({ status }) => status);
    const main = statuses.filter(({ run }) => run.role === 'main').map(({ status }) => status);
    const status: PodStatus = {
      ...pod.status,
      phase,
      conditions: this.#conditions(pod, phase, statuses, now),
      hostIP: this.#node.hostIP,
      hostIPs: [{ ip: this.#node.hostIP }],
      startTime: timestamp(this.#acceptedAt),
      containerStatuses: main,
      qosClass: qosClass(pod.spec),
    };
    if (this.#podIP !== undefined) Object.assign(status, { podIP: this.#podIP, podIPs: [{ ip: this.#podIP }] });
    if (init.length > 0) status.initContainerStatuses = init;
    if (failure !== undefined) Object.assign(status, failure);
    return status;
  }

  #conditions(
    pod: Pod,
    phase: PodPhase,
    statuses: { run: ContainerRun; status: ContainerStatus }[],
    now: number,
  ): Condition[] {
    const time = timestamp(now);
    const uninitialized = statuses
      .filter(({ run }) => run.role !== 'main' && !isInitDone(run, now))
      .map(({ run }) => run.container.name);
    const unready = statuses
      .filter(({ run, status }) => run.role !== 'init' && !status.ready)
      .map(({ run }) => run.container.name);
    const finished = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : undefined;
    const unreadyMessage = `containers with unready status: [${unready.join(' ')}]`;
    const containersReady: Omit<Condition, 'type'> =
      finished !== undefined
        ? { status: 'False', reason: finished }
        : unready.length > 0 || uninitialized.length > 0
          ? { status: 'False', reason: 'ContainersNotReady', message: unreadyMessage }
          : { status: 'True' };
    const gate = (pod.spec.readinessGates ?? []).find(
      ({ conditionType }) => pod.status?.conditions?.find(({ type }) => type === conditionType)?.status !== 'True',
    );
    const ready: Omit<Condition, 'type'> =
      containersReady.status === 'True' && gate !== undefined
        ? {
            status: 'False',
            reason: 'ReadinessGatesNotReady',
            message: `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`,
          }
        : containersReady;
    const initialized: Omit<Condition, 'type'> =
      uninitialized.length === 0
        ? { status: 'True', ...(phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}) }
        : {
            status: 'False',
            reason: 'ContainersNotInitialized',
            message: `containers with incomplete status: [${uninitialized.join(' ')}]`,
          };
    const hasSandbox = finished === undefined && this.#podIP !== undefined;
    const wanted: Condition[] = [
      { type: 'PodReadyToStartContainers', status: hasSandbox ? 'True' : 'False' },
      { type: 'Initialized', ...initialized },
      { type: 'Ready', ...ready },
      { type: 'ContainersReady', ...containersReady },
      { type: 'PodScheduled', status: 'True' },
    ];
    return wanted.reduce<Condition[]>(
      (conditions, next) => withCondition(conditions, { ...next, lastProbeTime: null, lastTransitionTime: time }),
      pod.status?.conditions ?? [],
    );
  }

  #containerStatus(pod: Pod, run: ContainerRun, now: number): ContainerStatus {
    const { state, plan, container } = run;
    const image = container.image ?? '';
    const hasStarted = state.is === 'running' || state.is === 'ended' || run.last !== undefined;
    const isRunning = state.is === 'running';
    const isReady =
      run.role === 'init'
        ? state.is === 'ended' && state.exitCode === 0
        : state.is === 'running' && now >= state.startedAt + plan.readyAfterMs;
    return {
      name: container.name,
      state: this.#containerState(pod, run, now),
      lastState: run.last === undefined ? {} : { terminated: run.last },
      ready: isReady,
      restartCount: run.restartCount,
      image: hasStarted ? fullImageName(image) : image,
      imageID: hasStarted ? imageId(image) : '',
      ...(hasStarted ? { containerID: this.#containerId(pod, run) } : {}),
      started: isRunning && now >= state.startedAt + plan.startedAfterMs,
    };
  }

  #containerState(pod: Pod, run: ContainerRun, now: number): ContainerState {
    const { state } = run;
    const image = run.container.image ?? '';
    switch (state.is) {
      case 'waiting':
        if (run.plan.image === 'invalid-name') {
          const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
          return { waiting: { reason: 'InvalidImageName', message } };
        }
        return { waiting: { reason: this.#waitingReason() } };
      case 'pulling':
        if (run.failedPulls > 0) return { waiting: { reason: 'ErrImagePull', message: pullError(image) } };
        return { waiting: { reason: this.#waitingReason() } };
      case 'pull-failed': {
        if (now < state.showBackOffAt) return { waiting: { reason: 'ErrImagePull', message: pullError(image) } };
        return {
          waiting: {
            reason: 'ImagePullBackOff',
            message: `Back-off pulling image "${image}": ErrImagePull: ${pullError(image)}`,
          },
        };
      }
      case 'misconfigured':
        return { waiting: { reason: 'CreateContainerConfigError', message: state.message } };
      case 'running':
        return { running: { startedAt: timestamp(state.startedAt) } };
      case 'ended':
        return { terminated: this.#terminated(pod, run) };
      case 'backing-off': {
        const wait = this.#backOff(run.restartCount);
        const message = `back-off ${wait >= 1000 ? `${Math.round(wait / 1000)}s` : `${wait}ms`} restarting failed container=${run.container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
        return { waiting: { reason: 'CrashLoopBackOff', message } };
      }
    }
  }

  #waitingReason(): string {
    return this.#runs.some(({ role }) => role !== 'main') ? 'PodInitializing' : 'ContainerCreating';
  }

  #terminated(pod: Pod, run: ContainerRun): TerminatedState {
    const { state } = run;
    if (state.is !== 'ended') return { exitCode: 0, reason: 'Completed', startedAt: '', finishedAt: '' };
    return {
      exitCode: state.exitCode,
      reason: state.reason,
      ...(state.message === undefined ? {} : { message: state.message }),
      startedAt: timestamp(state.startedAt),
      finishedAt: timestamp(state.finishedAt),
      containerID: this.#containerId(pod, run),
    };
  }

  #containerId(pod: Pod, run: ContainerRun): string {
    return `containerd://${sha256(`${pod.metadata.uid}/${run.container.name}/${run.restartCount}`)}`;
  }

  #event(type: ObservedEvent['type'], reason: string, message: string, run?: ContainerRun): ObservedEvent {
    const field = run?.role === 'main' ? 'containers' : 'initContainers';
    return {
      type,
      reason,
      message,
      component: 'kubelet',
      host: this.#node.nodeName,
      ...(run === undefined ? {} : { fieldPath: `spec.${field}{${run.container.name}}` }),
    };
  }
}

function roleOf(container: Container): ContainerRole {
  return container.restartPolicy === 'Always' ? 'sidecar' : 'init';
}

/** What a status written before says of a container; a wait is simply begun again. */
function stateFrom(status: ContainerStatus | undefined): RunState {
  const { running, terminated } = status?.state ?? {};
  if (running !== undefined)
    return { is: 'running', startedAt: Date.parse(running.startedAt), probeReports: PROBE_REPORTS };
  if (terminated === undefined) return { is: 'waiting' };
  const { exitCode, reason, startedAt, finishedAt, message } = terminated;
  return {
    is: 'ended',
    exitCode,
    reason,
    startedAt: Date.parse(startedAt),
    finishedAt: Date.parse(finishedAt),
    ...(message === undefined ? {} : { message }),
  };
}

function isInitDone(run: ContainerRun, now: number): boolean {
  if (run.role === 'init') return run.state.is === 'ended' && run.state.exitCode === 0;
  return (
    (run.state.is === 'running' && now >= run.state.startedAt + run.plan.startedAfterMs) || run.state.is === 'ended'
  );
}

function mayRestart(pod: Pod, run: ContainerRun): boolean {
  if (run.state.is !== 'ended') return false;
  if (run.role === 'sidecar') return false;
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (run.role === 'init') return run.state.exitCode !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && run.state.exitCode !== 0);
}

function endNow(run: ContainerRun, now: number, exit: { exitCode: number; reason: string }): void {
  if (run.state.is === 'running') run.state = { is: 'ended', startedAt: run.state.startedAt, finishedAt: now, ...exit };
}

/** A server of its image's own handles SIGTERM; a shell in a loop or a `sleep` does not and is killed. */
function exitOnStop(run: ContainerRun): { exitCode: number; reason: string } {
  return run.container.command === undefined
    ? { exitCode: 0, reason: 'Completed' }
    : { exitCode: KILLED, reason: 'Error' };
}

function hasFailed(runs: ContainerRun[]): boolean {
  return runs.some(({ role, state }) => role === 'main' && (state.is !== 'ended' || state.exitCode !== 0));
}

function phaseOf(pod: Pod, runs: ContainerRun[], now: number): PodPhase {
  const failedInit = runs.some(
    (run) => run.role === 'init' && run.state.is === 'ended' && run.state.exitCode !== 0 && !mayRestart(pod, run),
  );
  if (failedInit) return 'Failed';
  if (runs.some((run) => run.role !== 'main' && !isInitDone(run, now))) return 'Pending';
  const main = runs.filter(({ role }) => role === 'main');
  if (main.every((run) => run.state.is === 'ended' && !mayRestart(pod, run)))
    return hasFailed(main) ? 'Failed' : 'Succeeded';
  const isWaiting = main.some(
    ({ state, last }) => last === undefined && state.is !== 'running' && state.is !== 'ended',
  );
  return isWaiting ? 'Pending' : 'Running';
}

function pullError(image: string): string {
  const full = fullImageName(image);
  return `failed to pull and unpack image "${full}": failed to resolve reference "${full}": ${full}: not found`;
}

function backOffMessage(pod: Pod, run: ContainerRun): string {
  return `Back-off restarting failed container ${run.container.name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
}

function remember(images: Set<string>, image: string): void {
  images.add(image);
  if (images.size <= 1000) return;
  const oldest = images.values().next();
  if (oldest.done !== true) images.delete(oldest.value);
}
