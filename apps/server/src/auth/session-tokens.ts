import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';

/** What a session token of ours says. Signed with `server.secretkey`, HS256. */
export interface SessionClaims {
  /** The account, the identity provider's subject, or `proj:<project>:<role>`. */
  subject: string;
  kind: 'login' | 'apiKey' | 'sso' | 'project';
  jti: string;
  /** Seconds since the epoch. */
  issuedAt: number;
  /** Absent for API keys that never expire. */
  expiresAt: number | undefined;
  /** Of a single sign-on: who vouched, how to call the person, and what the claims in `scopes` said. */
  sso?: { issuer: string; username: string; groups: string[] };
}

const ISSUER = 'argocd';

/** Issues tokens; `lifetimeSeconds` 0 means that it never expires, which only API keys may. */
export async function issueToken(
  key: Uint8Array,
  claims: {
    subject: string;
    kind: SessionClaims['kind'];
    lifetimeSeconds: number;
    id?: string;
    sso?: SessionClaims['sso'];
  },
): Promise<{ token: string; claims: SessionClaims }> {
  const issuedAt = Math.floor(Date.now() / 1000);
  const expiresAt = claims.lifetimeSeconds === 0 ? undefined : issuedAt + claims.lifetimeSeconds;
  const jti = claims.id ?? randomUUID();
  const token = new SignJWT({
    ...(claims.sso === undefined
      ? {}
      : { idp: claims.sso.issuer, preferred_username: claims.sso.username, groups: claims.sso.groups }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(claims.kind === 'project' ? claims.subject : `${claims.subject}:${claims.kind}`)
    .setJti(jti)
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt);
  if (expiresAt !== undefined) token.setExpirationTime(expiresAt);
  return {
    token: await token.sign(key),
    claims: {
      subject: claims.subject,
      kind: claims.kind,
      jti,
      issuedAt,
      expiresAt,
      ...(claims.sso === undefined ? {} : { sso: claims.sso }),
    },
  };
}

/** The claims of a token we signed, or why it is none: `expired` differs so that people are told to log in again. */
export async function readToken(
  key: Uint8Array,
  token: string,
): Promise<{ claims: SessionClaims } | { problem: 'expired' | 'invalid' }> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      clockTolerance: 5,
      requiredClaims: ['sub', 'iat', 'jti'],
    });
    const subject = splitSubject(payload.sub ?? '');
    if (subject === undefined) return { problem: 'invalid' };
    if (payload.exp === undefined && subject.kind !== 'apiKey' && subject.kind !== 'project')
      return { problem: 'invalid' };
    const groups = payload['groups'];
    return {
      claims: {
        ...subject,
        jti: payload.jti ?? '',
        issuedAt: payload.iat ?? 0,
        expiresAt: payload.exp,
        ...(subject.kind === 'sso'
          ? {
              sso: {
                issuer: String(payload['idp'] ?? ''),
                username: String(payload['preferred_username'] ?? subject.subject),
                groups: Array.isArray(groups)
                  ? groups.filter((group): group is string => typeof group === 'string')
                  : [],
              },
            }
          : {}),
      },
    };
  } catch (error) {
    return { problem: error instanceof errors.JWTExpired ? 'expired' : 'invalid' };
  }
}

/** The part behind the last colon is ours, so a subject of an identity provider cannot choose it. */
function splitSubject(sub: string): { subject: string; kind: SessionClaims['kind'] } | undefined {
  if (/^proj:[^:]+:[^:]+$/.test(sub)) return { subject: sub, kind: 'project' };
  const colon = sub.lastIndexOf(':');
  const kind = sub.slice(colon + 1);
  const subject = sub.slice(0, colon);
  if (colon <= 0 || (kind !== 'login' && kind !== 'apiKey' && kind !== 'sso')) return undefined;
  return { subject, kind };
}
