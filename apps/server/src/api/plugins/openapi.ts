import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

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
