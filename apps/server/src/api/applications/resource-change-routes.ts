import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { ClusterError, groupVersionOf, type KubernetesObject } from '@lockstep/core';
import { customAction, resourceActions } from '@lockstep/rbac';
import Type from 'typebox';
import { recordActionEvents } from '../../commands/resource-actions/action-events.ts';
import { applySteps } from '../../commands/resource-actions/apply-steps.ts';
import { type ActionSources, actionsOf, stepsOf } from '../../commands/resource-actions/available-actions.ts';
import type { ActionStep } from '../../commands/resource-actions/resource-action.ts';
import type { DestinationClient } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import { applicationOf } from '../plugins/access.ts';
import { identityOf } from '../plugins/authenticate.ts';
import type { ResourceReference } from './live-resources.ts';
import type { ResourceRoutes } from './resource-routes.ts';
import {
  ActionBodySchema,
  ActionsAnswerSchema,
  ApplicationParametersSchema,
  EmptySchema,
  ReferenceQuerySchema,
  ResourceQuerySchema,
} from './schemas.ts';

/** A resource named by the query. */
const ofResource = {
  tags: ['resources'],
  params: ApplicationParametersSchema,
  querystring: ResourceQuerySchema,
};

/** Changing live resources of an application: patch, delete, and the actions their kinds have. */
export const resourceChangeRoutes: FastifyPluginAsyncTypebox<
  Pick<ResourceRoutes, 'authorizer' | 'settings' | 'live' | 'context'> & { lua: ActionSources['lua'] }
> = async (app, parts) => {
  const { authorizer, settings, live, context, lua } = parts;

  app.post(
    '/api/v1/applications/:name/resource',
    {
      config: { access: { application: 'get' } },
      schema: {
        ...ofResource,
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
      const found = await live.find(applicationOf(request), request.query);
      const { client, ref } = found;
      await requireResourceAction(request, 'update', ref);
      await live.readShown(found);
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
        ...ofResource,
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
        ...ofResource,
        response: { 200: ActionsAnswerSchema },
      },
    },
    async (request) => {
      const object = await live.read(await live.find(applicationOf(request), request.query));
      return { actions: await actionsOf(object, { settings: settings.get().core, lua }) };
    },
  );

  const act = async (
    request: Parameters<typeof applicationOf>[0],
    reference: ResourceReference,
    action: string,
    parameters: Record<string, string>,
  ) => {
    const application = applicationOf(request);
    const found = await live.find(application, reference);
    const { client, ref, node } = found;
    const identity = identityOf(request);
    await authorizer.require(
      identity,
      'applications',
      customAction({ group: node.group ?? '', kind: ref.kind }, action),
      authorizer.objectOf(application),
    );
    const object = await live.readShown(found);
    const steps = (await stepsOf(object, action, parameters, { settings: settings.get().core, lua })).map((step) =>
      inItsNamespace(step, object, client),
    );
    for (const step of steps) {
      const { apiVersion, kind, metadata } = step.object;
      live.requirePermitted(application, {
        group: groupVersionOf(apiVersion).group,
        kind,
        namespace: metadata.namespace ?? '',
        name: metadata.name ?? '',
      });
    }
    await applySteps(client, steps).catch((error: unknown) => {
      throw steps.some((step) => isSecret(step.object)) ? withoutText(error) : error;
    });
    const user = identity.username;
    request.log.info({ application: application.metadata.name, ...ref, action, user }, 'resource action');
    await recordActionEvents(
      { controlPlane: context.controlPlane, client, logger: request.log },
      { application, object, action, user },
    );
    return {};
  };

  app.post(
    '/api/v1/applications/:name/resource/actions',
    {
      config: { access: { application: 'get' } },
      schema: {
        ...ofResource,
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

  const requireResourceAction = async (
    request: Parameters<typeof applicationOf>[0],
    verb: 'update' | 'delete',
    ref: { apiVersion: string; kind: string; namespace: string; name: string },
  ): Promise<void> => {
    const application = applicationOf(request);
    const identity = identityOf(request);
    const object = authorizer.objectOf(application);
    const { apiVersion, ...key } = ref;
    const { group } = groupVersionOf(apiVersion);
    const actions = resourceActions(verb, { ...key, group }, settings.get().actions);
    for (const action of actions) if (await authorizer.allows(identity, 'applications', action, object)) return;
    await authorizer.require(identity, 'applications', actions[0], object);
  };
};

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

function isSecret({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): boolean {
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

/** What is created lands beside the object, unless the script said where; a cluster-wide kind has no namespace. */
function inItsNamespace(step: ActionStep, { metadata }: KubernetesObject, client: DestinationClient): ActionStep {
  if (step.operation === 'patch') return step;
  const { object } = step;
  const { namespace: given, ...rest } = object.metadata;
  const isClusterWide = client.resourceFor(groupVersionOf(object.apiVersion).group, object.kind)?.namespaced === false;
  const namespace = isClusterWide ? undefined : (given ?? metadata.namespace);
  return {
    ...step,
    object: { ...object, metadata: namespace === undefined ? rest : { ...rest, namespace } },
  };
}
