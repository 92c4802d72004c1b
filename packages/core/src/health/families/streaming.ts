import { messageOf } from '../condition-health.ts';
import {
  conditionOf,
  conditionsOf,
  fieldsOf,
  isSpecUnobserved,
  numberOf,
  specOf,
  statusOf,
  textOf,
} from '../fields.ts';
import { degraded, type HealthCheck, healthy, progressing, suspended } from '../health.ts';
import { byConditions, byPhase, firstOf, forKinds, type HealthChecks } from './family.ts';

const strimzi: HealthCheck = (object) => {
  if (object.metadata.annotations?.['strimzi.io/pause-reconciliation'] === 'true') {
    return suspended('Reconciliation is paused');
  }
  return byConditions({
    ready: ['Ready'],
    failed: ['NotReady'],
    paused: ['ReconciliationPaused', 'Stopped', 'Paused'],
    whenFalse: 'Degraded',
    busyReasons: ['Creating'],
  })(object);
};

/** A pool of nodes has conditions only when something is wrong. */
const nodePool: HealthCheck = (object) =>
  strimzi(object) ?? (object['status'] === undefined ? undefined : healthy('Node pool is reconciled'));

/** A rebalance walks through states named as condition types. */
const strimziRebalance = byConditions({
  ready: ['Ready', 'ProposalReady'],
  failed: ['NotReady'],
  busy: ['New', 'PendingProposal', 'Rebalancing'],
  paused: ['Stopped', 'ReconciliationPaused'],
});

const banzaiKafka: HealthCheck = (object) => {
  const status = statusOf(object);
  const state = textOf(status['state']);
  if (state !== 'ClusterRunning') return byPhase({ at: ['state'] })(object);
  if (status['cruiseControlTopicStatus'] !== 'CruiseControlTopicReady')
    return progressing('Waiting for Cruise Control');
  const brokers = Object.values(fieldsOf(status['brokersState'])).map(fieldsOf);
  const isSteady = brokers.every(
    (broker) =>
      broker['configurationState'] === 'ConfigInSync' &&
      textOf(fieldsOf(broker['gracefulActionState'])['cruiseControlState']).endsWith('Succeeded'),
  );
  return isSteady
    ? healthy('Kafka cluster is running')
    : degraded('A broker is out of sync or Cruise Control is not ready');
};

/** Flink is healthy when the job is in the state one asked for; a suspended job has no deployment on purpose. */
const flink: HealthCheck = (object) => {
  const status = statusOf(object);
  const reconciliation = fieldsOf(status['reconciliationStatus']);
  const failure = textOf(reconciliation['error']) || textOf(status['error']);
  if (failure !== '' || status['jobManagerDeploymentStatus'] === 'ERROR') return degraded(failure);
  const isDeployed = reconciliation['success'] === true || reconciliation['state'] === 'DEPLOYED';
  switch (fieldsOf(status['jobStatus'])['state']) {
    case 'FAILED':
      return degraded('The job failed');
    case 'RUNNING':
    case 'FINISHED':
    case 'SUSPENDED':
      return isDeployed ? healthy() : progressing('Waiting for the deployment');
    default:
      return Object.keys(status).length === 0 ? undefined : progressing('Waiting for the deployment');
  }
};

/** A streaming application is meant to run, a batch one to complete. */
const spark: HealthCheck = (object) => {
  const state = fieldsOf(statusOf(object)['applicationState']);
  const failure = textOf(state['errorMessage']);
  const health = byPhase({ at: ['applicationState.state'] })(object);
  return health?.status === 'Degraded' && failure !== '' ? degraded(failure) : health;
};

/** Numaflow's parts report one `…Healthy` condition each; a pause is a state one asked for. */
const numaflow: HealthCheck = (object) => {
  const status = statusOf(object);
  if (isSpecUnobserved(object, status)) return progressing(`Waiting for ${object.kind} status`);
  if (object.metadata.labels?.['numaplane.numaproj.io/progressive-result-state'] === 'failed') {
    return degraded('Failed progressive upgrade');
  }
  switch (status['phase']) {
    case 'Paused':
      return healthy(`${object.kind} is paused`);
    case 'Failed':
      return degraded(textOf(status['message']));
    case 'Running': {
      const failed = conditionsOf(status).find((condition) => condition.status === 'False');
      return failed === undefined ? healthy(`${object.kind} is healthy`) : degraded(messageOf(failed));
    }
    default:
      return byPhase()(object);
  }
};

const numaplane: HealthCheck = (object) => {
  const status = statusOf(object);
  if (isSpecUnobserved(object, status)) return progressing('Not yet reconciled');
  if (conditionOf(status, 'ProgressiveUpgradeSucceeded')?.status === 'False') {
    return degraded('Progressive upgrade failed');
  }
  const children = conditionOf(status, 'ChildResourcesHealthy');
  if (children?.status === 'False') {
    return children.reason === 'Progressing' ? progressing(children.message) : degraded(messageOf(children));
  }
  if (textOf(status['upgradeInProgress']) !== '' || status['phase'] === 'Pending')
    return progressing('Update in progress');
  return byPhase({ words: { Deployed: 'Healthy' } })(object);
};

/** KEDA does not scale without triggers that work, whatever else is fine. */
const keda: HealthCheck = (object) => {
  const status = statusOf(object);
  const paused = conditionOf(status, 'Paused');
  if (paused?.status === 'True') return suspended(messageOf(paused));
  const ready = conditionOf(status, 'Ready');
  if (ready === undefined) return undefined;
  return ready.status === 'True' ? healthy(messageOf(ready)) : degraded(messageOf(ready));
};

/** A collector counts replicas in a text; one that runs as a sidecar has none. */
const openTelemetry: HealthCheck = (object) => {
  const status = statusOf(object);
  if (specOf(object)['mode'] === 'sidecar') return healthy('Collector is running in sidecar mode');
  const match = /^(\d+)\/(\d+)$/.exec(textOf(fieldsOf(status['scale'])['statusReplicas']));
  if (match === null) return undefined;
  const [ready, wanted] = [numberOf(Number(match[1])), numberOf(Number(match[2]))];
  if (ready === wanted) return healthy('All replicas are ready');
  return ready === 0 ? degraded('No replicas are ready') : progressing(`${ready} of ${wanted} replicas are ready`);
};

export const streamingChecks: HealthChecks = {
  'kafka.strimzi.io/KafkaRebalance': strimziRebalance,
  'kafka.strimzi.io/KafkaNodePool': nodePool,
  ...forKinds(
    'kafka.strimzi.io',
    [
      'Kafka',
      'KafkaBridge',
      'KafkaConnect',
      'KafkaConnector',
      'KafkaMirrorMaker',
      'KafkaMirrorMaker2',
      'KafkaTopic',
      'KafkaUser',
    ],
    strimzi,
  ),
  'kafka.strimzi.io/*': strimzi,
  'core.strimzi.io/*': (object) => {
    const status = statusOf(object);
    const [pods, ready] = [numberOf(status['pods']), numberOf(status['readyPods'])];
    if (typeof status['pods'] !== 'number') return undefined;
    return ready < pods ? progressing(`${ready} of ${pods} pods are ready`) : healthy();
  },
  'kafka.banzaicloud.io/KafkaCluster': banzaiKafka,
  'kafka.banzaicloud.io/*': byPhase(),
  ...forKinds(
    'platform.confluent.io',
    ['Connect', 'ControlCenter', 'Kafka', 'KafkaRestProxy', 'KRaftController', 'KsqlDB', 'SchemaRegistry', 'Zookeeper'],
    byPhase(),
  ),
  'platform.confluent.io/*': firstOf(byPhase(), byPhase({ at: ['state'] })),
  'flink.apache.org/FlinkDeployment': flink,
  'sparkoperator.k8s.io/SparkApplication': spark,
  'numaflow.numaproj.io/*': numaflow,
  'numaplane.numaproj.io/*': numaplane,
  ...forKinds('keda.sh', ['ScaledJob', 'ScaledObject'], keda),
  'opentelemetry.io/OpenTelemetryCollector': openTelemetry,
  'camel.apache.org/*': firstOf(byPhase(), byConditions()),
  'ray.io/*': byPhase({ at: ['jobDeploymentStatus', 'serviceStatus', 'state'] }),
};
