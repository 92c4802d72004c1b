import { messageOf } from '../condition-health.ts';
import {
  conditionOf,
  conditionsOf,
  type Fields,
  fieldsOf,
  isSpecUnobserved,
  numberOf,
  specOf,
  statusOf,
  textOf,
} from '../fields.ts';
import { degraded, type Health, type HealthCheck, healthy, progressing, suspended, unknown } from '../health.ts';
import { byConditions, byPhase, forGroups, forKinds, type HealthChecks } from './family.ts';

/** OpenKruise's workloads: like their built-in cousins, but an update can stop at a partition and wait for a person. */
const kruise: HealthCheck = (object) => {
  const status = statusOf(object);
  if (Object.keys(status).length === 0) return undefined;
  if (isSpecUnobserved(object, status)) return progressing('Waiting for initialization');
  const strategy = fieldsOf(specOf(object)['updateStrategy']);
  const rolling = { ...strategy, ...fieldsOf(strategy['rollingUpdate']) };
  if (rolling['paused'] === true) return suspended(`${object.kind} is paused`);

  const failed = conditionsOf(status).find(({ type, status: value }) => type.startsWith('Failed') && value === 'True');
  if (failed !== undefined) return degraded(messageOf(failed));
  const wanted = numberOf(
    status['desiredNumberScheduled'],
    numberOf(specOf(object)['replicas'], numberOf(status['replicas'])),
  );
  const updated = firstNumber(status, 'updatedNumberScheduled', 'updatedReplicas', 'updatedReadyReplicas');
  const partition = numberOf(rolling['partition']);
  if (partition > 0 && updated < wanted && updated >= wanted - partition) {
    return suspended(`${object.kind} needs manual intervention`);
  }
  const available = firstNumber(
    status,
    'numberAvailable',
    'updatedAvailableReplicas',
    'updatedReadyReplicas',
    'readyReplicas',
  );
  if (wanted > 0 && updated >= wanted && available >= wanted)
    return healthy(`All ${object.kind} pods are ready and updated`);
  if (numberOf(status['numberUnavailable']) > 0 && updated >= wanted) {
    return degraded('Some pods are not ready or available');
  }
  return progressing(`${available} of ${wanted} pods are ready`);
};

function firstNumber(status: Fields, ...members: string[]): number {
  const member = members.find((candidate) => typeof status[candidate] === 'number');
  return member === undefined ? 0 : numberOf(status[member]);
}

const kruiseRollout: HealthCheck = (object) => {
  const status = statusOf(object);
  if (isSpecUnobserved(object, status)) return progressing('Rollout is still progressing');
  switch (status['phase']) {
    case 'Disabled':
    case 'Terminating':
      return degraded('Rollout is disabled or terminating');
    case 'Healthy':
    case 'Initial':
      return healthy('Rollout is completed');
    case 'Progressing': {
      const step = fieldsOf(status['canaryStatus'] ?? status['blueGreenStatus'])['currentStepState'];
      return step === 'StepPaused'
        ? suspended('Rollout is paused and needs manual intervention')
        : progressing('Rollout is still progressing');
    }
    default:
      return undefined;
  }
};

const gameServer: HealthCheck = (object) => {
  const status = statusOf(object);
  const current = textOf(status['currentState']);
  if (current === '') return unknown('Waiting for GameServer to be ready');
  const wanted = textOf(status['desiredState']);
  if (current !== wanted) return progressing(`State change: ${current} → ${wanted}`);
  const pod = conditionsOf(fieldsOf(status['podStatus'])).find((condition) => condition.status === 'False');
  if (pod !== undefined) return degraded(`Pod is not ready: ${pod.type}`);
  const failed = conditionsOf(status).find((condition) => condition.status === 'False');
  return failed === undefined ? healthy(`GameServer is ${current}`) : degraded(messageOf(failed));
};

/** Knative's operator reports Unknown and False while it installs; only a word it does not know is trouble. */
const knativeOperator: HealthCheck = (object) => {
  const ready = conditionOf(statusOf(object), 'Ready');
  if (ready === undefined) return undefined;
  switch (ready.status) {
    case 'True':
      return healthy(`${object.kind} is healthy.`);
    case 'False':
    case 'Unknown':
      return progressing(messageOf(ready));
    default:
      return degraded(messageOf(ready));
  }
};

/** A Knative object is False only when something failed; what is on its way is Unknown. */
const knative = byConditions({ ready: ['Ready'], whenFalse: 'Degraded' });

const inferenceService: HealthCheck = (object) => {
  const status = statusOf(object);
  if (conditionOf(status, 'Stopped')?.status === 'True') return suspended('InferenceService is stopped');
  const transition = textOf(fieldsOf(status['modelStatus'])['transitionStatus']);
  if (transition === 'BlockedByFailedLoad' || transition === 'InvalidSpec') return degraded(`Model: ${transition}`);
  if (transition === 'InProgress') return progressing('The model is being loaded');
  const conditions = conditionsOf(status).filter(({ type }) => type !== 'Stopped');
  if (conditions.length === 0) return undefined;
  const failed = conditions.find((condition) => condition.status === 'False');
  if (failed !== undefined) return degraded(messageOf(failed));
  const waiting = conditions.find((condition) => condition.status !== 'True');
  return waiting === undefined ? healthy('InferenceService is healthy.') : progressing(messageOf(waiting));
};

/** OpenFaaS scales to zero when asked to: ready without a replica is rest, not trouble. */
const openFaas: HealthCheck = (object) => {
  const status = statusOf(object);
  const stalled = conditionOf(status, 'Stalled');
  if (stalled?.status === 'True') return degraded(stalled.message);
  const ready = conditionOf(status, 'Ready');
  if (ready === undefined || ready.status !== 'True') return undefined;
  return conditionOf(status, 'Healthy')?.status === 'False'
    ? suspended('No replicas available')
    : healthy(ready.message);
};

/** A virtual machine sums up in a printable word; one that is stopped is at rest. */
const virtualMachine: HealthCheck = (object) => {
  const status = statusOf(object);
  const paused = conditionOf(status, 'Paused');
  if (paused?.status === 'True') return suspended(messageOf(paused));
  return byPhase({
    at: ['printableStatus', 'phase'],
    words: {
      Stopped: 'Suspended',
      Succeeded: 'Suspended',
      Scheduled: 'Progressing',
      Paused: 'Suspended',
      ErrorUnschedulable: 'Degraded',
      Unknown: 'Unknown',
    },
  })(object);
};

/** SpinKube mirrors a Deployment's conditions, with Progressing False once it is done. */
const spinApp: HealthCheck = (object) => {
  const status = statusOf(object);
  const moving = conditionOf(status, 'Progressing');
  if (moving?.reason === 'ProgressDeadlineExceeded') return degraded(moving.message);
  if (moving?.status === 'True') return progressing(moving.message);
  const available = conditionOf(status, 'Available');
  if (available === undefined) return undefined;
  return available.status === 'True' ? healthy(available.message) : progressing(available.message);
};

const replicaCount: HealthCheck = (object) => {
  const status = statusOf(object);
  if (Object.keys(status).length === 0) return undefined;
  const failure = conditionOf(status, 'ReplicaFailure');
  if (failure?.status === 'True') return degraded(messageOf(failure));
  const wanted = numberOf(specOf(object)['replicas'], numberOf(status['replicas']));
  const ready = numberOf(status['readyReplicas']);
  return ready < wanted ? progressing(`${ready} of ${wanted} replicas are ready`) : healthy();
};

const deploymentConfig: HealthCheck = (object): Health | undefined => {
  const status = statusOf(object);
  if (isSpecUnobserved(object, status)) return progressing('Waiting for the rollout to be observed');
  const moving = conditionOf(status, 'Progressing');
  if (moving?.status === 'False') return degraded(moving.message);
  const wanted = numberOf(specOf(object)['replicas']);
  const available = numberOf(status['availableReplicas']);
  if (status['replicas'] === undefined) return undefined;
  return available < wanted ? progressing(`${available} of ${wanted} replicas are available`) : healthy();
};

const tekton = byConditions({ ready: ['Succeeded'], whenFalse: 'Degraded' });

export const workloadChecks: HealthChecks = {
  'apps.kruise.io/BroadcastJob': byPhase(),
  'apps.kruise.io/AdvancedCronJob': () => healthy(),
  'apps.kruise.io/CloneSet': kruise,
  'apps.kruise.io/DaemonSet': kruise,
  'apps.kruise.io/StatefulSet': kruise,
  'game.kruise.io/GameServerSet': kruise,
  'game.kruise.io/GameServer': gameServer,
  'rollouts.kruise.io/Rollout': kruiseRollout,
  ...forKinds('operator.knative.dev', ['KnativeEventing', 'KnativeServing'], knativeOperator),
  'serving.knative.dev/Service': knative,
  'serving.knative.dev/*': knative,
  'eventing.knative.dev/*': knative,
  'messaging.knative.dev/*': knative,
  'sources.knative.dev/*': knative,
  'serving.kserve.io/InferenceService': inferenceService,
  'openfaas.com/Function': openFaas,
  ...forKinds('kubevirt.io', ['VirtualMachine', 'VirtualMachineInstance'], virtualMachine),
  'kubevirt.io/VirtualMachineInstanceReplicaSet': replicaCount,
  'kubevirt.io/VirtualMachineInstanceMigration': byPhase({
    words: { Scheduled: 'Progressing', TargetReady: 'Progressing', Running: 'Progressing' },
  }),
  ...forGroups(
    ['kubevirt.io', 'cdi.kubevirt.io', 'snapshot.kubevirt.io', 'clone.kubevirt.io', 'export.kubevirt.io'],
    byPhase(),
  ),
  'core.spinkube.dev/SpinApp': spinApp,
  'apps.openshift.io/DeploymentConfig': deploymentConfig,
  'tekton.dev/PipelineRun': tekton,
  'tekton.dev/TaskRun': tekton,
  'tekton.dev/CustomRun': tekton,
  'batch.volcano.sh/Job': byPhase({ at: ['state.phase'], words: { Running: 'Progressing' } }),
  'jobset.x-k8s.io/JobSet': byConditions({ ready: ['Completed'], failed: ['Failed'], paused: ['Suspended'] }),
  'k6.io/*': byPhase({ at: ['stage'] }),
};
