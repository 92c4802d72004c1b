import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWKS } from 'oidc-provider';
import type { DirectoryUser } from './identity-provider.ts';

/** What one start leaves for the next: addresses and credentials stay the same. Kept with mode 0600. */
export interface StartState {
  ports: Record<string, number>;
  redisPassword: string;
  oidcClientSecret: string;
  /** Seals what passes between controller and renderer. */
  renderKey: string;
  users: DirectoryUser[];
  jwks: JWKS;
}

/** Reads the state of the last start from `directory`, or makes a new one there. `reset` removes everything first. */
export async function openState(directory: string, options: { reset: boolean }): Promise<StartState> {
  if (options.reset) await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const text = await readFile(join(directory, 'state.json'), 'utf8').catch(() => undefined);
  if (text !== undefined) {
    try {
      return JSON.parse(text) as StartState;
    } catch (cause) {
      throw new Error(`${join(directory, 'state.json')} is not JSON. Start with --reset to begin anew`, { cause });
    }
  }
  const state: StartState = {
    ports: {},
    redisPassword: secret(),
    oidcClientSecret: secret(),
    renderKey: secret(32),
    users: directoryUsers(),
    jwks: signingKeys(),
  };
  await saveState(directory, state);
  return state;
}

/** Writes the state so that a crash leaves the old or the new one, never half. */
export async function saveState(directory: string, state: StartState): Promise<void> {
  const file = join(directory, 'state.json');
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function directoryUsers(): DirectoryUser[] {
  const user = (username: string, name: string, groups: string[]): DirectoryUser => ({
    username,
    password: secret(9),
    name,
    email: `${username}@example.com`,
    groups,
  });
  return [
    user('platform', 'Platform engineer', ['platform-team']),
    user('developer', 'Application developer', ['developers']),
    user('auditor', 'Auditor', ['auditors']),
  ];
}

function signingKeys(): JWKS {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = {
    ...privateKey.export({ format: 'jwk' }),
    use: 'sig',
    alg: 'RS256',
    kid: randomBytes(8).toString('hex'),
  };
  return { keys: [key] } as JWKS;
}

const secret = (bytes = 18): string => randomBytes(bytes).toString('base64url');
