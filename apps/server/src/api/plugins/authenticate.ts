import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Identity, nobody } from '../../auth/identity.ts';
import { sessionCookieNames, tokenCookies, tokenFromCookies } from '../../auth/session-cookie.ts';
import type { Sessions } from '../../auth/sessions.ts';
import type { SettingsSource } from '../../settings/settings-source.ts';
import { ApiError } from '../api-error.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined for a caller without a session, on routes that allow it. */
    identity: Identity | undefined;
    /** How the caller proved it; a browser sends cookies by itself, so those need more care. */
    identifiedBy: 'bearer' | 'cookie' | 'nothing';
  }
}

export interface Authentication {
  sessions: Sessions;
  settings: SettingsSource;
  rootPath: string;
}

/** Finds out who sent a request. What that person may do is decided by the route's `access`. */
export function authenticate(app: FastifyInstance, { sessions, settings, rootPath }: Authentication): void {
  app.decorateRequest('identity', undefined);
  app.decorateRequest('identifiedBy', 'nothing');
  app.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config.access;
    if (access === undefined || access === 'public') return;
    const presented = presentedToken(request);
    if (presented === undefined) {
      if (access === 'session-optional') return;
      if (!settings.get().anonymousEnabled) throw new ApiError('Unauthenticated', 'no session information');
      request.identity = nobody;
      return;
    }
    try {
      // A bad credential is refused even where nobody needs one: it is never taken for no credential.
      request.identity = await sessions.identify(presented.token);
      request.identifiedBy = presented.by;
    } catch (error) {
      if (access === 'session-optional') return;
      throw error;
    }
    if (presented.by !== 'cookie') return;
    const renewed = await sessions.renew(request.identity);
    if (renewed !== undefined) setSessionCookies(reply, renewed, { settings, rootPath });
  });
}

/** The identity of a request on a route that requires one. */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity === undefined) throw new ApiError('Unauthenticated', 'no session information');
  return request.identity;
}

/** A bearer token is preferred: who sends one means it. */
function presentedToken(request: FastifyRequest): { token: string; by: 'bearer' | 'cookie' } | undefined {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return { token: bearer, by: 'bearer' };
  const cookie = tokenFromCookies(request.cookies);
  return cookie === undefined ? undefined : { token: cookie, by: 'cookie' };
}

export function setSessionCookies(
  reply: FastifyReply,
  token: string,
  { settings, rootPath }: Pick<Authentication, 'settings' | 'rootPath'>,
): void {
  clearSessionCookies(reply, { settings, rootPath });
  for (const { name, value } of tokenCookies(token))
    reply.setCookie(name, value, cookieOptions({ settings, rootPath }));
}

export function clearSessionCookies(
  reply: FastifyReply,
  { settings, rootPath }: Pick<Authentication, 'settings' | 'rootPath'>,
): void {
  for (const name of sessionCookieNames(reply.request.cookies))
    reply.clearCookie(name, cookieOptions({ settings, rootPath }));
}

/** `Secure` follows the configured address, never a header: over plain HTTP browsers would drop the cookie. */
export function cookieOptions({ settings, rootPath }: Pick<Authentication, 'settings' | 'rootPath'>) {
  return {
    path: rootPath === '' ? '/' : rootPath,
    httpOnly: true,
    sameSite: 'lax',
    secure: settings.get().url.startsWith('https://'),
  } as const;
}
