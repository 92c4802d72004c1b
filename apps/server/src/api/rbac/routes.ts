import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { explain, type PolicyProblem, type Subject } from '@lockstep/rbac';
import Type from 'typebox';
import type { PolicySource } from '../../settings/policy-source.ts';
import type { ApiContext } from '../api-context.ts';
import type { Authorizer } from '../authorizer.ts';
import { identityOf } from '../plugins/authenticate.ts';

export interface RbacRoutes {
  policy: PolicySource;
  authorizer: Authorizer;
  projects: ApiContext['collections']['projects'];
}

/** The policy explains itself: why something is allowed or not, and which of its lines are broken. */
export const rbacRoutes: FastifyPluginAsyncTypebox<RbacRoutes> = async (app, { policy, authorizer, projects }) => {
  app.get(
    '/api/v1/rbac/explain',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['rbac'],
        querystring: Type.Object({
          resource: Type.String({ maxLength: 256 }),
          action: Type.String({ maxLength: 512 }),
          object: Type.String({ maxLength: 1_024 }),
          subject: Type.Optional(Type.String({ maxLength: 512 })),
          groups: Type.Optional(Type.Array(Type.String({ maxLength: 512 }), { maxItems: 500 })),
        }),
        response: {
          200: Type.Object({
            allowed: Type.Boolean(),
            reason: Type.String(),
            subject: Type.String(),
            principal: Type.Optional(Type.String()),
            rule: Type.Optional(
              Type.Object({ text: Type.String(), effect: Type.String(), origin: Type.String(), line: Type.Integer() }),
            ),
            suggestion: Type.Optional(Type.String()),
          }),
        },
      },
    },
    async (request) => {
      const identity = identityOf(request);
      const { subject: name, groups, resource, action, object } = request.query;
      const isOther = (name !== undefined && name !== identity.subject.name) || groups !== undefined;
      // The answer quotes the policy, which tells about others.
      if (isOther) await authorizer.require(identity, 'accounts', 'get', name ?? '*');
      const subject: Subject = isOther
        ? {
            kind: name?.startsWith('proj:') === true ? 'project-token' : 'local',
            name: name ?? '',
            groups: groups ?? [],
          }
        : identity.subject;
      return { ...explain(policy.policy, subject, { resource, action, object }), subject: subject.name };
    },
  );

  app.get(
    '/api/v1/rbac/problems',
    {
      config: { access: { resource: 'accounts', action: 'get', object: () => '*' } },
      schema: {
        tags: ['rbac'],
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                origin: Type.String(),
                line: Type.Integer(),
                text: Type.String(),
                reason: Type.String(),
                fix: Type.String(),
              }),
            ),
          }),
        },
      },
    },
    async () => {
      const items: PolicyProblem[] = [...policy.policy.base.problems];
      for (const project of projects.list()) items.push(...policy.policy.project(project.metadata.name ?? '').problems);
      return { items };
    },
  );
};
