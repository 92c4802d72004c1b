import { objectAt, objectsAt } from '../../json.ts';
import { labelSelectorMatcher } from '../../selectors/label-selector.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import { withCondition } from '../machinery/conditions.ts';
import {
  type Controller,
  type ControllerContext,
  keyOf,
  splitKey,
  type Watch,
  watchSelf,
} from '../machinery/controller.ts';
import { resolveIntOrPercent } from '../machinery/int-or-percent.ts';
import { type Condition, DISRUPTION_BUDGETS, type IntOrPercent, PODS, type Pod } from '../machinery/objects.ts';
import { timestamp } from '../machinery/timing.ts';
import { writeStatus } from '../machinery/write-status.ts';
import { isFinished, isReady, isTerminating } from '../pods/pod-facts.ts';

const NAME = 'poddisruptionbudget';
const MANAGER = 'kube-controller-manager';

/** Counts the Pods of each budget and how many of them may go. */
export function podDisruptionBudgetController(context: ControllerContext): Controller {
  const { client } = context;

  return { name: NAME, watches: [watchSelf(DISRUPTION_BUDGETS), watchPods()], reconcile };

  function watchPods(): Watch {
    return {
      resource: PODS,
      keys: ({ object }) =>
        client
          .list(DISRUPTION_BUDGETS, object.metadata.namespace)
          .filter((budget) => labelSelectorMatcher(objectAt(budget, 'spec', 'selector'))(object.metadata.labels ?? {}))
          .map(keyOf),
    };
  }

  function reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const budget = client.get(DISRUPTION_BUDGETS, namespace, name);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return;
    const matches = labelSelectorMatcher(objectAt(budget, 'spec', 'selector'));
    const pods = (client.list(PODS, namespace) as Pod[]).filter(
      (pod) => !isFinished(pod) && matches(pod.metadata.labels ?? {}),
    );
    const expected = pods.length;
    if (expected === 0) {
      const event = {
        type: 'Normal',
        reason: 'NoPods',
        message: 'No matching pods found',
        component: 'controllermanager',
      } as const;
      context.events.record(budget, event);
    }
    const healthy = pods.filter((pod) => isReady(pod) && !isTerminating(pod)).length;
    const desired = desiredHealthy(budget, expected);
    const allowed = expected === 0 ? 0 : Math.max(0, healthy - desired);
    const condition: Condition = {
      type: 'DisruptionAllowed',
      status: allowed > 0 ? 'True' : 'False',
      reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      observedGeneration: budget.metadata.generation ?? 0,
      lastTransitionTime: timestamp(context.now()),
    };
    const status = {
      observedGeneration: budget.metadata.generation ?? 0,
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: withCondition(objectsAt(budget, 'status', 'conditions') as unknown as Condition[], condition),
    };
    writeStatus(context, { resource: DISRUPTION_BUDGETS, object: budget, status, manager: MANAGER });
  }
}

function desiredHealthy(budget: StoredObject, expected: number): number {
  const spec = objectAt(budget, 'spec') as { minAvailable?: IntOrPercent; maxUnavailable?: IntOrPercent };
  if (spec.maxUnavailable !== undefined)
    return Math.max(0, expected - resolveIntOrPercent(spec.maxUnavailable, expected, 'up'));
  return spec.minAvailable === undefined ? 0 : resolveIntOrPercent(spec.minAvailable, expected, 'up');
}
