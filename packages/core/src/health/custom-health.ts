import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { conditionHealth, messageOf } from './condition-health.ts';
import { argoChecks } from './families/argo.ts';
import { certificateAndSecretChecks } from './families/certificates-and-secrets.ts';
import { cloudResourceChecks } from './families/cloud-resources.ts';
import { databaseChecks } from './families/databases.ts';
import type { HealthChecks } from './families/family.ts';
import { fluxChecks } from './families/flux.ts';
import { networkingChecks, perParentHealth } from './families/networking.ts';
import { platformChecks } from './families/platforms.ts';
import { policyAndOperatorChecks } from './families/policies-and-operators.ts';
import { streamingChecks } from './families/streaming.ts';
import { workloadChecks } from './families/workloads.ts';
import { conditionsOf, isSpecUnobserved, statusOf } from './fields.ts';
import { degraded, type Health, type HealthCheck, healthy, progressing } from './health.ts';
import { healthOfWord } from './words.ts';

/**
 * The health of a kind that does not ship with Kubernetes: by the check of its family, else by convention. A kind with a
 * check of its own is Progressing until its controller reports. One that is only covered by its group's check has no
 * health without a status, since groups also hold plain configuration (templates, credentials) that nobody ever reports
 * on. A kind nobody knows has a health only if its status follows the Kubernetes conventions.
 */
export function customHealth(object: KubernetesObject): Health | undefined {
  const { group } = groupVersionOf(object.apiVersion);
  const exact = ALL[`${group}/${object.kind}`];
  if (exact !== undefined) return exact(object) ?? WAITING;
  const check = groupCheck(group);
  if (check === undefined) return conventionalHealth(object);
  const health = check(object);
  if (health !== undefined) return health;
  return Object.keys(statusOf(object)).length === 0 ? undefined : WAITING;
}

const WAITING = progressing('Waiting for the controller to report a status');

/**
 * Health by the conventions of Kubernetes: `observedGeneration`, then the conditions that controllers agree on (as kstatus
 * and OpenShift's operators read them), then what the Gateway API's policies and routes report per parent. No other part
 * of the status of a kind nobody knows is trusted: what a phase means is the controller's own affair.
 */
const conventionalHealth: HealthCheck = (object) => {
  const status = statusOf(object);
  const conditions = conditionsOf(status);
  const find = (type: string) => conditions.find((condition) => condition.type === type);
  if (!conditions.some(({ type }) => CONVENTIONAL.has(type))) return perParentHealth(object);
  if (isSpecUnobserved(object, status)) {
    return progressing('Waiting for the controller to observe the latest change');
  }
  const decisive = { failed: ['Stalled', 'Degraded', 'Failed'], busy: ['Reconciling'] };
  if (find('Ready') !== undefined) {
    const health = conditionHealth(object, { ...decisive, ready: ['Ready'] });
    // While it is not ready, another condition may already say that it never will be.
    const trouble = conditions.find(
      ({ type, status: value, reason }) =>
        value === 'False' && PARTS.includes(type) && healthOfWord(reason) === 'Degraded',
    );
    return health?.status === 'Progressing' && trouble !== undefined ? degraded(messageOf(trouble)) : health;
  }
  const parts = conditionHealth(object, { ...decisive, ready: PARTS });
  if (parts !== undefined && parts.status !== 'Healthy') return parts;
  const available = find('Available');
  if (available !== undefined)
    return available.status === 'True' ? healthy(messageOf(available)) : progressing(messageOf(available));
  const succeeded = find('Succeeded');
  if (succeeded?.status === 'False' && healthOfWord(succeeded.reason) === 'Degraded')
    return degraded(messageOf(succeeded));
  if (succeeded !== undefined)
    return succeeded.status === 'True' ? healthy(messageOf(succeeded)) : progressing(messageOf(succeeded));
  return parts;
};

/** Where nothing sums them up, each of these has to be true. */
const PARTS = [
  'Established',
  'Accepted',
  'Programmed',
  'ResolvedRefs',
  'Applied',
  'Valid',
  'Synced',
  'Reconciled',
  'Healthy',
];

const CONVENTIONAL: ReadonlySet<string> = new Set([
  'Ready',
  'Stalled',
  'Reconciling',
  'Available',
  'Degraded',
  'Succeeded',
  ...PARTS,
]);

const ALL: HealthChecks = {
  ...argoChecks,
  ...certificateAndSecretChecks,
  ...cloudResourceChecks,
  ...databaseChecks,
  ...fluxChecks,
  ...networkingChecks,
  ...platformChecks,
  ...policyAndOperatorChecks,
  ...streamingChecks,
  ...workloadChecks,
};

/** The check of the group, or of the nearest parent domain. */
function groupCheck(group: string): HealthCheck | undefined {
  const own = ALL[`${group}/*`];
  if (own !== undefined) return own;
  for (let dot = group.indexOf('.'); dot >= 0; dot = group.indexOf('.', dot + 1)) {
    const check = ALL[`*${group.slice(dot)}/*`];
    if (check !== undefined) return check;
  }
  return undefined;
}
