import { cloneJson } from '../../json.ts';
import { labelSelectorMatcher } from '../../selectors/label-selector.ts';
import { isTrue, withCondition, withoutCondition } from '../machinery/conditions.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  watchOwned,
  watchSelf,
} from '../machinery/controller.ts';
import { type Condition, JOBS, type Job, type JobStatus, PODS, type Pod } from '../machinery/objects.ts';
import { claimChildren } from '../machinery/ownership.ts';
import { timestamp } from '../machinery/timing.ts';
import { omitEmpty, writeStatus } from '../machinery/write-status.ts';
import { createPod, PodNames, podNameBase } from '../pods/pod-control.ts';
import { isFinished, isReady, isTerminating } from '../pods/pod-facts.ts';
import { formatIndexes, parseIndexes } from './completed-indexes.ts';

const NAME = 'job';
const MANAGER = 'kube-controller-manager';
const COMPONENT = 'job-controller';
/** Holds a finished Pod until it has been counted, so that deleting it does not lose the count. */
const TRACKING = 'batch.kubernetes.io/job-tracking';
const INDEX = 'batch.kubernetes.io/job-completion-index';
const BURST = 100;
const indexVariable = {
  name: 'JOB_COMPLETION_INDEX',
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } },
};

interface Verdict {
  type: 'Complete' | 'Failed';
  reason: string;
  message: string;
}

/** Runs Pods until enough have succeeded or too many have failed. Counts, conditions and reasons are those of `pkg/controller/job`. */
export function jobController(context: ControllerContext): Controller {
  const { client, events } = context;
  const names = new PodNames();

  return { name: NAME, watches: [watchSelf(JOBS), watchOwned(PODS, 'Job')], reconcile };

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const job = client.get(JOBS, namespace, name) as Job | undefined;
    if (job === undefined) return;
    const pods = claimChildren<Pod>(context, { owner: job, resource: PODS, matches: matcherOf(job), manager: MANAGER });
    if (job.metadata.deletionTimestamp !== undefined || isOver(job)) {
      for (const pod of pods) untrack(pod);
      if (job.metadata.deletionTimestamp === undefined) {
        removeLeftOvers(job, pods);
        expire(job);
      }
      return;
    }
    const status = cloneJson<JobStatus>(job.status ?? {});
    count(job, status, pods);
    const verdict = judge(job, status, pods);
    if (verdict === undefined) run(job, status, pods);
    else finish(job, status, pods, verdict);
    save(job, status);
    for (const pod of pods) if (isFinished(pod)) untrack(pod);
  }

  /** Adds what has finished since the last time; a Pod still carries the tracking finalizer then. */
  function count(job: Job, status: JobStatus, pods: Pod[]): void {
    const fresh = pods.filter((pod) => isFinished(pod) && isTracked(pod));
    const failed = fresh.filter((pod) => pod.status?.phase === 'Failed' && !isIgnored(job, pod));
    const done = fresh.filter((pod) => pod.status?.phase === 'Succeeded');
    if (failed.length > 0) status.failed = (status.failed ?? 0) + failed.length;
    if (job.spec.completionMode === 'Indexed') {
      const indexes = new Set([
        ...parseIndexes(status.completedIndexes),
        ...done.map(indexOf).filter((index) => index < (job.spec.completions ?? 1)),
      ]);
      Object.assign(status, omitEmpty({ completedIndexes: formatIndexes(indexes), succeeded: indexes.size }));
    } else if (done.length > 0) status.succeeded = (status.succeeded ?? 0) + done.length;
    countLive(status, pods);
  }

  function countLive(status: JobStatus, pods: Pod[]): void {
    const active = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod));
    status.ready = active.filter(isReady).length;
    status.terminating = pods.filter((pod) => !isFinished(pod) && isTerminating(pod)).length;
    status.uncountedTerminatedPods = {};
    setOrDrop(status, 'active', active.length);
  }

  function judge(job: Job, status: JobStatus, pods: Pod[]): Verdict | undefined {
    const policy = failurePolicyVerdict(job, pods);
    if (policy !== undefined) return policy;
    if ((status.failed ?? 0) + restartsOf(job, pods) > (job.spec.backoffLimit ?? 6)) {
      return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
    }
    const deadline = job.spec.activeDeadlineSeconds;
    if (deadline !== undefined && status.startTime !== undefined && job.spec.suspend !== true) {
      const left = Date.parse(status.startTime) + deadline * 1000 - context.now();
      if (left <= 0)
        return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
      context.requeueAfter(NAME, keyOf(job), left, 'background');
    }
    const succeeded = status.succeeded ?? 0;
    const { completions } = job.spec;
    const isDone = completions === undefined ? succeeded > 0 && (status.active ?? 0) === 0 : succeeded >= completions;
    return isDone
      ? { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
      : undefined;
  }

  function run(job: Job, status: JobStatus, pods: Pod[]): void {
    const now = timestamp(context.now());
    if (job.spec.suspend === true) {
      for (const pod of pods.filter((candidate) => !isFinished(candidate) && !isTerminating(candidate)))
        remove(job, pod);
      delete status.startTime;
      delete status.active;
      if (!isTrue(status.conditions, 'Suspended')) record(job, 'Normal', 'Suspended', 'Job suspended');
      status.conditions = withCondition(status.conditions, suspended('True', 'JobSuspended', 'Job suspended', now));
      return;
    }
    if (isTrue(status.conditions, 'Suspended')) {
      status.conditions = withCondition(status.conditions, suspended('False', 'JobResumed', 'Job resumed', now));
      record(job, 'Normal', 'Resumed', 'Job resumed');
    }
    status.startTime ??= now;
    const wait = backOffIn(status, pods);
    if (wait > 0) {
      context.requeueAfter(NAME, keyOf(job), wait, 'settling');
      return;
    }
    const active = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod));
    const missing = wantedActive(job, status) - active.length;
    const surplus = active.slice(0, Math.max(0, -missing));
    for (const pod of surplus) remove(job, pod);
    const free = job.spec.completionMode === 'Indexed' ? freeIndexes(job, status, pods) : [];
    const creatable = job.spec.completionMode === 'Indexed' ? Math.min(missing, free.length) : missing;
    let created = 0;
    for (; created < Math.min(creatable, BURST); created += 1) create(job, free[created]);
    if (created < creatable) context.enqueue(NAME, keyOf(job));
    setOrDrop(status, 'active', active.length - surplus.length + created);
  }

  function wantedActive(job: Job, status: JobStatus): number {
    const parallelism = job.spec.parallelism ?? 1;
    const succeeded = status.succeeded ?? 0;
    // Without completions, one success is enough and nothing new is started after it.
    if (job.spec.completions === undefined)
      return succeeded > 0 ? Math.min(parallelism, status.active ?? 0) : parallelism;
    return Math.min(parallelism, Math.max(0, job.spec.completions - succeeded));
  }

  function finish(job: Job, status: JobStatus, pods: Pod[], verdict: Verdict): void {
    const now = timestamp(context.now());
    const interim = verdict.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
    status.conditions = withCondition(status.conditions, finished(interim, verdict, now));
    const running = pods.filter((pod) => !isFinished(pod));
    for (const pod of running) {
      if (!isTerminating(pod)) remove(job, pod);
      untrack(pod);
    }
    if (verdict.type === 'Failed' && running.length > 0)
      status.failed = (status.failed ?? 0) + running.filter((pod) => !isTerminating(pod)).length;
    setOrDrop(status, 'active', 0);
    status.ready = 0;
    status.terminating = 0;
    status.conditions = withCondition(status.conditions, finished(verdict.type, verdict, now));
    status.conditions = isTrue(status.conditions, 'Suspended')
      ? withoutCondition(status.conditions, 'Suspended')
      : status.conditions;
    if (verdict.type === 'Complete') {
      status.completionTime = now;
      record(job, 'Normal', 'Completed', 'Job completed');
    } else record(job, 'Warning', verdict.reason, verdict.message);
  }

  /** After the last Pod failed, the next one waits: doubling, as `pkg/controller/job/backoff_utils.go` does from 10 s. */
  function backOffIn(status: JobStatus, pods: Pod[]): number {
    const failures = status.failed ?? 0;
    if (failures === 0) return 0;
    const lastFinished = Math.max(0, ...pods.filter((pod) => pod.status?.phase === 'Failed').map(finishedAt));
    const wait = Math.max(
      context.timing.podStartupMs,
      context.timing.scaled(Math.min(10_000 * 2 ** (failures - 1), 360_000)),
    );
    return lastFinished + wait - context.now();
  }

  function create(job: Job, index: number | undefined): void {
    const { name, uid } = job.metadata;
    const suffix = index === undefined ? '' : `${index}-`;
    createPod(context, {
      owner: job,
      template: job.spec.template,
      manager: MANAGER,
      component: COMPONENT,
      name:
        index === undefined
          ? names.next(client, job)
          : names.next(client, {
              ...job,
              metadata: { ...job.metadata, name: `${name}-${index}`, uid: `${uid}/${index}` },
            }),
      generateName: `${podNameBase(name)}${suffix}`,
      finalizers: [TRACKING],
      labels: {
        'batch.kubernetes.io/controller-uid': uid,
        'batch.kubernetes.io/job-name': name,
        'controller-uid': uid,
        'job-name': name,
        ...(index === undefined ? {} : { [INDEX]: String(index) }),
      },
      ...(index === undefined ? {} : { annotations: { [INDEX]: String(index) } }),
      adjustSpec: (spec) => {
        if (index === undefined) return;
        spec.hostname = `${name}-${index}`;
        for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
          container.env = [...(container.env ?? []), indexVariable];
        }
      },
    });
  }

  function remove(job: Job, pod: Pod): void {
    client.delete(PODS, pod.metadata.namespace ?? '', pod.metadata.name, { uid: pod.metadata.uid });
    record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
  }

  function removeLeftOvers(job: Job, pods: Pod[]): void {
    for (const pod of pods) if (!isFinished(pod) && !isTerminating(pod)) remove(job, pod);
  }

  function untrack(pod: Pod): void {
    const { namespace = '', name } = pod.metadata;
    const current = client.get(PODS, namespace, name);
    if (current?.metadata.uid === pod.metadata.uid && current.metadata.finalizers?.includes(TRACKING) === true) {
      client.removeFinalizer(PODS, namespace, name, TRACKING);
    }
  }

  function expire(job: Job): void {
    const ttl = job.spec.ttlSecondsAfterFinished;
    if (ttl === undefined) return;
    const over = job.status?.conditions?.find(
      ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
    );
    const left = Date.parse(over?.lastTransitionTime ?? '') + ttl * 1000 - context.now();
    if (left > 0) context.requeueAfter(NAME, keyOf(job), left, 'background');
    else
      client.delete(JOBS, job.metadata.namespace ?? '', job.metadata.name, {
        propagation: 'Foreground',
        uid: job.metadata.uid,
      });
  }

  function save(job: Job, status: JobStatus): void {
    const stored = client.get(JOBS, job.metadata.namespace ?? '', job.metadata.name) as Job | undefined;
    if (stored?.metadata.uid === job.metadata.uid)
      writeStatus(context, { resource: JOBS, object: stored, status, manager: MANAGER });
  }

  function record(job: Job, type: 'Normal' | 'Warning', reason: string, message: string): void {
    events.record(job, { type, reason, message, component: COMPONENT });
  }
}

function isOver(job: Job): boolean {
  return isTrue(job.status?.conditions, 'Complete') || isTrue(job.status?.conditions, 'Failed');
}

function matcherOf(job: Job) {
  return labelSelectorMatcher(
    job.spec.selector ?? { matchLabels: { 'batch.kubernetes.io/controller-uid': job.metadata.uid } },
  );
}

function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING) === true;
}

function indexOf(pod: Pod): number {
  return Number(pod.metadata.annotations?.[INDEX] ?? Number.NaN);
}

function freeIndexes(job: Job, status: JobStatus, pods: Pod[]): number[] {
  const taken = new Set([
    ...parseIndexes(status.completedIndexes),
    ...pods.filter((pod) => !isFinished(pod)).map(indexOf),
  ]);
  return Array.from({ length: job.spec.completions ?? 1 }, (_, index) => index).filter((index) => !taken.has(index));
}

/** Restarts in place count towards the limit when the Pods' own policy is OnFailure. */
function restartsOf(job: Job, pods: Pod[]): number {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return 0;
  return pods
    .filter((pod) => pod.status?.phase === 'Running' || pod.status?.phase === 'Pending')
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function exitCodes(pod: Pod): { name: string; exitCode: number }[] {
  return (pod.status?.containerStatuses ?? []).flatMap(({ name, state }) =>
    state.terminated === undefined ? [] : [{ name, exitCode: state.terminated.exitCode }],
  );
}

function ruleFor(job: Job, pod: Pod) {
  return job.spec.podFailurePolicy?.rules.find(({ onExitCodes }) =>
    exitCodes(pod).some(
      ({ name, exitCode }) =>
        onExitCodes !== undefined &&
        exitCode !== 0 &&
        (onExitCodes.containerName === undefined || onExitCodes.containerName === name) &&
        onExitCodes.values.includes(exitCode) === (onExitCodes.operator === 'In'),
    ),
  );
}

function isIgnored(job: Job, pod: Pod): boolean {
  return ruleFor(job, pod)?.action === 'Ignore';
}

function failurePolicyVerdict(job: Job, pods: Pod[]): Verdict | undefined {
  for (const pod of pods) {
    if (pod.status?.phase !== 'Failed' || ruleFor(job, pod)?.action !== 'FailJob') continue;
    const [first] = exitCodes(pod).filter(({ exitCode }) => exitCode !== 0);
    const message = `Container ${first?.name} for pod ${pod.metadata.namespace}/${pod.metadata.name} failed with exit code ${first?.exitCode} matching FailJob rule`;
    return { type: 'Failed', reason: 'PodFailurePolicy', message };
  }
  return undefined;
}

function finishedAt(pod: Pod): number {
  return Math.max(
    0,
    ...(pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state.terminated?.finishedAt ?? '') || 0),
  );
}

function suspended(status: Condition['status'], reason: string, message: string, now: string): Condition {
  return { type: 'Suspended', status, reason, message, lastProbeTime: now, lastTransitionTime: now };
}

function finished(type: string, { reason, message }: Verdict, now: string): Condition {
  return { type, status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now };
}

function setOrDrop(status: JobStatus, field: 'active', count: number): void {
  if (count === 0) delete status[field];
  else status[field] = count;
}
