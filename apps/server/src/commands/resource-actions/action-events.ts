import { randomBytes } from 'node:crypto';
import type { Application, KubernetesObject } from '@lockstep/core';
import type { ApiContext, DestinationClient } from '../../api/api-context.ts';
import type { Logger } from '../../logger.ts';

/**
 * Tells who ran an action, as Kubernetes Events of reason `ResourceActionRan` about the application and about the resource.
 * Never throws: the action is done, whether or not it can be told.
 */
export async function recordActionEvents(
  parts: {
    controlPlane: Pick<ApiContext['controlPlane'], 'create'>;
    client: DestinationClient;
    logger: Pick<Logger, 'warn'>;
  },
  ran: { application: Application; object: KubernetesObject; action: string; user: string },
): Promise<void> {
  const { application, object, action, user } = ran;
  const { group = '' } = /^(?:(?<group>[^/]*)\/)?/.exec(object.apiVersion)?.groups ?? {};
  const name = `${group}/${object.kind}/${object.metadata.name ?? ''}`;
  const outcomes = await Promise.allSettled([
    parts.controlPlane.create(eventOf(application, `${user} ran action ${action} on resource ${name}`)),
    parts.client.create(eventOf(object, `${user} ran action ${action}`)),
  ]);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected')
      parts.logger.warn({ err: outcome.reason, action, name }, 'an Event is not written');
  }
}

function eventOf({ apiVersion, kind, metadata }: KubernetesObject, message: string): KubernetesObject {
  const { name = '', namespace = '', uid, resourceVersion } = metadata;
  const at = new Date().toISOString().replace(/\.\d+/, '');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${randomBytes(8).toString('hex')}`,
      namespace: namespace === '' ? 'default' : namespace,
    },
    involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
    reason: 'ResourceActionRan',
    message,
    type: 'Normal',
    source: { component: 'lockstep-server' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}
