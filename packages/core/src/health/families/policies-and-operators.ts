import { messageOf } from '../condition-health.ts';
import { conditionOf, conditionsOf, fieldsOf, isSpecUnobserved, listOf, specOf, statusOf, textOf } from '../fields.ts';
import { degraded, type HealthCheck, healthy, progressing } from '../health.ts';
import {
  byConditions,
  byFlag,
  byPhase,
  everyCondition,
  firstOf,
  forKinds,
  type HealthChecks,
  unlessPaused,
} from './family.ts';

/** Open Cluster Management: compliant or not. */
const compliance: HealthCheck = (object) => {
  const status = statusOf(object);
  switch (status['compliant']) {
    case 'Compliant':
      return healthy('Compliant');
    case 'NonCompliant':
      return degraded('NonCompliant');
    case 'Pending':
      return progressing('Pending');
    default:
      return undefined;
  }
};

/** A policy may be off, or match no cluster: neither is trouble. */
const compliancePolicy: HealthCheck = (object) => {
  if (specOf(object)['disabled'] === true) return healthy('Policy is disabled');
  const status = statusOf(object);
  const placed = listOf(status['placement']).length > 0;
  return (
    compliance(object) ??
    (placed && status['status'] === undefined ? healthy('No clusters match this policy') : undefined)
  );
};

const operatorPolicy: HealthCheck = (object) => {
  const status = statusOf(object);
  if (isSpecUnobserved(object, status)) return progressing('Waiting for the status to be updated');
  return byConditions({ ready: ['Compliant'], failed: [], whenFalse: 'Degraded' })(object);
};

/** Karmada: applied to every member cluster and healthy there. A member that cannot tell is not held against it. */
const karmadaBinding: HealthCheck = (object) => {
  const status = statusOf(object);
  const members = listOf(status['aggregatedStatus']).map(fieldsOf);
  const applied = conditionOf(status, 'FullyApplied');
  if (members.length === 0 || applied?.status !== 'True') return undefined;
  const failed = members.find((member) => member['applied'] !== true || member['health'] === 'Unhealthy');
  return failed === undefined ? healthy() : degraded(`Not healthy on ${textOf(failed['clusterName'])}`);
};

/** Operators built with Ansible keep `Running` True for ever; its reason tells whether the last run worked. */
const ansibleOperator: HealthCheck = (object) => {
  const status = statusOf(object);
  // The type can be listed twice, once per kind of run.
  const failure = conditionsOf(status).find(({ type, status: value }) => type === 'Failure' && value === 'True');
  if (failure !== undefined) return degraded(messageOf(failure));
  const successful = conditionOf(status, 'Successful');
  const running = conditionOf(status, 'Running');
  if (successful?.status === 'True' || running?.reason === 'Successful')
    return healthy(successful?.message ?? running?.message);
  return running === undefined ? undefined : progressing(running.message);
};

/** Operator Lifecycle Manager: a subscription is settled at the latest version, or waits for a person to approve one. */
const subscription: HealthCheck = (object) => {
  const status = statusOf(object);
  const trouble = conditionsOf(status).find(
    ({ type, status: value }) =>
      value === 'True' &&
      ['CatalogSourcesUnhealthy', 'InstallPlanFailed', 'ResolutionFailed', 'BundleUnpackFailed'].includes(type),
  );
  if (trouble !== undefined) return degraded(messageOf(trouble));
  const unpacking = conditionOf(status, 'BundleUnpacking');
  if (unpacking?.status === 'True') return progressing(messageOf(unpacking));
  switch (status['state']) {
    case 'AtLatestKnown':
      return healthy('At the latest known version');
    case 'UpgradePending':
      return specOf(object)['installPlanApproval'] === 'Manual'
        ? healthy('An upgrade waits for approval')
        : progressing('Upgrade pending');
    default:
      return undefined;
  }
};

const kyverno: HealthCheck = (object) => {
  // The policies of 1.14 keep their conditions one level deeper.
  const status = { ...statusOf(object), ...fieldsOf(statusOf(object)['conditionStatus']) };
  const ready = conditionOf(status, 'Ready');
  if (ready !== undefined) return ready.status === 'True' ? healthy('Policy is ready') : degraded(messageOf(ready));
  if (status['ready'] === true) return healthy('Policy is ready');
  return status['ready'] === false && textOf(status['message']) !== ''
    ? degraded(textOf(status['message']))
    : undefined;
};

/** Grafana's operator says what it did as `…Synchronized`, and what stands in the way under names of its own. */
const grafanaObject: HealthCheck = (object) =>
  byConditions({
    ready: [],
    failed: ['InvalidSpec', 'NoMatchingInstance', 'NoMatchingFolder'],
    busy: [],
    paused: ['ReconciliationSuspended'],
  })(object) ?? everyCondition(object);

const prometheus = unlessPaused(
  'paused',
  byConditions({ ready: ['Available', 'Reconciled'], failed: [], whenFalse: 'by reason' }),
);

/** A volume may be detached for good reason; what counts then is whether its data is safe. */
const longhorn: HealthCheck = (object) => {
  const status = statusOf(object);
  switch (status['robustness']) {
    case 'faulted':
    case 'degraded':
      return degraded(`Volume is ${status['robustness']}`);
    case 'healthy':
      return healthy('Volume is healthy');
    case 'unknown':
      if (status['state'] === 'detached') return healthy('Volume is detached');
  }
  return longhornState(object);
};

const longhornState = firstOf(
  byPhase({ at: ['state', 'currentState'] }),
  byConditions({ ready: ['Ready', 'Schedulable'], failed: ['Unavailable'] }),
  byFlag('available'),
);

/** Each application or workload version of Keptn sums up in one word. */
const keptn = byPhase({ at: ['status', 'overallStatus', 'currentPhase'] });

const suspendedWhenAsked = byPhase({ at: ['state'], words: { suspended: 'Suspended' } });

const astra = byPhase({ at: ['state'], words: { Running: 'Progressing' } });

export const policyAndOperatorChecks: HealthChecks = {
  'policy.open-cluster-management.io/Policy': compliancePolicy,
  'policy.open-cluster-management.io/OperatorPolicy': operatorPolicy,
  'policy.open-cluster-management.io/CertificatePolicy': compliance,
  'policy.open-cluster-management.io/ConfigurationPolicy': compliance,
  'work.karmada.io/ClusterResourceBinding': karmadaBinding,
  'work.karmada.io/ResourceBinding': karmadaBinding,
  'operators.coreos.com/Subscription': subscription,
  'operators.coreos.com/ClusterServiceVersion': byPhase(),
  'operators.coreos.com/InstallPlan': byPhase({ words: { RequiresApproval: 'Progressing' } }),
  'operators.coreos.com/CatalogSource': byPhase({
    at: ['connectionState.lastObservedState'],
    words: { READY: 'Healthy', TRANSIENT_FAILURE: 'Degraded' },
  }),
  'kiali.io/Kiali': ansibleOperator,
  'tower.ansible.com/*': ansibleOperator,
  'awx.ansible.com/*': ansibleOperator,
  'kyverno.io/ClusterPolicy': kyverno,
  'kyverno.io/Policy': kyverno,
  'kyverno.io/UpdateRequest': byPhase(),
  'kyverno.io/*': kyverno,
  'policies.kyverno.io/*': kyverno,
  'lifecycle.keptn.sh/*': keptn,
  'metrics.keptn.sh/*': keptn,
  ...forKinds('monitoring.coreos.com', ['Alertmanager', 'Prometheus', 'PrometheusAgent', 'ThanosRuler'], prometheus),
  'grafana.integreatly.org/Grafana': byPhase({ at: ['stageStatus'] }),
  ...forKinds(
    'grafana.integreatly.org',
    ['GrafanaAlertRuleGroup', 'GrafanaContactPoint', 'GrafanaDashboard', 'GrafanaDatasource', 'GrafanaFolder'],
    grafanaObject,
  ),
  'grafana.integreatly.org/*': grafanaObject,
  'grafana-org-operator.kubitus-project.gitlab.io/*': byConditions({ ready: ['Ready'], whenFalse: 'Degraded' }),
  'operator.victoriametrics.com/*': byPhase({
    at: ['updateStatus', 'clusterStatus', 'status'],
    words: { operational: 'Healthy', expanding: 'Progressing' },
    message: ['reason'],
  }),
  'jaegertracing.io/Jaeger': byPhase(),
  'hnc.x-k8s.io/SubnamespaceAnchor': byPhase({ at: ['status'], words: { Ok: 'Healthy' } }),
  'datadoghq.com/DatadogMetric': byConditions({
    ready: ['Active', 'Valid'],
    failed: ['Error'],
    whenFalse: 'Progressing',
  }),
  'capabilities.3scale.net/*': firstOf(
    suspendedWhenAsked,
    byConditions({ ready: ['Ready', 'Synced'], whenFalse: 'Degraded' }),
  ),
  'astra.netapp.io/ExecHook': (object) => {
    const enabled = specOf(object)['enabled'];
    if (typeof enabled !== 'boolean') return undefined;
    return enabled ? healthy('ExecHook enabled') : { status: 'Suspended', message: 'ExecHook disabled' };
  },
  ...forKinds('astra.netapp.io', ['Backup', 'ResticVolumeBackup', 'Snapshot'], astra),
  'astra.netapp.io/*': astra,
  'velero.io/Schedule': unlessPaused('paused', byPhase({ words: { Enabled: 'Healthy' } })),
  'velero.io/*': byPhase({ words: { Enabled: 'Healthy', FailedValidation: 'Degraded', PartiallyFailed: 'Degraded' } }),
  'litmuschaos.io/*': byPhase({ at: ['engineStatus'] }),
  'longhorn.io/*': longhorn,
};
