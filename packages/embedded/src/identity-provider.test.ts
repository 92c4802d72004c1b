import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts';

const user = {
  username: 'developer',
  password: 'right',
  name: 'Developer',
  email: 'd@example.com',
  groups: ['developers'],
};
const callback = 'http://127.0.0.1:1/auth/callback';
let provider: IdentityProvider;

beforeAll(async () => {
  provider = await startIdentityProvider({
    clientSecret: 'secret',
    users: [user],
    applicationURLs: ['http://127.0.0.1:1'],
  });
});
afterAll(() => provider.close());

/** A browser's part of the flow: follows redirects, keeps cookies, stops at the application. */
async function follow(start: string, password: string): Promise<{ url: string; body: string; status: number }> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < 12; step += 1) {
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
    if (location !== null) {
      url = new URL(location, url).href;
      form = undefined;
      if (url.startsWith(callback)) return { url, body: '', status: answer.status };
      continue;
    }
    const body = await answer.text();
    if (form !== undefined || !body.includes('<form')) return { url, body, status: answer.status };
    form = new URLSearchParams({ username: user.username, password });
  }
  throw new Error('the flow did not end');
}

function authorizationURL(challenge: string | undefined): string {
  const parameters = new URLSearchParams({
    client_id: provider.clientID,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid profile email groups',
    state: 'state',
    ...(challenge === undefined ? {} : { code_challenge: challenge, code_challenge_method: 'S256' }),
  });
  return `${provider.issuer}/auth?${parameters}`;
}

test('the code flow with PKCE ends in an ID token whose groups are those of the directory', async () => {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const { url } = await follow(authorizationURL(challenge), 'right');
  const code = new URL(url).searchParams.get('code') ?? '';
  const answer = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('lockstep:secret').toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: verifier,
    }),
  });
  const { id_token: token } = (await answer.json()) as { id_token: string };
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  expect(claims).toMatchObject({ sub: 'developer', groups: ['developers'], email: 'd@example.com', aud: 'lockstep' });
});

test('a wrong password shows the form again with the reason', async () => {
  const { body, status } = await follow(authorizationURL('x'.repeat(43)), 'wrong');
  expect(status).toBe(401);
  expect(body).toContain('The user name or the password is wrong.');
});

test('a request without PKCE is refused', async () => {
  const { url } = await follow(authorizationURL(undefined), 'right');
  expect(new URL(url).searchParams.get('error')).toBe('invalid_request');
});
