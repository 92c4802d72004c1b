import type { Subject } from '@lockstep/rbac';

/** Who sent a request, as established by a session, an API key, a project token or an ID token. */
export interface Identity {
  subject: Subject;
  /** For people: the account's name or what the identity provider calls the person. */
  username: string;
  /** `argocd`, or the identity provider. */
  issuer: string;
  /** Seconds since the epoch; 0 for nobody. */
  issuedAt: number;
  expiresAt: number | undefined;
  /** Absent for nobody and for tokens of the identity provider. */
  session?: { jti: string; kind: 'login' | 'apiKey' | 'sso' | 'project' };
}

/** Somebody who did not log in, where `users.anonymous.enabled` lets them in. */
export const nobody: Identity = {
  subject: { kind: 'anonymous', name: '', groups: [] },
  username: '',
  issuer: '',
  issuedAt: 0,
  expiresAt: undefined,
};
