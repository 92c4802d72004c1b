import { Cron } from 'croner';
import { equalJson, objectAt, stringAt, valueAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { immutable, labelSelector, nonNegative, oneOf, selectorMatchesTemplate } from '../checks.ts';
import { type FieldError, invalid, notSupported, required } from '../field-error.ts';
import { validatePodTemplate } from './pod.ts';

export function validateJob(job: StoredObject, live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(job, 'spec');
  const errors = jobSpecErrors('spec', spec);
  if (spec['selector'] === undefined) errors.unshift(required('spec.selector'));
  else errors.push(...labelSelector('spec.selector', spec['selector']), ...selectorMatchesTemplate(spec));
  return live === undefined ? errors : [...errors, ...jobUpdateErrors(spec, live)];
}

function jobUpdateErrors(spec: Record<string, unknown>, live: StoredObject): FieldError[] {
  const before = objectAt(live, 'spec');
  const errors: FieldError[] = [];
  const isElastic = spec['completionMode'] === 'Indexed' && equalJson(spec['completions'], spec['parallelism']);
  if (!isElastic) errors.push(...immutable('spec.completions', spec['completions'], before['completions']));
  errors.push(...immutable('spec.selector', spec['selector'], before['selector']));
  const mayMove = before['suspend'] === true && stringAt(live, 'status', 'startTime') === undefined;
  const isMovedOnly =
    mayMove &&
    equalJson(withoutScheduling(objectAt(spec, 'template')), withoutScheduling(objectAt(before, 'template')));
  if (!isMovedOnly) errors.push(...immutable('spec.template', spec['template'], before['template']));
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy']) {
    errors.push(...immutable(`spec.${field}`, spec[field], before[field]));
  }
  return errors;
}

/** Where the pods of a suspended Job that never started will run may still change; what they run may not. */
function withoutScheduling(template: Record<string, unknown>): unknown {
  const { labels: _labels, annotations: _annotations, ...metadata } = objectAt(template, 'metadata');
  const {
    nodeSelector: _node,
    tolerations: _tolerations,
    schedulingGates: _gates,
    affinity,
    ...spec
  } = objectAt(template, 'spec');
  const { nodeAffinity: _affinity, ...others } = objectAt({ affinity }, 'affinity');
  return { metadata, spec, affinity: others };
}

function jobSpecErrors(field: string, spec: Record<string, unknown>): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
  ]) {
    errors.push(...nonNegative(`${field}.${name}`, spec[name]));
  }
  errors.push(...oneOf(`${field}.completionMode`, spec['completionMode'], ['Indexed', 'NonIndexed']));
  if (spec['completionMode'] === 'Indexed' && spec['completions'] === undefined) {
    errors.push(required(`${field}.completions`, 'when completion mode is Indexed'));
  }
  const template = objectAt(spec, 'template');
  errors.push(...validatePodTemplate(`${field}.template`, template));
  const policy = stringAt(template, 'spec', 'restartPolicy');
  const at = `${field}.template.spec.restartPolicy`;
  if (policy === undefined || policy === 'Always') {
    // Defaulting makes an absent policy "Always", which a Job cannot have.
    errors.push(required(at, 'valid values: "OnFailure", "Never"'));
  } else if (policy !== 'OnFailure' && policy !== 'Never')
    errors.push(notSupported(at, policy, ['OnFailure', 'Never']));
  return errors;
}

const maxCronJobName = 52;

export function validateCronJob(cronJob: StoredObject, live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(cronJob, 'spec');
  const errors: FieldError[] = [];
  if (live === undefined && cronJob.metadata.name.length > maxCronJobName) {
    errors.push(invalid('metadata.name', cronJob.metadata.name, 'must be no more than 52 characters'));
  }
  const schedule = stringAt(spec, 'schedule') ?? '';
  if (schedule === '') errors.push(required('spec.schedule'));
  else {
    const problem = scheduleProblem(schedule);
    if (problem !== undefined) errors.push(invalid('spec.schedule', schedule, problem));
  }
  const zone = stringAt(spec, 'timeZone');
  if (zone !== undefined && !isTimeZone(zone)) errors.push(invalid('spec.timeZone', zone, `unknown time zone ${zone}`));
  errors.push(...nonNegative('spec.startingDeadlineSeconds', spec['startingDeadlineSeconds']));
  errors.push(...oneOf('spec.concurrencyPolicy', spec['concurrencyPolicy'], ['Allow', 'Forbid', 'Replace']));
  errors.push(...nonNegative('spec.successfulJobsHistoryLimit', spec['successfulJobsHistoryLimit']));
  errors.push(...nonNegative('spec.failedJobsHistoryLimit', spec['failedJobsHistoryLimit']));
  if (valueAt(spec, 'jobTemplate', 'spec', 'selector') !== undefined) {
    errors.push(
      invalid(
        'spec.jobTemplate.spec.selector',
        valueAt(spec, 'jobTemplate', 'spec', 'selector'),
        '`selector` will be auto-generated',
      ),
    );
  }
  return [...errors, ...jobSpecErrors('spec.jobTemplate.spec', objectAt(spec, 'jobTemplate', 'spec'))];
}

function scheduleProblem(schedule: string): string | undefined {
  if (/TZ=/.test(schedule)) return 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
  if (/^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/.test(schedule) || /^@every \d/.test(schedule))
    return undefined;
  const fields = schedule.trim().split(/\s+/).length;
  if (fields !== 5) return `expected exactly 5 fields, found ${fields}: [${schedule.trim().split(/\s+/).join(' ')}]`;
  const outOfRange = rangeProblem(schedule.trim().split(/\s+/));
  if (outOfRange !== undefined) return outOfRange;
  try {
    new Cron(schedule, { paused: true, legacyMode: true }).stop();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const fieldRanges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/** The first number that its field cannot have. */
function rangeProblem(fields: string[]): string | undefined {
  for (const [index, [low, high]] of fieldRanges.entries()) {
    for (const part of (fields[index] ?? '').split(',')) {
      const match = /^(\d+)(?:-(\d+))?(?:\/\d+)?$/.exec(part);
      if (match === null) continue;
      const start = Number(match[1]);
      const end = Number(match[2] ?? match[1]);
      if (start < low) return `beginning of range (${start}) below minimum (${low}): ${part}`;
      if (end > high) return `end of range (${end}) above maximum (${high}): ${part}`;
      if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${part}`;
    }
  }
  return undefined;
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
