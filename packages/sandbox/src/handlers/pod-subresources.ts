import { ApiError, badRequest } from '../api-error.ts';
import { type JsonObject, listAt, numberAt, objectAt, objectsAt, stringAt, stringMapAt } from '../json.ts';
import type { Reply } from '../requests/reply.ts';
import { labelSelectorMatcher } from '../selectors/label-selector.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { ApiServices, PodLogRequest } from './api-services.ts';
import type { ResourceCall } from './resource-handler.ts';

/** Streams a container's log as plain text. */
export function streamPodLog(call: ResourceCall, pod: StoredObject): Reply | undefined {
  const { services, response } = call;
  if (services.podLogs === undefined)
    throw new ApiError(501, 'NotImplemented', 'this sandbox runs without controllers: its Pods have no logs');
  const request = logRequest(call, pod);
  const begin = (): void => {
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  };
  const stop = services.podLogs.stream(request, {
    write: (text) => {
      begin();
      response.write(text);
    },
    end: () => {
      begin();
      response.end();
    },
  });
  if (request.follow) {
    begin();
    response.flushHeaders();
  }
  response.on('close', stop);
  return undefined;
}

function logRequest({ query, info }: ResourceCall, pod: StoredObject): PodLogRequest {
  const names = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((field) =>
    objectsAt(pod, 'spec', field).map((container) => stringAt(container, 'name') ?? ''),
  );
  const mainNames = objectsAt(pod, 'spec', 'containers').map((container) => stringAt(container, 'name') ?? '');
  const wanted = query.get('container') ?? '';
  if (wanted === '' && mainNames.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${info.name}, choose one of: [${mainNames.join(' ')}]`,
    );
  }
  const container = wanted === '' ? (mainNames[0] ?? '') : wanted;
  if (!names.includes(container)) throw badRequest(`container ${container} is not valid for pod ${info.name}`);
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null || text === '' ? undefined : Number(text);
  };
  const tailLines = number('tailLines');
  const sinceSeconds = number('sinceSeconds');
  const limitBytes = number('limitBytes');
  const sinceTime = query.get('sinceTime');
  return {
    namespace: info.namespace,
    pod: info.name,
    container,
    follow: query.get('follow') === 'true',
    previous: query.get('previous') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceTime === null ? {} : { sinceTime }),
  };
}

/** The Pod bound to the node that a Binding names. */
export function bindPod(pod: StoredObject, binding: JsonObject): JsonObject {
  const node = stringAt(binding, 'target', 'name') ?? '';
  const bound = stringAt(pod, 'spec', 'nodeName') ?? '';
  if (bound !== '') {
    throw new ApiError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on pods/binding "${pod.metadata.name}": pod ${pod.metadata.name} is already assigned to node "${bound}"`,
    );
  }
  return { ...pod, spec: { ...objectAt(pod, 'spec'), nodeName: node } };
}

/** Deletes a Pod unless a PodDisruptionBudget forbids it. */
export function evictPod({ store, deleter, registry }: ApiServices, pod: StoredObject, eviction: JsonObject): Reply {
  const budget = store.list('policy/poddisruptionbudgets', pod.metadata.namespace).find((candidate) => {
    const matches = labelSelectorMatcher(objectAt(candidate, 'spec', 'selector'));
    return matches(stringMapAt(pod, 'metadata', 'labels'));
  });
  const isRunning = stringAt(pod, 'status', 'phase') === 'Running';
  const allowed = numberAt(budget, 'status', 'disruptionsAllowed') ?? 0;
  if (budget !== undefined && isRunning && allowed <= 0) {
    throw new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget.metadata.name} needs ${numberAt(budget, 'status', 'desiredHealthy') ?? 0} healthy pods and has ${numberAt(budget, 'status', 'currentHealthy') ?? 0} currently`,
        },
      ],
    });
  }
  const type = registry.byResource('/pods');
  if (type === undefined) throw new Error('the catalogue has no pods');
  const grace = numberAt(eviction, 'deleteOptions', 'gracePeriodSeconds');
  const dryRun = listAt(eviction, 'deleteOptions', 'dryRun').includes('All');
  deleter.delete(type, pod, { dryRun, ...(grace === undefined ? {} : { gracePeriodSeconds: grace }) });
  return { code: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } };
}
