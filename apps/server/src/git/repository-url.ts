import { TerminalError } from '@lockstep/core';

const SCP_FORM = /^(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!\/\/)[^\s]+$/;

/**
 * Refuses what Git would take for an option, a helper or a local path: only http(s), ssh and the scp form go on, and
 * file paths where the installation allows them. Returns the URL without credentials: those come from Secrets.
 */
export function checkRepositoryUrl(url: string, options: { allowFile?: boolean } = {}): string {
  const refuse = (detail: string): TerminalError =>
    new TerminalError('RepositoryUrl', `repository URL "${url.slice(0, 200)}" ${detail}`, {
      fix: 'Use https://…, ssh://… or user@host:path',
    });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  if (url === '' || url.startsWith('-') || /[\u0000-\u001f\u007f]/.test(url)) throw refuse('is not a URL');
  if (/^[a-z][a-z0-9+.-]*::/i.test(url)) throw refuse('names a remote helper');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (SCP_FORM.test(url)) return url;
    if (options.allowFile === true && url.startsWith('/')) return url;
    throw refuse('has no scheme that is allowed');
  }
  if (scheme === 'file' && options.allowFile === true) return url;
  if (scheme !== 'https' && scheme !== 'http' && scheme !== 'ssh') throw refuse(`uses ${scheme}, which is not allowed`);
  const parsed = new URL(url);
  if (parsed.hostname.startsWith('-')) throw refuse('names a host that begins with "-"');
  parsed.password = '';
  if (scheme !== 'ssh') parsed.username = '';
  return parsed.toString();
}

/**
 * The form in which two URLs of one repository are equal: lower case, no `.git`, no trailing slash, scp form as ssh://.
 * For comparing only, never for connecting.
 */
export function normalizeRepositoryUrl(url: string): string {
  let text = url.trim().toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*:\/\//.test(text) && SCP_FORM.test(text)) {
    const colon = text.indexOf(':');
    text = `ssh://${text.slice(0, colon)}/${text.slice(colon + 1).replace(/^\/+/, '')}`;
  }
  return text.replace(/\/+$/, '').replace(/\.git$/, '');
}

/**
 * Whether a webhook's URL means this source, as loosely as Argo CD matches: any scheme, user, port and `.git`, host and
 * path must be equal.
 */
export function isSameRepository(sourceUrl: string, webhookUrl: string): boolean {
  const source = hostAndPath(sourceUrl);
  const other = hostAndPath(webhookUrl);
  return source !== undefined && other !== undefined && source === other;
}

function hostAndPath(url: string): string | undefined {
  const normalized = normalizeRepositoryUrl(url);
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]*)(?::\d+)?(\/.*)?$/.exec(normalized);
  if (match === null) return normalized === '' ? undefined : normalized;
  return `${match[1]}${match[2] ?? ''}`;
}
