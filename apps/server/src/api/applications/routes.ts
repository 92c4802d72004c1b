import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Application, type ApplicationSpec, matchesLabelSelector } from '@lockstep/core';
import { rollbackAction } from '@lockstep/rbac';
import Type from 'typebox';
import { deleteApplication, isGivenUp } from '../../commands/delete-application.ts';
import { patchApplication } from '../../commands/patch-application.ts';
import { refreshApplication } from '../../commands/refresh-application.ts';
import { requestSync } from '../../commands/request-sync.ts';
import { resumeApplication, rollbackApplication } from '../../commands/rollback-application.ts';
import { terminateOperation } from '../../commands/terminate-operation.ts';
import { type ApplicationWriter, createApplication, updateApplication } from '../../commands/write-application.ts';
import type { SettingsSource } from '../../settings/settings-source.ts';
import { type ApplicationStore, keyOfApplication } from '../../store/application-store.ts';
import type { PlanStore } from '../../store/plan-store.ts';
import { ApiError, permissionDenied } from '../api-error.ts';
import type { Authorizer } from '../authorizer.ts';
import { applicationOf } from '../plugins/access.ts';
import { identityOf } from '../plugins/authenticate.ts';
import { selectFields } from '../select-fields.ts';
import { listApplications } from './list-applications.ts';
import { applicationRow, presentApplication } from './presenter.ts';
import {
  AnyApplicationSchema,
  ApplicationParametersSchema,
  ApplicationSpecSchema,
  DeleteQuerySchema,
  EmptySchema,
  GetQuerySchema,
  ListAnswerSchema,
  ListQuerySchema,
  PatchBodySchema,
  ReferenceQuerySchema,
  RollbackBodySchema,
  SyncBodySchema,
  WriteQuerySchema,
  WrittenApplicationSchema,
} from './schemas.ts';
import { requireSyncWindow, syncWindowFacts } from './sync-windows.ts';

export interface ApplicationRoutes {
  store: ApplicationStore;
  authorizer: Authorizer;
  settings: SettingsSource;
  writer: ApplicationWriter;
  plans: PlanStore;
}

/** Applications as a whole: list, read, write, sync, roll back. */
export const applicationRoutes: FastifyPluginAsyncTypebox<ApplicationRoutes> = async (app, parts) => {
  const { store, authorizer, settings, writer, plans } = parts;
  const window = (application: Application): Promise<void> => requireSyncWindow(writer, application);

  app.get(
    '/api/v1/applications',
    {
      config: { access: 'filtered' },
      schema: { tags: ['applications'], querystring: ListQuerySchema, response: { 200: ListAnswerSchema } },
    },
    async (request) => {
      const identity = identityOf(request);
      const { query } = request;
      const page = listApplications(authorizer.visible(identity), {
        ...query,
        projects: [...(query.projects ?? []), ...(query.project ?? [])],
      });
      const items = page.applications.map((application) => {
        const can = query.can === true ? authorizer.permissions(identity, application) : undefined;
        return query.view === 'rows'
          ? { ...applicationRow(application), ...(can === undefined ? {} : { can }) }
          : presentApplication(application, can);
      });
      // `items.` paths are those of Argo CD; the page's own fields are always sent.
      const selected = selectFields({ items }, query.fields) as { items?: Record<string, unknown>[] };
      return {
        metadata: {},
        items: selected.items ?? [],
        ...(query.limit === undefined ? {} : { total: page.total, cursor: page.cursor, facets: page.facets }),
      };
    },
  );

  app.post(
    '/api/v1/applications',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['applications'],
        querystring: WriteQuerySchema,
        body: WrittenApplicationSchema,
        response: { 200: AnyApplicationSchema },
      },
    },
    async (request) => {
      const { upsert = false, validate = true } = request.query;
      const identity = identityOf(request);
      const created = await createApplication(writer, request.body as Application, { upsert, validate, identity });
      return presentApplication(created);
    },
  );

  app.get(
    '/api/v1/applications/:name',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: GetQuerySchema,
        response: { 200: AnyApplicationSchema },
      },
    },
    async (request) => {
      let application: Application | undefined = applicationOf(request);
      const { refresh, fields } = request.query;
      if (refresh === 'normal' || refresh === 'hard') {
        application = await refreshApplication(store, keyOfApplication(application), refresh);
        if (application === undefined) throw permissionDenied();
      }
      const shown = presentApplication(application, authorizer.permissions(identityOf(request), application));
      return selectFields(shown, fields) as Application;
    },
  );

  app.put(
    '/api/v1/applications/:name',
    {
      config: { access: { application: 'update' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: WriteQuerySchema,
        body: WrittenApplicationSchema,
        response: { 200: AnyApplicationSchema },
      },
    },
    async (request) => {
      const current = applicationOf(request);
      const wanted = request.body as Application;
      // The path decides which application it is: a body that names another one must not move rights from one to the other.
      if (wanted.metadata.name !== current.metadata.name) {
        throw new ApiError(
          'InvalidArgument',
          `the body names the application ${wanted.metadata.name ?? ''}, the path ${current.metadata.name ?? ''}`,
        );
      }
      const updated = await updateApplication(writer, keyOfApplication(current), () => wanted, {
        validate: request.query.validate ?? true,
        identity: identityOf(request),
      });
      return presentApplication(updated);
    },
  );

  app.put(
    '/api/v1/applications/:name/spec',
    {
      config: { access: { application: 'update' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: WriteQuerySchema,
        body: ApplicationSpecSchema,
        response: { 200: Type.Unsafe<ApplicationSpec>({ type: 'object', additionalProperties: true }) },
      },
    },
    async (request) => {
      const spec = request.body as ApplicationSpec;
      const updated = await updateApplication(
        writer,
        keyOfApplication(applicationOf(request)),
        (current) => ({ ...current, spec }),
        { validate: request.query.validate ?? true, identity: identityOf(request) },
      );
      return updated.spec;
    },
  );

  app.patch(
    '/api/v1/applications/:name',
    {
      config: { access: { application: 'update' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: ReferenceQuerySchema,
        body: PatchBodySchema,
        response: { 200: AnyApplicationSchema },
      },
    },
    async (request) => {
      const { patch, patchType = 'json' } = request.body;
      const updated = await updateApplication(
        writer,
        keyOfApplication(applicationOf(request)),
        (current) => patchApplication(current, patch, patchType),
        { validate: true, identity: identityOf(request) },
      );
      return presentApplication(updated);
    },
  );

  app.delete(
    '/api/v1/applications/:name',
    {
      config: { access: { application: 'delete' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: DeleteQuerySchema,
        response: { 200: EmptySchema },
      },
    },
    async (request) => {
      const { cascade = true, propagationPolicy = '' } = request.query;
      const application = applicationOf(request);
      if (isGivenUp({ application, cascade }))
        await authorizer.require(identityOf(request), 'applications', 'override', authorizer.objectOf(application));
      await deleteApplication(store, application, { cascade, propagationPolicy });
      return {};
    },
  );

  app.post(
    '/api/v1/applications/:name/sync',
    {
      config: { access: { application: 'sync' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: ReferenceQuerySchema,
        body: SyncBodySchema,
        response: { 200: AnyApplicationSchema },
      },
    },
    async (request) => {
      const identity = identityOf(request);
      const key = keyOfApplication(applicationOf(request));
      const { body } = request;
      const syncOptions = Array.isArray(body.syncOptions) ? body.syncOptions : body.syncOptions?.items;
      if (body.planId !== undefined) {
        await plans.requireCurrent(body.planId, {
          application: key,
          ...optional('revision', body.revision),
          ...optional('revisions', body.revisions),
          ...optional('prune', body.prune),
          ...optional('dryRun', body.dryRun),
          ...optional('strategy', body.strategy ?? undefined),
          ...optional('resources', body.resources ?? undefined),
          ...optional('syncOptions', syncOptions),
          ...optional('allowEmpty', body.allowEmpty),
        });
      }
      const updated = await requestSync(
        {
          store,
          checks: {
            window,
            override: (application) =>
              authorizer.require(identity, 'applications', 'override', authorizer.objectOf(application)),
            revisionNeedsOverride: settings.get().revisionNeedsOverride,
          },
        },
        key,
        {
          ...optional('revision', body.revision),
          ...optional('revisions', body.revisions),
          ...optional('sourcePositions', body.sourcePositions?.map(Number)),
          ...optional('prune', body.prune),
          ...optional('dryRun', body.dryRun),
          ...optional('strategy', body.strategy ?? undefined),
          ...optional('resources', body.resources ?? undefined),
          ...optional('manifests', body.manifests ?? undefined),
          ...optional('infos', body.infos ?? undefined),
          ...optional('retryStrategy', body.retryStrategy ?? undefined),
          ...optional('syncOptions', syncOptions),
          ...optional('allowEmpty', body.allowEmpty),
        },
        identity.username,
      );
      return presentApplication(updated);
    },
  );

  app.post(
    '/api/v1/applications/:name/rollback',
    {
      config: { access: { application: (_request, source) => [rollbackAction(source.get().actions)] } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: ReferenceQuerySchema,
        body: RollbackBodySchema,
        response: { 200: AnyApplicationSchema },
      },
    },
    async (request) => {
      const { id, prune, dryRun, runHooks, reason, resume, allowEmpty, planId } = request.body;
      const key = keyOfApplication(applicationOf(request));
      if (planId !== undefined && id !== undefined) {
        await plans.requireCurrent(planId, {
          application: key,
          historyId: Number(id),
          ...optional('prune', prune),
          ...optional('dryRun', dryRun),
          ...optional('allowEmpty', allowEmpty),
          ...(runHooks === true ? {} : { strategy: { apply: {} } }),
        });
      }
      const updated = await rollbackApplication(
        { store, window },
        key,
        {
          ...optional('id', id === undefined ? undefined : Number(id)),
          ...optional('prune', prune),
          ...optional('dryRun', dryRun),
          ...optional('runHooks', runHooks),
          ...optional('reason', reason),
          ...optional('resume', resume),
          ...optional('allowEmpty', allowEmpty),
        },
        identityOf(request).username,
      );
      return presentApplication(updated);
    },
  );

  app.delete(
    '/api/v1/applications/:name/hold',
    {
      config: { access: { application: (_request, source) => [rollbackAction(source.get().actions)] } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: ReferenceQuerySchema,
        response: { 200: AnyApplicationSchema },
      },
    },
    async (request) => {
      const resumed = await resumeApplication(store, keyOfApplication(applicationOf(request)));
      if (resumed === undefined) throw permissionDenied();
      return presentApplication(resumed);
    },
  );

  app.delete(
    '/api/v1/applications/:name/operation',
    {
      config: { access: { application: 'sync' } },
      schema: {
        tags: ['applications'],
        params: ApplicationParametersSchema,
        querystring: ReferenceQuerySchema,
        response: { 200: EmptySchema },
      },
    },
    async (request) => {
      await terminateOperation(store, keyOfApplication(applicationOf(request)));
      return {};
    },
  );

  app.get(
    '/api/v1/applications/:name/syncwindows',
    {
      config: { access: { application: 'get' } },
      schema: { tags: ['applications'], params: ApplicationParametersSchema, querystring: ReferenceQuerySchema },
    },
    async (request) => syncWindowFacts(writer, applicationOf(request)),
  );
};

/** A property only where there is a value: absent and undefined are different things here. */
export function optional<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}

/** Whether an application is what a stream was asked for. */
export function isSelectedBy(
  application: Application,
  filter: {
    name?: string;
    projects?: readonly string[];
    appNamespace?: string;
    selector?: Parameters<typeof matchesLabelSelector>[1];
  },
): boolean {
  const { metadata, spec } = application;
  if (filter.name !== undefined && filter.name !== '' && metadata.name !== filter.name) return false;
  if (filter.appNamespace !== undefined && filter.appNamespace !== '' && metadata.namespace !== filter.appNamespace)
    return false;
  if (
    filter.projects !== undefined &&
    filter.projects.length > 0 &&
    !filter.projects.includes(spec.project || 'default')
  )
    return false;
  return filter.selector === undefined || matchesLabelSelector(metadata.labels, filter.selector);
}
