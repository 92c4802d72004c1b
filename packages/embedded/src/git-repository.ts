import { execa } from 'execa';

/** Git with a fixed identity and none of the machine's configuration, so that a seed gives the same commits everywhere. */
const environment = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Lockstep examples',
  GIT_AUTHOR_EMAIL: 'examples@lockstep.dev',
  GIT_COMMITTER_NAME: 'Lockstep examples',
  GIT_COMMITTER_EMAIL: 'examples@lockstep.dev',
};

/** Runs git in a folder and returns its standard output. Throws with git's own message. */
export async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa('git', args, { cwd: folder, env: environment });
  return stdout;
}

/** A bare repository whose first branch will be `main`. */
export async function createBareRepository(folder: string): Promise<void> {
  await execa('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder], { env: environment });
}
