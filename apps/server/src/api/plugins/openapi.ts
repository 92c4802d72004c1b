import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { apiModels } from './api-models.ts';

/** The description of the API, from the same schemas that check its requests. Registered before the routes. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Lockstep',
        version,
        description: 'Paths and shapes are those of Argo CD where both have them; what Lockstep adds is beside them.',
      },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'A session token of POST /api/v1/session, or an API key',
          },
        },
      },
      security: [{ bearer: [] }],
    },
    transformObject: (document) =>
      withModels('openapiObject' in document ? document.openapiObject : document.swaggerObject),
  });
}

/** Serves the description, and a page to read it. Registered after the routes. */
export async function serveDescription(app: FastifyInstance): Promise<void> {
  app.get('/swagger.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger());
  await app.register(async (scope) => {
    // Its routes are not ours to annotate: they are static files.
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    await scope.register(swaggerUi, { routePrefix: '/swagger-ui', staticCSP: false });
  });
}

/**
 * Puts references where routes say which model they answer, and where a model stands in another. The routes themselves
 * let every field through; the description says which fields there are.
 */
function withModels<T extends object>(document: T): T {
  const described = referToModels(document) as T & { components?: { schemas?: Record<string, unknown> } };
  const schemas = Object.fromEntries(
    Object.entries(apiModels).map(([name, model]) => [name, referToModels(JSON.parse(JSON.stringify(model)), name)]),
  );
  return { ...described, components: { ...described.components, schemas } };
}

const modelNames = new Map(Object.entries(apiModels).map(([name, model]) => [JSON.stringify(model), name]));

function referToModels(value: unknown, except?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => referToModels(item));
  if (typeof value !== 'object' || value === null) return value;
  const model = (value as Record<string, unknown>)['x-model'] ?? modelNames.get(JSON.stringify(value));
  if (typeof model === 'string' && model !== except) return { $ref: `#/components/schemas/${model}` };
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, referToModels(field)]));
}
