import { conditionOf, listOf, specOf, statusOf, textOf } from '../fields.ts';
import { degraded, type HealthCheck, healthy, progressing, suspended } from '../health.ts';

export const jobHealth: HealthCheck = (object) => {
  const status = statusOf(object);
  const failed = conditionOf(status, 'Failed');
  if (failed?.status === 'True') return degraded(failed.message);
  const paused = conditionOf(status, 'Suspended');
  if (paused?.status === 'True') return suspended(paused.message);
  const complete = conditionOf(status, 'Complete');
  return complete?.status === 'True' ? healthy(complete.message) : progressing();
};

/** A CronJob is as healthy as its last finished run; one that never ran, or is suspended, has nothing to complain about. */
export const cronJobHealth: HealthCheck = (object) => {
  const status = statusOf(object);
  if (specOf(object)['suspend'] === true) return healthy('CronJob is Suspended');
  if (listOf(status['active']).length > 0) {
    return healthy('The job is running. Its last execution may not have been successful');
  }
  const scheduled = textOf(status['lastScheduleTime']);
  if (scheduled === '') return healthy('CronJob has not been scheduled yet');
  const succeeded = textOf(status['lastSuccessfulTime']);
  if (succeeded === '') return healthy('The CronJob never completed successfully. It may not be healthy');
  return succeeded >= scheduled
    ? healthy('CronJob has completed its last execution successfully')
    : degraded('CronJob has not completed its last execution successfully');
};
