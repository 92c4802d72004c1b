import type { Application } from '@lockstep/core';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import type { SettingsSource } from '../../settings/settings-source.ts';
import type { ApplicationReference, Authorizer } from '../authorizer.ts';
import { identityOf } from './authenticate.ts';

/**
 * Who may call a route. Every route says so, or the server does not start:
 * - `public`: everybody, and who calls does not matter
 * - `session-optional`: everybody, but the answer says more to those logged in
 * - `filtered`: everybody logged in; the handler shows only what the caller may see
 * - an application action: the application in the path, if the caller may do one of `actions` with it
 * - any other permission, by resource, action and object
 */
type Access =
  | 'public'
  | 'session-optional'
  | 'filtered'
  | { application: string | ((request: FastifyRequest, settings: SettingsSource) => readonly string[]); of?: 'logs' }
  | { resource: string; action: string; object: (request: FastifyRequest) => string };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Not JSON: webhooks have their own signature, forms are refused elsewhere. */
    anyContentType?: boolean;
  }
  interface FastifyRequest {
    /** Set where the route's access is an application's. */
    application: Application | undefined;
  }
}

/** Checks the access of every route before its handler, and that every route declares one. */
export function authorize(
  app: FastifyInstance,
  { authorizer, settings }: { authorizer: Authorizer; settings: SettingsSource },
): void {
  app.decorateRequest('application', undefined);
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  // Plugins that bring their own routes annotate them in a hook that runs after ours.
  app.addHook('onReady', async () => {
    const open = routes
      .filter((route) => route.config?.access === undefined)
      .map((route) => `${String(route.method)} ${route.url}`);
    if (open.length > 0)
      throw new Error(`routes that do not say who may call them (set config.access): ${open.join(', ')}`);
  });
  app.addHook('preHandler', async (request) => {
    const { access } = request.routeOptions.config;
    if (access === undefined || access === 'public' || access === 'session-optional') return;
    const identity = identityOf(request);
    if (access === 'filtered') return;
    if ('application' in access) {
      const actions =
        typeof access.application === 'string' ? [access.application] : access.application(request, settings);
      request.application = await authorizer.application(
        identity,
        applicationReference(request),
        actions,
        access.of ?? 'applications',
      );
      return;
    }
    await authorizer.require(identity, access.resource, access.action, access.object(request));
  });
}

/** The application a handler was called for. */
export function applicationOf(request: FastifyRequest): Application {
  if (request.application === undefined) throw new Error(`${request.routeOptions.url} has no application access`);
  return request.application;
}

/** The path names it; namespace and project come from the query or, as Argo CD's clients send them, the body. */
function applicationReference(request: FastifyRequest): ApplicationReference {
  const parameters = request.params as Record<string, string | undefined>;
  const query = (request.query ?? {}) as Record<string, unknown>;
  const body =
    typeof request.body === 'object' && request.body !== null ? (request.body as Record<string, unknown>) : {};
  const field = (name: string): string | undefined => {
    const value = query[name] ?? body[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const appNamespace = field('appNamespace');
  const project = field('project');
  return {
    name: parameters['name'] ?? '',
    ...(appNamespace === undefined ? {} : { appNamespace }),
    ...(project === undefined ? {} : { project }),
  };
}
