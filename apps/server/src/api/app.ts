import { randomUUID } from 'node:crypto';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { streamSocket } from '../realtime/stream-socket.ts';
import { accountRoutes } from './accounts/routes.ts';
import type { ApiContext } from './api-context.ts';
import { logRoutes } from './applications/log-routes.ts';
import { resourceChangeRoutes } from './applications/resource-change-routes.ts';
import { resourceRoutes } from './applications/resource-routes.ts';
import { applicationRoutes } from './applications/routes.ts';
import { streamRoutes } from './applications/stream-routes.ts';
import { clusterRoutes } from './clusters/routes.ts';
import { authorize } from './plugins/access.ts';
import { authenticate } from './plugins/authenticate.ts';
import { guardAgainstForgery } from './plugins/csrf-guard.ts';
import { handleErrors } from './plugins/error-handler.ts';
import { describeApi, serveDescription } from './plugins/openapi.ts';
import { secureHeaders } from './plugins/security-headers.ts';
import { probeRoutes } from './probes/routes.ts';
import { projectRoutes } from './projects/routes.ts';
import { rbacRoutes } from './rbac/routes.ts';
import { repositoryRoutes } from './repositories/routes.ts';
import type { ApiServices } from './services.ts';
import { sessionRoutes } from './session/routes.ts';
import { settingsRoutes } from './settings/routes.ts';
import { serveDashboard } from './ui/static-ui.ts';
import { webhookRoutes } from './webhooks/routes.ts';

/** The HTTP server of the API role: plugins first, then routes, each in the order they are listed. */
export async function createApp(context: ApiContext, services: ApiServices): Promise<FastifyInstance> {
  const { config } = context;
  const app = Fastify({
    loggerInstance: context.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: 4 * 1024 * 1024,
    requestTimeout: 60_000,
    // Longer than any answer may take, so that the reason reaches whoever asked.
    connectionTimeout: 120_000,
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 2_048 },
    trustProxy: config.trustProxy ?? false,
    // A stream ends when its reader goes; waiting for readers would hold up a restart.
    forceCloseConnections: true,
  }).withTypeProvider<TypeBoxTypeProvider>();
  checkInput(app);
  parseJsonBodies(app);
  handleErrors(app);
  await secureHeaders(app, services.settings);
  await app.register(cookie);
  await app.register(compress, { threshold: 1_024, encodings: ['gzip', 'identity'] });
  authenticate(app, { ...services, rootPath: config.rootPath });
  guardAgainstForgery(app, services.settings);
  authorize(app, services);
  await describeApi(app, config.version.version);
  await app.register(
    async (routes) => {
      await routes.register(sessionRoutes, { ...services, rootPath: config.rootPath });
      await routes.register(settingsRoutes, { ...services, config });
      await routes.register(accountRoutes, { ...services, context });
      await routes.register(applicationRoutes, services);
      await routes.register(resourceRoutes, { ...services, context });
      await routes.register(resourceChangeRoutes, { ...services, context });
      await routes.register(logRoutes, services);
      await routes.register(streamRoutes, services);
      await routes.register(projectRoutes, { ...services, context });
      await routes.register(clusterRoutes, { ...services, context, redis: context.redis });
      await routes.register(repositoryRoutes, { ...services, context, redis: context.redis });
      await routes.register(rbacRoutes, { ...services, projects: context.collections.projects });
      await routes.register(webhookRoutes, { ...services, redis: context.redis });
      await routes.register(streamSocket, { ...services, logger: context.logger });
      await routes.register(probeRoutes, context);
      await serveDescription(routes);
    },
    { prefix: config.rootPath },
  );
  await serveDashboard(app, { staticFolder: config.staticFolder, rootPath: config.rootPath });
  return app;
}

/**
 * Text in queries and paths becomes the number or list the schema wants; bodies must have the right types as they are.
 * Unknown fields are ignored, as Argo CD's clients of other versions need.
 */
function checkInput(app: FastifyInstance): void {
  const strict = new Ajv({ allErrors: false, strict: false, coerceTypes: false, useDefaults: false });
  const lenient = new Ajv({ allErrors: false, strict: false, coerceTypes: 'array', useDefaults: false });
  addFormats.default(strict);
  addFormats.default(lenient);
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? strict : lenient).compile(schema as object),
  );
}

/** An empty body is none, so that DELETE and POST without one work; keys that would change prototypes are refused. */
function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    // It answers through `done`; the promise in its type is for parsers of another style.
    else void parse(request, body as string, done);
  });
}
