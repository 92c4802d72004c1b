/** The cookie Argo CD's clients know. A long token is split: `<count>:<part>`, then `-1`, `-2` … */
const NAME = 'argocd.token';
const LARGEST_PART = 4_000;
const MOST_PARTS = 20;

/** Cookies that carry a token, as name and value. Throws when it is longer than browsers take. */
export function tokenCookies(token: string): { name: string; value: string }[] {
  const parts: string[] = [];
  for (let start = 0; start < token.length; start += LARGEST_PART) parts.push(token.slice(start, start + LARGEST_PART));
  if (parts.length > MOST_PARTS) throw new Error(`the session is too large for cookies: ${token.length} bytes`);
  return parts.map((part, index) => ({
    name: index === 0 ? NAME : `${NAME}-${index}`,
    value: index === 0 && parts.length > 1 ? `${parts.length}:${part}` : part,
  }));
}

/** The token in a request's cookies; undefined when there is none or a part is missing. */
export function tokenFromCookies(cookies: Readonly<Record<string, string | undefined>>): string | undefined {
  const first = cookies[NAME];
  if (first === undefined || first === '') return undefined;
  const split = /^(\d{1,2}):(.*)$/s.exec(first);
  if (split === null) return first;
  const count = Number(split[1]);
  if (count < 1 || count > MOST_PARTS) return undefined;
  const parts = [split[2] ?? ''];
  for (let index = 1; index < count; index += 1) {
    const part = cookies[`${NAME}-${index}`];
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts.join('');
}

/** Names of the session cookies in a request, to clear them. */
export function sessionCookieNames(cookies: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(cookies).filter((name) => name === NAME || name.startsWith(`${NAME}-`));
}
