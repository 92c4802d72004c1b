import { Cron } from 'croner';
import { cloneJson, equalJson } from '../../json.ts';
import { isTrue } from '../machinery/conditions.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  watchOwned,
  watchSelf,
} from '../machinery/controller.ts';
import { CRON_JOBS, type CronJob, JOBS, type Job, type ObjectReference } from '../machinery/objects.ts';
import { controllerReference } from '../machinery/ownership.ts';
import { timestamp } from '../machinery/timing.ts';
import { writeStatus } from '../machinery/write-status.ts';

const NAME = 'cronjob';
const MANAGER = 'kube-controller-manager';
const COMPONENT = 'cronjob-controller';
/** Missed runs are not made up for beyond this many, as upstream. */
const MAX_MISSED = 100;

/** Creates Jobs on schedule and keeps the latest of each outcome. */
export function cronJobController(context: ControllerContext): Controller {
  const { client, events } = context;

  return { name: NAME, watches: [watchSelf(CRON_JOBS), watchOwned(JOBS, 'CronJob')], reconcile };

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const cronJob = client.get(CRON_JOBS, namespace, name) as CronJob | undefined;
    if (cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined) return;
    const jobs = client
      .ownedBy(cronJob.metadata.uid)
      .filter(({ resource }) => resource.resource === JOBS.resource && resource.group === JOBS.group)
      .map(({ object }) => object as Job);
    const status = cloneJson(cronJob.status ?? {});
    noticeFinished(cronJob, status, jobs);
    trimHistory(cronJob, jobs);
    schedule(cronJob, status, jobs);
    const stored = client.get(CRON_JOBS, namespace, name) as CronJob | undefined;
    if (stored !== undefined && !equalJson(stored.status ?? {}, status)) {
      writeStatus(context, { resource: CRON_JOBS, object: stored, status, manager: MANAGER });
    }
  }

  function noticeFinished(cronJob: CronJob, status: NonNullable<CronJob['status']>, jobs: Job[]): void {
    const running = jobs.filter((job) => outcomeOf(job) === undefined);
    const wasActive = new Set((status.active ?? []).map(({ uid }) => uid));
    for (const job of jobs) {
      const outcome = outcomeOf(job);
      if (outcome === undefined || !wasActive.has(job.metadata.uid)) continue;
      events.record(cronJob, {
        type: 'Normal',
        reason: 'SawCompletedJob',
        message: `Saw completed job: ${job.metadata.name}, condition: ${outcome}`,
        component: COMPONENT,
      });
    }
    const done = jobs.flatMap((job) =>
      outcomeOf(job) === 'Complete' && job.status?.completionTime !== undefined ? [job.status.completionTime] : [],
    );
    const latest = done.sort().at(-1);
    if (latest !== undefined && latest > (status.lastSuccessfulTime ?? '')) status.lastSuccessfulTime = latest;
    setActive(status, running);
  }

  function trimHistory(cronJob: CronJob, jobs: Job[]): void {
    const keep = {
      Complete: cronJob.spec.successfulJobsHistoryLimit ?? 3,
      Failed: cronJob.spec.failedJobsHistoryLimit ?? 1,
    };
    for (const outcome of ['Complete', 'Failed'] as const) {
      const over = jobs
        .filter((job) => outcomeOf(job) === outcome && job.metadata.deletionTimestamp === undefined)
        .sort((a, b) => ((a.status?.startTime ?? '') < (b.status?.startTime ?? '') ? -1 : 1));
      for (const job of over.slice(0, Math.max(0, over.length - keep[outcome]))) remove(cronJob, job);
    }
  }

  function schedule(cronJob: CronJob, status: NonNullable<CronJob['status']>, jobs: Job[]): void {
    if (cronJob.spec.suspend === true) return;
    const cron = parse(cronJob);
    if (cron === undefined) return;
    const now = context.now();
    const due = latestDue(cronJob, status, cron, now);
    if (due !== undefined) startJob(cronJob, status, jobs, due, now);
    const next = cron.nextRun(new Date(now));
    if (next !== null) context.requeueAfter(NAME, keyOf(cronJob), Math.max(1, next.getTime() - now), 'background');
  }

  function parse(cronJob: CronJob): Cron | undefined {
    try {
      return new Cron(cronJob.spec.schedule, { paused: true, timezone: cronJob.spec.timeZone ?? 'UTC' });
    } catch (error) {
      const message = `unparseable schedule: "${cronJob.spec.schedule}" : ${error instanceof Error ? error.message : String(error)}`;
      events.record(cronJob, { type: 'Warning', reason: 'UnparseableSchedule', message, component: COMPONENT });
      return undefined;
    }
  }

  /** The latest time that has passed and has no Job yet. */
  function latestDue(
    cronJob: CronJob,
    status: NonNullable<CronJob['status']>,
    cron: Cron,
    now: number,
  ): number | undefined {
    const deadline = cronJob.spec.startingDeadlineSeconds;
    const since = Date.parse(status.lastScheduleTime ?? cronJob.metadata.creationTimestamp);
    const from = deadline === undefined ? since : Math.max(since, now - deadline * 1000);
    let due: number | undefined;
    let at = from;
    for (let missed = 0; missed < MAX_MISSED; missed += 1) {
      const next = cron.nextRun(new Date(at))?.getTime();
      if (next === undefined || next > now) return due;
      due = next;
      at = next;
    }
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    events.record(cronJob, { type: 'Warning', reason: 'TooManyMissedTimes', message, component: COMPONENT });
    return cron.previousRuns(1, new Date(now + 1))[0]?.getTime() ?? due;
  }

  function startJob(
    cronJob: CronJob,
    status: NonNullable<CronJob['status']>,
    jobs: Job[],
    due: number,
    now: number,
  ): void {
    const running = jobs.filter((job) => outcomeOf(job) === undefined);
    if (cronJob.spec.concurrencyPolicy === 'Forbid' && running.length > 0) {
      const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      events.record(cronJob, { type: 'Normal', reason: 'JobAlreadyActive', message, component: COMPONENT });
      return;
    }
    if (cronJob.spec.concurrencyPolicy === 'Replace') for (const job of running) remove(cronJob, job);
    const kept = cronJob.spec.concurrencyPolicy === 'Replace' ? [] : running;
    const namespace = cronJob.metadata.namespace ?? '';
    const name = `${cronJob.metadata.name}-${Math.floor(due / 60_000)}`;
    const template = cronJob.spec.jobTemplate;
    const existing = client.get(JOBS, namespace, name) as Job | undefined;
    const job =
      existing ??
      (client.create(
        JOBS,
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: {
            name,
            namespace,
            ...(template.metadata?.labels === undefined ? {} : { labels: template.metadata.labels }),
            annotations: {
              ...template.metadata?.annotations,
              'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp(due),
            },
            ownerReferences: [controllerReference(cronJob)],
          },
          spec: cloneJson(template.spec),
        },
        MANAGER,
      ) as Job);
    if (existing === undefined) {
      events.record(cronJob, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `Created job ${name}`,
        component: COMPONENT,
      });
    }
    status.lastScheduleTime = timestamp(Math.min(due, now));
    setActive(status, [...kept.filter(({ metadata }) => metadata.uid !== job.metadata.uid), job]);
  }

  function remove(cronJob: CronJob, job: Job): void {
    client.delete(JOBS, job.metadata.namespace ?? '', job.metadata.name, {
      propagation: 'Background',
      uid: job.metadata.uid,
    });
    events.record(cronJob, {
      type: 'Normal',
      reason: 'SuccessfulDelete',
      message: `Deleted job ${job.metadata.name}`,
      component: COMPONENT,
    });
  }
}

function outcomeOf(job: Job): 'Complete' | 'Failed' | undefined {
  if (isTrue(job.status?.conditions, 'Complete')) return 'Complete';
  return isTrue(job.status?.conditions, 'Failed') ? 'Failed' : undefined;
}

/** References are kept as they were made: one that follows its Job's resourceVersion would change the status for nothing. */
function setActive(status: NonNullable<CronJob['status']>, active: Job[]): void {
  const known = new Map((status.active ?? []).map((reference) => [reference.uid, reference]));
  if (active.length === 0) delete status.active;
  else status.active = active.map((job) => known.get(job.metadata.uid) ?? referenceTo(job));
}

function referenceTo({ apiVersion, kind, metadata }: Job): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion };
}
