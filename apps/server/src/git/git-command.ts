import { existsSync } from 'node:fs';
import path from 'node:path';
import { RenderError, TerminalError } from '@lockstep/core';
import { runTool, type ToolResult } from '../tools/run-tool.ts';

/** Configuration of a repository, a system or a user never applies; only what is written here does. */
const SETTINGS: readonly string[] = [
  'protocol.allow=never',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.askPass=/bin/false',
  'credential.helper=',
  'transfer.bundleURI=false',
  'http.followRedirects=initial',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'uploadpack.packObjectsHook=',
];

export interface GitOptions {
  /** Lets `file://` and plain paths through, for tests and single-machine installations. */
  allowFile: boolean;
  /** Absolute path of git. */
  git: string;
}

/** How every git of ours is called. */
export function gitArguments(options: GitOptions, gitDirectory: string, args: readonly string[]): string[] {
  const protocols = ['https', 'http', 'ssh', ...(options.allowFile ? ['file'] : [])];
  const settings = [...SETTINGS, ...protocols.map((name) => `protocol.${name}.allow=always`)];
  return [`--git-dir=${gitDirectory}`, ...settings.flatMap((setting) => ['-c', setting]), ...args];
}

/** An environment of its own: nothing of this process reaches git or what git starts. */
export function gitEnvironment(options: GitOptions, access: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LANG: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_ALLOW_PROTOCOL: options.allowFile ? 'https:http:ssh:file' : 'https:http:ssh',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_PROTOCOL_FROM_USER: '0',
    ...access,
  };
}

/** Finds git: the configured path, else the PATH of this process. */
export function findGit(configured: string | undefined): string {
  const candidates =
    configured !== undefined
      ? [configured]
      : (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, 'git'));
  const found = candidates.find((file) => path.isAbsolute(file) && existsSync(file));
  if (found === undefined)
    throw new TerminalError('GitMissing', 'git is not installed', { fix: 'Install git, or give its path with --git' });
  return found;
}

/** Runs git to its end and returns its output. Throws `RenderError` with git's own words when it fails. */
export async function runGit(
  options: GitOptions,
  gitDirectory: string,
  args: readonly string[],
  run: { env?: Record<string, string>; timeout?: number; input?: string } = {},
): Promise<Buffer> {
  const result: ToolResult = await runTool({
    file: options.git,
    args: gitArguments(options, gitDirectory, args),
    env: gitEnvironment(options, run.env),
    timeout: run.timeout ?? 90_000,
    maxOutput: 256 * 1024 * 1024,
    ...(run.input === undefined ? {} : { input: run.input }),
  });
  if (result.exitCode === 0) return result.stdout;
  throw new RenderError('GitFailed', `git ${args[0]} failed: ${firstLines(result.stderr)}`);
}

/**
 * A revision may be whatever a user wrote in a spec: refused when git could take it for an option or a range. Everything
 * that passes is still only ever sent after `--end-of-options` or as a line to cat-file.
 */
export function checkRevision(revision: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  if (revision.startsWith('-') || /[\u0000-\u001f\u007f\s~^:\\?*[]|\.\.|@\{/.test(revision) || revision.length > 512) {
    throw new TerminalError('Revision', `"${revision.slice(0, 100)}" is not a revision`, {
      fix: 'Set targetRevision to a branch, a tag, a commit or a version constraint',
    });
  }
  return revision;
}

/** Git repeats a URL as it was given, password and all. */
function firstLines(stderr: string): string {
  const lines = stderr
    .replace(/:\/\/[^\s/'"]*@/g, '://')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('warning:'));
  return lines.slice(0, 4).join('; ').slice(0, 600) || 'no message';
}
