import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  type Application,
  type AppProject,
  ClusterError,
  IN_CLUSTER_SERVER,
  isWindowActive,
  projectNameOf,
  specProblems,
  syncWindowProblems,
} from '@lockstep/core';
import { type ProjectRole, projectPolicy } from '@lockstep/rbac';
import Type from 'typebox';
import type { ApiContext } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import { AnyObjectSchema, EmptySchema, openObject } from '../applications/schemas.ts';
import type { Authorizer } from '../authorizer.ts';
import { identityOf } from '../plugins/authenticate.ts';
import { selectFields } from '../select-fields.ts';

const TYPE = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject' };
const ATTEMPTS = 10;

export interface ProjectRoutes {
  authorizer: Authorizer;
  context: Pick<ApiContext, 'controlPlane' | 'collections' | 'clusters' | 'config'>;
}

const NameParameters = Type.Object({ name: Type.String({ maxLength: 253 }) });
const AnyProject = openObject<AppProject>('AppProject');
const ProjectBody = Type.Object({
  project: Type.Object(
    {
      metadata: Type.Object(
        { name: Type.String({ pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', maxLength: 253 }) },
        { additionalProperties: true },
      ),
      spec: Type.Optional(Type.Object({}, { additionalProperties: true })),
    },
    { additionalProperties: true },
  ),
  upsert: Type.Optional(Type.Boolean()),
});

/** AppProjects. */
export const projectRoutes: FastifyPluginAsyncTypebox<ProjectRoutes> = async (app, { authorizer, context }) => {
  const { controlPlane, collections, clusters, config } = context;
  const find = (name: string): AppProject | undefined => collections.projects.get(config.namespace, name);
  const existing = (name: string): AppProject => {
    const project = find(name);
    if (project === undefined) throw new ApiError('NotFound', `appprojects.argoproj.io "${name}" not found`);
    return project;
  };
  const readable = {
    resource: 'projects',
    action: 'get',
    object: (request: { params: unknown }) => (request.params as { name: string }).name,
  };

  app.get(
    '/api/v1/projects',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['projects'],
        querystring: Type.Object({ name: Type.Optional(Type.String()), fields: Type.Optional(Type.String()) }),
        response: { 200: AnyObjectSchema },
      },
    },
    async (request) => {
      const identity = identityOf(request);
      const items: AppProject[] = [];
      for (const project of collections.projects.list()) {
        const name = project.metadata.name ?? '';
        if (request.query.name && request.query.name !== name) continue;
        if (await authorizer.allows(identity, 'projects', 'get', name)) items.push(present(project));
      }
      items.sort((a, b) => (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''));
      return selectFields({ metadata: {}, items }, request.query.fields) as never;
    },
  );

  app.get(
    '/api/v1/projects/:name',
    {
      config: { access: readable },
      schema: { tags: ['projects'], params: NameParameters, response: { 200: AnyProject } },
    },
    async (request) => present(existing(request.params.name)),
  );

  app.get(
    '/api/v1/projects/:name/detailed',
    {
      config: { access: readable },
      schema: { tags: ['projects'], params: NameParameters, response: { 200: AnyObjectSchema } },
    },
    async (request) => {
      const project = existing(request.params.name);
      const scoped = clusters.facts().filter((cluster) => cluster.project === project.metadata.name);
      // Credentials of scoped repositories and clusters once left through here in Argo CD: names and addresses only.
      return {
        project: present(project),
        globalProjects: [],
        repositories: [],
        clusters: scoped.map(({ server, name }) => ({ server, name })),
      } as never;
    },
  );

  app.get(
    '/api/v1/projects/:name/syncwindows',
    {
      config: { access: readable },
      schema: { tags: ['projects'], params: NameParameters, response: { 200: AnyObjectSchema } },
    },
    async (request) => {
      const now = new Date();
      const windows = (existing(request.params.name).spec.syncWindows ?? []).filter((window) =>
        isWindowActive(window, now),
      );
      return { windows } as never;
    },
  );

  app.get(
    '/api/v1/projects/:name/events',
    {
      config: { access: readable },
      schema: { tags: ['projects'], params: NameParameters, response: { 200: AnyObjectSchema } },
    },
    async (request) => {
      const items = await controlPlane.list(
        { apiVersion: 'v1', kind: 'Event' },
        {
          namespace: config.namespace,
          fieldSelector: `involvedObject.name=${request.params.name},involvedObject.kind=AppProject`,
        },
      );
      return { apiVersion: 'v1', kind: 'EventList', metadata: {}, items } as never;
    },
  );

  app.get(
    '/api/v1/projects/:name/links',
    { config: { access: readable }, schema: { tags: ['projects'], params: NameParameters } },
    async (request) => {
      existing(request.params.name);
      return { items: [] };
    },
  );

  app.post(
    '/api/v1/projects',
    {
      config: { access: 'filtered' },
      schema: { tags: ['projects'], body: ProjectBody, response: { 200: AnyProject } },
    },
    async (request) => {
      const identity = identityOf(request);
      const wanted = written(request.body.project, config.namespace);
      const name = wanted.metadata.name ?? '';
      await authorizer.require(identity, 'projects', 'create', name);
      requireValid(wanted);
      const current = find(name);
      if (current === undefined) {
        const stored = (await controlPlane.create(wanted)) as AppProject;
        collections.projects.absorb(stored);
        return present(stored);
      }
      if (request.body.upsert !== true) {
        throw new ApiError('AlreadyExists', `existing project spec is different, use upsert flag to force update`);
      }
      await authorizer.require(identity, 'projects', 'update', name);
      return present(await replace(name, wanted));
    },
  );

  app.put(
    '/api/v1/projects/:name',
    {
      config: { access: { ...readable, action: 'update' } },
      schema: { tags: ['projects'], params: NameParameters, body: ProjectBody, response: { 200: AnyProject } },
    },
    async (request) => {
      const identity = identityOf(request);
      const { name } = request.params;
      const wanted = written(request.body.project, config.namespace);
      if (wanted.metadata.name !== name)
        throw new ApiError(
          'InvalidArgument',
          `the body names the project ${wanted.metadata.name ?? ''}, the path ${name}`,
        );
      requireValid(wanted);
      const current = existing(name);
      await requireAdditions(identity, current, wanted);
      requireApplicationsStayValid(current, wanted);
      return present(await replace(name, wanted));
    },
  );

  app.delete(
    '/api/v1/projects/:name',
    {
      config: { access: { ...readable, action: 'delete' } },
      schema: { tags: ['projects'], params: NameParameters, response: { 200: EmptySchema } },
    },
    async (request) => {
      const { name } = request.params;
      if (name === 'default') throw new ApiError('InvalidArgument', "name 'default' is reserved and cannot be deleted");
      const project = existing(name);
      const used = applicationsOf(name);
      if (used.length > 0) {
        throw new ApiError('InvalidArgument', `project is referenced by ${used.length} applications`, {
          fix: 'Delete them or move them to another project',
        });
      }
      await controlPlane.delete(
        { group: 'argoproj.io', version: 'v1alpha1', kind: 'AppProject', namespace: config.namespace, name },
        { propagation: 'Background', ...(project.metadata.uid === undefined ? {} : { uid: project.metadata.uid }) },
      );
      return {};
    },
  );

  const applicationsOf = (project: string): Application[] =>
    [...collections.applications.list()].filter((application) => projectNameOf(application.spec) === project);

  const replace = async (name: string, wanted: AppProject): Promise<AppProject> => {
    for (let attempt = 1; ; attempt += 1) {
      const current = (await controlPlane.get({ ...TYPE, namespace: config.namespace, name })) as
        | AppProject
        | undefined;
      if (current === undefined) throw new ApiError('NotFound', `appprojects.argoproj.io "${name}" not found`);
      const { labels, annotations, finalizers } = wanted.metadata;
      const next: AppProject = {
        ...current,
        metadata: {
          ...current.metadata,
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
          ...(finalizers === undefined ? {} : { finalizers }),
        },
        spec: wanted.spec,
      };
      try {
        const stored = (await controlPlane.replace(next)) as AppProject;
        collections.projects.absorb(stored);
        return stored;
      } catch (error) {
        if (!(error instanceof ClusterError) || error.reason !== 'Conflict' || attempt >= ATTEMPTS) throw error;
      }
    }
  };

  /** Opening a project to another cluster or repository needs rights over those. */
  const requireAdditions = async (
    identity: ReturnType<typeof identityOf>,
    before: AppProject,
    after: AppProject,
  ): Promise<void> => {
    const known = new Set((before.spec.destinations ?? []).map((destination) => JSON.stringify(destination)));
    for (const destination of after.spec.destinations ?? []) {
      if (known.has(JSON.stringify(destination))) continue;
      const named = clusters.facts().find((cluster) => cluster.name === destination.name);
      await authorizer.require(
        identity,
        'clusters',
        'update',
        destination.server || named?.server || destination.name || IN_CLUSTER_SERVER,
      );
    }
    const repositories = new Set(before.spec.sourceRepos ?? []);
    for (const repository of after.spec.sourceRepos ?? []) {
      if (!repositories.has(repository)) await authorizer.require(identity, 'repositories', 'update', repository);
    }
  };

  const requireApplicationsStayValid = (before: AppProject, after: AppProject): void => {
    const problemsWith = (application: Application, project: AppProject): number =>
      specProblems({ application, project, clusters: clusters.facts(), controlPlaneNamespace: config.namespace })
        .length;
    const broken = applicationsOf(before.metadata.name ?? '').filter(
      (application) => problemsWith(application, before) === 0 && problemsWith(application, after) > 0,
    );
    if (broken.length === 0) return;
    const names = broken.slice(0, 5).map((application) => application.metadata.name ?? '');
    throw new ApiError(
      'InvalidArgument',
      `as a result of project update ${broken.length} applications source or destination became invalid`,
      {
        fix: `Change these first: ${names.join(', ')}${broken.length > names.length ? ' …' : ''}`,
      },
    );
  };
};

/** What a caller may set. */
function written(project: { metadata: object; spec?: object }, namespace: string): AppProject {
  const { name, labels, annotations, finalizers } = project.metadata as AppProject['metadata'];
  return {
    ...TYPE,
    metadata: {
      ...(name === undefined ? {} : { name }),
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    spec: (project.spec ?? {}) as AppProject['spec'],
  };
}

/** Roles whose policies are broken are refused here; the policy itself would only leave their lines out. */
function requireValid(project: AppProject): void {
  const roles = (project.spec.roles ?? []) as readonly ProjectRole[];
  const { problems } = projectPolicy(project.metadata.name ?? '', roles, 'glob');
  const [problem] = problems;
  if (problem !== undefined) {
    throw new ApiError('InvalidArgument', `invalid policy rule '${problem.text}': ${problem.reason}`, {
      fix: problem.fix,
    });
  }
  for (const destination of project.spec.destinations ?? []) {
    if (destination.server === '!*' || destination.namespace === '!*') {
      throw new ApiError('InvalidArgument', 'a destination of !* denies everything', {
        fix: 'Remove the destination instead',
      });
    }
  }
  if ((project.spec.sourceRepos ?? []).includes('!*')) {
    throw new ApiError('InvalidArgument', "source repository '!*' denies everything", {
      fix: 'Remove it and list the repositories to allow',
    });
  }
  const [windowProblem] = syncWindowProblems(project.spec.syncWindows ?? []);
  if (windowProblem !== undefined) throw new ApiError('InvalidArgument', windowProblem);
}

function present(project: AppProject): AppProject {
  const { managedFields: _managedFields, annotations, ...metadata } = project.metadata;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _lastApplied, ...shown } = annotations ?? {};
  return { ...project, metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations: shown }) } };
}
