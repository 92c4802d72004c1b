import type { JsonObject } from '@lockstep/structured-merge';
import { ensureObject, fill, fillZero, objectAt, objectsAt } from './fill.ts';
import { defaultPodTemplate } from './pod.ts';

const maxInt32 = 2_147_483_647;

export function defaultJob(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  const labels = objectAt(spec, 'template', 'metadata', 'labels');
  const metadata = ensureObject(object, 'metadata');
  if (labels !== undefined && Object.keys(objectAt(metadata, 'labels') ?? {}).length === 0) {
    metadata['labels'] = { ...labels };
  }
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1;
  fill(spec, 'parallelism', 1);
  fill(spec, 'backoffLimit', spec['backoffLimitPerIndex'] === undefined ? 6 : maxInt32);
  fill(spec, 'completionMode', 'NonIndexed');
  fill(spec, 'suspend', false);
  fill(spec, 'podReplacementPolicy', spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed');
  fill(spec, 'manualSelector', false);
  defaultJobTemplate(spec);
}

export function defaultCronJob(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fillZero(spec, 'concurrencyPolicy', 'Allow');
  fill(spec, 'suspend', false);
  fill(spec, 'successfulJobsHistoryLimit', 3);
  fill(spec, 'failedJobsHistoryLimit', 1);
  const template = objectAt(spec, 'jobTemplate', 'spec');
  if (template !== undefined) defaultJobTemplate(template);
}

/** What a Job's spec gets inside a CronJob too. */
function defaultJobTemplate(spec: JsonObject): void {
  for (const rule of objectsAt(spec, 'podFailurePolicy', 'rules')) {
    for (const pattern of objectsAt(rule, 'onPodConditions')) fillZero(pattern, 'status', 'True');
  }
  defaultPodTemplate(objectAt(spec, 'template'));
}
