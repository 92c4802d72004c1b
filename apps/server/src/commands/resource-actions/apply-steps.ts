import { ClusterError, type KubernetesObject } from '@lockstep/core';
import type { DestinationClient } from '../../api/api-context.ts';
import type { ActionStep } from './resource-action.ts';

/**
 * Does what an action wants, in order. What is to be created is tried by a dry run first, so that a mistake in it changes
 * nothing; the whole is no transaction all the same. The caller has checked every object against the project.
 */
export async function applySteps(client: DestinationClient, steps: readonly ActionStep[]): Promise<void> {
  for (const step of steps) if (step.operation === 'create') await client.create(step.object, { dryRun: true });
  for (const step of steps) {
    if (step.operation === 'create') await client.create(step.object);
    else await patch(client, step.object, step.body);
  }
}

/** The status goes to its subresource, or along with the rest where the kind has none. */
async function patch(
  client: DestinationClient,
  object: KubernetesObject,
  body: Record<string, unknown>,
): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const ref = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
  const { status, ...rest } = body;
  if (Object.keys(rest).length > 0) await client.patch(ref, { type: 'merge', body: rest });
  if (status === undefined) return;
  try {
    await client.patch(ref, { type: 'merge', body: { status }, subresource: 'status' });
  } catch (error) {
    if (!(error instanceof ClusterError) || error.status !== 404) throw error;
    await client.patch(ref, { type: 'merge', body: { status } });
  }
}
