import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { LoginFailed, type OidcClient } from '../../auth/oidc-client.ts';
import { safeReturnPath } from '../../auth/return-path.ts';
import { issueToken } from '../../auth/session-tokens.ts';
import type { Sessions } from '../../auth/sessions.ts';
import type { SettingsSource } from '../../settings/settings-source.ts';
import { ApiError } from '../api-error.ts';
import { clearSessionCookies, cookieOptions, identityOf, setSessionCookies } from '../plugins/authenticate.ts';

const STATE_COOKIE = 'argocd.oauthstate';

export interface SessionRoutes {
  sessions: Sessions;
  settings: SettingsSource;
  oidc: OidcClient;
  rootPath: string;
}

/** Logging in and out, by password and by single sign-on. */
export const sessionRoutes: FastifyPluginAsyncTypebox<SessionRoutes> = async (
  app,
  { sessions, settings, oidc, rootPath },
) => {
  app.post(
    '/api/v1/session',
    {
      config: { access: 'public' },
      schema: {
        tags: ['session'],
        body: Type.Object({ username: Type.String({ maxLength: 1_024 }), password: Type.String({ maxLength: 1_024 }) }),
        response: { 200: Type.Object({ token: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { username, password } = request.body;
      const token = await sessions.logIn(username, password, request.ip);
      setSessionCookies(reply, token, { settings, rootPath });
      return { token };
    },
  );

  app.delete(
    '/api/v1/session',
    {
      config: { access: 'session-optional' },
      schema: { tags: ['session'], response: { 200: Type.Object({ token: Type.String() }) } },
    },
    async (request, reply) => {
      if (request.identity !== undefined) await sessions.end(request.identity);
      clearSessionCookies(reply, { settings, rootPath });
      return { token: '' };
    },
  );

  app.get(
    '/api/v1/session/userinfo',
    {
      config: { access: 'session-optional' },
      schema: {
        tags: ['session'],
        response: {
          200: Type.Object({
            loggedIn: Type.Optional(Type.Boolean()),
            username: Type.Optional(Type.String()),
            iss: Type.Optional(Type.String()),
            groups: Type.Optional(Type.Array(Type.String())),
          }),
        },
      },
    },
    async ({ identity }) =>
      identity === undefined
        ? { loggedIn: false }
        : { loggedIn: true, username: identity.username, iss: identity.issuer, groups: [...identity.subject.groups] },
  );

  app.get(
    '/auth/login',
    {
      config: { access: 'public' },
      schema: { hide: true, querystring: Type.Object({ return_url: Type.Optional(Type.String()) }) },
    },
    async (request, reply) => {
      const { url, additionalUrls } = settings.get();
      const ours = [url, ...additionalUrls].filter((address) => address !== '');
      const address = ours.find((candidate) => new URL(candidate).host === request.headers.host) ?? ours[0];
      if (address === undefined) {
        throw new ApiError(
          'FailedPrecondition',
          'url is not set in the ConfigMap argocd-cm, so the provider cannot be told where to come back to',
          {
            fix: 'Set url to the address people use, such as https://lockstep.example.com',
          },
        );
      }
      const base =
        new URL(address).origin + (rootPath === '' ? new URL(address).pathname.replace(/\/$/, '') : rootPath);
      const returnPath = safeReturnPath(request.query.return_url, { rootPath, urls: ours });
      try {
        const login = await oidc.begin({ redirectUri: `${base}/auth/callback`, returnPath, key: sessions.key() });
        reply.setCookie(STATE_COOKIE, login.state, { ...cookieOptions({ settings, rootPath }), maxAge: login.maxAge });
        return reply.redirect(login.url);
      } catch (error) {
        return loginFailed(error, request, reply);
      }
    },
  );

  app.get('/auth/callback', { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) => {
    const state = request.cookies[STATE_COOKIE];
    // Whatever comes of it, the same answer cannot be used twice.
    reply.clearCookie(STATE_COOKIE, cookieOptions({ settings, rootPath }));
    try {
      const query = request.raw.url?.split('?').slice(1).join('?') ?? '';
      const { user, returnPath } = await oidc.finish({ query, state, key: sessions.key() });
      const { token } = await issueToken(sessions.key(), {
        subject: user.subject,
        kind: 'sso',
        lifetimeSeconds: settings.get().sessionSeconds,
        sso: { issuer: user.issuer, username: user.username, groups: user.groups },
      });
      setSessionCookies(reply, token, { settings, rootPath });
      return reply.redirect(returnPath);
    } catch (error) {
      return loginFailed(error, request, reply);
    }
  });

  app.get(
    '/auth/logout',
    { config: { access: 'session-optional' }, schema: { hide: true } },
    async (request, reply) => {
      // A link on a foreign page must not log anybody out.
      const site = request.headers['sec-fetch-site'];
      const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
      if (request.identity !== undefined && !isForeign) {
        await sessions.end(identityOf(request));
        clearSessionCookies(reply, { settings, rootPath });
      }
      const { oidc: provider, url } = settings.get();
      const isForeignUser = request.identity?.subject.kind === 'sso';
      const target = provider?.logoutURL ?? '';
      if (!isForeignUser || !/^https?:\/\//.test(target)) return reply.redirect(`${rootPath}/login`);
      // We keep no ID token, so `{{token}}` has nothing to stand for.
      return reply.redirect(
        target.replaceAll('{{token}}', '').replaceAll('{{logoutRedirectURL}}', encodeURIComponent(url)),
      );
    },
  );

  /** The page shows a text of its own for each code; what happened is in the log. */
  const loginFailed = (
    error: unknown,
    request: Parameters<typeof identityOf>[0],
    reply: { redirect(url: string): unknown },
  ) => {
    const failure = error instanceof LoginFailed ? error.failure : error instanceof ApiError ? 'sso_config' : undefined;
    if (failure === undefined) throw error;
    request.log.warn({ err: error, failure }, 'single sign-on failed');
    return reply.redirect(`${rootPath}/login?error=${failure}`);
  };
};
