import type { GroupResource, StoredObject } from '../../storage/internal-client.ts';
import { type Controller, type ControllerContext, keyOf, splitKey, watchSelf } from '../machinery/controller.ts';
import { INGRESSES, SERVICES, type Service } from '../machinery/objects.ts';
import { fnv32 } from '../machinery/safe-name.ts';
import { writeStatus } from '../machinery/write-status.ts';
import { simulationOf } from '../simulate.ts';

type WithAddress = Pick<Service, 'status'> & StoredObject;

/** Gives Services of type LoadBalancer an address after a moment, and takes it away when the type changes. */
export function loadBalancerController(context: ControllerContext): Controller {
  return addressController(context, {
    name: 'loadbalancer',
    resource: SERVICES,
    wantsAddress: (object) =>
      (object as Service).spec.type === 'LoadBalancer' && !simulationOf(object.metadata).noLoadBalancer,
    address: (ip) => ({ ip, ipMode: 'VIP' }),
    begin: (object) =>
      context.events.record(object, {
        type: 'Normal',
        reason: 'EnsuringLoadBalancer',
        message: 'Ensuring load balancer',
        component: 'service-controller',
      }),
    done: (object) =>
      context.events.record(object, {
        type: 'Normal',
        reason: 'EnsuredLoadBalancer',
        message: 'Ensured load balancer',
        component: 'service-controller',
      }),
  });
}

/** Plays the ingress controller: every Ingress gets an address after a moment. */
export function ingressController(context: ControllerContext): Controller {
  return addressController(context, {
    name: 'ingress',
    resource: INGRESSES,
    wantsAddress: (object) => !simulationOf(object.metadata).noAddress,
    address: (ip) => ({ ip }),
    begin: () => undefined,
    done: (object) =>
      context.events.record(object, {
        type: 'Normal',
        reason: 'Sync',
        message: 'Scheduled for sync',
        component: 'ingress-controller',
      }),
  });
}

interface AddressGiver {
  name: string;
  resource: GroupResource;
  wantsAddress(object: StoredObject): boolean;
  address(ip: string): { ip: string; ipMode?: string };
  begin(object: StoredObject): void;
  done(object: StoredObject): void;
}

function addressController(context: ControllerContext, giver: AddressGiver): Controller {
  const { client, timing } = context;
  const begun = new Map<string, number>();

  return { name: giver.name, watches: [watchSelf(giver.resource)], reconcile };

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const object = client.get(giver.resource, namespace, name) as WithAddress | undefined;
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      begun.delete(key);
      return;
    }
    const hasAddress = (object.status?.loadBalancer?.ingress ?? []).length > 0;
    if (giver.wantsAddress(object) === hasAddress) {
      begun.delete(key);
      return;
    }
    if (hasAddress) {
      // An Ingress keeps an address somebody else gave it; a Service that is a LoadBalancer no longer has none.
      if (giver.resource === SERVICES && (object as unknown as Service).spec.type !== 'LoadBalancer') save(object, {});
      return;
    }
    const since = begun.get(key) ?? context.now();
    if (!begun.has(key)) {
      begun.set(key, since);
      giver.begin(object);
    }
    const left = since + timing.podStartupMs - context.now();
    if (left > 0) {
      context.requeueAfter(giver.name, keyOf(object), left, 'settling');
      return;
    }
    begun.delete(key);
    save(object, { ingress: [giver.address(addressFor(object))] });
    giver.done(object);
  }

  function save(
    object: WithAddress,
    loadBalancer: NonNullable<NonNullable<WithAddress['status']>['loadBalancer']>,
  ): void {
    writeStatus(context, {
      resource: giver.resource,
      object,
      status: { ...object.status, loadBalancer },
      manager: `${giver.name}-controller`,
    });
  }
}

/** An address of 172.18.0.0/16 that follows from the object's name. */
function addressFor({ kind, metadata }: StoredObject): string {
  const hash = fnv32(`${kind}/${metadata.namespace}/${metadata.name}`);
  return `172.18.${(hash >> 8) & 255}.${1 + (hash & 127)}`;
}
