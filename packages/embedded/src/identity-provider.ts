import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration, type JWKS } from 'oidc-provider';
import { loginPage } from './login-page.ts';

/** A person of the demonstration directory. `username` is also the subject. */
export interface DirectoryUser {
  username: string;
  password: string;
  name: string;
  email: string;
  groups: string[];
}

export interface IdentityProvider {
  /** The issuer, without a trailing slash. */
  issuer: string;
  clientID: string;
  clientSecret: string;
  users: DirectoryUser[];
  close(): Promise<void>;
}

export interface IdentityProviderOptions {
  port?: number;
  clientSecret: string;
  users: DirectoryUser[];
  /** Signing keys; keep them between starts so that sessions stay valid. */
  jwks?: JWKS;
  /** Where the application answers; the redirect URI is `<url>/auth/callback`. */
  applicationURLs: string[];
}

/**
 * A certified OpenID provider with a directory of its own, in place of Entra ID or Keycloak: authorization code with
 * PKCE, `groups` in the ID token. On loopback over plain HTTP, so for demonstrations and tests only.
 */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configuration(options));
  // The provider warns on every start that it is not behind TLS; on loopback that is the intention.
  provider.on('server_error', (_context, error) => console.error(`identity provider: ${error.message}`));
  const protocol = provider.callback();
  server.on('request', (request, response) => {
    const handled = request.url?.startsWith('/interaction/')
      ? interaction(provider, options.users, request, response)
      : protocol(request, response);
    Promise.resolve(handled).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' });
      response.end(
        loginPage({
          action: '',
          users: [],
          error: `This sign-in is no longer valid (${message(error)}). Start again from Lockstep.`,
        }),
      );
    });
  });
  return {
    issuer,
    clientID: 'lockstep',
    clientSecret: options.clientSecret,
    users: options.users,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function configuration({ clientSecret, users, jwks, applicationURLs }: IdentityProviderOptions): Configuration {
  return {
    clients: [
      {
        client_id: 'lockstep',
        client_secret: clientSecret,
        redirect_uris: applicationURLs.map((url) => `${url}/auth/callback`),
        post_logout_redirect_uris: applicationURLs,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    ...(jwks === undefined ? {} : { jwks }),
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    ttl: {
      Session: 8 * 3600,
      Grant: 8 * 3600,
      Interaction: 3600,
      AccessToken: 3600,
      IdToken: 3600,
      AuthorizationCode: 60,
    },
    async findAccount(_context, subject) {
      const user = users.find(({ username }) => username === subject);
      if (user === undefined) return undefined;
      return {
        accountId: subject,
        claims: async () => ({
          sub: subject,
          name: user.name,
          preferred_username: user.username,
          email: user.email,
          email_verified: true,
          groups: user.groups,
        }),
      };
    },
    // The one client is ours, so its scopes are granted without asking.
    async loadExistingGrant(context) {
      const { client, session, result } = context.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
      const existing = grantId === undefined ? undefined : await context.oidc.provider.Grant.find(grantId);
      if (existing !== undefined) return existing;
      const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile email groups offline_access');
      await grant.save();
      return grant;
    },
  };
}

async function interaction(
  provider: Provider,
  users: DirectoryUser[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const details = await provider.interactionDetails(request, response);
  const action = `/interaction/${details.uid}`;
  const show = (status: number, error?: string): void => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(loginPage({ action, users, ...(error === undefined ? {} : { error }) }));
  };
  if (request.method !== 'POST') return show(200);
  const form = new URLSearchParams(await readBody(request));
  const user = users.find(({ username }) => username === form.get('username'));
  if (user === undefined || !sameText(user.password, form.get('password') ?? '')) {
    return show(401, 'The user name or the password is wrong.');
  }
  await provider.interactionFinished(request, response, { login: { accountId: user.username } });
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > 10_000) throw new Error('the form is too large');
  }
  return text;
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
