import type { KubernetesObject } from '../kubernetes/object.ts';
import { resourceKeyOf } from '../kubernetes/resource-key.ts';
import { describeTask } from './sync-plan.ts';

/** How long a deletion may take before somebody should hear what holds it up. */
const PATIENCE_MS = 60_000;

/** Why an object that was deleted a while ago is still there, in words that do not change from pass to pass. */
export function deletionIsBlockedBy(object: KubernetesObject, now: Date): string[] {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || now.getTime() - Date.parse(deletionTimestamp) < PATIENCE_MS) return [];
  const name = describeTask(resourceKeyOf(object));
  const foreign = finalizers.filter((finalizer) => finalizer !== 'foregroundDeletion' && finalizer !== 'orphan');
  if (foreign.length > 0) {
    return [
      `${name} is not gone, because of the finalizers ${foreign.join(', ')}. Start the controller that owns them, or remove them by hand`,
    ];
  }
  if (finalizers.includes('foregroundDeletion')) {
    return [
      `${name} is not gone, because objects it owns are still there. Look at its children for finalizers of theirs`,
    ];
  }
  return [`${name} is not gone, though nothing seems to hold it. Look at the events of the object`];
}
