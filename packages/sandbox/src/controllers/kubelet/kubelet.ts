import { objectAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  type Watch,
  watchSelf,
} from '../machinery/controller.ts';
import { CLAIMS, CONFIG_MAPS, PODS, type Pod, SECRETS } from '../machinery/objects.ts';
import { writeStatus } from '../machinery/write-status.ts';
import { type NodeEnvironment, PodMachine } from './pod-machine.ts';
import { hasReferences, podProblems } from './pod-problems.ts';

const NAME = 'kubelet';

/** Runs every Pod that is bound to a node, in appearance: see PodMachine. One of it plays the kubelets of all nodes. */
export function kubelet(context: ControllerContext): Controller {
  const { client, timing } = context;
  const machines = new Map<string, PodMachine>();
  /** Keys of Pods that wait for something of their namespace. */
  const blocked = new Map<string, Set<string>>();
  const images = new Set<string>();
  let addresses = 0;

  const references = [CONFIG_MAPS, SECRETS, CLAIMS].map(
    (resource): Watch => ({
      resource,
      keys: ({ object }) => [...(blocked.get(object.metadata.namespace ?? '') ?? [])],
    }),
  );
  return { name: NAME, watches: [watchPods(), ...references], reconcile };

  function watchPods(): Watch {
    const self = watchSelf(PODS);
    return {
      resource: PODS,
      keys(change) {
        if (change.type === 'DELETED') forget(change.object);
        else rememberAddress(change.object as Pod);
        return self.keys(change);
      },
    };
  }

  function forget(object: StoredObject): void {
    machines.delete(object.metadata.uid);
    unblock(object.metadata.namespace ?? '', keyOf(object));
  }

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const pod = client.get(PODS, namespace, name) as Pod | undefined;
    if (pod?.spec.nodeName === undefined || pod.spec.nodeName === '') return;
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (isOver && pod.metadata.deletionTimestamp === undefined) {
      forget(pod);
      return;
    }
    let machine = machines.get(pod.metadata.uid);
    if (machine === undefined) {
      machine = new PodMachine(pod, nodeOf(pod.spec.nodeName));
      machines.set(pod.metadata.uid, machine);
    }
    const { status, events, wakeInMs, isSettling, isBlocked, isGone } = machine.step(pod);
    for (const event of events) context.events.record(pod, event);
    if (status !== undefined) writeStatus(context, { resource: PODS, object: pod, status, manager: NAME });
    if (isGone) {
      client.delete(PODS, namespace, name, { uid: pod.metadata.uid, gracePeriodSeconds: 0 });
      return;
    }
    if (isBlocked) block(namespace, key);
    else unblock(namespace, key);
    if (wakeInMs !== undefined) context.requeueAfter(NAME, key, wakeInMs, isSettling ? 'settling' : 'background');
  }

  function nodeOf(nodeName: string): NodeEnvironment {
    return {
      nodeName,
      hostIP: hostAddress(nodeName),
      timing,
      now: context.now,
      images,
      nextPodIP,
      problemsOf: (pod) =>
        hasReferences(pod)
          ? podProblems(pod, factsOf(pod.metadata.namespace ?? ''))
          : { volumes: [], containers: new Map() },
    };
  }

  function factsOf(namespace: string) {
    const keysOf = (object: StoredObject | undefined) =>
      object && new Set([...Object.keys(objectAt(object, 'data')), ...Object.keys(objectAt(object, 'binaryData'))]);
    return {
      configMapKeys: (name: string) => keysOf(client.get(CONFIG_MAPS, namespace, name)),
      secretKeys: (name: string) => keysOf(client.get(SECRETS, namespace, name)),
      claim: (name: string) => {
        const claim = client.get(CLAIMS, namespace, name);
        if (claim === undefined) return undefined;
        return objectAt(claim, 'status')['phase'] === 'Bound' ? ('bound' as const) : ('unbound' as const);
      },
    };
  }

  function nextPodIP(): string {
    addresses += 1;
    return podAddress(addresses);
  }

  /** After a restart, addresses go on behind the highest in use. */
  function rememberAddress(pod: Pod): void {
    const parts = pod.status?.podIP?.split('.').map(Number) ?? [];
    const [first = 0, second = 0, third = 0, fourth = 0] = parts;
    if (first !== 10 || second < 64 || second > 127) return;
    addresses = Math.max(addresses, ((second - 64) << 16) + (third << 8) + fourth);
  }

  function block(namespace: string, key: string): void {
    const keys = blocked.get(namespace);
    if (keys === undefined) blocked.set(namespace, new Set([key]));
    else keys.add(key);
  }

  function unblock(namespace: string, key: string): void {
    const keys = blocked.get(namespace);
    if (keys?.delete(key) === true && keys.size === 0) blocked.delete(namespace);
  }
}

/** 10.64.0.1 and on, four million of them before they come round again. */
export function podAddress(number: number): string {
  return `10.${64 + ((number >> 16) & 63)}.${(number >> 8) & 255}.${number & 255}`;
}

/** 192.168.49.2 for the first node, as its name's number says. */
export function hostAddress(nodeName: string): string {
  return `192.168.49.${1 + (Number(/(\d+)$/.exec(nodeName)?.[1] ?? 1) % 250)}`;
}
