import type { JsonObject } from '@lockstep/structured-merge';
import { ensureObject, fill, objectAt } from './fill.ts';

export function defaultAutoscalerV1(object: JsonObject): void {
  fill(ensureObject(object, 'spec'), 'minReplicas', 1);
}

export function defaultAutoscalerV2(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, 'minReplicas', 1);
  if (!Array.isArray(spec['metrics']) || spec['metrics'].length === 0) {
    spec['metrics'] = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ];
  }
  const behavior = objectAt(spec, 'behavior');
  if (behavior === undefined) return;
  const scaleUp = ensureObject(behavior, 'scaleUp');
  fill(scaleUp, 'stabilizationWindowSeconds', 0);
  fill(scaleUp, 'selectPolicy', 'Max');
  fill(scaleUp, 'policies', [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ]);
  const scaleDown = ensureObject(behavior, 'scaleDown');
  fill(scaleDown, 'selectPolicy', 'Max');
  fill(scaleDown, 'policies', [{ type: 'Percent', value: 100, periodSeconds: 15 }]);
}
