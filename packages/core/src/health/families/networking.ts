import type { KubernetesObject } from '../../kubernetes/object.ts';
import { conditionHealth, messageOf } from '../condition-health.ts';
import {
  conditionsOf,
  type Fields,
  fieldsOf,
  isSpecUnobserved,
  listOf,
  numberOf,
  specOf,
  statusOf,
  textOf,
} from '../fields.ts';
import { degraded, type Health, type HealthCheck, healthy, progressing, suspended } from '../health.ts';
import { byConditions, byPhase, everyCondition, forGroups, forKinds, type HealthChecks } from './family.ts';

/** A Gateway API route reports per parent. What a parent said about an earlier generation no longer counts. */
const route: HealthCheck = (object) => {
  const generation = object.metadata.generation;
  const parents = listOf(statusOf(object)['parents']).map(fieldsOf);
  let answered = false;
  let waiting: Health | undefined;
  for (const parent of parents) {
    const conditions = conditionsOf(parent).filter(
      (condition) => generation === undefined || (condition.observedGeneration ?? generation) === generation,
    );
    if (conditions.length === 0) continue;
    answered = true;
    const name = textOf(fieldsOf(parent['parentRef'])['name']);
    for (const condition of conditions) {
      if (condition.status === 'True') continue;
      const message = `Parent ${name}: ${messageOf(condition)}`;
      if (condition.type !== 'Programmed' && condition.status === 'False') return degraded(message);
      waiting ??= progressing(message);
    }
  }
  if (waiting !== undefined) return waiting;
  return answered ? healthy(`${object.kind} is healthy`) : undefined;
};

/** A policy attached to gateways reports per ancestor. One that has not seen the latest generation is waited for. */
function attachedPolicy(options: { mustBeAccepted: boolean }): HealthCheck {
  return (object) => {
    const generation = object.metadata.generation;
    const ancestors = listOf(statusOf(object)['ancestors']).map(fieldsOf);
    if (ancestors.length === 0) return undefined;
    let waiting: Health | undefined;
    for (const ancestor of ancestors) {
      const name = textOf(fieldsOf(ancestor['ancestorRef'])['name']);
      const conditions = conditionsOf(ancestor);
      if (conditions.length === 0) {
        if (ancestor['conditions'] !== undefined) waiting ??= progressing(`Waiting for ancestor ${name}`);
        continue;
      }
      const stale = conditions.some(
        ({ observedGeneration }) => generation !== undefined && observedGeneration !== generation,
      );
      if (stale) {
        waiting ??= progressing(`Waiting for ancestor ${name} to see the latest change`);
        continue;
      }
      const failed = conditions.find(({ status }) => status === 'False');
      if (failed !== undefined) return degraded(`Ancestor ${name}: ${messageOf(failed)}`);
      if (options.mustBeAccepted && !conditions.some(({ type }) => type === 'Accepted')) {
        return degraded(`Ancestor ${name}: ${object.kind} is not accepted`);
      }
    }
    return waiting ?? healthy(`${object.kind} is healthy`);
  };
}

const GATEWAY = { ready: ['Accepted', 'Programmed'], busyReasons: ['Pending', 'AddressNotAssigned'] };

/** A gateway whose listener cannot serve (a certificate is missing, say) is programmed all the same. */
const gateway: HealthCheck = (object) => {
  const health = byConditions(GATEWAY)(object);
  if (health?.status !== 'Healthy') return health;
  for (const listener of listOf(statusOf(object)['listeners']).map(fieldsOf)) {
    const told = conditionHealth(
      { ...object, status: { conditions: listener['conditions'] } },
      { ...GATEWAY, ready: ['Accepted', 'ResolvedRefs', 'Programmed'], failed: ['Conflicted'] },
    );
    if (told !== undefined && told.status !== 'Healthy') {
      return { status: told.status, message: `Listener ${textOf(listener['name'])}: ${told.message ?? ''}` };
    }
  }
  return health;
};

/** What any policy or route says that follows the Gateway API, whoever defined its kind. */
export function perParentHealth(object: KubernetesObject): Health | undefined {
  const status = statusOf(object);
  if (Array.isArray(status['ancestors'])) return attachedPolicy({ mustBeAccepted: true })(object);
  const parents = listOf(status['parents']).map(fieldsOf);
  return parents.length > 0 && parents.every(({ parentRef }) => parentRef !== undefined) ? route(object) : undefined;
}

/** Istio's configuration is only told on when status is switched on, or when its validation found an error. */
const istio: HealthCheck = (object) => {
  const messages = listOf(statusOf(object)['validationMessages']).map(fieldsOf);
  const error = messages.find(({ level }) => level === 'ERROR' || level === 3);
  if (error !== undefined) return degraded(`validation: ${textOf(fieldsOf(error['type'])['code'])}`);
  return byConditions({ ready: ['Ready', 'Accepted', 'Reconciled'], whenFalse: 'by reason' })(object);
};

const dnsEndpoint: HealthCheck = (object) => {
  const status = statusOf(object);
  if (isSpecUnobserved(object, status)) return progressing('Waiting for external-dns to see the latest change');
  return everyCondition(object) ?? (typeof status['observedGeneration'] === 'number' ? healthy() : undefined);
};

/** Gloo writes one status per namespace of its own, in words or, before, in numbers. */
const gloo: HealthCheck = (object) => {
  const status = statusOf(object);
  const reports = [status, ...Object.values(fieldsOf(status['statuses'])).map(fieldsOf)];
  const report = reports.find((candidate) => candidate['state'] !== undefined);
  if (report === undefined) return undefined;
  const reason = textOf(report['reason']);
  switch (report['state']) {
    case 'Accepted':
    case 1:
      return healthy('The resource has been validated');
    case 'Rejected':
    case 2:
    case 'Warning':
    case 3:
      return degraded(reason);
    case 'Pending':
    case 0:
      return suspended('The resource has not yet been validated');
    default:
      return undefined;
  }
};

/** A proxy that includes others is judged by them, which a single object cannot tell. */
const contourProxy: HealthCheck = (object) => {
  if (listOf(specOf(object)['includes']).length > 0) return healthy('HTTPProxy inclusions cannot be health checked');
  return byConditions({ ready: ['Valid'], whenFalse: 'Degraded' })(object);
};

const openshiftIngressController: HealthCheck = (object) => {
  const status = statusOf(object);
  const find = (type: string) => conditionsOf(status).find((condition) => condition.type === type);
  const replicas = numberOf(specOf(object)['replicas'], 1);
  const available = numberOf(status['availableReplicas']);
  const broken = find('Degraded');
  if (broken?.status === 'True') return degraded(messageOf(broken));
  const isAvailable = find('Available');
  if (isAvailable === undefined) return undefined;
  if (available < replicas && isAvailable.status === 'True') {
    return progressing(`${available}/${replicas} of replicas are available`);
  }
  return isAvailable.status === 'True' ? healthy('IngressController is available') : degraded(messageOf(isAvailable));
};

export const networkingChecks: HealthChecks = {
  'gateway.networking.k8s.io/BackendTLSPolicy': attachedPolicy({ mustBeAccepted: false }),
  'gateway.networking.k8s.io/Gateway': gateway,
  'gateway.networking.k8s.io/GatewayClass': byConditions({ ready: ['Accepted'], whenFalse: 'by reason' }),
  'gateway.networking.k8s.io/GRPCRoute': route,
  'gateway.networking.k8s.io/HTTPRoute': route,
  'gateway.networking.k8s.io/TCPRoute': route,
  'gateway.networking.k8s.io/TLSRoute': route,
  'gateway.networking.k8s.io/UDPRoute': route,
  'microgateway.airlock.com/*': attachedPolicy({ mustBeAccepted: true }),
  'gateway.envoyproxy.io/*': attachedPolicy({ mustBeAccepted: true }),
  ...forKinds(
    'gateway.solo.io',
    [
      'Gateway',
      'ListenerOption',
      'HttpListenerOption',
      'MatchableHttpGateway',
      'MatchableTcpGateway',
      'RouteOption',
      'RouteTable',
      'VirtualHostOption',
      'VirtualService',
    ],
    gloo,
  ),
  'gateway.solo.io/*': gloo,
  ...forKinds('gloo.solo.io', ['Proxy', 'Settings', 'Upstream', 'UpstreamGroup'], gloo),
  'gloo.solo.io/*': gloo,
  'enterprise.gloo.solo.io/*': gloo,
  'graphql.gloo.solo.io/*': gloo,
  'projectcontour.io/HTTPProxy': contourProxy,
  'install.istio.io/IstioOperator': byPhase({ at: ['status'] }),
  'getambassador.io/Host': byPhase({ at: ['state'] }),
  'getambassador.io/Mapping': byPhase({ at: ['state'] }),
  'operator.openshift.io/IngressController': openshiftIngressController,
  'route.openshift.io/Route': routeOfOpenshift,
  'proclaim.dogmatiq.io/DNSSDServiceInstance': byProclaim,
  'externaldns.k8s.io/DNSEndpoint': dnsEndpoint,
  ...forGroups(['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io'], istio),
  'networking.gke.io/ManagedCertificate': byPhase({ at: ['certificateStatus'] }),
  'k8s.nginx.org/*': byPhase({ at: ['state'] }),
};

function routeOfOpenshift(object: Parameters<HealthCheck>[0]): Health | undefined {
  const ingresses = listOf(statusOf(object)['ingress']).map(fieldsOf);
  const admitted = ingresses
    .flatMap((ingress: Fields) => conditionsOf(ingress))
    .find(({ type }) => type === 'Admitted');
  if (admitted === undefined) return undefined;
  return admitted.status === 'True' ? healthy('Route is healthy') : degraded(messageOf(admitted));
}

/** Adopted and Advertised are the operator's work; Discoverable is what the network answers, which may lag. */
function byProclaim(object: Parameters<HealthCheck>[0]): Health | undefined {
  const conditions = conditionsOf(statusOf(object));
  const failed = conditions.find(
    ({ type, status }) => (type === 'Adopted' || type === 'Advertised') && status === 'False',
  );
  if (failed !== undefined) return degraded(messageOf(failed));
  const discoverable = conditions.find(({ type }) => type === 'Discoverable');
  if (discoverable === undefined) return undefined;
  if (discoverable.status === 'Unknown') return { status: 'Unknown', message: messageOf(discoverable) };
  return discoverable.status === 'True' ? healthy(messageOf(discoverable)) : progressing(messageOf(discoverable));
}
