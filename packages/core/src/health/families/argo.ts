import { messageOf } from '../condition-health.ts';
import { conditionOf, type Fields, fieldsOf, isSpecUnobserved, listOf, specOf, statusOf, textOf } from '../fields.ts';
import { degraded, type Health, type HealthCheck, healthy, progressing, suspended } from '../health.ts';
import { byConditions, byPhase, everyCondition, firstOf, forKinds, type HealthChecks } from './family.ts';

/** A run is healthy once it is over; while it runs, it progresses. */
const run = byPhase({
  words: {
    Pending: 'Progressing',
    Running: 'Progressing',
    Successful: 'Healthy',
    Succeeded: 'Healthy',
    Failed: 'Degraded',
    Error: 'Degraded',
    Inconclusive: 'Unknown',
  },
});

const applicationSet: HealthCheck = (object) => {
  const status = statusOf(object);
  const error = conditionOf(status, 'ErrorOccurred');
  if (error?.status === 'True') return degraded(error.message);
  const upToDate = conditionOf(status, 'ResourcesUpToDate');
  if (upToDate?.status === 'False') return degraded(upToDate.message);
  const rollout = conditionOf(status, 'RolloutProgressing');
  if (rollout?.status === 'True') return progressing(rollout.message);
  return upToDate?.status === 'True' ? healthy(upToDate.message) : undefined;
};

/** Argo Rollouts, and products built on it, sum a rollout up in `status.phase`. */
const rollout: HealthCheck = (object) => {
  const status = statusOf(object);
  const invalid = conditionOf(status, 'InvalidSpec');
  if (invalid?.status === 'True') return degraded(invalid.message);
  if (isSpecUnobserved(object, status)) {
    return progressing('Waiting for rollout spec update to be observed for the rollout');
  }
  if (specOf(object)['paused'] === true) return suspended('Rollout is paused');
  return byPhase({ words: { Paused: 'Suspended' } })(object) ?? rolloutByConditions(object);
};

/** Controllers before 1.0 report no phase. */
const rolloutByConditions: HealthCheck = (object) => {
  const status = statusOf(object);
  if (listOf(status['pauseConditions']).length > 0) return suspended('Rollout is paused');
  const condition = conditionOf(status, 'Progressing');
  if (condition?.reason === 'RolloutAborted' || condition?.reason === 'ProgressDeadlineExceeded') {
    return degraded(condition.message);
  }
  const available = conditionOf(status, 'Available');
  if (available === undefined) return undefined;
  return available.status === 'True' ? healthy(available.message) : progressing(available.message);
};

/** The gates of GitOps Promoter: ready, and no environment that is still pending or failed. */
const promotionGate: HealthCheck = (object) => {
  const ready = readyOfPromoter(object);
  if (ready?.status !== 'Healthy') return ready;
  const environments = listOf(statusOf(object)['environments']).map(fieldsOf);
  const branches = (phase: string): string =>
    environments
      .filter((environment) => environment['phase'] === phase)
      .map((environment) => textOf(environment['branch']))
      .join(', ');
  if (branches('failure') !== '') return degraded(`Failed for ${branches('failure')}`);
  if (branches('pending') !== '') return progressing(`Pending for ${branches('pending')}`);
  return ready;
};

const changeTransferPolicy: HealthCheck = (object) => {
  const ready = readyOfPromoter(object);
  return ready?.status === 'Healthy' ? promotionOf(statusOf(object)) : ready;
};

/** A strategy is settled when each of its environments is. */
const promotionStrategy: HealthCheck = (object) => {
  const ready = readyOfPromoter(object);
  if (ready?.status !== 'Healthy') return ready;
  const environments = listOf(statusOf(object)['environments']).map(fieldsOf);
  return environments.map(promotionOf).find(({ status }) => status !== 'Healthy') ?? ready;
};

/** An environment is up to date when what is proposed is what is active. */
function promotionOf(environment: Fields): Health {
  const commitOf = (side: string): string => textOf(fieldsOf(fieldsOf(environment[side])['dry'])['sha']);
  const active = commitOf('active');
  const proposed = commitOf('proposed');
  if (active === '' || proposed === '') return progressing('Waiting for the commits to promote');
  return active === proposed
    ? healthy(`Environment is up-to-date on commit ${active.slice(0, 7)}`)
    : progressing(`Promotion in progress from ${active.slice(0, 7)} to ${proposed.slice(0, 7)}`);
}

function readyOfPromoter(object: Parameters<HealthCheck>[0]): Health | undefined {
  const status = statusOf(object);
  const ready = conditionOf(status, 'Ready');
  if (ready === undefined) return undefined;
  if ((ready.observedGeneration ?? 0) < (object.metadata.generation ?? 0)) {
    return progressing('Waiting for the spec update to be observed');
  }
  if (ready.status === 'True') return healthy(ready.message);
  return ready.status === 'False' ? degraded(messageOf(ready)) : progressing(messageOf(ready));
}

const eventing = everyCondition;

export const argoChecks: HealthChecks = {
  'argoproj.io/Workflow': run,
  'argoproj.io/AnalysisRun': run,
  'argoproj.io/Experiment': run,
  'argoproj.io/Rollout': rollout,
  'spot.io/SpotDeployment': rollout,
  'argoproj.io/ApplicationSet': applicationSet,
  'argoproj.io/EventBus': eventing,
  'argoproj.io/EventSource': eventing,
  'argoproj.io/Sensor': eventing,
  'argoproj.io/CronWorkflow': firstOf(byConditions({ ready: [], failed: ['SubmissionError', 'SpecError'] }), () =>
    healthy(),
  ),
  'promoter.argoproj.io/ChangeTransferPolicy': changeTransferPolicy,
  'promoter.argoproj.io/PromotionStrategy': promotionStrategy,
  ...forKinds(
    'promoter.argoproj.io',
    [
      'ArgoCDCommitStatus',
      'CommitStatus',
      'GitCommitStatus',
      'PullRequest',
      'TimedCommitStatus',
      'WebRequestCommitStatus',
    ],
    promotionGate,
  ),
};
