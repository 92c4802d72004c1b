import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type Type from 'typebox';
import { ApiError } from '../api-error.ts';
import { applicationOf } from '../plugins/access.ts';
import { replyWithStream } from '../stream-reply.ts';
import { podLogs } from './pod-logs.ts';
import type { ResourceRoutes } from './resource-routes.ts';
import { optional } from './routes.ts';
import { LogsQuerySchema } from './schemas.ts';

/** Logs of the Pods of an application, as a stream or a file. */
export const logRoutes: FastifyPluginAsyncTypebox<Pick<ResourceRoutes, 'settings' | 'live'>> = async (app, parts) => {
  const { settings, live } = parts;

  const logs = {
    config: { access: { application: 'get', of: 'logs' as const } },
    schema: { tags: ['resources'], querystring: LogsQuerySchema },
  };
  app.get('/api/v1/applications/:name/logs', logs, async (request, reply) => {
    const query = request.query as LogsQuery;
    return streamLogs(request, reply, query);
  });
  app.get('/api/v1/applications/:name/pods/:podName/logs', logs, async (request, reply) => {
    const query = request.query as LogsQuery;
    const { podName = '' } = request.params as { podName?: string };
    return streamLogs(request, reply, { ...query, podName });
  });

  const streamLogs = async (
    request: Parameters<typeof replyWithStream>[0],
    reply: Parameters<typeof replyWithStream>[1],
    query: LogsQuery,
  ): Promise<void> => {
    const application = applicationOf(request);
    const pods = await live.podsOf(application, query);
    if (pods.length === 0)
      throw new ApiError('NotFound', 'pod not found', {
        fix: 'It may not have started yet, or not be part of the application',
      });
    const { maxPodLogs } = settings.get();
    if (pods.length > maxPodLogs) {
      throw new ApiError('InvalidArgument', 'max pods to view logs are reached. Please provide more granular query', {
        fix: `There are ${pods.length} Pods and at most ${maxPodLogs} are shown: choose one, or raise server.maxPodLogsToRender in argocd-cm`,
      });
    }
    for (const pod of pods) live.requirePermitted(application, pod);
    const seconds = query['sinceTime.seconds'];
    const entries = podLogs(await live.client(application), pods, {
      follow: query.follow ?? false,
      previous: query.previous ?? false,
      matchCase: query.matchCase ?? false,
      ...optional('container', query.container),
      ...optional('tailLines', query.tailLines),
      ...optional('sinceSeconds', query.sinceSeconds === 0 ? undefined : query.sinceSeconds),
      ...optional('sinceTime', seconds === undefined ? undefined : new Date(seconds * 1000).toISOString()),
      ...optional('untilTime', query.untilTime),
      ...optional('filter', query.filter),
    });
    if (query.download !== true) return replyWithStream(request, reply, entries);
    const file = [query.namespace, query.podName || query.resourceName || application.metadata.name, query.container]
      .filter((part) => part !== undefined && part !== '')
      .join('-')
      .replace(/[^\w.-]/g, '_');
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${file}.log"`,
    });
    const abandoned = new Promise<void>((resolve) => reply.raw.once('close', resolve));
    for await (const entry of entries) {
      if (entry.last || reply.raw.destroyed) break;
      if (!reply.raw.write(`${entry.content}\n`)) {
        await Promise.race([new Promise((resolve) => reply.raw.once('drain', resolve)), abandoned]);
      }
    }
    reply.raw.end();
  };
};

type LogsQuery = Type.Static<typeof LogsQuerySchema>;
