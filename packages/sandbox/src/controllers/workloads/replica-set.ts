import { type LabelMatcher, labelSelectorMatcher } from '../../selectors/label-selector.ts';
import type { GroupResource } from '../../storage/internal-client.ts';
import { findCondition, withCondition, withoutCondition } from '../machinery/conditions.ts';
import {
  type Controller,
  type ControllerContext,
  splitKey,
  type Watch,
  watchOwned,
  watchSelf,
} from '../machinery/controller.ts';
import {
  type Condition,
  PODS,
  type Pod,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  type ReplicaSet,
  type ReplicaSetStatus,
  type ReplicationController,
} from '../machinery/objects.ts';
import { claimChildren } from '../machinery/ownership.ts';
import { timestamp } from '../machinery/timing.ts';
import { omitEmpty, writeStatus } from '../machinery/write-status.ts';
import { createPod, deletePod, PodNames, podNameBase } from '../pods/pod-control.ts';
import { availableIn, isActive, isReady } from '../pods/pod-facts.ts';

const MANAGER = 'kube-controller-manager';
/** Pods created or deleted in one step; the rest follows in the next, so that other objects get their turn. */
const BURST = 100;

interface Replicator {
  name: string;
  component: string;
  resource: GroupResource;
  kind: string;
  matcherOf(owner: ReplicaSet | ReplicationController): LabelMatcher;
}

/** Keeps as many Pods as a ReplicaSet asks for. */
export function replicaSetController(context: ControllerContext): Controller {
  return replicationOf(context, {
    name: 'replicaset',
    component: 'replicaset-controller',
    resource: REPLICA_SETS,
    kind: 'ReplicaSet',
    matcherOf: (owner) => labelSelectorMatcher(owner.spec.selector),
  });
}

/** The same for ReplicationControllers, whose selector is a plain map that defaults to the labels of the template. */
export function replicationControllerController(context: ControllerContext): Controller {
  return replicationOf(context, {
    name: 'replicationcontroller',
    component: 'replication-controller',
    resource: REPLICATION_CONTROLLERS,
    kind: 'ReplicationController',
    matcherOf: (owner) =>
      labelSelectorMatcher({
        matchLabels: (owner as ReplicationController).spec.selector ?? owner.spec.template.metadata?.labels,
      }),
  });
}

function replicationOf(context: ControllerContext, replicator: Replicator): Controller {
  const { client } = context;
  const names = new PodNames();

  return {
    name: replicator.name,
    watches: [watchSelf(replicator.resource), watchOwned(PODS, replicator.kind), watchAdoptable()],
    reconcile,
  };

  /** An ownerless Pod may be adopted by any of its namespace that selects it. */
  function watchAdoptable(): Watch {
    return {
      resource: PODS,
      *keys({ type, object }) {
        if (type === 'DELETED' || object.metadata.ownerReferences?.some((owner) => owner.controller) === true) return;
        if (Object.keys(object.metadata.labels ?? {}).length === 0) return;
        for (const candidate of client.list(replicator.resource, object.metadata.namespace)) {
          const owner = candidate as ReplicaSet;
          if (replicator.matcherOf(owner)(object.metadata.labels ?? {}))
            yield `${owner.metadata.namespace}/${owner.metadata.name}`;
        }
      },
    };
  }

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const owner = client.get(replicator.resource, namespace, name) as ReplicaSet | undefined;
    if (owner === undefined) return;
    const matches = replicator.matcherOf(owner);
    const claimed = claimChildren<Pod>(context, { owner, resource: PODS, matches, manager: MANAGER });
    const active = claimed.filter(isActive);
    let failure: Condition | undefined;
    let counted = active;
    if (owner.metadata.deletionTimestamp === undefined) {
      try {
        counted = scale(owner, active);
      } catch (error) {
        failure = replicaFailure(active.length < (owner.spec.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete', error);
        report(owner, active, failure);
        throw error;
      }
      if (counted.length !== (owner.spec.replicas ?? 1)) context.enqueue(replicator.name, key);
    }
    report(owner, counted, undefined);
  }

  function scale(owner: ReplicaSet, active: Pod[]): Pod[] {
    const missing = (owner.spec.replicas ?? 1) - active.length;
    if (missing > 0) {
      const created: Pod[] = [];
      for (let index = 0; index < Math.min(missing, BURST); index += 1) {
        created.push(
          createPod(context, {
            owner,
            template: owner.spec.template,
            manager: MANAGER,
            component: replicator.component,
            name: names.next(client, owner),
            generateName: podNameBase(owner.metadata.name),
          }),
        );
      }
      return [...active, ...created];
    }
    const doomed = new Set([...active].sort(byDeletionRank).slice(0, Math.min(-missing, BURST)));
    for (const pod of doomed) deletePod(context, { owner, pod, component: replicator.component });
    return active.filter((pod) => !doomed.has(pod));
  }

  function report(owner: ReplicaSet, pods: Pod[], failure: Condition | undefined): void {
    const current = client.get(replicator.resource, owner.metadata.namespace ?? '', owner.metadata.name) as
      | ReplicaSet
      | undefined;
    if (current === undefined || current.metadata.uid !== owner.metadata.uid) return;
    const minReadySeconds = owner.spec.minReadySeconds ?? 0;
    const waits = pods.map((pod) => availableIn(pod, minReadySeconds, context.now()));
    const next = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
    if (next.length > 0)
      context.requeueAfter(
        replicator.name,
        `${owner.metadata.namespace}/${owner.metadata.name}`,
        Math.min(...next),
        'settling',
      );
    const templateLabels = Object.entries(owner.spec.template.metadata?.labels ?? {});
    const conditions =
      failure === undefined
        ? withoutCondition(current.status?.conditions, 'ReplicaFailure')
        : withCondition(current.status?.conditions, failure);
    const status: ReplicaSetStatus = {
      replicas: pods.length,
      ...omitEmpty({
        fullyLabeledReplicas: pods.filter((pod) =>
          templateLabels.every(([label, value]) => pod.metadata.labels?.[label] === value),
        ).length,
        readyReplicas: pods.filter(isReady).length,
        availableReplicas: waits.filter((wait) => wait === 0).length,
        observedGeneration: owner.metadata.generation ?? 0,
        conditions,
      }),
    };
    writeStatus(context, { resource: replicator.resource, object: current, status, manager: MANAGER });
  }

  function replicaFailure(reason: string, error: unknown): Condition {
    return {
      type: 'ReplicaFailure',
      status: 'True',
      reason,
      message: error instanceof Error ? error.message : String(error),
      lastTransitionTime: timestamp(context.now()),
    };
  }
}

/** Which Pod goes first: unassigned, then not running, not ready, cheaper to delete, ready for less time, restarted more, younger. */
function byDeletionRank(a: Pod, b: Pod): number {
  const phases = { Pending: 0, Unknown: 1, Running: 2, Succeeded: 2, Failed: 2 };
  return (
    Number(a.spec.nodeName !== undefined) - Number(b.spec.nodeName !== undefined) ||
    phases[a.status?.phase ?? 'Pending'] - phases[b.status?.phase ?? 'Pending'] ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    readySince(b) - readySince(a) ||
    restarts(b) - restarts(a) ||
    Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp) ||
    (a.metadata.name < b.metadata.name ? 1 : -1)
  );
}

function deletionCost(pod: Pod): number {
  return Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0;
}

function readySince(pod: Pod): number {
  return Date.parse(findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '') || 0;
}

function restarts(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => Math.max(sum, restartCount), 0);
}
