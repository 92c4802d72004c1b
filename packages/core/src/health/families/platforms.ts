import { messageOf } from '../condition-health.ts';
import { conditionOf, conditionsOf, fieldsOf, statusOf, textOf } from '../fields.ts';
import { degraded, type HealthCheck, healthy, progressing } from '../health.ts';
import { byConditions, byFlag, byPhase, forKinds, type HealthChecks } from './family.ts';

/** A definition serves nobody before it is established. */
const customResourceDefinition: HealthCheck = (object) => {
  const status = statusOf(object);
  if (conditionOf(status, 'Terminating')?.status === 'True') return progressing('Definition is being deleted');
  const names = conditionOf(status, 'NamesAccepted');
  if (names?.status === 'False') return degraded(messageOf(names));
  const schema = conditionOf(status, 'NonStructuralSchema');
  if (schema?.status === 'True') return degraded(messageOf(schema));
  const established = conditionOf(status, 'Established');
  return established?.status === 'True' ? healthy(messageOf(established)) : progressing('Waiting to be established');
};

/** A cluster that stopped reporting is Unknown to the hub, and for whoever relies on it that is trouble. */
const managedCluster: HealthCheck = (object) => {
  const status = statusOf(object);
  const available = conditionOf(status, 'ManagedClusterConditionAvailable');
  if (available?.status === 'True') return healthy(messageOf(available));
  if (available !== undefined) return degraded(messageOf(available));
  const denied = conditionsOf(status).find(
    ({ type, status: value }) => type === 'HubAcceptedManagedCluster' && value === 'False',
  );
  return denied === undefined ? undefined : progressing(messageOf(denied));
};

/** A chart is installed by a Job; the Job being there is the end of the controller's own work. */
const helmChart: HealthCheck = (object) => {
  const status = statusOf(object);
  const failed = conditionOf(status, 'Failed');
  if (failed?.status === 'True') return degraded(messageOf(failed));
  const created = conditionOf(status, 'JobCreated');
  if (created !== undefined)
    return created.status === 'True' ? healthy(messageOf(created)) : progressing(messageOf(created));
  return textOf(status['jobName']) === '' ? undefined : healthy();
};

const bareMetalHost: HealthCheck = (object) => {
  const status = statusOf(object);
  const error = textOf(status['errorMessage']);
  if (error !== '' || status['operationalStatus'] === 'error') return degraded(error);
  const state = textOf(fieldsOf(status['provisioning'])['state']);
  if (state === '') return undefined;
  return ['provisioned', 'externally provisioned', 'available', 'ready', 'unmanaged'].includes(state)
    ? healthy(state)
    : progressing(state);
};

/** A replication rests between two runs: only the last one tells. */
const replication: HealthCheck = (object) => {
  const status = statusOf(object);
  const last = fieldsOf(status['latestMoverStatus']);
  if (last['result'] === 'Failed') return degraded(textOf(last['logs']));
  const synchronizing = conditionOf(status, 'Synchronizing');
  if (synchronizing === undefined) return undefined;
  if (synchronizing.reason === 'Error') return degraded(messageOf(synchronizing));
  return synchronizing.status === 'True' ? progressing(messageOf(synchronizing)) : healthy(messageOf(synchronizing));
};

/** What clusters, and fleets of them, are made of. */
export const platformChecks: HealthChecks = {
  'apiextensions.k8s.io/CustomResourceDefinition': customResourceDefinition,
  'cluster.open-cluster-management.io/ManagedCluster': managedCluster,
  ...forKinds('operator.open-cluster-management.io', ['MultiClusterHub'], byPhase()),
  'multicluster.openshift.io/MultiClusterEngine': byPhase(),
  'helm.cattle.io/HelmChart': helmChart,
  'metal3.io/BareMetalHost': bareMetalHost,
  ...forKinds('volsync.backube', ['ReplicationDestination', 'ReplicationSource'], replication),
  ...forKinds('kueue.x-k8s.io', ['AdmissionCheck', 'ClusterQueue', 'LocalQueue'], byConditions({ ready: ['Active'] })),
  'keycloak.org/*': byFlag('ready'),
};
