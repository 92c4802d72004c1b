import { type IdentityProvider, startIdentityProvider } from '@lockstep/embedded';
import { until } from '@lockstep/testkit';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashPassword } from '../src/auth/passwords.ts';
import { ApiWorld } from './support/api-world.ts';

const address = 'http://127.0.0.1:1';
const user = {
  username: 'ada',
  password: 'right',
  name: 'Ada',
  email: 'ada@example.com',
  groups: ['platform-team', 'role:admin', 'admin'],
};
let world: ApiWorld;
let provider: IdentityProvider;

beforeAll(async () => {
  provider = await startIdentityProvider({ clientSecret: 'client-secret', users: [user], applicationURLs: [address] });
  world = await ApiWorld.start({
    configMap: {
      url: address,
      'accounts.dev': 'login, apiKey',
      'accounts.idle': 'login',
      'accounts.idle.enabled': 'false',
      'oidc.config': `name: Directory\nissuer: ${provider.issuer}\nclientID: ${provider.clientID}\nclientSecret: $oidc.clientSecret\n`,
    },
    rbac: { 'policy.csv': 'g, platform-team, role:readonly' },
  });
  const password = Buffer.from(await hashPassword('a good password')).toString('base64');
  await world.configure('Secret', 'argocd-secret', {
    'accounts.dev.password': password,
    'accounts.idle.password': password,
    'oidc.clientSecret': Buffer.from('client-secret').toString('base64'),
  });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await provider.close();
});

const logIn = (username: string, password: string) =>
  world.call(undefined, 'POST', '/api/v1/session', { username, password });

describe('passwords', () => {
  test('the first password of admin is random, in its own Secret, and works', async () => {
    expect(world.adminPassword).toMatch(/^[\w-]{16}$/);
    const answer = await logIn('admin', world.adminPassword);
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toMatch(/^argocd\.token=ey.*; Path=\/; HttpOnly; SameSite=Lax$/);
    const info = await world.call(answer.json.token, 'GET', '/api/v1/session/userinfo');
    expect(info.json).toEqual({ loggedIn: true, username: 'admin', iss: 'argocd', groups: [] });
  });

  test('every refusal reads the same', async () => {
    const answers = [
      await logIn('dev', 'wrong'),
      await logIn('nobody', 'wrong'),
      await logIn('idle', 'a good password'),
      await logIn('x'.repeat(500), 'wrong'),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.json]).toEqual([
        401,
        { error: 'Invalid username or password', code: 16, message: 'Invalid username or password' },
      ]);
    }
  });

  test('five failures lock an account, also when all come at once, and also an unknown one', async () => {
    await world.redis.flushall();
    for (const name of ['victim', 'admin']) {
      const parallel = await Promise.all(
        Array.from({ length: 40 }, (_, index) => world.services.limiter.reserve(name, `10.${name.length}.0.${index}`)),
      );
      expect([name, parallel.filter((allowed) => allowed).length]).toEqual([name, 5]);
    }
    const right = await logIn('admin', world.adminPassword);
    expect([right.status, right.json.message]).toEqual([401, 'Invalid username or password']);
    await world.redis.flushall();
    expect((await logIn('admin', world.adminPassword)).status).toBe(401);
    await world.services.limiter.succeeded('admin');
    expect((await logIn('admin', world.adminPassword)).status).toBe(200);
  });

  test('one address cannot try many accounts', async () => {
    const tried = await Promise.all(
      Array.from({ length: 60 }, (_, index) => world.services.limiter.reserve(`user-${index}`, '192.0.2.7')),
    );
    expect(tried.filter((allowed) => allowed)).toHaveLength(30);
  });

  test('a new password ends the sessions of the account', async () => {
    const token = await world.token('dev', 'a good password');
    const wrong = await world.call(token, 'PUT', '/api/v1/account/password', {
      name: 'dev',
      currentPassword: 'no',
      newPassword: 'another password',
    });
    expect(wrong.status).toBe(403);
    const short = await world.call(token, 'PUT', '/api/v1/account/password', {
      name: 'dev',
      currentPassword: 'a good password',
      newPassword: 'short',
    });
    expect([short.status, short.json.code]).toEqual([400, 3]);
    // Tokens carry whole seconds: one of the same second as the change would still count.
    await until(() => Date.now() % 1000 < 50, { timeoutMs: 2_000, what: 'the next second' });
    const changed = await world.call(token, 'PUT', '/api/v1/account/password', {
      name: 'dev',
      currentPassword: 'a good password',
      newPassword: 'another password',
    });
    expect(changed.status).toBe(200);
    expect((await world.call(token, 'GET', '/api/v1/account')).status).toBe(401);
    expect((await logIn('dev', 'a good password')).status).toBe(401);
    expect((await logIn('dev', 'another password')).status).toBe(200);
    const others = await world.call(
      (await logIn('dev', 'another password')).json.token,
      'PUT',
      '/api/v1/account/password',
      {
        name: 'admin',
        currentPassword: 'another password',
        newPassword: 'taken over!',
      },
    );
    expect(others.status).toBe(403);
  });
});

describe('tokens', () => {
  test('a session that was ended is over, at once and for good', async () => {
    const token = await world.token('dev', 'another password');
    expect((await world.call(token, 'GET', '/api/v1/account')).status).toBe(200);
    await world.call(token, 'DELETE', '/api/v1/session');
    expect((await world.call(token, 'GET', '/api/v1/account')).json.message).toBe(
      'invalid session: token is revoked, please re-login',
    );
    await world.redis.flushall();
    expect((await world.call(token, 'GET', '/api/v1/account')).status).toBe(401);
  });

  test('a disabled account is out at once', async () => {
    const token = await world.token('dev', 'another password');
    await world.configure('ConfigMap', 'argocd-cm', { 'accounts.dev.enabled': 'false' });
    expect((await world.call(token, 'GET', '/api/v1/account')).status).toBe(401);
    await world.configure('ConfigMap', 'argocd-cm', { 'accounts.dev.enabled': null });
    expect((await world.call(token, 'GET', '/api/v1/account')).status).toBe(200);
  });

  test('forged tokens are refused: no algorithm, another key, no expiry, another issuer', async () => {
    const key = world.services.sessions.key();
    const sign = (changes: { issuer?: string; subject?: string; exp?: number }, signingKey = key) => {
      const token = new SignJWT({})
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(changes.issuer ?? 'argocd')
        .setSubject(changes.subject ?? 'admin:login')
        .setIssuedAt()
        .setJti('forged');
      if (changes.exp !== undefined) token.setExpirationTime(changes.exp);
      return token.sign(signingKey);
    };
    const later = Math.floor(Date.now() / 1000) + 3600;
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${encode({ alg: 'none', typ: 'JWT' })}.${encode({ iss: 'argocd', sub: 'admin:login', iat: 1, exp: later, jti: 'x' })}.`;
    const forged = {
      none,
      'another key': await sign({ exp: later }, new TextEncoder().encode('another key of thirty-two bytes!')),
      'no expiry': await sign({}),
      'another issuer': await sign({ issuer: 'evil', exp: later }),
      'no kind': await sign({ subject: 'admin', exp: later }),
      expired: await sign({ exp: later - 7200 }),
      'an API key nobody issued': await sign({ subject: 'dev:apiKey' }),
    };
    for (const [name, token] of Object.entries(forged)) {
      expect([name, (await world.call(token, 'GET', '/api/v1/account')).status]).toEqual([name, 401]);
    }
    expect((await world.call(await sign({ exp: later }), 'GET', '/api/v1/account')).status).toBe(200);
  });

  test('an API key works until it is deleted', async () => {
    const session = await world.token('dev', 'another password');
    const { json } = await world.call(session, 'POST', '/api/v1/account/dev/token', { id: 'ci', expiresIn: 3600 });
    const keys = async () => (await world.call(session, 'GET', '/api/v1/account/dev')).json.tokens;
    expect(await keys()).toMatchObject([{ id: 'ci' }]);
    expect((await world.call(json.token, 'GET', '/api/v1/account')).status).toBe(200);
    expect((await world.call(session, 'POST', '/api/v1/account/dev/token', { id: 'ci' })).status).toBe(400);
    await world.call(session, 'DELETE', '/api/v1/account/dev/token/ci');
    expect((await world.call(json.token, 'GET', '/api/v1/account')).status).toBe(401);
    expect((await world.call(session, 'POST', '/api/v1/account/admin/token', {})).status).toBe(403);
  });
});

describe('single sign-on', () => {
  /** A browser's part: keeps cookies per origin, follows redirects, fills in the provider's form. */
  async function signIn(
    password: string,
    returnUrl: string,
    change?: (callback: URL, state: string) => { callback: URL; state: string },
  ) {
    const begin = await world.call(undefined, 'GET', `/auth/login?return_url=${encodeURIComponent(returnUrl)}`);
    const state = /argocd\.oauthstate=([^;]+)/.exec(String(begin.headers['set-cookie']))?.[1] ?? '';
    const cookies = new Map<string, string>();
    let url = String(begin.headers.location);
    let form: URLSearchParams | undefined;
    for (let step = 0; step < 12 && !url.startsWith(`${address}/auth/callback`); step += 1) {
      const answer: Response = await fetch(url, {
        redirect: 'manual',
        method: form === undefined ? 'GET' : 'POST',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form === undefined ? {} : { body: form }),
      });
      for (const cookie of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=');
        cookies.set(name, value);
      }
      const location = answer.headers.get('location');
      form = location === null ? new URLSearchParams({ username: user.username, password }) : undefined;
      if (location !== null) url = new URL(location, url).href;
    }
    const answer = { callback: new URL(url), state };
    const { callback, state: sent } = change === undefined ? answer : change(answer.callback, answer.state);
    return world.app.inject({
      method: 'GET',
      url: `${callback.pathname}${callback.search}`,
      headers: { cookie: `argocd.oauthstate=${sent}` },
    });
  }

  const tokenOf = (answer: { headers: Record<string, unknown> }): string =>
    /argocd\.token=([^;]+)/.exec(String(answer.headers['set-cookie']))?.[1] ?? '';

  test('ends in a session of ours with the groups of the provider, and goes back where it began', async () => {
    const answer = await signIn('right', '/applications/argocd/shop?tab=history');
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/applications/argocd/shop?tab=history']);
    const token = tokenOf(answer);
    const info = await world.call(token, 'GET', '/api/v1/session/userinfo');
    expect(info.json).toEqual({
      loggedIn: true,
      username: 'ada@example.com',
      iss: provider.issuer,
      groups: user.groups,
    });
    expect((await world.call(token, 'GET', '/api/v1/account/can-i/applications/get/default/web')).json).toEqual({
      value: 'yes',
    });
    // A group that is called like a role, or like our administrator, gives nothing.
    expect((await world.call(token, 'GET', '/api/v1/account/can-i/applications/sync/default/web')).json).toEqual({
      value: 'no',
    });
    const logout = await world.app.inject({
      method: 'GET',
      url: '/auth/logout',
      headers: { cookie: `argocd.token=${token}`, 'sec-fetch-site': 'same-origin' },
    });
    expect(logout.headers.location).toBe('/login');
    expect((await world.call(token, 'GET', '/api/v1/account')).status).toBe(401);
  });

  test('an answer that was not asked for, of another browser or used again gives no session', async () => {
    const failed = async (change: Parameters<typeof signIn>[2]): Promise<string> => {
      const answer = await signIn('right', '/', change);
      expect(tokenOf(answer)).toBe('');
      return String(answer.headers.location);
    };
    expect(await failed((callback) => ({ callback, state: '' }))).toBe('/login?error=sso_expired');
    expect(await failed((callback, state) => ({ callback, state: `${state.slice(0, -4)}AAAA` }))).toBe(
      '/login?error=sso_expired',
    );
    expect(
      await failed((callback, state) => {
        callback.searchParams.set('state', 'another');
        return { callback, state };
      }),
    ).toBe('/login?error=sso_failed');
    expect(
      await failed((callback, state) => {
        callback.search = '?error=access_denied&error_description=<script>alert(1)</script>';
        return { callback, state };
      }),
    ).toBe('/login?error=sso_denied');
    let used: { callback: URL; state: string } | undefined;
    await signIn('right', '/', (callback, state) => {
      used = { callback, state };
      return used;
    });
    expect(await failed(() => used as NonNullable<typeof used>)).toBe('/login?error=sso_failed');
  });

  test('settings tell the dashboard how to log in, and nobody the secret', async () => {
    const { json, text } = await world.call(undefined, 'GET', '/api/v1/settings');
    expect(json.oidcConfig).toMatchObject({ name: 'Directory', issuer: provider.issuer, clientID: provider.clientID });
    expect(json.passwordPattern).toBeUndefined();
    expect(text).not.toContain('client-secret');
  });
});
