import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What a repository or repo-creds Secret says about getting in. Crosses the queue sealed. */
export interface RepositoryCredentials {
  username?: string;
  password?: string;
  bearerToken?: string;
  sshPrivateKey?: string;
  /** Lines of known_hosts; without any, unknown hosts are refused unless `insecure`. */
  knownHosts?: string;
  tlsClientCertData?: string;
  tlsClientCertKey?: string;
  /** PEM certificates trusted for this host besides the system's. */
  caData?: string;
  insecure?: boolean;
  proxy?: string;
  noProxy?: string;
  githubApp?: { id: string; installationId?: string; privateKey: string; baseUrl?: string };
  enableOCI?: boolean;
  insecureOCIForceHttp?: boolean;
  depth?: number;
}

export interface GitAccess extends AsyncDisposable {
  env: Record<string, string>;
}

/**
 * The environment through which git gets credentials: as configuration in variables and files of one run, never in argv
 * and never in the URL, where process lists, reflogs and error messages would show them. The header is bound to the
 * repository's own origin, so that a redirect does not carry it elsewhere. Dispose removes the files.
 */
export async function openGitAccess(url: string, credentials: RepositoryCredentials): Promise<GitAccess> {
  const settings: [string, string][] = [];
  const env: Record<string, string> = {};
  let directory: string | undefined;
  const file = async (name: string, text: string): Promise<string> => {
    directory ??= await mkdtemp(path.join(tmpdir(), 'lockstep-access-'));
    const target = path.join(directory, name);
    await writeFile(target, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600 });
    return target;
  };
  if (/^https?:/i.test(url)) {
    const { origin } = new URL(url);
    const authorization = authorizationHeader(credentials);
    if (authorization !== undefined) settings.push([`http.${origin}/.extraHeader`, `Authorization: ${authorization}`]);
    if (credentials.insecure === true) settings.push(['http.sslVerify', 'false']);
    if (credentials.caData !== undefined) settings.push(['http.sslCAInfo', await file('ca.pem', credentials.caData)]);
    if (credentials.tlsClientCertData !== undefined && credentials.tlsClientCertKey !== undefined) {
      settings.push(['http.sslCert', await file('client.pem', credentials.tlsClientCertData)]);
      settings.push(['http.sslKey', await file('client.key', credentials.tlsClientCertKey)]);
    }
    if (credentials.proxy !== undefined && credentials.proxy !== '') settings.push(['http.proxy', credentials.proxy]);
    if (credentials.noProxy !== undefined && credentials.noProxy !== '') env['NO_PROXY'] = credentials.noProxy;
  } else {
    env['GIT_SSH_COMMAND'] = await sshCommand(credentials, file);
  }
  env['GIT_CONFIG_COUNT'] = String(settings.length);
  for (const [index, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return {
    env,
    [Symbol.asyncDispose]: async () => {
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The value of an Authorization header, or undefined for anonymous access. */
export function authorizationHeader(credentials: RepositoryCredentials): string | undefined {
  if (credentials.bearerToken !== undefined && credentials.bearerToken !== '')
    return `Bearer ${credentials.bearerToken}`;
  const { username = '', password = '' } = credentials;
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${username === '' ? 'git' : username}:${password}`).toString('base64')}`;
}

async function sshCommand(
  credentials: RepositoryCredentials,
  file: (name: string, text: string) => Promise<string>,
): Promise<string> {
  const known = credentials.knownHosts ?? '';
  // Paths are ours (mkdtemp), so nothing in this command line comes from a user: git hands it to a shell.
  return [
    'ssh -F none -o BatchMode=yes -o GlobalKnownHostsFile=/dev/null -o ProxyCommand=none -o IdentitiesOnly=yes -o ConnectTimeout=15',
    `-o StrictHostKeyChecking=${credentials.insecure === true ? 'no' : 'yes'}`,
    `-o UserKnownHostsFile=${credentials.insecure === true ? '/dev/null' : await file('known_hosts', known)}`,
    ...(credentials.sshPrivateKey === undefined ? [] : [`-i ${await file('id', credentials.sshPrivateKey)}`]),
  ].join(' ');
}
