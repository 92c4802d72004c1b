import type { ServerSettings } from '../settings/settings-source.ts';

type Capability = 'login' | 'apiKey';

/** An account of `argocd-cm` and `argocd-secret`. */
export interface Account {
  name: string;
  enabled: boolean;
  capabilities: Capability[];
  /** bcrypt; '' when no password was ever set. */
  passwordHash: string;
  /** Seconds since the epoch; sessions issued before it are void. */
  passwordChangedAt: number;
  tokens: { id: string; iat: number; exp?: number }[];
}

export const LONGEST_USERNAME = 32;

/** The account of this name; undefined when there is none. `admin` exists without being declared. */
export function findAccount(settings: ServerSettings, name: string): Account | undefined {
  return listAccounts(settings).find((account) => account.name === name);
}

/** Every account, `admin` first. */
export function listAccounts({ data, secret }: Pick<ServerSettings, 'data' | 'secret'>): Account[] {
  const admin: Account = {
    name: 'admin',
    enabled: data['admin.enabled'] !== 'false',
    capabilities: withCapabilities(data['accounts.admin'], ['login']),
    passwordHash: secret['admin.password'] ?? '',
    passwordChangedAt: seconds(secret['admin.passwordMtime']),
    tokens: readTokens(secret['admin.tokens']),
  };
  const others = Object.entries(data).flatMap(([key, value]): Account[] => {
    const name = /^accounts\.([^.]+)$/.exec(key)?.[1];
    if (name === undefined || name === 'admin' || name.length > LONGEST_USERNAME) return [];
    return [
      {
        name,
        enabled: data[`accounts.${name}.enabled`] !== 'false',
        capabilities: withCapabilities(value, []),
        passwordHash: secret[`accounts.${name}.password`] ?? '',
        passwordChangedAt: seconds(secret[`accounts.${name}.passwordMtime`]),
        tokens: readTokens(secret[`accounts.${name}.tokens`]),
      },
    ];
  });
  return [admin, ...others.sort((a, b) => a.name.localeCompare(b.name))];
}

/** The keys of `argocd-secret` that hold an account's fields. */
export function accountSecretKeys(name: string): { password: string; changedAt: string; tokens: string } {
  const prefix = name === 'admin' ? 'admin' : `accounts.${name}`;
  return { password: `${prefix}.password`, changedAt: `${prefix}.passwordMtime`, tokens: `${prefix}.tokens` };
}

function withCapabilities(value: string | undefined, fallback: Capability[]): Capability[] {
  const named = (value ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word): word is Capability => word === 'login' || word === 'apiKey');
  return [...new Set([...fallback, ...named])];
}

function seconds(time: string | undefined): number {
  const milliseconds = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

function readTokens(text: string | undefined): Account['tokens'] {
  if (text === undefined || text === '') return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // A list nobody can read vouches for no token.
    return [];
  }
  if (!Array.isArray(parsed)) return [];
  return parsed.filter(
    (token): token is Account['tokens'][number] => typeof token?.id === 'string' && typeof token?.iat === 'number',
  );
}
