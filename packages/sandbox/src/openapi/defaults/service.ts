import type { JsonObject } from '@lockstep/structured-merge';
import { ensureObject, fill, fillZero, objectAt, objectsAt } from './fill.ts';

/** Three hours, as a Service's client affinity lasts. */
const affinitySeconds = 10_800;

/** A Service, without the addresses and node ports that the API server allocates. */
export function defaultService(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fillZero(spec, 'sessionAffinity', 'None');
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] === 'ClientIP') {
    fill(ensureObject(ensureObject(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds', affinitySeconds);
  }
  fillZero(spec, 'type', 'ClusterIP');
  for (const port of objectsAt(spec, 'ports')) {
    fillZero(port, 'protocol', 'TCP');
    fillZero(port, 'targetPort', port['port']);
  }
  const type = spec['type'];
  const isExternal = type === 'NodePort' || type === 'LoadBalancer' || isNonEmptyList(spec['externalIPs']);
  if (isExternal) fillZero(spec, 'externalTrafficPolicy', 'Cluster');
  if (type !== 'ExternalName') fill(spec, 'internalTrafficPolicy', 'Cluster');
  if (type === 'LoadBalancer') fill(spec, 'allocateLoadBalancerNodePorts', true);
  const loadBalancer = ensureObject(ensureObject(object, 'status'), 'loadBalancer');
  if (type !== 'LoadBalancer') return;
  for (const ingress of objectsAt(loadBalancer, 'ingress')) {
    if (typeof ingress['ip'] === 'string' && ingress['ip'] !== '') fill(ingress, 'ipMode', 'VIP');
  }
}

export function defaultEndpoints(object: JsonObject): void {
  for (const subset of objectsAt(object, 'subsets')) {
    for (const port of objectsAt(subset, 'ports')) fillZero(port, 'protocol', 'TCP');
  }
}

export function defaultEndpointSlice(object: JsonObject): void {
  for (const port of objectsAt(object, 'ports')) {
    fill(port, 'name', '');
    fill(port, 'protocol', 'TCP');
  }
}

export function defaultIngress(object: JsonObject): void {
  ensureObject(ensureObject(object, 'status'), 'loadBalancer');
}

export function defaultIngressClass(object: JsonObject): void {
  const parameters = objectAt(object, 'spec', 'parameters');
  if (parameters !== undefined) fill(parameters, 'scope', 'Cluster');
}

export function defaultNetworkPolicy(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  for (const rule of [...objectsAt(spec, 'ingress'), ...objectsAt(spec, 'egress')]) {
    for (const port of objectsAt(rule, 'ports')) fill(port, 'protocol', 'TCP');
  }
  if (isNonEmptyList(spec['policyTypes'])) return;
  spec['policyTypes'] = isNonEmptyList(spec['egress']) ? ['Ingress', 'Egress'] : ['Ingress'];
}

function isNonEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
