import { cloneJson, objectAt } from '../../json.ts';
import { withCondition } from '../machinery/conditions.ts';
import { type Controller, type ControllerContext, keyOf, splitKey, type Watch } from '../machinery/controller.ts';
import { CLAIMS, NODES, type Node, PODS, type Pod } from '../machinery/objects.ts';
import { timestamp } from '../machinery/timing.ts';
import { writeStatus } from '../machinery/write-status.ts';
import { simulationOf } from '../simulate.ts';
import { whyUnfit } from './node-fit.ts';
import { isFinished } from './pod-facts.ts';

const NAME = 'scheduler';
const MANAGER = 'kube-scheduler';
const COMPONENT = 'default-scheduler';

/** Binds each Pod to the fitting node with the fewest Pods, or says why none fits. */
export function scheduler(context: ControllerContext): Controller {
  const { client } = context;
  /** The node of each bound Pod, by uid, and how many each node has. */
  const bound = new Map<string, string>();
  const load = new Map<string, number>();
  const unschedulable = new Set<string>();

  return { name: NAME, watches: [watchPods(), watchNodes(), watchClaims()], reconcile };

  function watchPods(): Watch {
    return {
      resource: PODS,
      keys({ type, object }) {
        const pod = object as Pod;
        const isOnNode = type !== 'DELETED' && isBound(pod) && !isFinished(pod);
        place(pod.metadata.uid, isOnNode ? pod.spec.nodeName : undefined);
        if (type === 'DELETED' || isBound(pod)) {
          unschedulable.delete(keyOf(pod));
          return [];
        }
        return [keyOf(pod)];
      },
    };
  }

  function watchNodes(): Watch {
    return { resource: NODES, keys: () => [...unschedulable] };
  }

  function watchClaims(): Watch {
    return {
      resource: CLAIMS,
      keys: ({ object }) => [...unschedulable].filter((key) => splitKey(key).namespace === object.metadata.namespace),
    };
  }

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const pod = client.get(PODS, namespace, name) as Pod | undefined;
    if (pod === undefined || isBound(pod) || pod.metadata.deletionTimestamp !== undefined) return;
    if ((pod.spec.schedulerName ?? COMPONENT) !== COMPONENT) return;
    if ((pod.spec.schedulingGates ?? []).length > 0) {
      refuse(pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates');
      return;
    }
    const nodes = client.list(NODES) as Node[];
    const why = new Map<string, number>();
    let best: Node | undefined;
    for (const node of nodes) {
      const reason = simulationOf(pod.metadata).unschedulable
        ? "node(s) didn't match Pod's node affinity/selector"
        : whyUnfit(pod, node);
      if (reason !== undefined) why.set(reason, (why.get(reason) ?? 0) + 1);
      else if (best === undefined || loadOf(node) < loadOf(best)) best = node;
    }
    const claims = claimsProblem(pod);
    if (claims !== undefined) fail(pod, `0/${nodes.length} nodes are available: ${claims}.`);
    else if (best === undefined) fail(pod, unfitMessage(nodes.length, why));
    else bind(pod, best.metadata.name);
  }

  function bind(pod: Pod, node: string): void {
    unschedulable.delete(keyOf(pod));
    const bindable = cloneJson(pod);
    bindable.spec.nodeName = node;
    client.update(PODS, bindable, MANAGER);
    const message = `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node}`;
    context.events.record(pod, { type: 'Normal', reason: 'Scheduled', message, component: COMPONENT });
  }

  function fail(pod: Pod, message: string): void {
    refuse(pod, 'Unschedulable', message);
    context.events.record(pod, { type: 'Warning', reason: 'FailedScheduling', message, component: COMPONENT });
  }

  function refuse(pod: Pod, reason: string, message: string): void {
    unschedulable.add(keyOf(pod));
    const conditions = withCondition(pod.status?.conditions, {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastProbeTime: null,
      lastTransitionTime: timestamp(context.now()),
    });
    writeStatus(context, {
      resource: PODS,
      object: pod,
      status: { phase: 'Pending', ...pod.status, conditions },
      manager: MANAGER,
    });
  }

  /** A Pod waits for its claims, but not for those that wait for it. */
  function claimsProblem(pod: Pod): string | undefined {
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      const name = persistentVolumeClaim?.claimName;
      if (name === undefined) continue;
      const claim = client.get(CLAIMS, pod.metadata.namespace ?? '', name);
      if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
      if (objectAt(claim, 'status')['phase'] !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims';
    }
    return undefined;
  }

  function loadOf(node: Node): number {
    return load.get(node.metadata.name) ?? 0;
  }

  function place(uid: string, node: string | undefined): void {
    const before = bound.get(uid);
    if (before === node) return;
    if (before !== undefined) load.set(before, (load.get(before) ?? 1) - 1);
    if (node === undefined) bound.delete(uid);
    else {
      bound.set(uid, node);
      load.set(node, (load.get(node) ?? 0) + 1);
    }
  }
}

function isBound({ spec }: Pod): boolean {
  return spec.nodeName !== undefined && spec.nodeName !== '';
}

function unfitMessage(nodes: number, why: Map<string, number>): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const reasons = [...why].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${reasons.join(', ')}. preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;
}
