import { randomUUID } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { type Account, accountSecretKeys, findAccount, listAccounts } from '../../auth/accounts.ts';
import type { LoginLimiter } from '../../auth/login-limiter.ts';
import { hashPassword, passwordMatches, passwordProblem } from '../../auth/passwords.ts';
import { issueToken } from '../../auth/session-tokens.ts';
import type { Sessions } from '../../auth/sessions.ts';
import type { SettingsSource } from '../../settings/settings-source.ts';
import type { ApiContext, Secret } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import type { Authorizer } from '../authorizer.ts';
import { identityOf } from '../plugins/authenticate.ts';

/** Who logged in with a single sign-on may change passwords only right after. */
const FRESH_LOGIN_SECONDS = 300;

export interface AccountRoutes {
  settings: SettingsSource;
  authorizer: Authorizer;
  sessions: Sessions;
  limiter: LoginLimiter;
  context: Pick<ApiContext, 'controlPlane' | 'collections' | 'config'>;
}

const AccountSchema = Type.Object({
  name: Type.String(),
  enabled: Type.Boolean(),
  capabilities: Type.Array(Type.String()),
  tokens: Type.Array(
    Type.Object({ id: Type.String(), issuedAt: Type.String(), expiresAt: Type.Optional(Type.String()) }),
  ),
});

/** Local accounts: who there is, what the caller may do, passwords and API keys. */
export const accountRoutes: FastifyPluginAsyncTypebox<AccountRoutes> = async (
  app,
  { settings, authorizer, sessions, limiter, context },
) => {
  const mayRead = async (request: Parameters<typeof identityOf>[0], name: string): Promise<boolean> => {
    const identity = identityOf(request);
    return isSelf(identity, name) || authorizer.allows(identity, 'accounts', 'get', name);
  };
  const requireUpdate = async (request: Parameters<typeof identityOf>[0], name: string): Promise<void> => {
    const identity = identityOf(request);
    if (!isSelf(identity, name)) await authorizer.require(identity, 'accounts', 'update', name);
  };
  const write = async (data: Record<string, string>): Promise<void> => {
    const encoded = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
    const stored = await context.controlPlane.patch(
      { apiVersion: 'v1', kind: 'Secret', namespace: context.config.namespace, name: 'argocd-secret' },
      { type: 'merge', body: { data: encoded } },
    );
    context.collections.secrets.absorb(stored as Secret);
  };
  const existing = (name: string): Account => {
    const account = findAccount(settings.get(), name);
    if (account === undefined) throw new ApiError('NotFound', `account '${name}' does not exist`);
    return account;
  };

  app.get(
    '/api/v1/account',
    {
      config: { access: 'filtered' },
      schema: { tags: ['accounts'], response: { 200: Type.Object({ items: Type.Array(AccountSchema) }) } },
    },
    async (request) => {
      const visible: Account[] = [];
      for (const account of listAccounts(settings.get()))
        if (await mayRead(request, account.name)) visible.push(account);
      return { items: visible.map(present) };
    },
  );

  app.get(
    '/api/v1/account/can-i/:resource/:action/*',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['accounts'],
        params: Type.Object({ resource: Type.String(), action: Type.String(), '*': Type.String() }),
        response: { 200: Type.Object({ value: Type.String() }) },
      },
    },
    async (request) => {
      const { resource, action, '*': object } = request.params;
      const allowed = await authorizer.allows(identityOf(request), resource, action, object);
      return { value: allowed ? 'yes' : 'no' };
    },
  );

  app.get(
    '/api/v1/account/:name',
    {
      config: { access: 'filtered' },
      schema: { tags: ['accounts'], params: Type.Object({ name: Type.String() }), response: { 200: AccountSchema } },
    },
    async (request) => {
      const { name } = request.params;
      if (!(await mayRead(request, name))) await authorizer.require(identityOf(request), 'accounts', 'get', name);
      return present(existing(name));
    },
  );

  app.put(
    '/api/v1/account/password',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['accounts'],
        body: Type.Object({
          name: Type.Optional(Type.String()),
          currentPassword: Type.Optional(Type.String()),
          newPassword: Type.String(),
        }),
        response: { 200: Type.Object({}) },
      },
    },
    async (request) => {
      const identity = identityOf(request);
      const { currentPassword = '', newPassword } = request.body;
      const name = request.body.name || (identity.subject.kind === 'local' ? identity.username : '');
      await requireUpdate(request, name);
      if (identity.subject.kind === 'local') {
        // Whoever sits at an open session must still know the password: their own, also when changing another's.
        if (!(await limiter.reserve(identity.username, request.ip)))
          throw new ApiError('PermissionDenied', 'current password does not match');
        const own = findAccount(settings.get(), identity.username);
        if (!(await passwordMatches(currentPassword, own?.passwordHash ?? '')))
          throw new ApiError('PermissionDenied', 'current password does not match');
        await limiter.succeeded(identity.username);
      } else if (Date.now() / 1000 - identity.issuedAt > FRESH_LOGIN_SECONDS) {
        throw new ApiError(
          'FailedPrecondition',
          "SSO token is too old. Please use 'argocd relogin' to get a new token.",
        );
      }
      existing(name);
      const { passwordPattern } = settings.get();
      const problem = passwordProblem(newPassword, passwordPattern);
      if (problem !== undefined)
        throw new ApiError(
          'InvalidArgument',
          `new password does not match the following expression: ${passwordPattern}`,
          { fix: `Choose another: ${problem}` },
        );
      const keys = accountSecretKeys(name);
      await write({
        [keys.password]: await hashPassword(newPassword),
        [keys.changedAt]: new Date().toISOString().replace(/\.\d+/, ''),
      });
      request.log.info({ account: name, user: identity.username }, 'password changed');
      return {};
    },
  );

  app.post(
    '/api/v1/account/:name/token',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['accounts'],
        params: Type.Object({ name: Type.String() }),
        body: Type.Object({
          id: Type.Optional(Type.String({ maxLength: 128 })),
          expiresIn: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: '^\\d{1,12}$' })])),
        }),
        response: { 200: Type.Object({ token: Type.String() }) },
      },
    },
    async (request) => {
      const { name } = request.params;
      await requireUpdate(request, name);
      const account = existing(name);
      if (!account.capabilities.includes('apiKey')) {
        throw new ApiError('FailedPrecondition', `account '${name}' does not have apiKey capability`, {
          fix: `Set accounts.${name}: apiKey, login in the ConfigMap argocd-cm`,
        });
      }
      const id = request.body.id || randomUUID();
      if (account.tokens.some((token) => token.id === id))
        throw new ApiError('InvalidArgument', `account already has token with id '${id}'`);
      const { token, claims } = await issueToken(sessions.key(), {
        subject: name,
        kind: 'apiKey',
        lifetimeSeconds: Number(request.body.expiresIn ?? 0),
        id,
      });
      const tokens = [
        ...account.tokens,
        { id, iat: claims.issuedAt, ...(claims.expiresAt === undefined ? {} : { exp: claims.expiresAt }) },
      ];
      await write({ [accountSecretKeys(name).tokens]: JSON.stringify(tokens) });
      return { token };
    },
  );

  app.delete(
    '/api/v1/account/:name/token/:id',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['accounts'],
        params: Type.Object({ name: Type.String(), id: Type.String() }),
        response: { 200: Type.Object({}) },
      },
    },
    async (request) => {
      const { name, id } = request.params;
      await requireUpdate(request, name);
      const tokens = existing(name).tokens.filter((token) => token.id !== id);
      await write({ [accountSecretKeys(name).tokens]: JSON.stringify(tokens) });
      return {};
    },
  );
};

function isSelf(identity: ReturnType<typeof identityOf>, name: string): boolean {
  return identity.subject.kind === 'local' && identity.username === name;
}

function present({ name, enabled, capabilities, tokens }: Account): Type.Static<typeof AccountSchema> {
  return {
    name,
    enabled,
    capabilities,
    tokens: tokens.map(({ id, iat, exp }) => ({
      id,
      issuedAt: String(iat),
      ...(exp === undefined ? {} : { expiresAt: String(exp) }),
    })),
  };
}
