import { isKeptByHelm, syncWaveOf } from '../kubernetes/hooks.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, type ResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { type SyncOptions, syncOptionsOf } from '../kubernetes/sync-options.ts';
import { isOwnedBy, type TrackingSettings } from '../kubernetes/tracking.ts';
import { isCustomResourceDefinition } from '../kubernetes/well-known-kinds.ts';
import { deletionIsBlockedBy } from './deletion-blockers.ts';
import { describeTask } from './sync-plan.ts';

export interface DeletionInput {
  /** Every live object with the application's tracking metadata. */
  objects: readonly KubernetesObject[];
  selfKey: ResourceKey;
  instanceName: string;
  tracking: TrackingSettings;
  /** The application's own sync options. */
  options: SyncOptions;
  isPermitted(object: KubernetesObject): boolean;
  /** `deletion-approved` of the Application, and when its deletion was asked for. */
  approvedAt: string | undefined;
  requestedAt: string;
  now: Date;
}

export interface DeletionStep {
  /** To delete now: one wave. */
  remove: KubernetesObject[];
  /** What the next wave waits for; undefined when nothing is left. */
  waitingFor: string | undefined;
  /** What stands in the way, for a condition: finalizers nobody removes, a confirmation nobody gave. */
  blocked: string[];
}

/**
 * The next step of a cascading deletion: the highest wave that still has objects, so that what was created last goes
 * first. Left behind are definitions of custom resources (they would take every custom resource along), the Application
 * itself, what says `Delete=false` or `resource-policy: keep`, and what the project does not permit to touch.
 */
export function deletionStep(input: DeletionInput): DeletionStep {
  const doomed = input.objects.filter((object) => isDeleted(object, input));
  const unconfirmed = doomed.filter((object) => needsConfirmation(object, input));
  if (unconfirmed.length > 0 && !isApproved(input)) {
    const names = unconfirmed.map((object) => describeTask(resourceKeyOf(object))).join(', ');
    const message = `waiting for deletion confirmation of ${names}`;
    return {
      remove: [],
      waitingFor: message,
      blocked: [`${message}. Confirm with the annotation argocd.argoproj.io/deletion-approved on the Application`],
    };
  }
  const highest = Math.max(...doomed.map(syncWaveOf));
  const wave = doomed.filter((object) => syncWaveOf(object) === highest);
  const [first] = wave;
  if (first === undefined) return { remove: [], waitingFor: undefined, blocked: [] };
  const more = doomed.length > 1 ? ` and ${doomed.length - 1} more resources` : '';
  return {
    remove: wave.filter((object) => object.metadata.deletionTimestamp === undefined),
    waitingFor: `waiting for deletion of ${describeTask(resourceKeyOf(first))}${more}`,
    blocked: wave.flatMap((object) => deletionIsBlockedBy(object, input.now)),
  };
}

function isDeleted(object: KubernetesObject, input: DeletionInput): boolean {
  if ((object.metadata.ownerReferences?.length ?? 0) > 0) return false;
  if (!isOwnedBy(object, input.instanceName, input.tracking)) return false;
  if (isCustomResourceDefinition(object) || isKeptByHelm(object)) return false;
  if (formatResourceKey(resourceKeyOf(object)) === formatResourceKey(input.selfKey)) return false;
  const option = syncOptionsOf(object).options.delete ?? input.options.delete;
  return option !== 'false' && input.isPermitted(object);
}

function needsConfirmation(object: KubernetesObject, input: DeletionInput): boolean {
  if (object.metadata.deletionTimestamp !== undefined) return false;
  return (syncOptionsOf(object).options.delete ?? input.options.delete) === 'confirm';
}

function isApproved({ approvedAt, requestedAt }: DeletionInput): boolean {
  return approvedAt !== undefined && Date.parse(approvedAt) >= Date.parse(requestedAt);
}
