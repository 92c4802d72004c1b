import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, numberAt, stringAt, stringsAt } from '../json.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { UserInfo } from './user-info.ts';

export interface SandboxUser {
  name: string;
  groups: string[];
  /** A fixed bearer token; a random one when absent. */
  token?: string;
}

interface KnownUser {
  info: UserInfo;
  token: string;
}

const issuer = 'https://kubernetes.default.svc.cluster.local';

/**
 * Who a bearer token belongs to: one of the sandbox's users, or a ServiceAccount that a token was issued for. Service
 * account tokens are JWTs signed with a key of the sandbox's own and die with their ServiceAccount.
 */
export class TokenAuthenticator {
  private readonly users = new Map<string, KnownUser>();
  private readonly signingKey: string;
  private readonly store: ObjectStore;

  constructor(users: SandboxUser[], store: ObjectStore, folder: string | undefined) {
    this.store = store;
    const kept = readSecrets(folder);
    this.signingKey = kept.signingKey;
    for (const { name, groups, token } of users) {
      kept.tokens[name] = token ?? kept.tokens[name] ?? randomBytes(24).toString('base64url');
      this.users.set(name, {
        info: { username: name, groups: [...groups, 'system:authenticated'] },
        token: kept.tokens[name],
      });
    }
    writeSecrets(folder, kept);
  }

  /** The token of a configured user. Throws when there is no such user. */
  tokenOf(name: string): string {
    const user = this.users.get(name);
    if (user === undefined) {
      throw new Error(`the sandbox has no user "${name}"; it has ${[...this.users.keys()].join(', ')}`);
    }
    return user.token;
  }

  names(): string[] {
    return [...this.users.keys()];
  }

  /** Undefined when the token is nobody's, or no longer good. */
  authenticate(token: string): UserInfo | undefined {
    for (const user of this.users.values()) if (equalSecrets(user.token, token)) return user.info;
    return this.serviceAccountOf(token);
  }

  /** A token for a ServiceAccount, as the TokenRequest API issues it. */
  issue(
    account: StoredObject,
    options: { audiences: string[]; seconds: number; now: Date },
  ): { token: string; expires: Date } {
    const issued = Math.floor(options.now.getTime() / 1000);
    const namespace = account.metadata.namespace ?? '';
    const claims = {
      aud: options.audiences.length > 0 ? options.audiences : [issuer],
      exp: issued + options.seconds,
      iat: issued,
      nbf: issued,
      iss: issuer,
      jti: randomBytes(16).toString('hex'),
      'kubernetes.io': { namespace, serviceaccount: { name: account.metadata.name, uid: account.metadata.uid } },
      sub: `system:serviceaccount:${namespace}:${account.metadata.name}`,
    };
    return { token: this.sign(claims), expires: new Date((issued + options.seconds) * 1000) };
  }

  private serviceAccountOf(token: string): UserInfo | undefined {
    const claims = this.verify(token);
    const namespace = stringAt(claims, 'kubernetes.io', 'namespace');
    const name = stringAt(claims, 'kubernetes.io', 'serviceaccount', 'name');
    const uid = stringAt(claims, 'kubernetes.io', 'serviceaccount', 'uid');
    if (namespace === undefined || name === undefined || uid === undefined) return undefined;
    if ((numberAt(claims, 'exp') ?? 0) * 1000 < Date.now()) return undefined;
    if (stringsAt(claims, 'aud').every((audience) => audience !== issuer)) return undefined;
    if (this.store.get('/serviceaccounts', namespace, name)?.metadata.uid !== uid) return undefined;
    return {
      username: `system:serviceaccount:${namespace}:${name}`,
      uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    };
  }

  private sign(claims: object): string {
    const head = encode({ alg: 'HS256', typ: 'JWT' });
    const body = encode(claims);
    return `${head}.${body}.${this.signature(`${head}.${body}`)}`;
  }

  private verify(token: string): unknown {
    const [head = '', body = '', signature = ''] = token.split('.');
    if (signature === '' || !equalSecrets(this.signature(`${head}.${body}`), signature)) return undefined;
    try {
      return JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
    } catch {
      return undefined;
    }
  }

  private signature(text: string): string {
    return createHmac('sha256', this.signingKey).update(text).digest('base64url');
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function equalSecrets(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

interface KeptSecrets {
  signingKey: string;
  tokens: Record<string, string>;
}

function readSecrets(folder: string | undefined): KeptSecrets {
  const fresh = { signingKey: randomBytes(32).toString('base64url'), tokens: {} };
  if (folder === undefined || !existsSync(join(folder, 'tokens.json'))) return fresh;
  const kept: unknown = JSON.parse(readFileSync(join(folder, 'tokens.json'), 'utf8'));
  return isObject(kept) ? (kept as unknown as KeptSecrets) : fresh;
}

function writeSecrets(folder: string | undefined, secrets: KeptSecrets): void {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tokens.json'), JSON.stringify(secrets), { mode: 0o600 });
}
