import { labelSelectorMatcher } from '../../selectors/label-selector.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  type Watch,
  watchOwned,
  watchSelf,
} from '../machinery/controller.ts';
import { resolveIntOrPercent } from '../machinery/int-or-percent.ts';
import {
  DAEMON_SETS,
  type DaemonSet,
  type DaemonSetStatus,
  NODES,
  type Node,
  PODS,
  type Pod,
} from '../machinery/objects.ts';
import { claimChildren } from '../machinery/ownership.ts';
import { omitEmpty, writeStatus } from '../machinery/write-status.ts';
import { pinnedNode, pinnedTo, wantsNode } from '../pods/node-fit.ts';
import { createPod, deletePod, PodNames, podNameBase } from '../pods/pod-control.ts';
import { availableIn, isAvailable, isFinished, isReady, isTerminating } from '../pods/pod-facts.ts';
import {
  REVISION_HASH_LABEL,
  type RevisionHistory,
  revisionHash,
  syncRevisions,
  truncateRevisions,
} from './controller-revisions.ts';

const NAME = 'daemonset';
const MANAGER = 'kube-controller-manager';
const COMPONENT = 'daemonset-controller';

/** What every Pod of a DaemonSet tolerates, so that trouble of a node does not take its agents away. */
const ownTolerations = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists' as const, effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists' as const, effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists' as const, effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' as const, effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists' as const, effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists' as const, effect: 'NoSchedule' },
];

/** Keeps one Pod on each node that fits, and replaces outdated ones node by node. */
export function daemonSetController(context: ControllerContext): Controller {
  const { client } = context;
  const names = new PodNames();

  return { name: NAME, watches: [watchSelf(DAEMON_SETS), watchOwned(PODS, 'DaemonSet'), watchNodes()], reconcile };

  function watchNodes(): Watch {
    return { resource: NODES, keys: () => client.list(DAEMON_SETS).map(keyOf) };
  }

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const set = client.get(DAEMON_SETS, namespace, name) as DaemonSet | undefined;
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const history = syncRevisions(context, set, set.status?.collisionCount);
    const hash = revisionHash(history.update);
    const pods = claimChildren<Pod>(context, {
      owner: set,
      resource: PODS,
      matches: labelSelectorMatcher(set.spec.selector),
      manager: MANAGER,
    });
    const nodes = client.list(NODES) as Node[];
    const wanted = nodes.filter((node) => wantsNode(set.spec.template, node)).map((node) => node.metadata.name);
    const onNode = new Map<string, Pod[]>();
    for (const pod of pods) {
      const node = pinnedNode(pod) ?? '';
      onNode.set(node, [...(onNode.get(node) ?? []), pod]);
    }
    place(set, { wanted, onNode, hash });
    if (set.spec.updateStrategy?.type !== 'OnDelete') update(set, { wanted, onNode, hash });
    report(set, { wanted, onNode, hash });
    truncateRevisions(context, set, history, revisionsInUse(history, pods));
  }

  interface State {
    wanted: string[];
    onNode: Map<string, Pod[]>;
    hash: string;
  }

  function place(set: DaemonSet, { wanted, onNode, hash }: State): void {
    for (const node of wanted) {
      const here = onNode.get(node) ?? [];
      for (const pod of here)
        if (isFinished(pod) && !isTerminating(pod)) deletePod(context, { owner: set, pod, component: COMPONENT });
      if (here.length > 0) continue;
      const pod = createPod(context, {
        owner: set,
        template: set.spec.template,
        manager: MANAGER,
        component: COMPONENT,
        name: names.next(client, set),
        generateName: podNameBase(set.metadata.name),
        labels: { [REVISION_HASH_LABEL]: hash, 'pod-template-generation': String(set.metadata.generation ?? 1) },
        adjustSpec: (spec) => {
          const affinity = pinnedTo(spec, node);
          if (affinity !== undefined) spec.affinity = affinity;
          spec.tolerations = [...(spec.tolerations ?? []), ...ownTolerations];
        },
      });
      onNode.set(node, [pod]);
    }
    const isWanted = new Set(wanted);
    for (const [node, here] of onNode) {
      if (isWanted.has(node)) continue;
      for (const pod of here) if (!isTerminating(pod)) deletePod(context, { owner: set, pod, component: COMPONENT });
    }
  }

  /** Deletes outdated Pods while no more than maxUnavailable nodes go without; those already unavailable go at once. */
  function update(set: DaemonSet, { wanted, onNode, hash }: State): void {
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const limit = Math.max(
      1,
      resolveIntOrPercent(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted.length, 'up'),
    );
    const pods = wanted.flatMap((node) => onNode.get(node) ?? []);
    const serves = (pod: Pod) => !isTerminating(pod) && isAvailable(pod, minReadySeconds, context.now());
    let unavailable = pods.filter((pod) => !serves(pod)).length;
    for (const pod of pods) {
      if (pod.metadata.labels?.[REVISION_HASH_LABEL] === hash || isTerminating(pod)) continue;
      if (serves(pod)) {
        if (unavailable >= limit) continue;
        unavailable += 1;
      }
      deletePod(context, { owner: set, pod, component: COMPONENT });
    }
  }

  function report(set: DaemonSet, { wanted, onNode, hash }: State): void {
    const stored = client.get(DAEMON_SETS, set.metadata.namespace ?? '', set.metadata.name) as DaemonSet | undefined;
    if (stored === undefined || stored.metadata.uid !== set.metadata.uid) return;
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const current = wanted.map((node) =>
      (onNode.get(node) ?? [])
        .map((pod) => client.get(PODS, pod.metadata.namespace ?? '', pod.metadata.name) as Pod | undefined)
        .find((pod) => pod !== undefined && !isTerminating(pod)),
    );
    const scheduled = current.filter((pod) => pod !== undefined);
    const waits = scheduled.map((pod) => availableIn(pod, minReadySeconds, context.now()));
    const next = waits.filter((wait): wait is number => wait !== undefined && wait > 0);
    if (next.length > 0) context.requeueAfter(NAME, keyOf(set), Math.min(...next), 'settling');
    const available = waits.filter((wait) => wait === 0).length;
    const isWanted = new Set(wanted);
    const status: DaemonSetStatus = {
      currentNumberScheduled: scheduled.length,
      numberMisscheduled: [...onNode.keys()].filter((node) => !isWanted.has(node)).length,
      desiredNumberScheduled: wanted.length,
      numberReady: scheduled.filter(isReady).length,
      ...omitEmpty({
        observedGeneration: set.metadata.generation ?? 0,
        updatedNumberScheduled: scheduled.filter((pod) => pod.metadata.labels?.[REVISION_HASH_LABEL] === hash).length,
        numberAvailable: available,
        numberUnavailable: wanted.length - available,
      }),
    };
    writeStatus(context, { resource: DAEMON_SETS, object: stored, status, manager: MANAGER });
  }
}

function revisionsInUse(history: RevisionHistory, pods: Pod[]): Set<string> {
  const hashes = new Set(pods.map((pod) => pod.metadata.labels?.[REVISION_HASH_LABEL]));
  return new Set(
    history.all.filter((revision) => hashes.has(revisionHash(revision))).map((revision) => revision.metadata.name),
  );
}
