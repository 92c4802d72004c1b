import { LABEL_SECRET_TYPE } from '@lockstep/core';
import type { RepositoryCredentials } from '../git/credentials.ts';
import { normalizeRepositoryUrl } from '../git/repository-url.ts';
import type { Secret } from './control-plane.ts';

export interface RepositorySettings {
  type: 'git' | 'helm' | 'oci';
  enableOCI: boolean;
  credentials: RepositoryCredentials;
}

interface Trust {
  /** `ssh_known_hosts` of argocd-ssh-known-hosts-cm. */
  knownHosts: string;
  /** Certificates by host name, of argocd-tls-certs-cm. */
  certificates: Record<string, string>;
}

/**
 * What the Secrets say about a repository: an entry of the project first, then one of no project; an entry without
 * credentials takes those of the longest matching template. Equality is of the normalised URL.
 */
export function repositorySettings(
  url: string,
  project: string,
  secrets: Iterable<Secret>,
  trust: Trust,
): RepositorySettings {
  const wanted = normalizeRepositoryUrl(url);
  let own: Record<string, string> | undefined;
  let ownRank = 0;
  let template: Record<string, string> | undefined;
  let templateLength = -1;
  for (const secret of secrets) {
    const type = secret.metadata.labels?.[LABEL_SECRET_TYPE];
    if (type !== 'repository' && type !== 'repo-creds') continue;
    const data = decoded(secret);
    const location = normalizeRepositoryUrl(data['url'] ?? '');
    if (location === '') continue;
    if (type === 'repository' && location === wanted) {
      const owner = data['project'] ?? '';
      const rank = owner !== '' && owner === project ? 2 : owner === '' ? 1 : 0;
      if (rank > ownRank) [own, ownRank] = [data, rank];
    } else if (type === 'repo-creds' && wanted.startsWith(location) && location.length > templateLength) {
      [template, templateLength] = [data, location.length];
    }
  }
  const fields = own === undefined ? (template ?? {}) : hasCredentials(own) ? own : { ...template, ...own };
  const type =
    fields['type'] === 'helm' ? 'helm' : fields['type'] === 'oci' || url.startsWith('oci://') ? 'oci' : 'git';
  return { type, enableOCI: fields['enableOCI'] === 'true', credentials: credentialsFrom(fields, url, trust) };
}

function credentialsFrom(fields: Record<string, string>, url: string, trust: Trust): RepositoryCredentials {
  const credentials: RepositoryCredentials = {};
  for (const name of [
    'username',
    'password',
    'bearerToken',
    'sshPrivateKey',
    'tlsClientCertData',
    'tlsClientCertKey',
    'proxy',
    'noProxy',
  ] as const) {
    const value = fields[name];
    if (value !== undefined && value !== '') credentials[name] = value;
  }
  if (fields['insecure'] === 'true' || fields['insecureIgnoreHostKey'] === 'true') credentials.insecure = true;
  if (fields['enableOCI'] === 'true') credentials.enableOCI = true;
  if (fields['insecureOCIForceHttp'] === 'true') credentials.insecureOCIForceHttp = true;
  const depth = Number(fields['depth'] ?? 0);
  if (Number.isInteger(depth) && depth > 0) credentials.depth = depth;
  if (fields['githubAppID'] !== undefined && fields['githubAppPrivateKey'] !== undefined) {
    credentials.githubApp = {
      id: fields['githubAppID'],
      privateKey: fields['githubAppPrivateKey'],
      ...(fields['githubAppInstallationID'] === undefined || fields['githubAppInstallationID'] === ''
        ? {}
        : { installationId: fields['githubAppInstallationID'] }),
      ...(fields['githubAppEnterpriseBaseUrl'] === undefined || fields['githubAppEnterpriseBaseUrl'] === ''
        ? {}
        : { baseUrl: fields['githubAppEnterpriseBaseUrl'] }),
    };
  }
  if (/^https?:\/\//i.test(url)) {
    const certificate = trust.certificates[new URL(url).hostname];
    if (certificate !== undefined && certificate !== '') credentials.caData = certificate;
  } else if (trust.knownHosts !== '') credentials.knownHosts = trust.knownHosts;
  return credentials;
}

function hasCredentials(fields: Record<string, string>): boolean {
  return [
    'username',
    'password',
    'bearerToken',
    'sshPrivateKey',
    'githubAppPrivateKey',
    'tlsClientCertData',
    'gcpServiceAccountKey',
  ].some((name) => (fields[name] ?? '') !== '');
}

export function decoded(secret: Secret): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
