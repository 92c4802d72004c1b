/**
 * The form of a repository URL that two spellings of one repository share: lower case, no `.git` at the end, the scp
 * form as `ssh://`. For comparing only; never connect to it. Glob characters survive, so patterns pass through too.
 */
export function canonicalRepositoryUrl(url: string): string {
  let text = url.trim().toLowerCase();
  const scp = /^(?:([^@/\s]+)@)?([^:/\s]+):(?!\/)([^\s].*)$/.exec(text);
  if (scp !== null && !/^\d+\//.test(scp[3] as string) && !text.includes('://')) {
    text = `ssh://${scp[1] === undefined ? '' : `${scp[1]}@`}${scp[2]}/${scp[3]}`;
  }
  return text.replace(/\/+$/, '').replace(/\.git$/, '');
}
