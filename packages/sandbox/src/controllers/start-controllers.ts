import type { Change, InternalClient } from '../storage/internal-client.ts';
import { cronJobController } from './jobs/cron-job.ts';
import { jobController } from './jobs/job.ts';
import { kubelet } from './kubelet/kubelet.ts';
import { ComputedPodLogs, type PodLogs } from './kubelet/pod-logs.ts';
import { type Controller, type ControllerContext, resourceId, type Watch } from './machinery/controller.ts';
import { EventRecorder } from './machinery/event-recorder.ts';
import { CONTROLLER_REVISIONS, PODS, REPLICA_SETS } from './machinery/objects.ts';
import { OrphanIndex } from './machinery/orphan-index.ts';
import { timingOf } from './machinery/timing.ts';
import { WorkQueue } from './machinery/work-queue.ts';
import { endpointsController } from './network/endpoints.ts';
import { ingressController, loadBalancerController } from './network/load-balancer.ts';
import { registerNodes } from './pods/nodes.ts';
import { scheduler } from './pods/scheduler.ts';
import { horizontalPodAutoscalerController } from './policy/horizontal-pod-autoscaler.ts';
import { podDisruptionBudgetController } from './policy/pod-disruption-budget.ts';
import {
  persistentVolumeClaimController,
  persistentVolumeController,
  registerStorageClass,
} from './storage/persistent-volume-claim.ts';
import { daemonSetController } from './workloads/daemon-set.ts';
import { deploymentController } from './workloads/deployment.ts';
import { replicaSetController, replicationControllerController } from './workloads/replica-set.ts';
import { statefulSetController } from './workloads/stateful-set.ts';

export interface ControllersOptions {
  /** From a Pod's binding until its containers run. Delays that are cluster mechanics shrink in proportion (2 s is real). */
  podStartupMs: number;
  /** Nodes to register when they are not there; one by default. */
  nodes?: string[];
  /** Milliseconds since the epoch. */
  now?(): number;
  /** Told of a reconcile that failed; it is retried. */
  log?(message: string, error: unknown): void;
}

export interface Controllers {
  podLogs: PodLogs;
  /** Resolves once nothing is left to reconcile but what waits for real time: a schedule, a deadline, a long `sleep`. */
  idle(): Promise<void>;
  close(): void;
}

/** Failures of one item before they are worth a word: most are gone at the next attempt. */
const QUIET_FAILURES = 3;
const EVENTS_ITEM = 'events|flush';

/** Every controller of the sandbox. Adding one means a file and a line here. */
const controllerFactories: ((context: ControllerContext) => Controller)[] = [
  deploymentController,
  replicaSetController,
  replicationControllerController,
  statefulSetController,
  daemonSetController,
  jobController,
  cronJobController,
  scheduler,
  kubelet,
  endpointsController,
  loadBalancerController,
  ingressController,
  persistentVolumeClaimController,
  persistentVolumeController,
  horizontalPodAutoscalerController,
  podDisruptionBudgetController,
];

/**
 * Starts what kube-controller-manager, kube-scheduler and the kubelets do on a real cluster. All of it is driven by
 * changes: each names keys to reconcile, a queue coalesces them, and timers exist only for what takes real time.
 */
export function startControllers(client: InternalClient, options: ControllersOptions): Controllers {
  const now = options.now ?? Date.now;
  const log = options.log ?? (() => undefined);
  const timing = timingOf(options.podStartupMs);
  const controllers = new Map<string, Controller>();
  const queue = new WorkQueue({
    now,
    process: (item) => reconcileItem(item),
    onError: (item, error, failures) => {
      if (failures >= QUIET_FAILURES) log(`sandbox: reconciling ${item} failed ${failures} times`, error);
    },
  });
  const events = new EventRecorder({ client, now, onWaiting: () => queue.add(EVENTS_ITEM) });
  const orphans = new OrphanIndex([PODS, REPLICA_SETS, CONTROLLER_REVISIONS]);
  const context: ControllerContext = {
    client,
    events,
    orphans,
    timing,
    now,
    requeueAfter: (controller, key, milliseconds, kind) => queue.addAfter(`${controller}|${key}`, milliseconds, kind),
    enqueue: (controller, key) => queue.add(`${controller}|${key}`),
  };
  const watchers = new Map<string, { controller: string; watch: Watch }[]>();
  for (const create of controllerFactories) {
    const controller = create(context);
    controllers.set(controller.name, controller);
    for (const watch of controller.watches) {
      const id = resourceId(watch.resource);
      watchers.set(id, [...(watchers.get(id) ?? []), { controller: controller.name, watch }]);
    }
  }
  const stopListening = client.onChange(observe);
  registerNodes(client, options.nodes ?? ['lockstep-1'], now());
  registerStorageClass(client);
  for (const resource of client.resources()) {
    if (!watchers.has(resourceId(resource))) continue;
    for (const object of client.list(resource)) observe({ type: 'ADDED', resource, object });
  }
  const podLogs = new ComputedPodLogs({ client, timing, now });
  return {
    podLogs,
    idle: () => queue.idle(),
    close() {
      stopListening();
      queue.close();
      podLogs.close();
    },
  };

  function observe(change: Change): void {
    orphans.observe(change);
    for (const { controller, watch } of watchers.get(resourceId(change.resource)) ?? []) {
      for (const key of watch.keys(change)) queue.add(`${controller}|${key}`);
    }
  }

  function reconcileItem(item: string): void {
    if (item === EVENTS_ITEM) {
      if (events.flush()) queue.add(EVENTS_ITEM);
      return;
    }
    const bar = item.indexOf('|');
    controllers.get(item.slice(0, bar))?.reconcile(item.slice(bar + 1));
  }
}
