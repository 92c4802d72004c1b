import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { conditionHealth } from './condition-health.ts';
import { argoChecks } from './families/argo.ts';
import { certificateAndSecretChecks } from './families/certificates-and-secrets.ts';
import { cloudResourceChecks } from './families/cloud-resources.ts';
import { databaseChecks } from './families/databases.ts';
import type { HealthChecks } from './families/family.ts';
import { fluxChecks } from './families/flux.ts';
import { networkingChecks } from './families/networking.ts';
import { policyAndOperatorChecks } from './families/policies-and-operators.ts';
import { streamingChecks } from './families/streaming.ts';
import { workloadChecks } from './families/workloads.ts';
import { conditionOf, isSpecUnobserved, statusOf } from './fields.ts';
import { type Health, type HealthCheck, progressing } from './health.ts';

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
 * Health by the conventions of Kubernetes (as kstatus reads them): `observedGeneration`, then the conditions Stalled,
 * Reconciling and Ready. Nothing else is trusted on a kind nobody knows.
 */
const conventionalHealth: HealthCheck = (object) => {
  const status = statusOf(object);
  const isConventional = ['Ready', 'Stalled', 'Reconciling'].some((type) => conditionOf(status, type) !== undefined);
  if (!isConventional) return undefined;
  if (isSpecUnobserved(object, status)) {
    return progressing('Waiting for the controller to observe the latest change');
  }
  return conditionHealth(object, { ready: ['Ready'], failed: ['Stalled'], busy: ['Reconciling'] });
};

const ALL: HealthChecks = {
  ...argoChecks,
  ...certificateAndSecretChecks,
  ...cloudResourceChecks,
  ...databaseChecks,
  ...fluxChecks,
  ...networkingChecks,
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
