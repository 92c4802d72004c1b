import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { ANNOTATION_PREFIX_LINK, ClusterError, sourcesOf } from '@lockstep/core';
import { customAction, resourceActions } from '@lockstep/rbac';
import Type from 'typebox';
import { refreshApplication } from '../../commands/refresh-application.ts';
import { actionsOf, runAction } from '../../commands/resource-actions.ts';
import type { SettingsSource } from '../../settings/settings-source.ts';
import { type ApplicationStore, keyOfApplication } from '../../store/application-store.ts';
import type { PlanStore } from '../../store/plan-store.ts';
import type { ResourceDiff } from '../../store/read-models.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import type { Authorizer } from '../authorizer.ts';
import { applicationOf } from '../plugins/access.ts';
import { identityOf } from '../plugins/authenticate.ts';
import { selectFields } from '../select-fields.ts';
import { replyWithStream } from '../stream-reply.ts';
import type { LiveResources, ResourceReference } from './live-resources.ts';
import { podLogs } from './pod-logs.ts';
import { optional } from './routes.ts';
import {
  ActionBodySchema,
  ActionsAnswerSchema,
  ApplicationParametersSchema,
  EmptySchema,
  EventsQuerySchema,
  HistoryDiffSchema,
  itemsOf,
  LogsQuerySchema,
  ManifestsQuerySchema,
  openObject,
  PlanBodySchema,
  PlanSchema,
  ReferenceQuerySchema,
  ResourceQuerySchema,
} from './schemas.ts';

export interface ResourceRoutes {
  store: ApplicationStore;
  authorizer: Authorizer;
  settings: SettingsSource;
  live: LiveResources;
  plans: PlanStore;
  context: Pick<ApiContext, 'requests' | 'controlPlane'>;
}

/** What an application consists of: its tree, its resources on the cluster, their logs and events, its manifests. */
export const resourceRoutes: FastifyPluginAsyncTypebox<ResourceRoutes> = async (app, parts) => {
  const { store, authorizer, settings, live, plans, context } = parts;

  app.get(
    '/api/v1/applications/:name/resource-tree',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: ResourceQuerySchema,
        response: { 200: openObject('ApplicationTree') },
      },
    },
    async (request) => selectFields(await live.tree(applicationOf(request)), request.query.fields) as never,
  );

  app.get(
    '/api/v1/applications/:name/managed-resources',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: ResourceQuerySchema,
        response: { 200: itemsOf(openObject('ResourceDiff')) },
      },
    },
    async (request) => {
      const { group, kind, namespace, name, fields } = request.query;
      const items = (await live.managedResources(applicationOf(request))).filter(
        (resource) =>
          equals(group, resource.group) &&
          equals(kind, resource.kind) &&
          equals(namespace, resource.namespace) &&
          equals(name, resource.name),
      );
      return selectFields({ items }, fields) as never;
    },
  );

  app.get(
    '/api/v1/applications/:name/resource',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['resources'],
        params: ApplicationParametersSchema,
        querystring: ResourceQuerySchema,
        response: { 200: Type.Object({ manifest: Type.String() }) },
      },
    },
    async (request) => {
      const { client, ref } = await live.find(applicationOf(request), request.query);
      const object = await client.get(ref);
      if (object === undefined) throw new ApiError('NotFound', `${ref.kind} ${ref.name} not found`);
      return { manifest: JSON.stringify(live.present(object)) };
    },
  );

  app.post(
    '/api/v1/applications/:name/resource',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['resources'],
        params: ApplicationParametersSchema,
        querystring: ResourceQuerySchema,
        body: Type.String({ maxLength: 512 * 1024 }),
        response: { 200: Type.Object({ manifest: Type.String() }) },
      },
    },
    async (request) => {
      const { patchType = 'application/merge-patch+json' } = request.query;
      const type = patchTypes[patchType];
      if (type === undefined) {
        throw new ApiError('InvalidArgument', `patchType "${patchType}" is not supported`, {
          fix: `Use one of ${Object.keys(patchTypes).join(', ')}`,
        });
      }
      const { client, ref } = await live.find(applicationOf(request), request.query);
      await requireResourceAction(request, 'update', ref);
      const patched = await client.patch(ref, { type, body: parseBody(request.body) }).catch((error: unknown) => {
        throw isSecret(ref) ? withoutText(error) : error;
      });
      return { manifest: JSON.stringify(live.present(patched)) };
    },
  );

  app.delete(
    '/api/v1/applications/:name/resource',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['resources'],
        params: ApplicationParametersSchema,
        querystring: ResourceQuerySchema,
        response: { 200: EmptySchema },
      },
    },
    async (request) => {
      const { force = false, orphan = false } = request.query;
      const { client, ref, node } = await live.find(applicationOf(request), request.query);
      await requireResourceAction(request, 'delete', ref);
      await client.delete(
        { group: node.group ?? '', version: node.version, kind: ref.kind, namespace: ref.namespace, name: ref.name },
        {
          propagation: orphan ? 'Orphan' : force ? 'Background' : 'Foreground',
          // What is deleted is what the caller saw, not a successor of the same name.
          ...(node.uid === undefined || node.uid === '' ? {} : { uid: node.uid }),
          ...(force ? { gracePeriodSeconds: 0 } : {}),
        },
      );
      return {};
    },
  );

  app.get(
    '/api/v1/applications/:name/resource/actions',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['resources'],
        params: ApplicationParametersSchema,
        querystring: ResourceQuerySchema,
        response: { 200: ActionsAnswerSchema },
      },
    },
    async (request) => {
      const { client, ref } = await live.find(applicationOf(request), request.query);
      const object = await client.get(ref);
      if (object === undefined) throw new ApiError('NotFound', `${ref.kind} ${ref.name} not found`);
      return { actions: actionsOf(object) };
    },
  );

  const act = async (
    request: Parameters<typeof applicationOf>[0],
    reference: ResourceReference,
    action: string,
    parameters: Record<string, string>,
  ) => {
    const application = applicationOf(request);
    const { client, ref, node } = await live.find(application, reference);
    await authorizer.require(
      identityOf(request),
      'applications',
      customAction({ group: node.group ?? '', kind: ref.kind }, action),
      authorizer.objectOf(application),
    );
    const object = await client.get(ref);
    if (object === undefined) throw new ApiError('NotFound', `${ref.kind} ${ref.name} not found`);
    const step = runAction(object, action, parameters);
    if (step.type === 'patch') {
      await client.patch(ref, { type: 'merge', body: step.body });
    } else {
      const [group = ''] = step.object.apiVersion.includes('/') ? step.object.apiVersion.split('/') : [''];
      live.requirePermitted(application, {
        group,
        kind: step.object.kind,
        namespace: step.object.metadata.namespace ?? '',
        name: step.object.metadata.name ?? '',
      });
      await client.create(step.object);
    }
    request.log.info(
      { application: application.metadata.name, ...ref, action, user: identityOf(request).username },
      'resource action',
    );
    return {};
  };

  app.post(
    '/api/v1/applications/:name/resource/actions',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['resources'],
        params: ApplicationParametersSchema,
        querystring: ResourceQuerySchema,
        body: Type.String({ maxLength: 128 }),
        response: { 200: EmptySchema },
      },
    },
    async (request) => act(request, request.query, request.body, {}),
  );

  app.post(
    '/api/v1/applications/:name/resource/actions/v2',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['resources'],
        params: ApplicationParametersSchema,
        querystring: ReferenceQuerySchema,
        body: ActionBodySchema,
        response: { 200: EmptySchema },
      },
    },
    async (request) => {
      const { action, resourceActionParameters = [], ...reference } = request.body;
      const parameters = Object.fromEntries(resourceActionParameters.map(({ name, value }) => [name, value]));
      return act(request, reference, action, parameters);
    },
  );

  app.get(
    '/api/v1/applications/:name/events',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: EventsQuerySchema,
        response: { 200: openObject('EventList') },
      },
    },
    async (request) => {
      const application = applicationOf(request);
      const { resourceName, resourceNamespace, resourceUID } = request.query;
      const list = (items: unknown[]) => ({ apiVersion: 'v1', kind: 'EventList', metadata: {}, items }) as never;
      if (resourceName === undefined || resourceName === '') {
        const events = await context.controlPlane.list(
          { apiVersion: 'v1', kind: 'Event' },
          {
            namespace: application.metadata.namespace ?? '',
            fieldSelector: `involvedObject.name=${application.metadata.name ?? ''},involvedObject.kind=Application`,
          },
        );
        return list(events);
      }
      const tree = await live.tree(application);
      const isPart = [...tree.nodes, ...tree.orphanedNodes].some(
        (node) =>
          node.name === resourceName && (resourceUID === undefined || resourceUID === '' || node.uid === resourceUID),
      );
      if (!isPart)
        throw new ApiError(
          'InvalidArgument',
          `${resourceName} not found as part of application ${application.metadata.name ?? ''}`,
        );
      const client = await live.client(application);
      return list(
        await client.events({
          namespace: resourceNamespace ?? '',
          name: resourceName,
          ...(resourceUID ? { uid: resourceUID } : {}),
        }),
      );
    },
  );

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

  app.get(
    '/api/v1/applications/:name/manifests',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: ManifestsQuerySchema,
        response: { 200: openObject('ManifestResponse') },
      },
    },
    async (request) => {
      const { revision, revisions, noCache } = request.query;
      const answer = await context.requests.manifests({
        application: keyOfApplication(applicationOf(request)),
        ...optional('revision', revision),
        ...optional('revisions', revisions),
        ...optional('noCache', noCache),
      });
      return {
        // Masked again here: whoever answered, a Secret does not leave.
        manifests: answer.manifests.map((object) => JSON.stringify(live.present(object))),
        namespace: answer.namespace,
        server: answer.server,
        revision: answer.revisions[0] ?? '',
        sourceType: answer.sourceTypes[0] ?? '',
        ...(answer.commands === undefined ? {} : { commands: answer.commands }),
      } as never;
    },
  );

  app.get(
    '/api/v1/applications/:name/revisions/:revision/metadata',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: Type.Object({ name: Type.String(), revision: Type.String({ maxLength: 512 }) }),
        querystring: Type.Object({
          appNamespace: Type.Optional(Type.String()),
          project: Type.Optional(Type.String()),
          sourceIndex: Type.Optional(Type.Integer({ minimum: 0 })),
          versionId: Type.Optional(Type.Integer({ minimum: 0 })),
        }),
        response: {
          200: Type.Object({
            author: Type.Optional(Type.String()),
            date: Type.Optional(Type.String()),
            message: Type.Optional(Type.String()),
            tags: Type.Optional(Type.Array(Type.String())),
          }),
        },
      },
    },
    async (request) => {
      const application = applicationOf(request);
      const sourceIndex = request.query.sourceIndex ?? 0;
      if (sourceIndex >= sourcesOf(application.spec).length) {
        throw new ApiError(
          'InvalidArgument',
          `there is no source ${sourceIndex}, the application has ${sourcesOf(application.spec).length}`,
        );
      }
      return context.requests.revisionMetadata({
        application: keyOfApplication(application),
        sourceIndex,
        revision: request.params.revision,
      });
    },
  );

  app.post(
    '/api/v1/applications/:name/plans',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: ReferenceQuerySchema,
        body: PlanBodySchema,
        response: { 200: PlanSchema },
      },
    },
    async (request) => {
      const { revision, revisions, prune, dryRun, resources, syncOptions, historyId, runHooks } = request.body;
      // A rollback runs no hooks unless asked to, so its plan shows none.
      const strategy =
        request.body.strategy ?? (historyId === undefined || runHooks === true ? undefined : { apply: {} });
      return plans.compute({
        application: keyOfApplication(applicationOf(request)),
        ...optional('revision', revision),
        ...optional('revisions', revisions),
        ...optional('prune', prune),
        ...optional('dryRun', dryRun),
        ...optional('strategy', strategy),
        ...optional('resources', resources),
        ...optional('syncOptions', Array.isArray(syncOptions) ? syncOptions : syncOptions?.items),
        ...optional('historyId', historyId),
      });
    },
  );

  app.get(
    '/api/v1/applications/:name/history/:id/diff',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: Type.Object({ name: Type.String(), id: Type.Integer({ minimum: 0 }) }),
        querystring: Type.Object({
          appNamespace: Type.Optional(Type.String()),
          project: Type.Optional(Type.String()),
          to: Type.Optional(Type.String({ pattern: '^(now|\\d{1,15})$' })),
        }),
        response: { 200: HistoryDiffSchema },
      },
    },
    async (request) => {
      const { to = 'now' } = request.query;
      return context.requests.historyDiff({
        application: keyOfApplication(applicationOf(request)),
        from: request.params.id,
        to: to === 'now' ? 'now' : Number(to),
      });
    },
  );

  app.get(
    '/api/v1/applications/:name/links',
    {
      config: { access: { application: 'get' } },
      schema: { tags: ['applications'], params: ApplicationParametersSchema, querystring: ReferenceQuerySchema },
    },
    async (request) => ({ items: linksOf(applicationOf(request).metadata.annotations) }),
  );

  app.get(
    '/api/v1/applications/:name/resource/links',
    {
      config: { access: { application: 'get' } },
      schema: { tags: ['resources'], params: ApplicationParametersSchema, querystring: ResourceQuerySchema },
    },
    async (request) => {
      const { client, ref } = await live.find(applicationOf(request), request.query);
      return { items: linksOf((await client.get(ref))?.metadata.annotations) };
    },
  );

  app.post(
    '/api/v1/applications/:name/refresh',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: Type.Object({
          appNamespace: Type.Optional(Type.String()),
          project: Type.Optional(Type.String()),
          type: Type.Optional(Type.Union([Type.Literal('normal'), Type.Literal('hard')])),
        }),
        response: { 200: EmptySchema },
      },
    },
    async (request) => {
      await refreshApplication(store, keyOfApplication(applicationOf(request)), request.query.type ?? 'normal');
      return {};
    },
  );

  const requireResourceAction = async (
    request: Parameters<typeof applicationOf>[0],
    verb: 'update' | 'delete',
    ref: { apiVersion: string; kind: string; namespace: string; name: string },
  ): Promise<void> => {
    const application = applicationOf(request);
    const identity = identityOf(request);
    const object = authorizer.objectOf(application);
    const slash = ref.apiVersion.indexOf('/');
    const group = slash < 0 ? '' : ref.apiVersion.slice(0, slash);
    const actions = resourceActions(
      verb,
      { group, kind: ref.kind, namespace: ref.namespace, name: ref.name },
      settings.get().actions,
    );
    for (const action of actions) if (await authorizer.allows(identity, 'applications', action, object)) return;
    await authorizer.require(identity, 'applications', actions[0], object);
  };
};

type LogsQuery = Type.Static<typeof LogsQuerySchema>;

const patchTypes: Record<string, 'merge' | 'json' | 'strategic'> = {
  'application/merge-patch+json': 'merge',
  merge: 'merge',
  'application/json-patch+json': 'json',
  json: 'json',
  'application/strategic-merge-patch+json': 'strategic',
  strategic: 'strategic',
};

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(
      'InvalidArgument',
      `the patch is not valid JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

function isSecret({ apiVersion, kind }: { apiVersion: string; kind: string }): boolean {
  return apiVersion === 'v1' && kind === 'Secret';
}

/** An API server that refuses a Secret may quote it, so of its answer only the kind of refusal is passed on. */
function withoutText(error: unknown): unknown {
  if (!(error instanceof ClusterError)) return error;
  return new ClusterError('the API server refused the change of the Secret', {
    status: error.status,
    reason: error.reason,
  });
}

/** An absent filter fits everything. */
function equals(wanted: string | undefined, actual: string | undefined): boolean {
  return wanted === undefined || wanted === (actual ?? '');
}

/** Links in annotations: `url` or `title|url`, web addresses only, since they become links in the dashboard. */
function linksOf(annotations: Record<string, string> | undefined): { title: string; url: string }[] {
  return Object.entries(annotations ?? {}).flatMap(([key, value]) => {
    if (!key.startsWith(ANNOTATION_PREFIX_LINK)) return [];
    const bar = value.indexOf('|');
    const url = bar < 0 ? value : value.slice(bar + 1);
    const title = bar < 0 ? key.slice(ANNOTATION_PREFIX_LINK.length) : value.slice(0, bar);
    const isWeb = URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
    return isWeb ? [{ title, url }] : [];
  });
}

/** What the stream says of a managed resource: that it is there and whether it differs. */
export function managedResourceRow(resource: ResourceDiff) {
  return {
    group: resource.group ?? '',
    kind: resource.kind,
    namespace: resource.namespace ?? '',
    name: resource.name,
    modified: resource.modified ?? false,
    hook: resource.hook ?? false,
    hasTarget: isPresent(resource.targetState),
    hasLive: isPresent(resource.liveState),
    resourceVersion: resource.resourceVersion ?? '',
  };
}

/** Argo CD writes an absent state as the text `null`. */
function isPresent(state: string | undefined): boolean {
  return state !== undefined && state !== '' && state !== 'null';
}
