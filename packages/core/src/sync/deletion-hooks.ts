import { ClusterError } from '../errors.ts';
import type { Health } from '../health/health.ts';
import { FIELD_MANAGER, FINALIZER_HOOK } from '../kubernetes/annotations.ts';
import type { ClusterClient } from '../kubernetes/cluster-client.ts';
import { hooksOf, syncWaveOf } from '../kubernetes/hooks.ts';
import { groupVersionOf, type KubernetesObject } from '../kubernetes/object.ts';
import { formatResourceKey, type ResourceKey, resourceKeyOf } from '../kubernetes/resource-key.ts';
import { setTracking, type TrackingOwner, type TrackingSettings } from '../kubernetes/tracking.ts';
import { deleteHook } from './apply-task.ts';
import { ANNOTATION_OPERATION, operationOf } from './operation-id.ts';
import { describeTask } from './sync-plan.ts';

export interface DeletionHooksInput {
  type: 'PreDelete' | 'PostDelete';
  /** Targets with deletion hooks, as rendered. */
  targets: readonly KubernetesObject[];
  /** Names this deletion, so that a hook is started once. */
  attemptId: string;
  owner: TrackingOwner;
  tracking: TrackingSettings;
  isNamespaced(group: string, kind: string): boolean | undefined;
  isPermitted(key: ResourceKey): boolean;
  client: ClusterClient;
  liveObjects(keys: readonly ResourceKey[]): Promise<Map<string, KubernetesObject>>;
  assessHealth(object: KubernetesObject): Health | undefined;
  throwIfCancelled(): void;
}

/** `message` says what to wait for; without it, and without problems, the hooks have completed and are gone. */
export interface DeletionHooksOutcome {
  message: string | undefined;
  problems: string[];
}

/**
 * Starts the deletion hooks wave by wave and watches them. One that failed is deleted, so that the next pass starts it
 * again, and reported. When all have completed they are deleted. They are checked against the project like any resource.
 */
export async function runDeletionHooks(input: DeletionHooksInput): Promise<DeletionHooksOutcome> {
  const hooks = input.targets
    .filter((target) => hooksOf(target)?.types.includes(input.type) === true)
    .map((target) => hookObject(target, input))
    .sort((a, b) => syncWaveOf(a) - syncWaveOf(b));
  const forbidden = hooks.filter((hook) => !input.isPermitted(resourceKeyOf(hook)));
  if (forbidden.length > 0) {
    return {
      message: undefined,
      problems: forbidden.map(
        (hook) =>
          `${input.type} hook ${describeTask(resourceKeyOf(hook))} is not permitted in the project. Permit it, or remove the hook`,
      ),
    };
  }
  const live = await input.liveObjects(hooks.map(resourceKeyOf));
  const running: KubernetesObject[] = [];
  const problems: string[] = [];
  for (const wave of waves(hooks)) {
    for (const hook of wave) {
      const state = await advance(hook, live.get(formatResourceKey(resourceKeyOf(hook))), input);
      if (state === 'running') running.push(hook);
      else if (state !== 'completed') problems.push(state.problem);
    }
    // The next wave starts when this one is done.
    if (running.length > 0 || problems.length > 0) break;
  }
  if (problems.length > 0) return { message: undefined, problems };
  const [first] = running;
  if (first !== undefined) {
    const more = running.length > 1 ? ` and ${running.length - 1} more hooks` : '';
    return { message: `waiting for completion of hook ${describeTask(resourceKeyOf(first))}${more}`, problems: [] };
  }
  for (const hook of hooks) {
    const object = live.get(formatResourceKey(resourceKeyOf(hook)));
    if (object === undefined) continue;
    input.throwIfCancelled();
    await deleteHook(object, input.client);
  }
  return { message: undefined, problems: [] };
}

async function advance(
  hook: KubernetesObject,
  live: KubernetesObject | undefined,
  input: DeletionHooksInput,
): Promise<'running' | 'completed' | { problem: string }> {
  input.throwIfCancelled();
  if (live !== undefined && operationOf(live) !== input.attemptId) {
    await deleteHook(live, input.client);
    return 'running';
  }
  if (live === undefined) {
    try {
      await input.client.create(hook, { fieldManager: FIELD_MANAGER });
    } catch (error) {
      // The one before is still going away.
      if (!(error instanceof ClusterError) || error.status !== 409) throw error;
    }
    return 'running';
  }
  const health = input.assessHealth(live);
  if (health === undefined || health.status === 'Healthy') return 'completed';
  if (health.status !== 'Degraded' && health.status !== 'Unknown') return 'running';
  await deleteHook(live, input.client);
  return {
    problem: `${input.type} hook ${describeTask(resourceKeyOf(hook))} failed: ${health.message ?? health.status}. It is tried again; correct it, or remove the hook`,
  };
}

function hookObject(target: KubernetesObject, input: DeletionHooksInput): KubernetesObject {
  const { group } = groupVersionOf(target.apiVersion);
  const { generateName, namespace, ...metadata } = target.metadata;
  const named: KubernetesObject = {
    ...target,
    metadata: {
      ...metadata,
      name: metadata.name ?? `${generateName ?? ''}${input.type.toLowerCase()}`,
      ...(input.isNamespaced(group, target.kind) === false
        ? {}
        : { namespace: namespace === undefined || namespace === '' ? input.owner.destinationNamespace : namespace }),
    },
  };
  const tracked = setTracking(named, input.owner, input.tracking);
  return {
    ...tracked,
    metadata: {
      ...tracked.metadata,
      annotations: { ...tracked.metadata.annotations, [ANNOTATION_OPERATION]: input.attemptId },
      finalizers: [...new Set([...(tracked.metadata.finalizers ?? []), FINALIZER_HOOK])],
    },
  };
}

function waves(hooks: readonly KubernetesObject[]): KubernetesObject[][] {
  const byWave = new Map<number, KubernetesObject[]>();
  for (const hook of hooks) byWave.set(syncWaveOf(hook), [...(byWave.get(syncWaveOf(hook)) ?? []), hook]);
  return [...byWave.values()];
}
