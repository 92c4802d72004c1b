import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { ANNOTATION_PREFIX_LINK, sourcesOf } from '@lockstep/core';
import Type from 'typebox';
import { refreshApplication } from '../../commands/refresh-application.ts';
import type { SettingsSource } from '../../settings/settings-source.ts';
import { type ApplicationStore, keyOfApplication } from '../../store/application-store.ts';
import type { PlanStore } from '../../store/plan-store.ts';
import type { ResourceDiff } from '../../store/read-models.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import type { Authorizer } from '../authorizer.ts';
import { applicationOf } from '../plugins/access.ts';
import { selectFields } from '../select-fields.ts';
import type { LiveResources } from './live-resources.ts';
import { optional } from './routes.ts';
import {
  ApplicationParametersSchema,
  EmptySchema,
  EventsQuerySchema,
  HistoryDiffSchema,
  itemsOf,
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
  const { store, live, plans, context } = parts;

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
      const object = await live.read(await live.find(applicationOf(request), request.query));
      return { manifest: JSON.stringify(live.present(object)) };
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
};

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
