import { messageOf } from '../condition-health.ts';
import {
  conditionOf,
  conditionsOf,
  fieldsOf,
  isSpecUnobserved,
  listOf,
  numberOf,
  specOf,
  statusOf,
  textOf,
} from '../fields.ts';
import { degraded, type HealthCheck, healthy, progressing, suspended, unknown } from '../health.ts';
import { byConditions, byFlag, byPhase, firstOf, forKinds, type HealthChecks, worstFirst } from './family.ts';

/** Crossplane kinds that only configure: nobody ever writes a status for them. */
const CROSSPLANE_STATUSLESS: ReadonlySet<string> = new Set([
  'ClusterProviderConfig',
  'Composition',
  'CompositionRevision',
  'ControllerConfig',
  'DeploymentRuntimeConfig',
  'EnvironmentConfig',
  'ImageConfig',
  'ManagedResourceActivationPolicy',
  'ProviderConfig',
  'ProviderConfigUsage',
  'StoreConfig',
]);

/** Managed resources: Synced tells whether the last attempt worked, Ready whether the thing is there. */
const crossplane: HealthCheck = (object) => {
  const status = statusOf(object);
  const synced = conditionOf(status, 'Synced');
  if (synced?.reason === 'ReconcilePaused') return suspended(messageOf(synced));
  const conditions = conditionsOf(status);
  const failed = conditions.find(
    ({ type, status: value }) =>
      value === 'False' &&
      ['Synced', 'LastAsyncOperation', 'Healthy', 'RevisionHealthy', 'Installed', 'Established', 'Offered'].includes(
        type,
      ),
  );
  if (failed !== undefined) return degraded(messageOf(failed));
  const ready = conditions.find(({ type }) =>
    ['Ready', 'Healthy', 'RevisionHealthy', 'Established', 'Offered'].includes(type),
  );
  if (ready !== undefined) return ready.status === 'True' ? healthy(messageOf(ready)) : progressing(messageOf(ready));
  return CROSSPLANE_STATUSLESS.has(object.kind)
    ? healthy('Resource is up-to-date.')
    : progressing('Waiting for the provider to report');
};

/** AWS Controllers for Kubernetes. */
const ack: HealthCheck = (object) => {
  const status = statusOf(object);
  for (const type of ['ACK.Terminal', 'ACK.Recoverable']) {
    const failed = conditionOf(status, type);
    if (failed?.status === 'True') return degraded(messageOf(failed));
  }
  const ready = conditionOf(status, 'Ready') ?? conditionOf(status, 'ACK.ResourceSynced');
  if (ready === undefined) return progressing('Waiting for the controller to report');
  return ready.status === 'True' ? healthy(messageOf(ready)) : progressing(messageOf(ready));
};

/** Cluster API: a terminal failure is told apart from "not yet" by a message or the condition's severity. */
const clusterApi: HealthCheck = (object) => {
  const status = statusOf(object);
  const failure = textOf(status['failureMessage']) || textOf(status['failureReason']);
  if (failure !== '') return degraded(failure);
  if (isSpecUnobserved(object, status)) return progressing('Waiting for the spec to be reconciled');
  const failed = listOf(status['conditions'])
    .map(fieldsOf)
    .find((condition) => condition['status'] === 'False' && condition['severity'] === 'Error');
  if (failed !== undefined) return degraded(textOf(failed['message']) || textOf(failed['reason']));
  if (status['phase'] === 'Failed') return degraded(conditionOf(status, 'Ready')?.message ?? 'Failed');
  if (specOf(object)['paused'] === true) return suspended('Reconciliation is paused');
  const versions = [textOf(specOf(object)['version']), textOf(status['version'])];
  if (versions.every((version) => version !== '') && versions[0] !== versions[1]) {
    return progressing(`Version ${versions[1]} is being replaced by ${versions[0]}`);
  }
  return worstFirst(
    byConditions({ ready: ['Ready', 'Available'], failed: [], whenFalse: 'Progressing' }),
    byPhase(),
  )(object);
};

/** An autoscaler may resize a pool at any time: scaling is its normal life as long as it is ready. */
const machinePool: HealthCheck = (object) => {
  const health = clusterApi(object);
  const isReady = conditionOf(statusOf(object), 'Ready')?.status === 'True';
  const phase = textOf(statusOf(object)['phase']);
  return health?.status === 'Progressing' && isReady && phase.startsWith('Scaling') && health.message === phase
    ? healthy('MachinePool is scaling')
    : health;
};

const machineHealthCheck: HealthCheck = (object) => {
  const status = statusOf(object);
  const healthyMachines = numberOf(status['currentHealthy']);
  const expected = numberOf(status['expectedMachines']);
  return healthyMachines < expected
    ? degraded(`${healthyMachines} of ${expected} machines are healthy`)
    : healthy(`${healthyMachines} of ${expected} machines are healthy`);
};

/** Gardener sums a cluster up in a label of its own; before it is there, one condition per component tells. */
const shoot: HealthCheck = (object) => {
  const status = statusOf(object);
  if (Object.keys(status).length === 0) return undefined;
  const hibernation = fieldsOf(specOf(object)['hibernation']);
  if (hibernation['enabled'] === true || status['hibernated'] === true) return suspended('Shoot is hibernated');
  const conditions = conditionsOf(status);
  const waiting = conditions.find((condition) => condition.status !== 'True');
  const told = waiting === undefined ? undefined : messageOf(waiting);
  switch (object.metadata.labels?.['shoot.gardener.cloud/status'] ?? '') {
    case 'healthy':
      return healthy('All components are healthy');
    case 'progressing':
      return progressing(told);
    case 'unhealthy':
      return degraded(told ?? textOf(fieldsOf(status['lastOperation'])['description']));
    case 'unknown':
      return unknown(told);
  }
  if (conditions.length === 0) return degraded('No component reports its health');
  return told === undefined ? healthy('All components are healthy') : progressing(told);
};

/** Ceph's own verdict counts more than that Rook has finished its work. */
const cephCluster: HealthCheck = (object) => {
  const ceph = textOf(fieldsOf(statusOf(object)['ceph'])['health']);
  return ceph === 'HEALTH_ERR' ? degraded(ceph) : firstOf(byPhase(), byConditions())(object);
};

const sapService = byConditions({ ready: ['Ready'], failed: ['Failed'], whenFalse: 'Progressing' });
const coralogix = byConditions({ ready: ['RemoteSynced'], whenFalse: 'Degraded' });

const volumeSnapshot: HealthCheck = (object) => {
  const status = statusOf(object);
  const failure = textOf(fieldsOf(status['error'])['message']);
  if (failure !== '') return degraded(failure);
  return status['readyToUse'] === true ? healthy() : undefined;
};

export const cloudResourceChecks: HealthChecks = {
  '*.crossplane.io/*': crossplane,
  '*.upbound.io/*': crossplane,
  '*.services.k8s.aws/*': ack,
  'services.k8s.aws/AdoptedResource': byConditions({ ready: ['ACK.Adopted'], failed: ['ACK.Terminal'] }),
  ...forKinds('core.cnrm.cloud.google.com', ['ConfigConnector', 'ConfigConnectorContext'], byFlag('healthy')),
  '*.cnrm.cloud.google.com/*': byConditions({
    ready: ['Ready'],
    failedReasons: [
      'UpdateFailed',
      'DependencyInvalid',
      'DependencyNotFound',
      'ManagementConflict',
      'PreActuationTransformFailed',
    ],
    whenFalse: 'Progressing',
  }),
  'cluster.x-k8s.io/MachineHealthCheck': machineHealthCheck,
  ...forKinds('cluster.x-k8s.io', ['Cluster', 'Machine', 'MachineDeployment', 'MachineSet'], clusterApi),
  'cluster.x-k8s.io/MachinePool': machinePool,
  'addons.cluster.x-k8s.io/*': byConditions({ ready: ['Ready', 'ResourcesApplied'] }),
  'cluster.x-k8s.io/*': clusterApi,
  '*.cluster.x-k8s.io/*': clusterApi,
  'core.gardener.cloud/Shoot': shoot,
  'karpenter.sh/*': byConditions({ ready: ['Ready'], whenFalse: 'Degraded' }),
  'karpenter.k8s.aws/*': byConditions({ ready: ['Ready'], whenFalse: 'Degraded' }),
  '*.azure.com/*': byConditions({ ready: ['Ready'], busyReasons: ['Reconciling', 'AzureResourceNotFound'] }),
  'app.terraform.io/*': firstOf(byConditions(), byPhase({ at: ['runStatus', 'phase'] })),
  'objectbucket.io/ObjectBucketClaim': byPhase(),
  ...forKinds(
    'ceph.rook.io',
    ['CephBlockPool', 'CephFilesystem', 'CephObjectStore', 'CephObjectStoreUser'],
    firstOf(byPhase(), byConditions()),
  ),
  'ceph.rook.io/CephCluster': cephCluster,
  'ceph.rook.io/*': firstOf(byPhase(), byConditions()),
  ...forKinds('services.cloud.sap.com', ['ServiceBinding', 'ServiceInstance'], sapService),
  'coralogix.com/Alert': coralogix,
  'coralogix.com/*': coralogix,
  ...forKinds('snapshot.storage.k8s.io', ['VolumeSnapshot', 'VolumeSnapshotContent'], volumeSnapshot),
  'cdi.kubevirt.io/DataVolume': byPhase({ words: { WaitForFirstConsumer: 'Healthy', Unknown: 'Unknown' } }),
};
