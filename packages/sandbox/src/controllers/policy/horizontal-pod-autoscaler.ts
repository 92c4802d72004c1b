import { cloneJson, numberAt, objectAt, objectsAt, stringAt } from '../../json.ts';
import type { GroupResource, StoredObject } from '../../storage/internal-client.ts';
import { withCondition } from '../machinery/conditions.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  type Watch,
  watchSelf,
} from '../machinery/controller.ts';
import { AUTOSCALERS, type Condition, DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS } from '../machinery/objects.ts';
import { timestamp } from '../machinery/timing.ts';
import { writeStatus } from '../machinery/write-status.ts';
import { simulationOf } from '../simulate.ts';

const NAME = 'horizontalpodautoscaler';
const MANAGER = 'kube-controller-manager';
const COMPONENT = 'horizontal-pod-autoscaler';

const targets: Record<string, GroupResource> = {
  Deployment: DEPLOYMENTS,
  StatefulSet: STATEFUL_SETS,
  ReplicaSet: REPLICA_SETS,
};

/**
 * Reports on the target of each autoscaler and keeps it within minReplicas and maxReplicas. There are no metrics in the
 * sandbox, so the number in between stays as it is, unless the annotation `lockstep.dev/simulate: replicas=N` asks for one.
 */
export function horizontalPodAutoscalerController(context: ControllerContext): Controller {
  const { client } = context;

  return {
    name: NAME,
    watches: [
      watchSelf(AUTOSCALERS),
      ...Object.entries(targets).map(([kind, resource]) => watchTarget(kind, resource)),
    ],
    reconcile,
  };

  function watchTarget(kind: string, resource: GroupResource): Watch {
    return {
      resource,
      keys: ({ object }) =>
        client
          .list(AUTOSCALERS, object.metadata.namespace)
          .filter((autoscaler) => {
            const reference = objectAt(autoscaler, 'spec', 'scaleTargetRef');
            return reference['kind'] === kind && reference['name'] === object.metadata.name;
          })
          .map(keyOf),
    };
  }

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const autoscaler = client.get(AUTOSCALERS, namespace, name);
    if (autoscaler === undefined || autoscaler.metadata.deletionTimestamp !== undefined) return;
    const reference = objectAt(autoscaler, 'spec', 'scaleTargetRef');
    const resource = targets[stringAt(reference, 'kind') ?? ''];
    const target = resource && client.get(resource, namespace, stringAt(reference, 'name') ?? '');
    if (resource === undefined || target === undefined) reportMissing(autoscaler);
    else follow(autoscaler, resource, target);
  }

  function follow(autoscaler: StoredObject, resource: GroupResource, target: StoredObject): void {
    const current = numberAt(target, 'spec', 'replicas') ?? 1;
    const min = numberAt(autoscaler, 'spec', 'minReplicas') ?? 1;
    const max = numberAt(autoscaler, 'spec', 'maxReplicas') ?? current;
    const asked = simulationOf(autoscaler.metadata).replicas ?? current;
    const desired = current === 0 ? 0 : Math.min(max, Math.max(min, asked));
    let lastScaleTime = stringAt(autoscaler, 'status', 'lastScaleTime');
    if (desired !== current) {
      const scaled = cloneJson(target);
      scaled['spec'] = { ...objectAt(scaled, 'spec'), replicas: desired };
      client.update(resource, scaled, MANAGER);
      lastScaleTime = timestamp(context.now());
      const why =
        asked < min
          ? 'Current number of replicas below Spec.MinReplicas'
          : asked > max
            ? 'Current number of replicas above Spec.MaxReplicas'
            : 'cpu resource utilization (percentage of request) above target';
      context.events.record(autoscaler, {
        type: 'Normal',
        reason: 'SuccessfulRescale',
        message: `New size: ${desired}; reason: ${why}`,
        component: COMPONENT,
      });
    }
    const isLimited = asked !== desired;
    save(autoscaler, {
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      currentReplicas: current,
      desiredReplicas: desired,
      currentMetrics: currentMetrics(autoscaler),
      conditions: conditions(autoscaler, [
        ['AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size'],
        current === 0
          ? [
              'ScalingActive',
              'False',
              'ScalingDisabled',
              'scaling is disabled since the replica count of the target is zero',
            ]
          : [
              'ScalingActive',
              'True',
              'ValidMetricFound',
              'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
            ],
        isLimited
          ? [
              'ScalingLimited',
              'True',
              asked < min ? 'TooFewReplicas' : 'TooManyReplicas',
              `the desired replica count is ${asked < min ? 'less than the minimum' : 'more than the maximum'} replica count`,
            ]
          : ['ScalingLimited', 'False', 'DesiredWithinRange', 'the desired count is within the acceptable range'],
      ]),
    });
  }

  function reportMissing(autoscaler: StoredObject): void {
    const { kind, name } = objectAt(autoscaler, 'spec', 'scaleTargetRef');
    const message = `the HPA controller was unable to get the target's current scale: ${String(kind).toLowerCase()}s.apps "${String(name)}" not found`;
    context.events.record(autoscaler, { type: 'Warning', reason: 'FailedGetScale', message, component: COMPONENT });
    save(autoscaler, {
      currentReplicas: 0,
      desiredReplicas: 0,
      currentMetrics: [],
      conditions: conditions(autoscaler, [['AbleToScale', 'False', 'FailedGetScale', message]]),
    });
  }

  function conditions(autoscaler: StoredObject, wanted: [string, Condition['status'], string, string][]): Condition[] {
    return wanted.reduce<Condition[]>(
      (all, [type, status, reason, message]) =>
        withCondition(all, { type, status, reason, message, lastTransitionTime: timestamp(context.now()) }),
      objectsAt(autoscaler, 'status', 'conditions') as unknown as Condition[],
    );
  }

  function save(autoscaler: StoredObject, status: Record<string, unknown>): void {
    writeStatus(context, { resource: AUTOSCALERS, object: autoscaler, status, manager: MANAGER });
  }
}

/** Half of what each resource metric aims at: nothing there calls for scaling. */
function currentMetrics(autoscaler: StoredObject): unknown[] {
  return objectsAt(autoscaler, 'spec', 'metrics').flatMap((metric) => {
    const name = stringAt(metric, 'resource', 'name');
    const utilization = numberAt(metric, 'resource', 'target', 'averageUtilization');
    if (metric['type'] !== 'Resource' || name === undefined || utilization === undefined) return [];
    return [
      {
        type: 'Resource',
        resource: { name, current: { averageUtilization: Math.round(utilization / 2), averageValue: '50m' } },
      },
    ];
  });
}
