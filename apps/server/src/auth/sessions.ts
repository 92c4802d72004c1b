import type { AppProject } from '@lockstep/core';
import type { Collection } from '../api/api-context.ts';
import { ApiError } from '../api/api-error.ts';
import type { SettingsSource } from '../settings/settings-source.ts';
import { findAccount, LONGEST_USERNAME } from './accounts.ts';
import type { Identity } from './identity.ts';
import type { LoginLimiter } from './login-limiter.ts';
import type { OidcClient } from './oidc-client.ts';
import { passwordMatches } from './passwords.ts';
import type { Revocations } from './revocations.ts';
import { issueToken, readToken, type SessionClaims } from './session-tokens.ts';

/** A session this close to its end is renewed by the next request that uses it. */
const RENEW_BEFORE_SECONDS = 5 * 60;

/** Turns passwords into sessions and tokens into identities. */
export class Sessions {
  readonly #settings: SettingsSource;
  readonly #revocations: Revocations;
  readonly #limiter: LoginLimiter;
  readonly #oidc: OidcClient;
  readonly #projects: Collection<AppProject>;
  readonly #namespace: string;

  constructor(parts: {
    settings: SettingsSource;
    revocations: Revocations;
    limiter: LoginLimiter;
    oidc: OidcClient;
    projects: Collection<AppProject>;
    namespace: string;
  }) {
    this.#settings = parts.settings;
    this.#revocations = parts.revocations;
    this.#limiter = parts.limiter;
    this.#oidc = parts.oidc;
    this.#projects = parts.projects;
    this.#namespace = parts.namespace;
  }

  /** The key sessions are signed with. Throws while `argocd-secret` has none. */
  key(): Uint8Array {
    const key = this.#settings.get().secret['server.secretkey'];
    if (key === undefined || key === '') {
      throw new ApiError('Unavailable', 'server.secretkey is missing in the Secret argocd-secret', {
        fix: 'Restart the API, which creates it, or add 32 random bytes yourself',
      });
    }
    return new TextEncoder().encode(key);
  }

  /** Logs an account in. All reasons to refuse read the same and take the same time. */
  async logIn(username: string, password: string, address: string): Promise<string> {
    const refused = new ApiError('Unauthenticated', 'Invalid username or password');
    if (!(await this.#limiter.reserve(username, address))) throw refused;
    const settings = this.#settings.get();
    const account = username.length > LONGEST_USERNAME ? undefined : findAccount(settings, username);
    const matches = await passwordMatches(password, account?.passwordHash ?? '');
    if (!matches || account?.enabled !== true || !account.capabilities.includes('login')) throw refused;
    await this.#limiter.succeeded(username);
    const { token } = await issueToken(this.key(), {
      subject: username,
      kind: 'login',
      lifetimeSeconds: settings.sessionSeconds,
    });
    return token;
  }

  /** Whom a token speaks for. Throws 401 with Argo CD's text when it is not, or no longer, valid. */
  async identify(token: string): Promise<Identity> {
    const read = await readToken(this.key(), token);
    if ('claims' in read) return this.#identityOf(read.claims);
    if (read.problem === 'expired') throw invalidSession('Token is expired');
    const foreign = await this.#oidc.identify(token);
    if (foreign === undefined) throw invalidSession('token signature is invalid');
    return foreign;
  }

  /** Whether the session behind an identity would still be accepted now: streams ask again and again. */
  isValid(identity: Identity): boolean {
    if (identity.expiresAt !== undefined && identity.expiresAt * 1000 <= Date.now()) return false;
    if (identity.subject.kind === 'anonymous') return this.#settings.get().anonymousEnabled;
    const { session } = identity;
    return session === undefined || this.#problemOf(session, identity.subject.name, identity.issuedAt) === undefined;
  }

  /** A fresh token when the session is about to end, else undefined. */
  async renew(identity: Identity): Promise<string | undefined> {
    const { session, expiresAt, subject } = identity;
    if (session?.kind !== 'login' || expiresAt === undefined) return undefined;
    if (expiresAt - Date.now() / 1000 > RENEW_BEFORE_SECONDS) return undefined;
    const { token } = await issueToken(this.key(), {
      subject: subject.name,
      kind: 'login',
      lifetimeSeconds: this.#settings.get().sessionSeconds,
    });
    return token;
  }

  /** Ends the session of an identity, here and at every replica. */
  async end(identity: Identity): Promise<void> {
    if (identity.session === undefined || identity.expiresAt === undefined) return;
    await this.#revocations.add(identity.session.jti, identity.expiresAt);
  }

  #identityOf(claims: SessionClaims): Identity {
    const problem = this.#problemOf(claims, claims.subject, claims.issuedAt);
    if (problem !== undefined) throw invalidSession(problem);
    const common = {
      issuedAt: claims.issuedAt,
      expiresAt: claims.expiresAt,
      session: { jti: claims.jti, kind: claims.kind },
    };
    switch (claims.kind) {
      case 'sso':
        return {
          ...common,
          subject: { kind: 'sso', name: claims.subject, groups: claims.sso?.groups ?? [] },
          username: claims.sso?.username ?? claims.subject,
          issuer: claims.sso?.issuer ?? '',
        };
      case 'project':
        return {
          ...common,
          subject: { kind: 'project-token', name: claims.subject, groups: [] },
          username: claims.subject,
          issuer: 'argocd',
        };
      case 'login':
      case 'apiKey':
        return {
          ...common,
          subject: { kind: 'local', name: claims.subject, groups: [] },
          username: claims.subject,
          issuer: 'argocd',
        };
    }
  }

  /** Why a correctly signed token does not count any more. */
  #problemOf(
    session: { jti: string; kind: SessionClaims['kind'] },
    subject: string,
    issuedAt: number,
  ): string | undefined {
    if (this.#revocations.has(session.jti)) return 'token is revoked, please re-login';
    switch (session.kind) {
      case 'sso':
        return this.#settings.get().oidc === undefined ? 'single sign-on is not configured any more' : undefined;
      case 'project': {
        const [, project = '', role = ''] = subject.split(':');
        const tokens = projectTokens(this.#projects.get(this.#namespace, project), role);
        const isListed = tokens.some(({ id, iat }) => (id === undefined ? iat === issuedAt : id === session.jti));
        return isListed ? undefined : 'Token has been revoked';
      }
      case 'login':
      case 'apiKey': {
        const account = findAccount(this.#settings.get(), subject);
        if (account === undefined) return `account '${subject}' does not exist`;
        if (!account.enabled) return `account ${subject} is disabled`;
        if (!account.capabilities.includes(session.kind))
          return `account ${subject} does not have ${session.kind} capability`;
        if (session.kind === 'apiKey') {
          return account.tokens.some(({ id }) => id === session.jti)
            ? undefined
            : `account ${subject} does not have token with id ${session.jti}`;
        }
        return issuedAt < account.passwordChangedAt ? 'account password has changed since token issued' : undefined;
      }
    }
  }
}

function projectTokens(project: AppProject | undefined, role: string): { iat: number; id?: string }[] {
  return project?.spec.roles?.find(({ name }) => name === role)?.jwtTokens ?? [];
}

function invalidSession(reason: string): ApiError {
  return new ApiError('Unauthenticated', `invalid session: ${reason}`);
}
