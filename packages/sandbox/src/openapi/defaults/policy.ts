import type { JsonObject } from '@lockstep/structured-merge';
import { ensureObject, fill, fillZero, objectAt, objectsAt } from './fill.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

/** RoleBinding and ClusterRoleBinding. */
export function defaultBinding(object: JsonObject): void {
  const roleRef = objectAt(object, 'roleRef');
  if (roleRef !== undefined) fillZero(roleRef, 'apiGroup', rbacGroup);
  for (const subject of objectsAt(object, 'subjects')) {
    if (subject['kind'] === 'User' || subject['kind'] === 'Group') fillZero(subject, 'apiGroup', rbacGroup);
  }
}

export function defaultPriorityClass(object: JsonObject): void {
  fill(object, 'preemptionPolicy', 'PreemptLowerPriority');
  fill(object, 'value', 0);
}

export function defaultLimitRange(object: JsonObject): void {
  for (const item of objectsAt(object, 'spec', 'limits')) {
    if (item['type'] !== 'Container') continue;
    const limits = { ...objectAt(item, 'max'), ...objectAt(item, 'default') };
    item['default'] = limits;
    item['defaultRequest'] = { ...objectAt(item, 'min'), ...limits, ...objectAt(item, 'defaultRequest') };
  }
}

/** ValidatingWebhookConfiguration and MutatingWebhookConfiguration. */
export function defaultWebhooks(object: JsonObject): void {
  for (const webhook of objectsAt(object, 'webhooks')) {
    fill(webhook, 'failurePolicy', 'Fail');
    fill(webhook, 'timeoutSeconds', 10);
    defaultMatching(webhook);
    if (object['kind'] === 'MutatingWebhookConfiguration') fill(webhook, 'reinvocationPolicy', 'Never');
    for (const rule of objectsAt(webhook, 'rules')) fill(rule, 'scope', '*');
    const service = objectAt(webhook, 'clientConfig', 'service');
    if (service !== undefined) fill(service, 'port', 443);
  }
}

/** ValidatingAdmissionPolicy and MutatingAdmissionPolicy. */
export function defaultAdmissionPolicy(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, 'failurePolicy', 'Fail');
  defaultMatchResources(objectAt(spec, 'matchConstraints'));
}

export function defaultAdmissionPolicyBinding(object: JsonObject): void {
  defaultMatchResources(objectAt(object, 'spec', 'matchResources'));
}

function defaultMatchResources(resources: JsonObject | undefined): void {
  if (resources === undefined) return;
  defaultMatching(resources);
  for (const rule of [...objectsAt(resources, 'resourceRules'), ...objectsAt(resources, 'excludeResourceRules')]) {
    fill(rule, 'scope', '*');
  }
}

function defaultMatching(object: JsonObject): void {
  fill(object, 'matchPolicy', 'Equivalent');
  fill(object, 'namespaceSelector', {});
  fill(object, 'objectSelector', {});
}

export function defaultFlowSchema(object: JsonObject): void {
  fillZero(ensureObject(object, 'spec'), 'matchingPrecedence', 1000);
}

export function defaultPriorityLevel(object: JsonObject): void {
  const exempt = objectAt(object, 'spec', 'exempt');
  if (exempt !== undefined) {
    fill(exempt, 'nominalConcurrencyShares', 0);
    fill(exempt, 'lendablePercent', 0);
  }
  const limited = objectAt(object, 'spec', 'limited');
  if (limited === undefined) return;
  fill(limited, 'nominalConcurrencyShares', 30);
  fill(limited, 'lendablePercent', 0);
  const queuing = objectAt(limited, 'limitResponse', 'queuing');
  if (queuing === undefined) return;
  fillZero(queuing, 'handSize', 8);
  fillZero(queuing, 'queues', 64);
  fillZero(queuing, 'queueLengthLimit', 50);
}
