import { createRemoteJWKSet, decodeJwt, type JWTPayload, customFetch as joseFetch, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { Agent, fetch as undiciFetch } from 'undici';
import { ApiError } from '../api/api-error.ts';
import type { Logger } from '../logger.ts';
import { deriveKey, seal, unseal } from '../redis/sealed-value.ts';
import type { OidcSettings } from '../settings/oidc-settings.ts';
import type { Identity } from './identity.ts';

/** Time between asking the browser to log in and its answer. */
const LOGIN_SECONDS = 300;
const CLOCK_SKEW_SECONDS = 60;

/** Why a single sign-on ended without a session. The login page shows a text for each; never the provider's own. */
export type LoginFailure = 'sso_expired' | 'sso_denied' | 'sso_groups' | 'sso_failed';

export class LoginFailed extends Error {
  readonly failure: LoginFailure;

  constructor(failure: LoginFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.failure = failure;
  }
}

/** What a sign-on says about a person. */
export interface ForeignUser {
  subject: string;
  username: string;
  issuer: string;
  groups: string[];
}

interface Provider {
  settings: OidcSettings;
  configuration: oidc.Configuration;
  keys: ReturnType<typeof createRemoteJWKSet>;
}

/**
 * Single sign-on with any OpenID Connect provider: authorization code with PKCE, state and nonce bound to the browser by
 * an encrypted cookie. The provider's metadata is read once per configuration.
 */
export class OidcClient {
  readonly #current: () => { settings: OidcSettings | undefined; scopes: readonly string[] };
  readonly #logger: Logger;
  #provider: Promise<Provider> | undefined;
  #providerOf: OidcSettings | undefined;

  constructor(current: () => { settings: OidcSettings | undefined; scopes: readonly string[] }, logger: Logger) {
    this.#current = current;
    this.#logger = logger;
  }

  /** Where to send the browser, and the cookie value that binds the answer to it. */
  async begin(request: {
    redirectUri: string;
    returnPath: string;
    key: Uint8Array;
  }): Promise<{ url: string; state: string; maxAge: number }> {
    const { settings, configuration } = await this.#connect();
    const verifier = oidc.randomPKCECodeVerifier();
    const pending = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier,
      returnPath: request.returnPath,
      redirectUri: request.redirectUri,
      until: Date.now() + LOGIN_SECONDS * 1000,
    };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: request.redirectUri,
      scope: settings.requestedScopes.join(' '),
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
      ...(Object.keys(settings.requestedIDTokenClaims).length === 0
        ? {}
        : { claims: JSON.stringify({ id_token: settings.requestedIDTokenClaims }) }),
      ...(settings.domainHint === '' ? {} : { domain_hint: settings.domainHint }),
    });
    const sealed = seal(stateKey(request.key), 'oidc-state', Buffer.from(JSON.stringify(pending)));
    return { url: url.href, state: sealed.toString('base64url'), maxAge: LOGIN_SECONDS };
  }

  /** Takes the provider's answer. Throws `LoginFailed`. */
  async finish(request: {
    query: string;
    state: string | undefined;
    key: Uint8Array;
  }): Promise<{ user: ForeignUser; returnPath: string }> {
    const pending = openState(request.state, request.key);
    if (pending === undefined) throw new LoginFailed('sso_expired', 'the sign-on was not begun here or took too long');
    const { settings, configuration } = await this.#connect();
    const url = new URL(pending.redirectUri);
    url.search = request.query;
    if (url.searchParams.get('error') === 'access_denied')
      throw new LoginFailed('sso_denied', 'the provider denied access');
    let claims: JWTPayload | undefined;
    try {
      const tokens = await oidc.authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: pending.verifier,
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        idTokenExpected: true,
      });
      claims = tokens.claims();
    } catch (error) {
      throw new LoginFailed('sso_failed', `the answer of ${settings.issuer} was refused: ${messageOf(error)}`, {
        cause: error,
      });
    }
    if (claims === undefined) throw new LoginFailed('sso_failed', `${settings.issuer} sent no ID token`);
    return { user: this.#user(claims, settings), returnPath: pending.returnPath };
  }

  /** The person an ID token of the provider is about, for scripts; undefined when it is none, not for us, or not valid. */
  async identify(token: string): Promise<Identity | undefined> {
    const { settings } = this.#current();
    if (settings === undefined || issuerOf(token) !== settings.issuer) return undefined;
    const { keys } = await this.#connect();
    const audiences =
      settings.allowedAudiences.length > 0
        ? settings.allowedAudiences
        : [settings.clientID, settings.cliClientID].filter((audience) => audience !== '');
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: settings.issuer,
        audience: audiences,
        algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ['sub', 'exp', 'iat', 'aud'],
      });
      const user = this.#user(payload, settings);
      return {
        subject: { kind: 'sso', name: user.subject, groups: user.groups },
        username: user.username,
        issuer: user.issuer,
        issuedAt: payload.iat ?? 0,
        expiresAt: payload.exp,
      };
    } catch (error) {
      this.#logger.info({ reason: messageOf(error) }, 'an ID token was refused');
      return undefined;
    }
  }

  #user(claims: JWTPayload, settings: OidcSettings): ForeignUser {
    const subject = federatedUser(claims) ?? claims.sub ?? '';
    if (subject === '') throw new LoginFailed('sso_failed', 'the ID token has no subject');
    const { scopes } = this.#current();
    if (hasTooManyGroups(claims)) {
      throw new LoginFailed(
        'sso_groups',
        `${settings.issuer} left the groups of ${subject} out of the token, as Entra ID does beyond 200 groups. Emit only groups assigned to the application (Enterprise applications, Token configuration), or use app roles and put "roles" into scopes of argocd-rbac-cm`,
      );
    }
    const groups = [...new Set(scopes.flatMap((scope) => stringsOf(claims[scope])))];
    if (groups.length === 0) {
      this.#logger.info(
        { subject, scopes },
        'the ID token has none of the claims in scopes of argocd-rbac-cm; in Keycloak add a Group Membership mapper (full group path off), in Entra ID a groups claim',
      );
    }
    const username = [claims['email'], claims['preferred_username'], claims['name']].find(
      (name) => typeof name === 'string' && name !== '',
    );
    return { subject, username: typeof username === 'string' ? username : subject, issuer: settings.issuer, groups };
  }

  async #connect(): Promise<Provider> {
    const { settings } = this.#current();
    if (settings === undefined) {
      throw new ApiError('Unimplemented', 'single sign-on is not configured', {
        fix: 'Set oidc.config in the ConfigMap argocd-cm',
      });
    }
    if (this.#provider === undefined || JSON.stringify(this.#providerOf) !== JSON.stringify(settings)) {
      this.#providerOf = settings;
      this.#provider = discover(settings);
      // A provider that is down now is asked again at the next login.
      this.#provider.catch(() => {
        this.#provider = undefined;
      });
    }
    return this.#provider;
  }
}

async function discover(settings: OidcSettings): Promise<Provider> {
  const issuer = new URL(settings.issuer);
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(issuer.hostname);
  // undici's fetch and the global one differ in their types only; the agent trusts the configured authority.
  const fetchWith =
    settings.rootCA === ''
      ? undefined
      : ((dispatcher) =>
          ((url: string, options: object) =>
            undiciFetch(url, { ...options, dispatcher })) as unknown as oidc.CustomFetch)(
          new Agent({ connect: { ca: settings.rootCA } }),
        );
  try {
    const configuration = await oidc.discovery(
      issuer,
      settings.clientID,
      { [oidc.clockTolerance]: CLOCK_SKEW_SECONDS },
      settings.clientSecret === '' ? oidc.None() : oidc.ClientSecretBasic(settings.clientSecret),
      {
        // Plain HTTP never leaves the machine then: the embedded provider, and tests.
        ...(isLoopback && issuer.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {}),
        ...(fetchWith === undefined ? {} : { [oidc.customFetch]: fetchWith }),
        timeout: 10,
      },
    );
    const metadata = configuration.serverMetadata();
    if (metadata.jwks_uri === undefined) throw new Error('its metadata has no jwks_uri');
    return {
      settings,
      configuration,
      keys: createRemoteJWKSet(
        new URL(metadata.jwks_uri),
        fetchWith === undefined ? {} : { [joseFetch]: fetchWith as never },
      ),
    };
  } catch (error) {
    throw new LoginFailed('sso_failed', `cannot read the metadata of ${settings.issuer}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

interface PendingLogin {
  state: string;
  nonce: string;
  verifier: string;
  returnPath: string;
  redirectUri: string;
  until: number;
}

function openState(cookie: string | undefined, key: Uint8Array): PendingLogin | undefined {
  if (cookie === undefined) return undefined;
  const opened = unseal(stateKey(key), 'oidc-state', Buffer.from(cookie, 'base64url'));
  if (opened === undefined) return undefined;
  const pending = JSON.parse(opened.toString('utf8')) as PendingLogin;
  return pending.until > Date.now() ? pending : undefined;
}

function stateKey(key: Uint8Array): Buffer {
  return deriveKey(Buffer.from(key), 'oidc-state');
}

/** Dex puts the user's id of the provider behind it into a claim of its own. */
function federatedUser(claims: JWTPayload): string | undefined {
  const federated = claims['federated_claims'];
  if (typeof federated !== 'object' || federated === null) return undefined;
  const id = (federated as Record<string, unknown>)['user_id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function hasTooManyGroups(claims: JWTPayload): boolean {
  const names = claims['_claim_names'];
  return claims['hasgroups'] === true || (typeof names === 'object' && names !== null && 'groups' in names);
}

function stringsOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim === '' ? [] : [claim];
  return Array.isArray(claim) ? claim.filter((value): value is string => typeof value === 'string') : [];
}

/** Read without trust, only to know whom to ask for keys. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
