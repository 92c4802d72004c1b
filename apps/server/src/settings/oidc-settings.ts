import { load } from 'js-yaml';

/** `oidc.config` of `argocd-cm`, with `$secret:key` references resolved. */
export interface OidcSettings {
  name: string;
  issuer: string;
  clientID: string;
  /** '' for a public client. */
  clientSecret: string;
  cliClientID: string;
  /** Audiences a bearer ID token may have; the two client ids when empty. */
  allowedAudiences: string[];
  requestedScopes: string[];
  requestedIDTokenClaims: Record<string, unknown>;
  logoutURL: string;
  rootCA: string;
  domainHint: string;
}

/** Reads `oidc.config`. `problem` says what keeps single sign-on off. */
export function readOidcSettings(
  data: Readonly<Record<string, string>>,
  resolve: (reference: string) => string | undefined,
): { settings: OidcSettings | undefined; problem?: string } {
  const text = data['oidc.config'];
  if (text === undefined || text.trim() === '') return { settings: undefined };
  let parsed: unknown;
  try {
    parsed = load(text);
  } catch (error) {
    return { settings: undefined, problem: `it is not valid YAML: ${error instanceof Error ? error.message : ''}` };
  }
  if (typeof parsed !== 'object' || parsed === null) return { settings: undefined, problem: 'it is not a map' };
  const fields = parsed as Record<string, unknown>;
  const missing: string[] = [];
  const field = (name: string): string => {
    const value = fields[name];
    if (typeof value !== 'string') return '';
    if (!value.startsWith('$')) return value.trim();
    const resolved = resolve(value.slice(1));
    if (resolved === undefined) missing.push(value);
    return (resolved ?? '').trim();
  };
  const list = (name: string): string[] => {
    const value = fields[name];
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
  };
  const settings: OidcSettings = {
    name: field('name') || 'SSO',
    issuer: field('issuer'),
    clientID: field('clientID'),
    clientSecret: field('clientSecret'),
    cliClientID: field('cliClientID'),
    allowedAudiences: list('allowedAudiences'),
    requestedScopes:
      list('requestedScopes').length > 0 ? list('requestedScopes') : ['openid', 'profile', 'email', 'groups'],
    requestedIDTokenClaims: (fields['requestedIDTokenClaims'] as Record<string, unknown> | undefined) ?? {},
    logoutURL: field('logoutURL'),
    rootCA: field('rootCA'),
    domainHint: field('domainHint'),
  };
  if (missing.length > 0) {
    return {
      settings: undefined,
      problem: `${missing.join(', ')} does not resolve; the Secret must exist and, unless it is argocd-secret, carry the label app.kubernetes.io/part-of: argocd`,
    };
  }
  if (settings.issuer === '' || settings.clientID === '') {
    return { settings: undefined, problem: 'issuer and clientID are required' };
  }
  if (!URL.canParse(settings.issuer)) return { settings: undefined, problem: 'issuer is not a URL' };
  return { settings };
}
